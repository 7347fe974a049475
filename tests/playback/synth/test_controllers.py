"""A clip sounds as its channel is told."""

import numpy as np
import pytest

from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.playback.synth import synth
from musegen_daw.playback.synth.synth import render
from tests.playback.synth.sf2 import SAMPLE_RATE_HZ, Zone
from tests.playback.synth.sounds import (
    SECOND,
    TONE_HZ,
    bend,
    control,
    decibels,
    font,
    held,
    hz,
    note,
    rms,
    song,
)

SUSTAIN, SOSTENUTO, SOFT, VOLUME, PAN, EXPRESSION = 64, 66, 67, 7, 10, 11


@pytest.fixture
def plain(tmp_path):
    return font(tmp_path, (0, 0, (Zone(held(), release_seconds=0.05),)))


def pressure(seconds, value):
    return ChannelMessage(round(seconds * SECOND), MessageKind.CHANNEL_PRESSURE, 0, value)


def test_a_note_under_the_pedal_is_as_loud_as_one_that_is_held(plain):
    pedalled = render(song([note(0, 0.1)], [control(0, SUSTAIN, 127), control(2, SUSTAIN, 0)]), plain)
    key_held = render(song([note(0, 2)]), plain)
    assert rms(pedalled, 0.25, 0.35) == pytest.approx(rms(key_held, 0.25, 0.35), rel=1e-6)
    assert np.allclose(pedalled, key_held, atol=1e-6)


@pytest.mark.parametrize("value", [0, 63])
def test_the_pedal_holds_from_64_up_and_lets_go_below(plain, value):
    audio = render(
        song([note(0, 0.5), note(3, 0.1)], [control(0.25, SUSTAIN, 64), control(1, SUSTAIN, value)]), plain
    )
    assert rms(audio, 0.8, 0.9) > 0.1
    assert rms(audio, 1.2, 2.9) == 0


def test_a_key_that_is_struck_again_under_the_pedal_does_not_sound_twice(plain):
    audio = render(
        song([note(0, 0.1), note(1, 0.1)], [control(0, SUSTAIN, 127), control(2, SUSTAIN, 0)]), plain
    )
    assert rms(audio, 1.5, 1.9) == pytest.approx(rms(audio, 0.5, 0.9), rel=1e-3)


def test_a_pedal_that_is_renewed_at_one_moment_lets_go(plain):
    audio = render(
        song(
            [note(0, 0.1), note(3, 0.1)],
            [control(0, SUSTAIN, 127), control(1, SUSTAIN, 0), control(1, SUSTAIN, 127)],
        ),
        plain,
    )
    assert rms(audio, 0.8, 0.95) > 0.1
    assert rms(audio, 1.2, 2.9) == 0


def test_sostenuto_holds_the_keys_that_are_down_and_no_others(plain):
    notes = [note(0, 1), note(1.5, 0.1, 81), note(4, 0.1)]
    audio = render(song(notes, [control(0.5, SOSTENUTO, 127), control(3, SOSTENUTO, 0)]), plain)
    assert hz(audio, 2, 2.9) == pytest.approx(TONE_HZ, rel=1e-3)
    spectrum = np.abs(np.fft.rfft(audio[2 * SAMPLE_RATE_HZ : 3 * SAMPLE_RATE_HZ, 0]))
    assert spectrum[882] < 1e-3 * spectrum[441]
    assert rms(audio, 3.2, 3.9) == 0


def test_the_soft_pedal_softens_what_is_struck_while_it_is_down(plain):
    audio = render(song([note(0, 0.9), note(1, 0.9)], [control(0.95, SOFT, 127)]), plain)
    assert decibels(audio, (0.2, 0.8), (1.2, 1.8)) == pytest.approx(-2.8, abs=0.1)


