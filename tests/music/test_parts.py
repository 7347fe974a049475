"""Which parts are followed, and how many bars they fill."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.music.clip import Clip, Marker, Note, Song
from musegen_daw.music.parts import (
    clip_bars,
    continued_bars,
    drop_strays,
    find_parts,
    listed_parts,
    section_bars,
)
from musegen_daw.music.time import TimeMap, TimeSignature
from tests.strategies import songs, time_maps


def part(name="", program=0, start_ticks=0, end_ticks=480, length_ticks=0):
    return Clip((Note(60, 64, start_ticks, end_ticks - start_ticks),), length_ticks, 480, name, program)


SONG = Song(
    (part("Keys"), part("Lead Guitar", 29), part("Bass", 33), part("Pad", 90), part("2", 48)), TimeMap(480)
)


def test_listed_parts_are_piano_guitar_and_bass():
    assert [clip.name for clip in listed_parts(SONG)] == ["Keys", "Lead Guitar", "Bass"]


@pytest.mark.parametrize(
    ("selector", "name"),
    [("bass", "Bass"), ("1", "Keys"), ("2", "2"), ("guitar", "Lead Guitar"), ("4", "Pad")],
)
def test_parts_are_found_by_name_then_number_then_part_of_a_name(selector, name):
    assert [clip.name for clip in find_parts(SONG, selector)] == [name]


@pytest.mark.parametrize("selector", ["6", "0", "flute", "", "²"])
def test_an_unknown_part_is_rejected_with_a_list_of_parts(selector):
    with pytest.raises(
        ValueError, match=r"1 'Keys' \(Acoustic Grand Piano\), 2 'Lead Guitar' \(Overdriven Guitar\)"
    ):
        find_parts(SONG, selector)


@pytest.mark.parametrize(
    ("clip", "bar_count"),
    [
        (part(end_ticks=1920), 1),
        (part(end_ticks=1980), 1),  # a release that hangs over
        (part(start_ticks=1920, end_ticks=1930), 2),
        (part(end_ticks=2400), 2),
        (part(end_ticks=480, length_ticks=4 * 1920), 4),  # a rest at the end of a clip
        (part(end_ticks=480, length_ticks=400 * 1920), 1),  # the length of a project
        (Clip((), 2 * 1920, 480), 2),
    ],
)
def test_bars_are_counted_as_a_musician_does(clip, bar_count):
    assert len(clip_bars(TimeMap(480), [clip])) == bar_count


@given(songs(max_clips=4))
def test_every_onset_is_within_the_bars_of_a_clip(song):
    bars = clip_bars(song.time_map, song.clips)
    music = drop_strays(song.time_map, song.clips)
    onsets = [note.start_ticks for clip in music.clips for note in clip.notes]
    assert not onsets or bars[-1].end_ticks > max(onsets)


@given(time_maps(), st.integers(1, 50))
def test_continued_bars_returns_the_requested_number(time_map, count):
    bars = continued_bars(time_map, count)
    assert len(bars) == count
    assert bars == time_map.bars(bars[-1].end_ticks)[:count]


def test_zero_bars_are_rejected():
    with pytest.raises(ValueError, match="at least 1"):
        continued_bars(TimeMap(480), 0)


BAR = 1920
RIFF = tuple(Note(60, 64, beat * 480, 240) for beat in range(16))


@pytest.mark.parametrize(
    ("strays", "bar_count", "left_out"),
    [
        ([Note(60, 64, 68 * BAR, 10)], 69, 0),  # 64 bars of rest
        ([Note(60, 64, 69 * BAR, 10)], 4, 1),
        ([Note(60, 64, 90 * BAR, 10), Note(60, 64, 400 * BAR, 10)], 4, 2),
        ([Note(60, 64, 2**28 - 480, 480)], 4, 1),
        ([Note(60, 64, 10 * BAR, 10), Note(60, 64, 50 * BAR, 10)], 51, 0),
    ],
)
def test_a_stray_note_far_out_adds_no_bars(strays, bar_count, left_out):
    notes = (*RIFF, *strays)
    clip = Clip(notes, max(note.end_ticks for note in notes), 480)
    assert len(clip_bars(TimeMap(480), [clip])) == bar_count
    music = drop_strays(TimeMap(480), [clip])
    assert music.strays == left_out
    assert len(music.clips[0].notes) == len(notes) - left_out


def test_a_stray_note_before_the_music_is_kept():
    clip = Clip((Note(60, 64, 0, 10), *(Note(60, 64, 100 * BAR + at.start_ticks, 10) for at in RIFF)), 0, 480)
    assert len(clip_bars(TimeMap(480), [clip])) == 104


def test_empty_bars_are_counted_in_their_meter():
    waltz = TimeMap(480, (), (TimeSignature(0, 3, 4),))
    clip = Clip((Note(60, 64, 0, 480), Note(60, 64, 66 * 1440, 480)), 0, 480)
    assert len(clip_bars(waltz, [clip])) == 1
    assert len(clip_bars(TimeMap(480), [clip])) == 50


def test_sections_begin_at_the_bar_lines_nearest_to_their_markers():
    bars = TimeMap(480).bars(8 * BAR)
    markers = [Marker(at) for at in (0, 2 * BAR - 30, 4 * BAR + 500, 4 * BAR, 99 * BAR)]
    assert section_bars(markers, bars) == (0, 2, 4)
    assert section_bars([], bars) == ()
