"""Edits of several hits at once, and what is locked among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.clips import edits, group_edits
from musegen_daw.music.kit import VOICES
from tests.clips.strategies import documents
from tests.clips.test_clipboard import HAT, KICK, SNARE, places, with_hits

CELL, BEAT, BAR = 240, 960, 3840


@pytest.fixture
def beat(document):
    return with_hits(document, (KICK, 100, 20), (SNARE, 60, BEAT - 30), (HAT, 40, 2 * BEAT))


def test_several_hits_move_together_and_keep_their_offsets(beat):
    moved = group_edits.move_hits(beat, beat.drums.notes, 2 * CELL)
    assert places(moved) == [(KICK, 100, 500), (SNARE, 60, BEAT + 450), (HAT, 40, 2 * BEAT + 480)]


def test_a_move_goes_as_far_as_all_can_go(beat):
    assert group_edits.move_hits(beat, beat.drums.notes, -BAR) == beat
    far = group_edits.move_hits(beat, beat.drums.notes, 100 * BAR)
    assert [note.start_ticks for note in far.drums.notes][-1] == beat.end_ticks - CELL
    assert far.drums.notes[0].start_ticks == beat.end_ticks - CELL - 2 * BEAT + 20


def test_a_move_to_other_rows_keeps_the_shape(beat):
    pair = beat.drums.notes[:2]
    down = group_edits.move_hits(beat, pair, 0, 1)
    assert places(down)[:2] == [(SNARE, 100, 20), (HAT, 60, BEAT - 30)]
    assert group_edits.move_hits(beat, pair, 0, -1) == beat
    lowest = group_edits.move_hits(beat, pair, 0, 99)
    assert {note.pitch for note in lowest.drums.notes} == {49, 51, HAT}


def test_velocities_are_set_one_by_one_and_clamped(beat):
    kick, snare, _ = beat.drums.notes
    after = group_edits.set_velocities(beat, {kick: 900, snare: -5})
    assert [note.velocity for note in after.drums.notes] == [127, 1, 40]


def test_offsets_shift_together_within_their_cells(beat):
    after = group_edits.shift_offsets(beat, beat.drums.notes, 30)
    assert [note.start_ticks for note in after.drums.notes] == [50, BEAT, 2 * BEAT + 30]
    after = group_edits.shift_offsets(beat, beat.drums.notes, 90)
    assert [note.start_ticks for note in after.drums.notes] == [100, BEAT + 60, 2 * BEAT + 90]


def test_of_a_group_only_the_free_hits_change(beat):
    locked = edits.lock_voice(beat, "kick", True)
    notes = locked.drums.notes
    assert [note.pitch for note in group_edits.remove_free(locked, notes).drums.notes] == [KICK]
    moved = group_edits.move_hits(locked, notes, CELL)
    assert [note.start_ticks for note in moved.drums.notes] == [20, BEAT - 30 + CELL, 2 * BEAT + CELL]
    with pytest.raises(edits.LockedError, match="The kick is locked"):
        group_edits.remove_free(locked, notes[:1])


def test_a_move_into_a_locked_bar_is_refused_as_a_whole(beat):
    locked = edits.lock_bar(beat, 1, True)
    with pytest.raises(edits.LockedError, match="Bar 2 is locked"):
        group_edits.move_hits(locked, locked.drums.notes, BAR - BEAT)


@given(documents(), st.integers(-5000, 5000), st.integers(-9, 9))
def test_a_move_loses_no_hit_but_where_two_meet(document, ticks, rows):
    document = edits.unlock_all(document)
    notes = document.drums.notes
    if notes:
        moved = group_edits.move_hits(document, notes, ticks, rows)
        assert 0 < len(moved.drums.notes) <= len(notes)
        assert all(0 <= note.start_ticks < document.end_ticks for note in moved.drums.notes)


@given(documents(), st.integers(-300, 300), st.sampled_from(VOICES))
def test_locked_hits_survive_group_edits(document, amount, voice):
    document = edits.lock_voice(document, voice, True)
    notes = document.drums.notes
    locked = [note for note, is_locked in zip(notes, document.locks(notes), strict=True) if is_locked]
    for change in (
        lambda: group_edits.remove_free(document, notes),
        lambda: group_edits.move_hits(document, notes, amount),
        lambda: group_edits.shift_offsets(document, notes, amount),
        lambda: group_edits.set_velocities(document, dict.fromkeys(notes, amount)),
    ):
        try:
            after = change() if notes else document
        except edits.LockedError:
            continue
        kept = [
            note for note, held in zip(after.drums.notes, after.locks(after.drums.notes), strict=True) if held
        ]
        assert kept == locked
