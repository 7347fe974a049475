"""What the jam panel draws, worked out of a picture of the session: one page of bars, hits on it, notes heard."""

from __future__ import annotations

from dataclasses import dataclass

from musegen_daw.jam.patterns import LIVE_PPQ
from musegen_daw.jam.planning.picture import JamPicture
from musegen_daw.music.clip import Note
from musegen_daw.music.kit import VOICE_OF_PITCH
from musegen_daw.music.time import Bar
from musegen_daw.ui.widgets.drum_grid import Hit

PAST_BARS, PRESENT_BARS, NEXT_BARS = 2, 2, 2
PAGE_BARS = PAST_BARS + PRESENT_BARS + NEXT_BARS


@dataclass(frozen=True, slots=True)
class Page:
    """Bars in sight: two that were played, two that play, two that are planned; ticks are those of the session."""

    first_bar: int
    bars: tuple[Bar, ...]
    hits: tuple[Hit, ...]
    notes: tuple[Note, ...]
    next_ticks: int
    """Where the planned pair of bars begins."""


def page_of(picture: JamPicture) -> Page:
    """The page on which the playhead of `picture` is; it turns every second bar."""
    grid = picture.grid
    first_bar = picture.bar // PRESENT_BARS * PRESENT_BARS - PAST_BARS
    bars = grid.bars(first_bar, first_bar + PAGE_BARS)
    # A page may begin before the session does; ticks below 0 are drawn like any others.
    hits = tuple(
        Hit(voice, note.start_ticks, note.velocity, is_planned)
        for patterns, is_planned in ((picture.played, False), (picture.planned, True))
        for pattern in patterns
        for note in pattern.notes
        if (voice := VOICE_OF_PITCH.get(note.pitch)) is not None
        and bars[0].start_ticks - grid.bar_ticks < note.start_ticks < bars[-1].end_ticks
    )
    first_ticks = bars[0].start_ticks
    return Page(
        first_bar, bars, tuple(_drawn_ahead(hits, picture)), _notes(picture, first_ticks),
        bars[PAST_BARS + PRESENT_BARS].start_ticks,
    )  # fmt: skip


def _drawn_ahead(hits: tuple[Hit, ...], picture: JamPicture) -> tuple[Hit, ...]:
    """What is settled but has not sounded is drawn as planned: an outline that fills when it is played."""
    now_ticks = picture.beats * LIVE_PPQ
    return tuple(
        hit
        if hit.is_planned or hit.start_ticks <= now_ticks
        else Hit(hit.row, hit.start_ticks, hit.velocity, True)
        for hit in hits
    )


def _notes(picture: JamPicture, first_ticks: int) -> tuple[Note, ...]:
    notes: list[Note] = []
    for heard in picture.heard:
        start_ticks = round(heard.start_beats * LIVE_PPQ)
        end_beats = picture.beats if heard.end_beats is None else heard.end_beats
        if start_ticks >= max(0, first_ticks):
            duration_ticks = max(1, round(end_beats * LIVE_PPQ) - start_ticks)
            notes.append(Note(heard.pitch, max(1, heard.velocity), start_ticks, duration_ticks))
    return tuple(sorted(notes, key=lambda note: note.start_ticks))