def test_volume_follows_the_square_law_and_nothing_is_silence(plain):
    def loudness(value):
        return rms(render(song([note(0, 2)], [control(0, VOLUME, value)]), plain), 0.5, 1.5)

    assert 20 * np.log10(loudness(127) / loudness(20)) == pytest.approx(32.1, abs=0.1)
    assert loudness(100) == pytest.approx(rms(render(song([note(0, 2)]), plain), 0.5, 1.5), rel=1e-6)
    assert not np.any(render(song([note(0, 2)], [control(0, VOLUME, 0)]), plain))


def test_expression_fades_a_sounding_note(plain):
    fade = [control(1 + step / 127, EXPRESSION, 127 - step) for step in range(128)]
    audio = render(song([note(0, 3)], fade), plain)
    levels = [rms(audio, start, start + 0.05) for start in np.arange(0.9, 2.0, 0.1)]
    assert np.all(np.diff(levels[1:]) < 0)
    assert decibels(audio, (0.5, 0.9), (1.49, 1.51)) == pytest.approx(40 * np.log10(63.5 / 127), abs=0.3)
    assert not np.any(audio[round(2.01 * SAMPLE_RATE_HZ) :])


def test_pan_is_hard_at_its_ends_and_even_in_the_middle(plain):
    def sides(value):
        audio = render(song([note(0, 1)], [control(0, PAN, value)]), plain)
        return rms(audio[:, 0], 0.2, 0.8), rms(audio[:, 1], 0.2, 0.8)

    left, right = sides(0)
    assert left > 0.2
    assert right == 0
    assert sides(127)[0] == 0
    assert sides(64)[0] == sides(64)[1]
    assert np.hypot(*sides(30)) == pytest.approx(np.hypot(*sides(64)), rel=1e-4)


@pytest.mark.parametrize(("number", "values"), [(VOLUME, (127, 10)), (PAN, (0, 127)), (EXPRESSION, (127, 0))])
def test_a_jump_of_a_controller_does_not_click(plain, number, values):
    jumps = [control(0.5 + step / 10, number, values[step % 2]) for step in range(20)]
    audio = render(song([note(0, 3)], jumps), plain)
    steady = render(song([note(0, 3)], [control(0, number, values[0])]), plain)
    # The second difference of a step of half the level would be a hundred times that of the tone.
    largest = np.max(np.abs(np.diff(steady[4_000:120_000], 2, axis=0)))
    assert np.max(np.abs(np.diff(audio[4_000:120_000], 2, axis=0))) < 4 * largest


def test_a_bend_of_two_semitones_starts_at_its_moment(plain):
    audio = render(song([note(0, 2)], [bend(1, 16_383)]), plain)
    assert hz(audio, 0, 0.99) == pytest.approx(TONE_HZ, rel=1e-4)
    assert hz(audio, 1.01, 1.99) == pytest.approx(TONE_HZ * 2 ** (2 / 12), rel=1e-4)


def test_a_note_that_starts_bent_is_bent_from_its_first_sample(plain):
    bent = render(song([note(1, 1)], [bend(1, 16_383)]), plain)
    higher = render(song([note(1, 1, 71)]), plain)
    assert np.allclose(bent, higher, atol=1e-4)


@pytest.mark.parametrize(("value", "semitones"), [(16_383, 12), (0, -12), (8_192, 0), (12_288, 6)])
def test_the_range_of_the_bend_is_what_it_was_told(plain, value, semitones):
    told = [control(0, 101, 0), control(0, 100, 0), control(0, 6, 12), bend(0.5, value)]
    audio = render(song([note(0, 2)], told), plain)
    assert hz(audio, 0.6, 1.9) == pytest.approx(TONE_HZ * 2 ** (semitones / 12), rel=2e-4)


def test_data_for_another_parameter_leaves_the_range_alone(plain):
    told = [control(0, 101, 0), control(0, 100, 0), control(0, 99, 1), control(0, 98, 8), control(0, 6, 24)]
    audio = render(song([note(0, 2)], [*told, bend(0.5, 16_383)]), plain)
    assert hz(audio, 0.6, 1.9) == pytest.approx(TONE_HZ * 2 ** (2 / 12), rel=1e-4)


