"""Clip arithmetic."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.time import TimeMap
from tests.strategies import PPQS, clips


@given(clips(), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_slice_holds_the_notes_that_start_in_it(clip, start_ticks, length_ticks):
    end_ticks = start_ticks + length_ticks
    sliced = clip.slice(start_ticks, end_ticks)
    assert sliced.length_ticks == length_ticks
    assert all(note.end_ticks <= length_ticks for note in sliced.notes)
    inside = Counter(
        n.start_ticks - start_ticks for n in clip.notes if start_ticks <= n.start_ticks < end_ticks
    )
    assert Counter(note.start_ticks for note in sliced.notes) == inside


@given(clips(), st.lists(st.integers(0, 25_000), max_size=5))
def test_slices_tile_the_clip(clip, cuts):
    edges = [0, *sorted(cuts), 25_000]
    pieces = [clip.slice(a, b).shift(a) for a, b in pairwise(edges)]
    starts = Counter((n.start_ticks, n.pitch, n.velocity) for piece in pieces for n in piece.notes)
    assert starts == Counter((n.start_ticks, n.pitch, n.velocity) for n in clip.notes)


@given(clips(), st.integers(0, 10_000), st.integers(0, 10_000))
def test_shifts_add_up_and_can_be_undone(clip, first, second):
    assert clip.shift(first).shift(second) == clip.shift(first + second)
    assert clip.shift(first).shift(-first) == clip


@given(clips(ppqs=st.just(480)), clips(ppqs=st.just(480)), clips(ppqs=st.just(480)))
def test_merging_keeps_every_note_in_any_grouping(first, second, third):
    merged = first.merge(second).merge(third)
    assert merged == first.merge(second.merge(third))
    assert Counter(merged.notes) == Counter(first.notes + second.notes + third.notes)
    assert merged.notes == second.merge(first).merge(third).notes
    assert merged.length_ticks == max(first.length_ticks, second.length_ticks, third.length_ticks)


@given(clips(), st.integers(1, 20))
def test_a_multiple_of_the_ppq_and_back_is_lossless(clip, factor):
    finer = clip.at_ppq(clip.ppq * factor)
    assert [n.start_ticks for n in finer.notes] == [factor * n.start_ticks for n in clip.notes]
    assert finer.at_ppq(clip.ppq) == clip


@given(clips(), PPQS)
def test_rescaling_rounds_by_at_most_half_a_tick(clip, ppq):
    rescaled = clip.at_ppq(ppq)
    assert rescaled.ppq == ppq
    starts = sorted(note.start_ticks for note in rescaled.notes)
    exact = sorted(note.start_ticks * ppq / clip.ppq for note in clip.notes)
    assert all(abs(a - b) <= 0.5 for a, b in zip(starts, exact, strict=True))
    assert sum(n.duration_ticks == 0 for n in rescaled.notes) == sum(
        n.duration_ticks == 0 for n in clip.notes
    )


@given(clips())
def test_notes_are_sorted_and_end_ticks_covers_them(clip):
    assert [n.start_ticks for n in clip.notes] == sorted(n.start_ticks for n in clip.notes)
    assert clip.end_ticks == max([clip.length_ticks, *(n.end_ticks for n in clip.notes)])


@pytest.mark.parametrize(
    "values",
    [(-1, 64, 0, 1), (128, 64, 0, 1), (60, 0, 0, 1), (60, 128, 0, 1), (60, 64, -1, 1), (60, 64, 0, -1)],
)
def test_an_invalid_note_is_rejected(values):
    with pytest.raises(ValueError, match=r"must|cannot"):
        Note(*values)


def test_clips_of_different_ppq_cannot_be_combined():
    clip = Clip((), 0, 480)
    with pytest.raises(ValueError, match="480 and 96"):
        clip.merge(Clip((), 0, 96))
    with pytest.raises(ValueError, match="96"):
        Song((clip,), TimeMap(96))


def test_a_song_tells_parts_from_drums():
    part, empty = Clip((Note(60, 64, 0, 480),), 480, 480), Clip((), 1920, 480)
    drums = Clip((Note(36, 64, 0, 480),), 480, 480, is_drum=True)
    song = Song((part, empty, drums), TimeMap(480))
    assert (song.parts, song.drums, song.end_ticks) == ((part,), (drums,), 1920)


def control(ticks, value):
    return ChannelMessage(ticks, MessageKind.CONTROL_CHANGE, 7, value)


def test_a_slice_starts_with_the_channel_state_at_its_start():
    clip = Clip((), 960, 96, messages=(control(0, 100), control(50, 20), control(200, 90), control(500, 1)))
    assert clip.slice(100, 400).messages == (control(0, 100), control(0, 20), control(100, 90))


def test_messages_move_with_the_notes():
    clip = Clip((Note(60, 90, 96, 48),), 960, 96, messages=(control(10, 100), control(96, 20)))
    assert clip.shift(-96).messages == (control(0, 100), control(0, 20))
    assert clip.at_ppq(480).messages == (control(50, 100), control(480, 20))


def test_messages_are_sorted_stably_by_time():
    clip = Clip((), 960, 96, messages=(control(50, 1), control(0, 3), control(0, 2)))
    assert clip.messages == (control(0, 3), control(0, 2), control(50, 1))


@pytest.mark.parametrize(
    "fields",
    [
        (-1, MessageKind.CONTROL_CHANGE, 7, 0),
        (0, MessageKind.CONTROL_CHANGE, 128, 0),
        (0, MessageKind.CONTROL_CHANGE, 7, 128),
        (0, MessageKind.PITCH_BEND, 0, 16_384),
    ],
)
def test_an_invalid_message_is_rejected(fields):
    with pytest.raises(ValueError, match="must be within|cannot stand before"):
        ChannelMessage(*fields)
