"""Rendered MIDI comes from the right splits and classes, from the middle of the music, at a fixed peak."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.time import Tempo, TimeMap
from musegen_daw.resource_paths import soundfont_dir
from tests.drum_corpus import write_parquet
from training.vocoder import prepare as preparation
from training.vocoder.recordings import Unusable
from training.vocoder.rendered import DRUMS_SOURCE, Part, RenderedMidi, excerpt, find_recordings

FONT = soundfont_dir() / "musegen.sf2"


def _song(seconds: int, bpm: float = 120.0) -> Song:
    """A note on every second, its pitch telling which."""
    time_map = TimeMap(480, (Tempo(0, round(60e6 / bpm)),))
    at = [round(time_map.ticks_at(second)) for second in range(seconds + 1)]
    notes = tuple(
        Note(20 + second, 100, at[second], (at[second + 1] - at[second]) // 2) for second in range(seconds)
    )
    return Song((Clip(notes, at[-1], 480),), time_map)


@pytest.fixture
def corpus(tmp_path):
    for split, count in (("train", 12), ("validation", 4), ("test", 2)):
        names = [f"{split}-{at}" for at in range(count)]
        (tmp_path / split).mkdir()
        write_parquet(
            tmp_path / split / "0.parquet",
            {name: song_to_bytes(_song(3 + at)) for at, name in enumerate(names)},
            licence_class=["A", "B", "D", "B"][:count] * (count // 4) or ["A"] * count,
            source=["large", "large", "web", "small"][:count] * (count // 4) or ["large"] * count,
            song_group=names,
        )
    return tmp_path


def test_files_come_from_their_own_splits_and_the_classes_asked_for(corpus) -> None:
    found = find_recordings(corpus, 6).recordings
    assert [each.split for each in found] == ["train"] * 6 + ["validation"]
    assert all(each.key.startswith(f"rendered/{each.split}") for each in found)
    assert {each.licence for each in found} <= {"class A", "class B"}
    assert {each.source for each in found} == {"rendered"}
    assert len(find_recordings(corpus, 100).recordings) == 9 + 3
    assert len(find_recordings(corpus, 100, licence_classes=()).recordings) == 12 + 4
    assert find_recordings(corpus, 6).recordings == found


def test_no_origin_crowds_out_the_others(corpus) -> None:
    keys = [each.key for each in find_recordings(corpus, 4).recordings if each.split == "train"]
    small = {f"rendered/train-{at}" for at in (3, 7, 11)}
    assert len(small & set(keys)) == 2


def test_an_excerpt_is_the_middle_and_keeps_its_time() -> None:
    song = _song(61, bpm=90)
    middle = excerpt(song, 20.0)
    (clip,) = middle.clips
    pitches = [note.pitch for note in clip.notes]
    assert pitches[0] in (20 + 20, 20 + 21)
    assert pitches == list(range(pitches[0], pitches[0] + 20))
    starts = [middle.time_map.seconds_at(note.start_ticks) for note in clip.notes]
    assert np.allclose(np.diff(starts), 1.0, atol=2e-3)
    assert starts[0] < 1
    short = excerpt(_song(5), 20.0)
    assert len(short.clips[0].notes) == 5


def test_rendering_gives_the_excerpt_at_its_peak() -> None:
    place = RenderedMidi(song_to_bytes(_song(40)), FONT)
    audio = place.mono(12_000)
    assert 19.5 < len(audio) / 12_000 < 29
    assert np.abs(audio).max() == pytest.approx(0.89, abs=1e-3)
    assert place.identity != RenderedMidi(song_to_bytes(_song(41)), FONT).identity
    assert np.array_equal(audio, place.mono(12_000))


@pytest.mark.parametrize("data", [b"", b"MThd and no more", song_to_bytes(Song((), TimeMap(480)))])
def test_what_cannot_be_rendered_is_counted_not_raised(data) -> None:
    with pytest.raises(Unusable, match="unreadable MIDI"):
        RenderedMidi(data, FONT).mono(12_000)


def test_the_bytes_of_a_corpus_are_those_that_are_rendered(corpus) -> None:
    found = find_recordings(corpus, 100).recordings
    assert all(io.BytesIO(each.place.midi).read(4) == b"MThd" for each in found)


def test_drums_alone_are_the_drums_of_the_same_files(corpus) -> None:
    whole, alone = (
        find_recordings(corpus, 6).recordings,
        find_recordings(corpus, 6, part=Part.DRUMS).recordings,
    )
    assert {each.source for each in alone} == {DRUMS_SOURCE}
    assert [each.group for each in alone] == [each.group for each in whole]
    assert {each.key for each in alone}.isdisjoint(each.key for each in whole)


def test_a_file_without_drums_has_no_drums_alone() -> None:
    part = _song(8)
    drums = replace(part.clips[0], notes=(Note(36, 120, 0, 480), Note(38, 120, 3840, 480)), is_drum=True)
    both = song_to_bytes(replace(part, clips=(part.clips[0], drums)))
    audio = RenderedMidi(both, FONT, part=Part.DRUMS).mono(12_000)
    assert np.abs(audio).max() == pytest.approx(0.89, abs=1e-3)
    assert not np.array_equal(audio, RenderedMidi(both, FONT).mono(12_000))
    with pytest.raises(Unusable):
        RenderedMidi(song_to_bytes(part), FONT, part=Part.DRUMS).mono(12_000)


@pytest.mark.parametrize(
    ("program", "is_acoustic"),
    [(0, True), (4, False), (24, True), (27, False), (33, False), (48, True), (50, False), (52, True), (54, False),
     (56, True), (62, False), (73, True), (80, False), (105, True), (127, False)],
)  # fmt: skip
def test_acoustic_are_the_programs_without_circuits(program, is_acoustic) -> None:
    clip = replace(_song(2).clips[0], program=program)
    assert Part.ACOUSTIC.has(clip) is is_acoustic
    assert not Part.ACOUSTIC.has(replace(clip, is_drum=True))
    assert Part.WHOLE.has(clip)


def test_acoustic_instruments_alone_are_those_of_a_file() -> None:
    song = _song(8)
    strings, lead = (replace(song.clips[0], program=program) for program in (48, 81))
    both, alone = (song_to_bytes(replace(song, clips=clips)) for clips in ((strings, lead), (strings,)))
    audio = RenderedMidi(both, FONT, part=Part.ACOUSTIC).mono(12_000)
    assert np.array_equal(audio, RenderedMidi(alone, FONT).mono(12_000))
    assert not np.array_equal(audio, RenderedMidi(both, FONT).mono(12_000))
    with pytest.raises(Unusable):
        RenderedMidi(song_to_bytes(replace(song, clips=(lead,))), FONT, part=Part.ACOUSTIC).mono(12_000)


def test_each_part_has_its_own_number_of_files_and_its_own_soundfont(corpus, tmp_path, monkeypatch) -> None:
    found = {}

    def seen(sources, *args, **options):
        found.update({source.recordings[0].source: source.recordings for source in sources})
        raise ValueError("enough was seen")

    monkeypatch.setattr(preparation, "prepare", seen)
    other = tmp_path / "other.sf2"
    options = ["--midi", corpus, "--midi-files", 4, "--drum-files", 2, "--acoustic-files", 3]
    options += ["--acoustic-soundfont", other, "--out", tmp_path / "out"]
    with pytest.raises(SystemExit):
        preparation.main([str(option) for option in options])
    assert {source: len(recordings) for source, recordings in found.items()} == {
        "rendered": 4 + 1,
        "rendered drums": 2 + 1,
        "rendered acoustic": 3 + 1,
    }
    fonts = {source: recordings[0].place.soundfont for source, recordings in found.items()}
    assert fonts == {"rendered": FONT, "rendered drums": FONT, "rendered acoustic": other}