def test_tuning_moves_the_pitch(plain):
    coarse = [control(0, 101, 0), control(0, 100, 2), control(0, 6, 67)]
    fine = [control(0, 101, 0), control(0, 100, 1), control(0, 6, 96)]
    audio = render(song([note(0, 2)], [*coarse, *fine]), plain)
    assert hz(audio, 0.1, 1.9) == pytest.approx(TONE_HZ * 2 ** (3.5 / 12), rel=1e-4)


def swing(audio, start, end):
    """The range of the frequency between two moments, in cents, by the zeros of the tone."""
    part = audio[round(start * SAMPLE_RATE_HZ) : round(end * SAMPLE_RATE_HZ), 0].astype(np.float64)
    place = np.flatnonzero((part[:-1] < 0) & (part[1:] >= 0))
    exact = place - part[place] / (part[place + 1] - part[place])
    return 1200 * np.log2(np.max(1 / np.diff(exact)) / np.min(1 / np.diff(exact)))


@pytest.mark.parametrize("told", [control(1, 1, 127), pressure(1, 127)])
def test_modulation_and_pressure_are_a_vibrato_of_half_a_semitone(plain, told):
    audio = render(song([note(0, 3)], [told]), plain)
    assert swing(audio, 0.1, 0.9) < 1
    assert swing(audio, 1.1, 2.9) == pytest.approx(100, abs=6)


def test_a_vibrato_of_the_soundfont_is_played_without_any_message(tmp_path):
    zone = Zone(held(), generators=((6, 100), (24, -851), (23, -12_000)))
    audio = render(song([note(0, 2)]), font(tmp_path, (0, 0, (zone,))))
    assert swing(audio, 0.1, 1.9) == pytest.approx(200, abs=8)


def test_a_tremolo_of_the_soundfont_is_played(tmp_path):
    zone = Zone(held(), generators=((13, 60), (22, -1_200)))
    audio = render(song([note(0, 2)]), font(tmp_path, (0, 0, (zone,))))
    levels = [20 * np.log10(rms(audio, at, at + 0.01)) for at in np.arange(0.1, 1.9, 0.01)]
    assert max(levels) - min(levels) == pytest.approx(12, abs=1)


def test_a_modulator_of_the_file_takes_the_place_of_the_usual_one(tmp_path):
    # CC 1 to the vibrato silenced, CC 1 to 1200 cents of fine tuning added.
    modulators = ((0x0081, 6, 0, 0, 0), (0x0081, 52, 1_200, 0, 0))
    audio = render(
        song([note(0, 2)], [control(0.5, 1, 127)]),
        font(tmp_path, (0, 0, (Zone(held(), modulators=modulators),))),
    )
    assert hz(audio, 0, 0.45) == pytest.approx(TONE_HZ, rel=1e-3)
    assert hz(audio, 0.6, 1.9) == pytest.approx(2 * TONE_HZ, rel=1e-3)
    assert swing(audio, 0.6, 1.9) < 1


def test_velocity_can_be_made_to_count_for_nothing(tmp_path):
    modulators = ((0x0502, 48, 0, 0, 0),)
    flat = font(tmp_path, (0, 0, (Zone(held(), modulators=modulators),)))
    soft, loud = (rms(render(song([note(0, 1, velocity=v)]), flat), 0.2, 0.8) for v in (20, 127))
    assert soft == pytest.approx(loud, rel=1e-6)


