"""The jam's timeline: bar numbers, notes received, drums played and planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from musegen_daw.jam.patterns import LIVE_PPQ
from musegen_daw.jam.planning.picture import JamPicture
from musegen_daw.music.clip import Note
from musegen_daw.music.kit import VOICE_OF_PITCH, VOICES
from musegen_daw.music.time import Bar
from musegen_daw.ui.widgets.drum_grid import DrumGrid, Hit
from musegen_daw.ui.widgets.piano_roll import PianoRoll
from musegen_daw.ui.widgets.plain import plain_tip
from musegen_daw.ui.widgets.theme import SMALL, SMALL_TEXT, TEXT, font, mixed, theme
from musegen_daw.ui.widgets.time_axis import TimeAxis
from musegen_daw.ui.widgets.time_strip import Ruler

if TYPE_CHECKING:
    from musegen_daw.jam.status import RigStatus

PAST_BARS, PRESENT_BARS, NEXT_BARS = 2, 2, 2
PAGE_BARS = PAST_BARS + PRESENT_BARS + NEXT_BARS


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """The bars in view: two before the current two, and two after; ticks are those of the session."""

    first_bar: int
    bars: tuple[Bar, ...]
    hits: tuple[Hit, ...]
    notes: tuple[Note, ...]
    next_ticks: int
    """The start of the planned bars."""


def page_of(picture: JamPicture) -> TimelinePage:
    """The page that the playhead of `picture` is on; it turns every second bar."""
    grid = picture.grid
    first_bar = picture.bar // PRESENT_BARS * PRESENT_BARS - PAST_BARS
    bars = grid.bars(first_bar, first_bar + PAGE_BARS)
    # A page may begin before the session, at negative ticks.
    hits = tuple(
        Hit(voice, note.start_ticks, note.velocity, is_planned)
        for patterns, is_planned in ((picture.played, False), (picture.planned, True))
        for pattern in patterns
        for note in pattern.notes
        if (voice := VOICE_OF_PITCH.get(note.pitch)) is not None
        and bars[0].start_ticks - grid.bar_ticks < note.start_ticks < bars[-1].end_ticks
    )
    first_ticks = bars[0].start_ticks
    return TimelinePage(
        first_bar, bars, tuple(_drawn_ahead(hits, picture)), _notes(picture, first_ticks),
        bars[PAST_BARS + PRESENT_BARS].start_ticks,
    )  # fmt: skip


def _drawn_ahead(hits: tuple[Hit, ...], picture: JamPicture) -> tuple[Hit, ...]:
    """Hits that are final but have not sounded are drawn as planned: outlines that fill when they are played."""
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


class InputRoll(PianoRoll):
    """A piano roll that shows, over the coming bars, what is planned for them and why."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis, title="input")
        self._reason, self._from_ticks = "", 0

    def set_reason(self, reason: str, from_ticks: int) -> None:
        if (reason, from_ticks) != (self._reason, self._from_ticks):
            self._reason, self._from_ticks = reason, from_ticks
            self.setToolTip(plain_tip(reason))
            self.redraw()

    def paint_music(self, painter: QPainter) -> None:
        super().paint_music(painter)
        left = max(float(self.head_width), self.x_at(self._from_ticks))
        area = QRectF(left, 0, self.width() - left, self.height())
        if not self._reason or area.width() < 80:
            return
        skin = theme()
        painter.fillRect(area, QColor(mixed(skin.ground, skin.panel, 0.7)))
        painter.setFont(font(SMALL_TEXT))
        painter.setPen(QColor(skin.dim))
        words = area.adjusted(12, 8, -8, -8)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft), "planned next")
        painter.setPen(QColor(skin.text))
        self._paint_reason(painter, words.adjusted(0, 18, 0, 4))

    def _paint_reason(self, painter: QPainter, room: QRectF) -> None:
        """In the larger font that fits, else as one elided line; the tooltip has all of it."""
        wraps = int(Qt.TextFlag.TextWordWrap)
        for size in (TEXT, SMALL_TEXT):
            painter.setFont(font(size))
            if painter.boundingRect(room, wraps, self._reason).height() <= room.height():
                painter.drawText(room, wraps, self._reason)
                return
        line = self._reason.replace("\n", ": ")
        cut = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, 0, cut)


class JamStrips(QWidget):
    """Shows the page of the session that the playhead is on."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("strips")
        self.axis = TimeAxis(self)
        self.ruler = Ruler(self.axis)
        self.roll = InputRoll(self.axis)
        self.grid = DrumGrid(self.axis)
        self._page: TimelinePage | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.ruler)
        column.addWidget(self.roll, 2)
        column.addSpacing(SMALL)
        column.addWidget(self.grid, 4)
        self._show_page(page_of(JamPicture()), 0)

    def show_input(self, input_name: str) -> None:
        where = input_name or "musegen in"
        self.roll.set_empty_text(f"Send notes to '{where}' to see them here")

    def show_picture(self, picture: JamPicture, status: RigStatus) -> None:
        self._show_page(page_of(picture), status.jam.song_bar - picture.bar)
        reason = "" if status.jam.reason is None else str(status.jam.reason)
        words = "\n".join(each[0].upper() + each[1:] for each in (status.jam.phase, reason) if each)
        if not status.is_ready:
            words = "The drum model is loading"
        elif not status.jam.is_playing:
            words = "Start with Space" if status.clock is None else "Start the song in the DAW"
        self.roll.set_reason(words, self._page.next_ticks if self._page is not None else 0)

    def show_muted(self, muted: frozenset[str]) -> None:
        self.grid.set_muted(frozenset(row for row, voice in enumerate(VOICES) if voice in muted))

    def set_playhead(self, ticks: float | None) -> None:
        for strip in (self.ruler, self.roll, self.grid):
            strip.set_playhead(ticks)

    def _show_page(self, page: TimelinePage, song_offset_bars: int) -> None:
        old, self._page = self._page, page
        if old is None or old.bars != page.bars:
            self.axis.set_bars(page.bars, page.bars[0].length_ticks // 4 or 1, step_ticks=None)
        self.ruler.set_first_number(page.first_bar + song_offset_bars + 1)
        if old is None or old.notes != page.notes:
            self.roll.set_parts([page.notes])
        if old is None or old.hits != page.hits:
            self.grid.set_hits(page.hits)
