"""The bundled SoundFont, clips and grooves are what the program and a musician count on."""

from itertools import pairwise

import mido
import numpy as np
import pytest

from benchmarks.kit import measure
from musegen_daw import resource_paths as resources
from musegen_daw.midi.file import read_midi
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.kit import PIECE_OF_PITCH, PIECES, VOICE_OF_PITCH, VOICES
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.synth.riff import read_tables
from musegen_daw.playback.synth.soundfont import open_soundfont
from musegen_daw.playback.synth.synth import render
from scripts import grooves
from tests.playback.synth.sf2 import SAMPLE_RATE_HZ

PPQ = 480
RESOURCES = resources.resources_dir()
SOUNDFONT = resources.soundfont_dir() / "musegen.sf2"
GROOVES = sorted((RESOURCES / "grooves").glob("*.mid"))
CLIPS = sorted((RESOURCES / "clips").glob("*.mid"))
LISTED_PROGRAMS = {0, 25, 26, 27, 28, 29, 30, 32, 33, 34}
LAYERED = (
    "kick",
    "snare",
    "closed hat",
    "open hat",
    "pedal hat",
    "low tom",
    "mid tom",
    "high tom",
    "crash",
    "ride",
)


@pytest.fixture(scope="module")
def font():
    return open_soundfont(SOUNDFONT)


def played(font, *notes, program=0, is_drum=False):
    """The notes at 120 BPM: (samples, 2)."""
    return render(Song((Clip(notes, 0, PPQ, "", program, is_drum),), TimeMap(PPQ)), font, SAMPLE_RATE_HZ)


def peak_db(audio):
    return 20 * np.log10(np.max(np.abs(audio)) + 1e-12)


def centroid_hz(audio, seconds=0.2):
    power = np.abs(np.fft.rfft(audio.sum(axis=1)[: round(seconds * SAMPLE_RATE_HZ)])) ** 2
    hz = np.fft.rfftfreq(min(len(audio), round(seconds * SAMPLE_RATE_HZ)), 1 / SAMPLE_RATE_HZ)
    return float((hz * power).sum() / power.sum())


# The SoundFont


def test_the_soundfont_has_a_kit_and_every_program():
    font = open_soundfont(SOUNDFONT)
    kits = {(128, program) for program in (0, 8, 16, 24, 25, 32, 40)}
    assert set(font.presets) == kits | {(0, program) for program in range(128)}
    assert SOUNDFONT.stat().st_size < 20 * 2**20


def test_its_samples_are_apart_and_its_loops_within_them():
    tables = read_tables(SOUNDFONT)
    headers = tables.headers[:-1]
    assert np.all((headers["rate"] >= 8_000) & (headers["rate"] <= SAMPLE_RATE_HZ))
    assert np.all(headers["start"] <= headers["loop_start"])
    assert np.all(headers["loop_end"] <= headers["end"])
    spans = sorted({(int(header["start"]), int(header["end"])) for header in headers})
    for (_, end), (start, _) in pairwise(spans):
        assert start - end == 46
        assert not np.any(tables.samples[end:start])
    assert len(tables.samples) - spans[-1][1] == 46


def test_no_sample_starts_or_stops_with_a_click(font):
    for (bank, _), zones in font.presets.items():
        for zone in zones:
            audio = font.samples[zone.start : zone.end].astype(float) / 32_768
            if zone.loop is None:
                assert abs(audio[0]) < 0.01
                assert np.max(np.abs(audio[-20:])) < 0.01
            elif bank == 0:
                start, end = zone.loop
                assert np.max(np.abs(audio[start : start + 8] - audio[end : end + 8])) < 1e-4


@pytest.mark.parametrize("program", range(128))
def test_every_program_sounds_at_a_like_level_without_clipping(font, program):
    for pitch in (40, 60, 76):
        level = peak_db(played(font, Note(pitch, 100, 0, 480), program=program))
        assert -30 < level < -3, (program, pitch, level)