def test_controller_74_can_darken_what_is_struck_after_it(tmp_path):
    rng = np.random.default_rng(2)
    noise = held().__class__("noise", 0.3 * rng.standard_normal(2 * SAMPLE_RATE_HZ), 69)
    zone = Zone(noise, modulators=((0x01CA, 8, -9_000, 0, 0),))
    audio = render(
        song([note(0, 0.9), note(1, 0.9)], [control(0, 74, 127), control(0.95, 74, 0)]),
        font(tmp_path, (0, 0, (zone,))),
    )

    def bright(start):
        part = audio[round(start * SAMPLE_RATE_HZ) :][: SAMPLE_RATE_HZ // 2, 0]
        power = np.abs(np.fft.rfft(part)) ** 2
        return power[2_500:].sum() / power.sum()

    assert bright(0.2) > 0.7
    assert bright(1.2) < 0.05


def test_key_pressure_moves_its_own_key_alone(tmp_path):
    zone = Zone(held(), modulators=((0x000A, 52, 1_200, 0, 0),))
    told = ChannelMessage(0, MessageKind.KEY_PRESSURE, 69, 127)
    audio = render(song([note(0, 1), note(1.5, 1, 57)], [told]), font(tmp_path, (0, 0, (zone,))))
    assert hz(audio, 0.1, 0.9) == pytest.approx(2 * TONE_HZ, rel=1e-3)
    assert hz(audio, 1.6, 2.4) == pytest.approx(TONE_HZ / 2, rel=1e-3)


def test_reset_all_controllers_keeps_volume_and_pan(plain):
    told = [
        control(0, VOLUME, 64), control(0, PAN, 0), control(0, EXPRESSION, 20), bend(0, 16_383),
        control(0, SUSTAIN, 127), control(1, 121, 0),
    ]  # fmt: skip
    audio = render(song([note(0, 0.5), note(1.5, 1)], told), plain)
    assert rms(audio, 0.6, 0.9) > 0
    assert rms(audio, 1.2, 1.45) == 0
    assert hz(audio, 1.6, 2.4) == pytest.approx(TONE_HZ, rel=1e-4)
    assert not np.any(audio[:, 1])
    alone = render(song([note(1.5, 1)], [control(0, VOLUME, 64), control(0, PAN, 0)]), plain)
    assert rms(audio, 1.6, 2.4) == pytest.approx(rms(alone, 1.6, 2.4), rel=1e-4)


def test_all_sound_off_cuts_and_all_notes_off_lets_go(tmp_path):
    slow = font(tmp_path, (0, 0, (Zone(held(), release_seconds=2.0),)))
    cut = render(song([note(0, 3), note(4, 0.1)], [control(1, 120, 0)]), slow)
    assert rms(cut, 1.05, 3.9) == 0
    let_go = render(song([note(0, 3), note(4, 0.1)], [control(1, 123, 0)]), slow)
    assert decibels(let_go, (0.5, 0.9), (1.49, 1.51)) == pytest.approx(-24, abs=1)
    pedalled = render(song([note(0, 3), note(4, 0.1)], [control(0, SUSTAIN, 127), control(1, 123, 0)]), slow)
    assert rms(pedalled, 1.5, 2.5) == pytest.approx(rms(pedalled, 0.5, 0.9), rel=1e-3)


def test_moving_sounds_join_between_blocks_without_a_trace(plain, monkeypatch):
    told = [bend(0.3 + step / 200, 8_192 + 40 * step) for step in range(200)]
    told += [control(0.4 + step / 50, EXPRESSION, 127 - step) for step in range(80)]
    told += [control(0.2, 1, 90), control(1.1, PAN, 10), control(1.2, SUSTAIN, 127), control(2.2, SUSTAIN, 0)]
    music = song([note(0, 1.5), note(0.5, 1.3, 72, 80), note(1.9, 0.1, 60)], told)
    whole = render(music, plain)
    monkeypatch.setattr(synth, "BLOCK_SAMPLES", 1_009)
    parts = render(music, plain)
    assert whole.shape == parts.shape
    assert np.max(np.abs(whole - parts)) < 1e-5


def test_a_pedal_that_never_ends_rings_for_eight_seconds_at_most(plain):
    audio = render(song([note(0, 1)], [control(0, SUSTAIN, 127)]), plain)
    assert 9 * SAMPLE_RATE_HZ <= len(audio) <= 9.02 * SAMPLE_RATE_HZ


def test_a_tail_that_cannot_be_heard_is_not_part_of_the_song(plain):
    told = [control(0, SUSTAIN, 127), control(2, EXPRESSION, 0)]
    audio = render(song([note(0, 1)], told), plain)
    assert len(audio) <= 2.01 * SAMPLE_RATE_HZ
