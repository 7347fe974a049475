"""Notes sound when, how loud and as long as they should."""

import numpy as np
import pytest

from musegen_daw.errors import AudioError
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.time import Tempo, TimeMap
from musegen_daw.playback.synth import synth
from musegen_daw.playback.synth.soundfont import open_soundfont
from musegen_daw.playback.synth.synth import render
from tests.playback.synth.sf2 import SAMPLE_RATE_HZ, Instrument, Preset, Sample, Zone, soundfont_bytes

PPQ = 480
TIME_MAP = TimeMap(PPQ)


def tone(seconds, hz=441.0):
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ)


@pytest.fixture
def make_font(tmp_path):
    def make(*zones, bank=0):
        path = tmp_path / "test.sf2"
        preset = Preset("test", bank, 0, Instrument("test", zones))
        path.write_bytes(soundfont_bytes("test", "none", (preset,)))
        return open_soundfont(path)

    return make


def click():
    return Sample("click", np.r_[1.0, np.zeros(99)] * 0.9, 60)


def held():
    """A loop of 200 samples: exactly two cycles of 441 Hz."""
    return Sample("held", tone(0.1), 69, loop=(2_000, 2_200))


def song(*notes, is_drum=False, time_map=TIME_MAP, program=0):
    return Song((Clip(notes, 0, PPQ, "part", program, is_drum),), time_map)


def rms(audio, start_seconds, end_seconds):
    part = audio[round(start_seconds * SAMPLE_RATE_HZ) : round(end_seconds * SAMPLE_RATE_HZ)]
    return float(np.sqrt(np.mean(part**2)))


def test_onsets_are_at_the_seconds_of_their_ticks_across_tempo_changes(make_font):
    time_map = TimeMap(PPQ, (Tempo(0, 500_000), Tempo(960, 400_000), Tempo(1_500, 731_111)))
    starts = (0, 240, 959, 961, 1_499, 2_000, 7_777, 50_000)
    notes = [Note(60, 100, ticks, 60) for ticks in starts]
    audio = render(song(*notes, time_map=time_map), make_font(Zone(click())), SAMPLE_RATE_HZ)
    heard = np.flatnonzero(np.abs(audio[:, 0]) > 0.1)
    assert len(heard) == len(starts)
    expected = [time_map.seconds_at(ticks) * SAMPLE_RATE_HZ for ticks in starts]
    assert np.max(np.abs(heard - expected)) <= 0.5


def test_onsets_are_right_at_another_sample_rate(make_font):
    audio = render(song(Note(60, 100, 480, 60)), make_font(Zone(click())), 22_050)
    assert abs(int(np.argmax(np.abs(audio[:, 0]))) - 11_025) <= 1


def test_velocity_follows_the_square_law(make_font):
    font = make_font(Zone(held()))
    loud, soft = (rms(render(song(Note(69, v, 0, 960)), font), 0.2, 0.8) for v in (127, 40))
    assert soft / loud == pytest.approx((40 / 127) ** 2, rel=1e-3)


def test_a_transposed_key_has_its_pitch(make_font):
    audio = render(song(Note(76, 127, 0, 1_920)), make_font(Zone(held())))[: 2 * SAMPLE_RATE_HZ, 0]
    spectrum = np.abs(np.fft.rfft(audio[:SAMPLE_RATE_HZ] * np.hanning(SAMPLE_RATE_HZ)))
    assert np.argmax(spectrum) == pytest.approx(441 * 2 ** (7 / 12), abs=1)


def test_a_loop_holds_the_note_and_the_release_ends_it(make_font):
    audio = render(song(Note(69, 127, 0, 3_840)), make_font(Zone(held(), release_seconds=1.0)))
    assert rms(audio, 3.5, 3.9) == pytest.approx(rms(audio, 0.5, 0.9), rel=0.01)
    # 96 dB in one second, as players have it: 48 dB after half of it.
    assert 20 * np.log10(rms(audio, 4.49, 4.51) / rms(audio, 3.5, 3.9)) == pytest.approx(-48, abs=0.5)
    assert len(audio) <= 5.01 * SAMPLE_RATE_HZ