@pytest.mark.parametrize("program", sorted(LISTED_PROGRAMS | {4, 16, 48, 73, 80}))
@pytest.mark.parametrize("pitch", [45, 57, 69])
def test_every_instrument_is_in_tune_within_3_cents(font, program, pitch):
    audio = played(font, Note(pitch, 100, 0, 1_920), program=program)
    mono = audio.sum(axis=1)[2_000 : 2_000 + SAMPLE_RATE_HZ]
    if program == 28:  # a muted string is gone after a moment
        mono = mono[: SAMPLE_RATE_HZ // 4]
    size = 1 << 19
    spectrum = np.log(np.abs(np.fft.rfft(mono * np.hanning(len(mono)), size)) + 1e-12)
    hz = 440 * 2 ** ((pitch - 69) / 12)
    first, last = (round(hz * factor * size / SAMPLE_RATE_HZ) for factor in (0.97, 1.03))
    top = first + int(np.argmax(spectrum[first:last]))
    assert abs(1_200 * np.log2(top * SAMPLE_RATE_HZ / size / hz)) < 3


@pytest.mark.parametrize("pitch", sorted({*PIECE_OF_PITCH, *range(27, 83)}))
def test_every_piece_and_percussion_pitch_is_heard(font, pitch):
    assert -28 < peak_db(played(font, Note(pitch, 100, 0, 60), is_drum=True)) < 0


def test_the_voices_of_the_kit_are_balanced(font):
    levels = {
        piece.name: measure(font, 0, piece.pitch, 100).level_db - measure(font, 0, 38, 100).level_db
        for piece in PIECES
    }
    assert abs(levels["kick"]) < 3
    assert -4 < levels["crash"] < 3
    assert -8 < levels["ride"] < -2
    assert -11 < levels["closed hat"] < -5
    assert all(abs(levels[f"{size} tom"]) < 4 for size in ("low", "mid", "high"))


@pytest.mark.parametrize("kit", [0, 8, 16, 24, 25, 32, 40])
def test_cymbals_ring_and_every_kit_is_about_as_loud(font, kit):
    assert measure(font, kit, 49, 100).ring_seconds > 2
    assert measure(font, kit, 51, 100).ring_seconds > 0.8
    assert -26 < measure(font, kit, 38, 100).level_db < -15


@pytest.mark.parametrize("name", LAYERED)
def test_hard_strokes_are_louder_and_brighter_than_soft_ones(font, name):
    pitch = next(piece.pitch for piece in PIECES if piece.name == name)
    soft, firm, hard = (
        played(font, Note(pitch, velocity, 0, 60), is_drum=True) for velocity in (40, 80, 120)
    )
    assert peak_db(soft) + 6 < peak_db(firm) + 3 < peak_db(hard)
    assert centroid_hz(soft) * 1.05 < centroid_hz(firm)
    assert centroid_hz(firm) * 1.05 < centroid_hz(hard)


def test_louder_velocities_are_never_softer(font):
    for pitch in (36, 38, 42, 46, 49, 51):
        levels = [
            np.sqrt(np.mean(played(font, Note(pitch, velocity, 0, 60), is_drum=True)[:8_000] ** 2))
            for velocity in range(7, 128, 8)
        ]
        assert all(softer < louder for softer, louder in pairwise(levels)), pitch


@pytest.mark.parametrize("closing", [42, 44, 22])
def test_a_closed_or_pedal_hat_chokes_the_open_hat(font, closing):
    both = played(font, Note(46, 120, 0, 30), Note(closing, 1, 240, 30), is_drum=True)
    alone = played(font, Note(46, 120, 0, 30), is_drum=True)
    after = slice(round(0.28 * SAMPLE_RATE_HZ), round(0.4 * SAMPLE_RATE_HZ))
    assert np.sqrt(np.mean(both[after] ** 2)) < 0.02 * np.sqrt(np.mean(alone[after] ** 2))


# Grooves


def test_there_are_enough_styles_with_the_expected_names():
    assert {
        "rock", "half-time", "four-on-the-floor", "funk", "soul", "hip-hop", "breakbeat", "reggae", "bossa", "swing",
        "shuffle", "metal", "disco", "ballad", "latin", "train-beat",
    } <= set(resources.style_names())  # fmt: skip


@pytest.mark.parametrize("path", GROOVES, ids=lambda path: path.stem)
def test_a_groove_is_two_bars_of_playable_drums(path):
    song = read_midi(path)
    (drums,) = song.clips
    assert drums.is_drum
    assert song.time_map.ppq == PPQ
    assert {(each.numerator, each.denominator) for each in song.time_map.time_signatures} <= {(4, 4)}
    assert drums.length_ticks == song.end_ticks == 2 * 4 * PPQ
    assert {note.pitch for note in drums.notes} <= {piece.pitch for piece in PIECES}
    for bar in range(2):
        inside = drums.slice(bar * 4 * PPQ, (bar + 1) * 4 * PPQ).notes
        voices = {VOICES[VOICE_OF_PITCH[note.pitch]] for note in inside if note.pitch in VOICE_OF_PITCH}
        assert {"kick", "snare"} <= voices
        assert len(inside) >= 6


@pytest.mark.parametrize("path", GROOVES, ids=lambda path: path.stem)
def test_a_groove_breathes(path):
    notes = read_midi(path).clips[0].notes
    velocities = [note.velocity for note in notes]
    assert len(set(velocities)) >= 8
    assert max(velocities) - min(velocities) >= 20
    # Its strokes stray from the sixteenths and triplets, but never far enough to sound like mistakes.
    grid = np.array(sorted({*range(0, 8 * PPQ + 1, 120), *range(0, 8 * PPQ + 1, 160)}))
    bpm = read_midi(path).time_map.bpm_at(0)
    stray_ms = [float(np.min(np.abs(grid - note.start_ticks))) * 60_000 / (bpm * PPQ) for note in notes]
    assert 0 < max(stray_ms) < 35


def onset_steps(name, piece, steps_per_beat=4):
    pitch = next(entry.pitch for entry in PIECES if entry.name == piece)
    notes = read_midi(RESOURCES / "grooves" / f"{name}.mid").clips[0].notes
    return {round(note.start_ticks * steps_per_beat / PPQ) for note in notes if note.pitch == pitch}


def test_the_styles_are_what_their_names_say():
    beats = set(range(0, 32, 4))
    assert onset_steps("four-on-the-floor", "kick") == beats
    assert onset_steps("reggae", "kick") == {8, 24}
    assert onset_steps("bossa", "side stick") == {0, 6, 12, 20, 26}
    assert onset_steps("half-time", "snare") >= {8, 24}
    assert not onset_steps("half-time", "snare") & {4, 12, 20, 28}
    assert onset_steps("disco", "open hat") == {step + 2 for step in beats}
    ride = onset_steps("swing", "ride", steps_per_beat=3)
    assert {0, 3, 5, 6, 9, 11} <= ride
    assert {4, 12, 20, 28} <= onset_steps("rock", "snare")


# Clips


@pytest.mark.parametrize("path", CLIPS, ids=lambda path: path.stem)
def test_a_clip_is_a_short_part_that_drums_can_be_written_for(path):
    song = read_midi(path)
    assert song.time_map.ppq == PPQ
    assert {(each.numerator, each.denominator) for each in song.time_map.time_signatures} <= {(4, 4)}
    bars, rest = divmod(song.end_ticks, 4 * PPQ)
    assert rest == 0
    assert 4 <= bars <= 8
    assert not song.drums
    for clip in song.parts:
        assert clip.name
        assert clip.program in LISTED_PROGRAMS
        assert len({note.velocity for note in clip.notes}) >= 10
        for start_ticks in range(0, song.end_ticks, 4 * PPQ):
            assert clip.slice(start_ticks, start_ticks + 4 * PPQ).notes


def test_the_demo_is_a_band_and_the_clips_differ():
    assert len(CLIPS) >= 5
    demo = read_midi(RESOURCES / "clips" / "demo.mid")
    assert [clip.program for clip in demo.parts] == [0, 33, 27]
    assert demo.end_ticks == 8 * 4 * PPQ
    assert len({round(read_midi(path).time_map.bpm_at(0)) for path in CLIPS}) == len(CLIPS)


def test_the_grooves_are_what_their_text_says(tmp_path):
    assert grooves.main([str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in GROOVES}
    for path in GROOVES:
        assert list(mido.MidiFile(tmp_path / path.name)) == list(mido.MidiFile(path))


@pytest.mark.parametrize(
    "line",
    ["kick | X...", "kick | X............... | X.......q.......", "gong | X........... | X..........."],
)
def test_a_grid_with_a_mistake_is_refused(line):
    with pytest.raises(ValueError, match="wrong: "):
        grooves.strokes(grooves.Groove("wrong", 100, line))
