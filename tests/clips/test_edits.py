"""Edits, and locks against them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.clips import edits
from musegen_daw.clips.document import PITCH_OF_VOICE, Take
from musegen_daw.clips.editor import History
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import VOICES
from tests.clips.strategies import changes, documents, drum_clips, hand_edits


@given(documents(), st.lists(changes(), max_size=5))
def test_every_state_is_valid(document, after):
    for change in after:
        document = change(document)
        for take in document.takes:
            places = [(note.pitch, note.start_ticks) for note in take.drums.notes]
            assert len(places) == len(set(places))
            assert all(note.start_ticks < document.end_ticks for note in take.drums.notes)
        assert (document.picked is None) == (not document.takes)
        assert document.drums.ppq == document.ppq
        assert document.drums.length_ticks == document.end_ticks


@given(documents(), st.lists(hand_edits(), max_size=5), st.data())
def test_locked_notes_survive_every_edit(document, after, data):
    def locked(document):
        notes = document.drums.notes
        return [note for note, is_locked in zip(notes, document.locks(notes), strict=True) if is_locked]

    before = locked(document)
    for change in after:
        document = change(document)
        assert locked(document) == before
    written = data.draw(drum_clips(document.ppq, document.end_ticks))
    document = edits.add_takes(document, [Take.new(written, "written")])
    assert locked(document) == before
    free = [
        note
        for note, is_locked in zip(written.notes, document.locks(written.notes), strict=True)
        if not is_locked
    ]
    assert set(free) <= set(document.drums.notes)
    assert len(document.drums.notes) == len(free) + len(before)


@given(documents(), st.lists(changes(), max_size=5))
def test_undo_and_redo_reach_both_ends(document, after):
    history = History(document)
    states = [document]
    for number, change in enumerate(after):
        states.append(change(states[-1]))
        history = history.record(states[-1], str(number))
    for number in reversed(range(len(after))):
        assert history.undo_label == str(number)
        history = history.undo()
        assert history.present == states[number]
    assert history.undo() is history
    for number in range(len(after)):
        assert history.redo_label == str(number)
        history = history.redo()
        assert history.present == states[number + 1]
    assert history.redo() is history


@given(documents(), st.integers(0, len(VOICES) - 1), st.floats(0, 0.999), st.integers(-500, 500))
def test_an_offset_keeps_a_hit_in_its_cell(document, voice, share, offset_ticks):
    document = edits.unlock_all(document)
    ticks = document.cell_start(int(share * document.end_ticks))
    document = edits.add_hit(document, voice, ticks)
    hit = edits.with_offset(document, Note(PITCH_OF_VOICE[voice], 1, ticks, 1), offset_ticks)
    assert document.cell_start(hit.start_ticks) == ticks
    assert document.bar_of(hit.start_ticks) == document.bar_of(ticks)


@given(documents())
def test_a_hit_belongs_to_the_nearest_cell(document):
    for note in document.drums.notes:
        cell = document.cell_start(note.start_ticks)
        bar = document.bars[document.bar_of(cell)]
        assert bar.start_ticks <= cell < bar.end_ticks
        assert document.cell_start(cell) == cell
        assert abs(note.start_ticks - cell) <= max(document.cell_ticks, 1)


@given(documents())
def test_picking_another_take_keeps_edits(document):
    document = edits.unlock_all(document)
    for take in document.takes:
        document = edits.pick_take(document, take.number)
        document = edits.add_hit(document, 0, 1)
    drums = {take.number: take.drums for take in document.takes}
    for take in document.takes:
        document = edits.pick_take(document, take.number)
        assert document.drums == drums[take.number]
        assert edits.revert_take(document).drums.notes == take.written.notes


def test_a_new_hit_has_the_usual_velocity_of_its_voice(document):
    kick = VOICES.index("kick")
    document = edits.add_takes(
        document, [Take.new(kit_of(document, (36, 40), (36, 50), (36, 60)), "written")]
    )
    after = edits.add_hit(document, kick, 3 * document.ppq)
    assert Note(36, 50, 3 * document.ppq, document.cell_ticks) in after.drums.notes


def test_a_hit_moves_to_another_voice_with_its_offset(document):
    document = edits.add_takes(document, [Take.new(kit_of(document, (36, 99)), "written")])
    hit = document.drums.notes[0]
    document = edits.set_offset(document, [hit], 7)
    document = edits.move_hit(document, document.drums.notes[0], VOICES.index("snare"), document.ppq)
    assert document.drums.notes == (Note(38, 99, document.ppq + 7, hit.duration_ticks),)


def test_the_error_of_a_locked_hit_says_how_to_unlock_it(document):
    document = edits.add_takes(document, [Take.new(kit_of(document, (36, 99)), "written")])
    hit = document.drums.notes[0]
    with pytest.raises(edits.LockedError, match="The kick is locked: press L in its row"):
        edits.remove_hits(edits.lock_voice(document, "kick", True), [hit])
    with pytest.raises(edits.LockedError, match="Bar 1 is locked: press B in it"):
        edits.set_velocity(edits.lock_bar(document, 0, True), [hit], 3)
    with pytest.raises(edits.LockedError, match="Bar 2 is locked"):
        edits.add_hit(edits.lock_bar(document, 1, True), 0, document.bars[1].start_ticks)


def test_a_hit_just_ahead_of_a_bar_line_is_locked_with_the_next_bar(document):
    start_ticks = document.bars[1].start_ticks - document.ppq // 16
    clip = document.empty_drums.with_notes([Note(36, 90, start_ticks, 10)])
    document = edits.add_takes(document, [Take.new(clip, "written")])
    assert document.bar_of(start_ticks) == 1
    assert document.cell_start(start_ticks) == document.bars[1].start_ticks
    assert edits.lock_bar(document, 1, True).locks(clip.notes) == [True]
    assert edits.lock_bar(document, 0, True).locks(clip.notes) == [False]


def test_deleting_the_picked_take_picks_the_one_before(document):
    clips = [Take.new(kit_of(document, (36, velocity)), "written") for velocity in (1, 2, 3)]
    document = edits.pick_take(edits.add_takes(document, clips), 3)
    document = edits.forget_take(document, 3)
    assert document.picked == 2
    document = edits.forget_take(edits.forget_take(document, 1), 2)
    assert document.takes == ()
    assert document.drums == document.empty_drums


def kit_of(document, *hits) -> Clip:
    notes = [
        Note(pitch, velocity, at * document.ppq, document.cell_ticks)
        for at, (pitch, velocity) in enumerate(hits)
    ]
    return document.empty_drums.with_notes(notes)