def test_a_loop_has_no_seam(make_font):
    audio = render(song(Note(69, 127, 0, 3_840)), make_font(Zone(held())))[: 3 * SAMPLE_RATE_HZ, 0]
    assert (
        np.max(np.abs(np.diff(audio, 2))) < 1.2 * np.max(np.abs(np.diff(tone(0.1), 2))) * np.max(audio) / 0.5
    )


def test_blocks_join_without_a_trace(make_font, monkeypatch):
    font = make_font(Zone(held(), attack_seconds=0.05, decay_seconds=3.0, sustain_db=40, release_seconds=0.5))
    notes = [Note(pitch, 90, ticks, 700) for pitch, ticks in ((60, 0), (63, 333), (72, 1_700), (69, 1_701))]
    whole = render(song(*notes), font)
    monkeypatch.setattr(synth, "BLOCK_SAMPLES", 1_009)
    parts = render(song(*notes), font)
    assert whole.shape == parts.shape
    assert np.max(np.abs(whole - parts)) < 1e-6


def test_the_decay_of_the_envelope_is_played(make_font):
    font = make_font(Zone(held(), decay_seconds=10.0, sustain_db=60))
    audio = render(song(Note(69, 127, 0, 9_600)), font)
    assert 20 * np.log10(rms(audio, 2.95, 3.05) / rms(audio, 0.95, 1.05)) == pytest.approx(-19.2, abs=0.1)


def test_an_exclusive_class_chokes_what_sounds_before(make_font):
    zones = [
        Zone(Sample(f"hat {key}", tone(1.5), key), keys=(key, key), exclusive_class=1, release_seconds=10.0)
        for key in (42, 46)
    ]
    zones.append(Zone(Sample("free", tone(1.5), 51), keys=(51, 51), release_seconds=10.0))
    font = make_font(*zones, bank=128)
    opened, closed = Note(46, 127, 0, 60), Note(42, 1, 480, 60)
    choked = render(song(opened, closed, is_drum=True), font)
    assert rms(choked, 0.3, 0.49) > 0.1
    assert rms(choked, 0.52, 0.9) < 1e-3
    free = render(song(Note(51, 127, 0, 60), closed, is_drum=True), font)
    assert rms(free, 0.52, 0.9) > 0.1


def test_a_filter_darkens(make_font):
    rng = np.random.default_rng(1)
    noise = Sample("noise", 0.3 * rng.standard_normal(SAMPLE_RATE_HZ), 60)

    def share_above_2_khz(zone):
        spectrum = (
            np.abs(np.fft.rfft(render(song(Note(60, 127, 0, 1_920)), make_font(zone))[:SAMPLE_RATE_HZ, 0]))
            ** 2
        )
        return spectrum[2_000:].sum() / spectrum.sum()

    assert share_above_2_khz(Zone(noise)) > 0.8
    assert share_above_2_khz(Zone(noise, cutoff_hz=500.0)) < 0.05


def test_pan_goes_to_its_side_at_equal_power(make_font):
    left = render(song(Note(69, 127, 0, 960)), make_font(Zone(held(), pan=-0.5)))
    centre = render(song(Note(69, 127, 0, 960)), make_font(Zone(held())))
    assert np.max(np.abs(left[:, 1])) < 1e-6
    assert np.sum(left**2) == pytest.approx(np.sum(centre**2), rel=1e-3)


def test_a_program_the_font_lacks_is_played_by_the_nearest(make_font):
    assert np.max(np.abs(render(song(Note(69, 127, 0, 480), program=57), make_font(Zone(held()))))) > 0.1


def test_a_font_without_drums_says_so(make_font):
    with pytest.raises(AudioError, match=r"test\.sf2 has no drum kit"):
        render(song(Note(36, 100, 0, 60), is_drum=True), make_font(Zone(held())))


@pytest.mark.parametrize(
    ("music", "rate_hz", "sentence"),
    [
        (song(), 44_100, "empty"),
        (song(Note(60, 100, 0, 480 * 2 * 60 * 121)), 44_100, "2.0 hours; at most 2"),
        (song(Note(60, 100, 0, 480)), 7, "sample rate of 7 Hz"),
        (song(Note(60, 100, 0, 480)), 192_000, "sample rate of 192000 Hz"),
    ],
)
def test_what_cannot_be_rendered_is_refused_with_a_sentence(make_font, music, rate_hz, sentence):
    with pytest.raises(AudioError, match=sentence):
        render(music, make_font(Zone(held())), rate_hz)
