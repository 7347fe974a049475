"""The laws of placing notes in bars and positions, and of coming back to ticks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from musegen_daw.drums.events import (
    HIT,
    LEAD_POSITIONS,
    MAX_DURATION_POSITIONS,
    POSITIONS_PER_BAR,
    POSITIONS_PER_BEAT,
    bar_starts,
    clip_hits,
    clip_onsets,
    hits_to_notes,
    place,
    to_positions,
    velocity_level,
    velocity_of_level,
)
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import PIECE_OF_PITCH, PIECES
from musegen_daw.music.time import Bar, TimeMap
from tests.drum_strategies import drum_hits, timelines

FINE_PPQS = st.sampled_from([48, 96, 100, 120, 220, 384, 480, 960, 10080])
WHOLE_PPQS = st.sampled_from([48, 96, 192, 384, 480, 960])


@given(drum_hits(), FINE_PPQS)
def test_hits_come_back_from_their_notes(drawn, ppq) -> None:
    hits, bars = drawn
    hits["bar"] += 1  # a hit ahead of the very first bar line has nowhere to go
    span = TimeMap(ppq).bars(4 * ppq * (bars + 1))
    clip = Clip(hits_to_notes(hits, span, ppq), span[-1].end_ticks, ppq, is_drum=True)
    assert np.array_equal(clip_hits(clip, span), hits)


@st.composite
def placed_notes(draw, ppqs, *, on_positions):
    """Drum notes within the model bars of a timeline that does not begin at 0."""
    ppq, bars = draw(timelines(ppqs))
    last_ticks = (
        min(bars[-1].end_ticks, bars[-1].start_ticks + 4 * ppq) - ppq * LEAD_POSITIONS // POSITIONS_PER_BEAT
    )
    starts = st.integers(bars[0].start_ticks - ppq // 8 + 1, last_ticks - 1)
    notes = {}
    for start, piece, velocity in draw(
        st.lists(st.tuples(starts, st.integers(0, len(PIECES) - 1), st.integers(1, 127)), max_size=30)
    ):
        if on_positions:
            start = start * POSITIONS_PER_BEAT // ppq * ppq // POSITIONS_PER_BEAT
        if on_positions and start < bars[0].start_ticks:
            continue
        beats_into_bar = min(
            (start - bar.start_ticks) / ppq for bar in bars if bar.start_ticks <= start + ppq / 8
        )
        if beats_into_bar < 4 - 1 / 8 - 1 / 96:  # what lies beyond four quarter notes is of no model bar
            notes[start, piece] = Note(PIECES[piece].pitch, velocity, start, 1)
    return ppq, bars, Clip(tuple(notes.values()), bars[-1].end_ticks, ppq, is_drum=True)


@given(placed_notes(WHOLE_PPQS, on_positions=True))
def test_notes_on_positions_come_back_to_the_tick(drawn) -> None:
    ppq, bars, clip = drawn
    notes = hits_to_notes(clip_hits(clip, bars), bars, ppq)
    expected = sorted((note.start_ticks, note.pitch, note.velocity // 8) for note in clip.notes)
    assert [(note.start_ticks, note.pitch, note.velocity // 8) for note in notes] == expected


@given(placed_notes(FINE_PPQS, on_positions=False))
def test_other_notes_come_back_within_half_a_position(drawn) -> None:
    ppq, bars, clip = drawn
    half_position_ticks = ppq / POSITIONS_PER_BEAT / 2 + 0.5  # and the tick is whole
    found = hits_to_notes(clip_hits(clip, bars), bars, ppq)
    for note in clip.notes:
        start_ticks = max(note.start_ticks, bars[0].start_ticks)
        away = [abs(other.start_ticks - start_ticks) for other in found if other.pitch == note.pitch]
        assert min(away) <= half_position_ticks
    for other in found:
        away = [abs(max(note.start_ticks, bars[0].start_ticks) - other.start_ticks) for note in clip.notes]
        assert min(away) <= half_position_ticks


@given(drum_hits(), st.sampled_from([1, 2, 3, 24, 47, 48, 480]))
def test_written_notes_lie_in_the_bars_and_never_overlap(drawn, ppq) -> None:
    hits, bars = drawn
    span = TimeMap(ppq).bars(4 * ppq * bars)
    notes = hits_to_notes(hits, span, ppq)
    assert all(0 <= note.start_ticks < span[-1].end_ticks and note.duration_ticks >= 1 for note in notes)
    assert {note.pitch for note in notes} == {PIECES[piece].pitch for piece in hits["piece"]}
    for pitch in {note.pitch for note in notes}:
        own = [note for note in notes if note.pitch == pitch]
        assert all(note.end_ticks <= following.start_ticks for note, following in pairwise(own))


@given(timelines(WHOLE_PPQS), st.data())
def test_a_bar_begins_half_a_sixteenth_before_its_line(timeline, data) -> None:
    ppq, bars = timeline
    start = data.draw(st.integers(bars[0].start_ticks - ppq, bars[-1].end_ticks - 1))
    ((bar,), (position,)) = place([start], ppq, bar_starts(bars))
    nearest = start * POSITIONS_PER_BEAT / ppq
    begun = [
        index
        for index, each in enumerate(bars)
        if to_positions(each.start_ticks, ppq) - LEAD_POSITIONS <= to_positions(start, ppq)
    ]
    assert bar == (begun[-1] if begun else -1)
    if begun:
        line = bars[bar].start_ticks * POSITIONS_PER_BEAT / ppq
        assert abs(position - LEAD_POSITIONS - (nearest - line)) <= 0.5


@pytest.mark.parametrize(
    ("ticks", "positions"), [(0, 0), (4, 0), (5, 1), (14, 1), (15, 2), (-5, 0), (-6, -1), (480, 48)]
)
def test_ticks_are_rounded_to_the_nearest_position_and_a_half_up(ticks, positions) -> None:
    assert to_positions(ticks, 480) == positions


def test_of_two_equal_hits_the_louder_stands() -> None:
    notes = (Note(36, 40, 0, 10), Note(35, 100, 0, 10), Note(36, 70, 0, 10))
    hits = clip_hits(Clip(notes, 1920, 480, is_drum=True), [Bar(0, 1920)])
    assert hits.tolist() == [(0, LEAD_POSITIONS, 0, 100 // 8)]


def test_what_is_no_piece_and_what_is_outside_is_left_out() -> None:
    notes = (Note(27, 90, 0, 10), Note(38, 90, 0, 10), Note(38, 90, 1920 * 3, 10), Note(38, 90, 1900, 10))
    hits = clip_hits(Clip(notes, 1920 * 4, 480, is_drum=True), [Bar(0, 1920)])
    assert hits["bar"].tolist() == [0]


@given(st.integers(1, 127))
def test_a_level_stands_for_the_velocities_that_share_it(velocity) -> None:
    level = velocity_level(velocity)
    assert 0 <= velocity_of_level(level) - velocity < 8
    assert velocity_level(velocity_of_level(level)) == level


def test_every_pitch_of_a_piece_is_that_piece() -> None:
    for pitch, piece in PIECE_OF_PITCH.items():
        hits = clip_hits(Clip((Note(pitch, 80, 0, 10),), 1920, 480, is_drum=True), [Bar(0, 1920)])
        assert hits["piece"].tolist() == [piece]


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 127), st.integers(0, 30_000)), max_size=20))
def test_parts_become_one_ordered_stream(rows) -> None:
    bars = TimeMap(96).bars(384 * 10)
    parts = [
        Clip(
            tuple(Note(pitch, 64, start, length) for start, pitch, length in rows[at::2]),
            0,
            96,
            program=program,
        )
        for at, program in ((0, 0), (1, 33))
    ]
    onsets = clip_onsets(parts, bars)
    # the last half sixteenth already leads into a bar that is not asked for
    assert len(onsets) == sum(start < 3840 - 12 for start, _, _ in rows)
    order = list(zip(onsets["bar"], onsets["position"], onsets["pitch"], strict=True))
    assert order == sorted(order)
    assert set(zip(onsets["track"].tolist(), onsets["family"].tolist(), strict=True)) <= {(0, 0), (1, 2)}
    assert ((onsets["duration"] >= 1) & (onsets["duration"] <= MAX_DURATION_POSITIONS)).all()
    assert (onsets["position"] < POSITIONS_PER_BAR).all()


def test_nothing_gives_nothing() -> None:
    assert clip_hits(Clip((), 0, 480), []).tolist() == []
    assert clip_onsets([], [Bar(0, 1920)]).tolist() == []
    assert hits_to_notes(np.zeros(0, HIT), [Bar(0, 1920)], 480) == ()


@given(drum_hits())
def test_reading_changes_nothing(drawn) -> None:
    hits, bars = drawn
    assume(len(hits))
    before = hits.copy()
    hits_to_notes(hits, TimeMap(480).bars(1920 * bars), 480)
    assert np.array_equal(hits, before)
