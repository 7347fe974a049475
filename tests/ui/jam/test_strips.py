"""The timeline's page: its bars, planned hits, received notes."""

import pytest

from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid, Pattern
from musegen_daw.jam.planning.heard import HeardNote
from musegen_daw.jam.planning.picture import JamPicture
from musegen_daw.music.clip import Note
from musegen_daw.ui.jam.strips import page_of

BAR = 4 * LIVE_PPQ


def pattern(bar, *pitches):
    return Pattern(bar, tuple(Note(pitch, 100, bar * BAR + 10, 60) for pitch in pitches))


@pytest.mark.parametrize(("bar", "first"), [(0, -2), (1, -2), (2, 0), (3, 0), (10, 8)])
def test_the_page_turns_every_second_bar_and_has_two_before_and_two_after(bar, first):
    page = page_of(JamPicture(beats=bar * 4 + 1, bar=bar))
    assert page.first_bar == first
    assert [each.start_ticks for each in page.bars] == [(first + index) * BAR for index in range(6)]
    assert page.next_ticks == (first + 4) * BAR


def test_played_hits_are_solid_and_planned_ones_outlined():
    page = page_of(
        JamPicture(
            beats=8.5,
            bar=2,
            played=(pattern(1, 36), pattern(2, 38, 42), pattern(3, 36)),
            planned=(pattern(4, 49),),
        )
    )
    assert [(hit.row, hit.start_ticks // BAR, hit.is_planned) for hit in page.hits] == [
        (0, 1, False), (1, 2, False), (2, 2, False), (0, 3, True), (7, 4, True),
    ]  # fmt: skip


def test_pitches_outside_the_kit_are_left_out():
    assert page_of(JamPicture(beats=0.5, played=(pattern(0, 54),))).hits == ()


def test_a_note_that_is_held_reaches_to_the_playhead():
    heard = (
        HeardNote("in", 0, 0, 60, 90, 8.0),
        HeardNote("in", 0, 0, 62, 90, 8.5, 9.0),
        HeardNote("in", 0, 0, 40, 90, 1.0, 2.0),
    )
    notes = page_of(JamPicture(beats=10.0, bar=2, heard=heard)).notes
    assert [(note.pitch, note.start_ticks, note.duration_ticks) for note in notes] == [
        (40, LIVE_PPQ, LIVE_PPQ),
        (60, 8 * LIVE_PPQ, 2 * LIVE_PPQ),
        (62, 8.5 * LIVE_PPQ, 0.5 * LIVE_PPQ),
    ]


def test_other_meters_have_other_bars():
    page = page_of(JamPicture(beats=6.5, grid=BarGrid(3), bar=2))
    assert {bar.length_ticks for bar in page.bars} == {3 * LIVE_PPQ}
