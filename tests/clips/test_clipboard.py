"""Hits that are copied and pasted: into the same clip, into another, around locks and ends."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.clips import edits, group_edits
from musegen_daw.clips.clipboard import MAX_BYTES, CopiedHits, copy_bars, copy_hits, decode, encode
from musegen_daw.clips.document import Take
from musegen_daw.errors import ProjectError
from musegen_daw.music.clip import Note
from musegen_daw.music.kit import VOICES
from tests.clips.strategies import documents

KICK, SNARE, HAT = 36, 38, 42


def with_hits(document, *hits):
    """With hits of (pitch, velocity, start)."""
    drums = document.empty_drums.with_notes(
        Note(pitch, velocity, start, document.cell_ticks) for pitch, velocity, start in hits
    )
    return edits.add_takes(document, [Take.new(drums, "written")])


def places(document):
    return [(note.pitch, note.velocity, note.start_ticks) for note in document.drums.notes]


@pytest.fixture
def beat(document):
    """A kick that is late and a snare that is early, in the first two cells; 960 ticks are a beat."""
    return with_hits(document, (KICK, 100, 20), (SNARE, 60, 240 - 30))


def test_hits_are_pasted_with_their_velocities_and_offsets(beat):
    copied = copy_hits(beat, beat.drums.notes)
    assert (copied.origin_ticks, copied.span_ticks) == (0, 480)
    pasted = group_edits.paste_hits(beat, copied, 3 * 960)
    assert places(pasted.document)[2:] == [(KICK, 100, 2900), (SNARE, 60, 2880 + 210)]
    assert pasted.sentence == "Pasted 2 hits."
    assert [note.start_ticks for note in pasted.hits] == [2900, 3090]


def test_a_hit_ahead_of_its_cell_stays_ahead_and_never_before_the_first_bar(beat):
    snare = beat.drums.notes[1]
    pasted = group_edits.paste_hits(beat, copy_hits(beat, [snare]), 960)
    assert (SNARE, 60, 960 - 30) in places(pasted.document)
    first = group_edits.paste_hits(beat, copy_hits(beat, [snare]), 0)
    assert (SNARE, 60, 0) in places(first.document)


def test_a_copy_fits_into_a_clip_of_another_resolution(beat):
    copied = replace(copy_hits(beat, beat.drums.notes), ppq=4 * 960)
    pasted = group_edits.paste_hits(beat, copied, 960)
    assert places(pasted.document)[2:] == [(KICK, 100, 960 + 5), (SNARE, 60, 960 + 52)]


def test_hits_are_pasted_to_another_voice(beat):
    copied = copy_hits(beat, beat.drums.notes[:1])
    pasted = group_edits.paste_hits(beat, copied, 0, "closed hat")
    assert (HAT, 100, 20) in places(pasted.document)


def test_locked_and_outside_hits_are_left_out_and_said(beat):
    copied = copy_hits(beat, beat.drums.notes)
    locked = edits.lock_voice(beat, "kick", True)
    pasted = group_edits.paste_hits(locked, copied, 960)
    assert pasted.sentence == "Pasted one hit; one hit left out: the kick is locked."
    assert places(pasted.document)[2:] == [(SNARE, 60, 960 + 210)]
    barred = edits.lock_bar(locked, 1, True)
    pasted = group_edits.paste_hits(barred, copied, 4 * 960)
    assert pasted.sentence == "Pasted 0 hits; 2 hits left out: the kick and bar 2 are locked."
    assert pasted.document == barred
    whole_beat = copy_hits(beat, [*beat.drums.notes, Note(HAT, 50, 720, 60)])
    pasted = group_edits.paste_hits(beat, whole_beat, beat.end_ticks - 480)
    assert pasted.sentence == "Pasted 2 hits; one hit left out: there is no room in the bars."


def test_bars_replace_bars_and_early_hits_go_with_theirs(document):
    bar = 4 * 960
    document = with_hits(
        document, (KICK, 90, 0), (SNARE, 91, bar - 10), (HAT, 92, bar + 960), (KICK, 93, 2 * bar + 480)
    )
    copied = copy_bars(document, 1, 2)
    assert copied.bar_count == 1
    pasted = group_edits.paste_bars(document, copied, 2)
    assert places(pasted.document)[3:] == [(SNARE, 91, 2 * bar - 10), (HAT, 92, 2 * bar + 960)]
    assert group_edits.paste_bars(document, copied, 0).document.drums.notes[0] == Note(SNARE, 91, 0, 240)


def test_an_empty_bar_empties_a_bar_except_what_is_locked(document):
    document = with_hits(document, (KICK, 90, 0), (SNARE, 91, 0))
    document = edits.lock_voice(document, "snare", True)
    pasted = group_edits.paste_bars(document, copy_bars(document, 1, 2), 0)
    assert places(pasted.document) == [(SNARE, 91, 0)]


def test_bars_beyond_the_last_are_left_out(document):
    document = with_hits(document, (KICK, 90, 0), (KICK, 91, 4 * 960))
    pasted = group_edits.paste_bars(document, copy_bars(document, 0, 2), 3)
    assert pasted.sentence == "Pasted one hit; one hit left out: there is no room in the bars."


@pytest.mark.parametrize(
    ("cells", "cycle"), [((0,), 1), ((0, 1), 2), ((0, 2), 4), ((0, 7), 8), ((0, 9), 16), ((0, 17), 32)]
)
def test_a_duplicate_begins_after_a_musical_length(document, cells, cycle):
    document = with_hits(document, *((KICK, 90, 240 * cell) for cell in cells))
    assert group_edits.cycle_ticks(document, copy_hits(document, document.drums.notes)) == 240 * cycle


def test_nothing_selected_is_a_sentence(document):
    with pytest.raises(ProjectError, match="Nothing is selected"):
        copy_hits(document, [])


@given(documents(), documents(), st.floats(0, 0.999), st.none() | st.sampled_from(VOICES))
def test_what_was_copied_is_pasted_or_counted_as_left_out(source, target, share, voice):
    if not source.drums.notes:
        return
    copied = decode(encode(copy_hits(source, source.drums.notes)))
    assert copied == copy_hits(source, source.drums.notes)
    pasted = group_edits.paste_hits(target, copied, target.cell_start(int(share * target.end_ticks)), voice)
    assert set(pasted.hits) >= set(pasted.document.drums.notes) - set(target.drums.notes)
    assert all(note.start_ticks < target.end_ticks for note in pasted.document.drums.notes)
    assert ("left out" in pasted.sentence) == (len(pasted.hits) < len(copied.hits))


@given(documents())
def test_all_bars_pasted_over_themselves_change_nothing(document):
    document = edits.unlock_all(document)
    copied = copy_bars(document, 0, len(document.bars))
    pasted = group_edits.paste_bars(document, copied, 0)
    assert pasted.document == document or not document.takes


@given(st.binary(max_size=200))
def test_what_is_no_copy_is_none(data):
    assert decode(data) is None


def test_a_damaged_or_huge_copy_is_none(beat):
    data = encode(copy_hits(beat, beat.drums.notes))
    assert isinstance(decode(data), CopiedHits)
    assert decode(data.replace(b'"velocity":100', b'"velocity":128')) is None
    assert decode(data[:-1]) is None
    assert decode(data + b" " * MAX_BYTES) is None
