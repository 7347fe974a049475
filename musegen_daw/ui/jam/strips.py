"""The strips of the jam under each other on one axis: bar numbers, notes heard, drums that play and are planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from musegen_daw.jam.planning.picture import JamPicture
from musegen_daw.music.kit import VOICES
from musegen_daw.ui.jam.view import Page, page_of
from musegen_daw.ui.widgets.drum_grid import DrumGrid
from musegen_daw.ui.widgets.piano_roll import PianoRoll
from musegen_daw.ui.widgets.plain import plain_tip
from musegen_daw.ui.widgets.ruler import Ruler
from musegen_daw.ui.widgets.theme import SMALL, SMALL_TEXT, TEXT, font, mixed, theme
from musegen_daw.ui.widgets.time_axis import TimeAxis

if TYPE_CHECKING:
    from musegen_daw.jam.status import RigStatus


class HeardRoll(PianoRoll):
    """A piano roll that says, over the bars not yet heard, what is planned for them and why."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis, title="heard")
        self._reason, self._from_ticks = "", 0

    def set_reason(self, reason: str, from_ticks: int) -> None:
        """Say something from some ticks on."""
        if (reason, from_ticks) != (self._reason, self._from_ticks):
            self._reason, self._from_ticks = reason, from_ticks
            self.setToolTip(plain_tip(reason))
            self.redraw()

    def paint_music(self, painter: QPainter) -> None:
        """Paint the notes, and the words over their end."""
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
        """In the larger letters that fit, else as one line that is cut; the tooltip has the whole."""
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
    """Shows the page of the session on which the playhead is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axis = TimeAxis(self)
        self.ruler = Ruler(self.axis)
        self.roll = HeardRoll(self.axis)
        self.grid = DrumGrid(self.axis)
        self._page: Page | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.ruler)
        column.addWidget(self.roll, 2)
        column.addSpacing(SMALL)
        column.addWidget(self.grid, 4)
        self._show_page(page_of(JamPicture()), 0)

    def say_waiting(self, input_name: str) -> None:
        """Say in the empty roll what to do."""
        where = input_name or "musegen in"
        self.roll.set_empty_text(f"Send notes to '{where}': what is heard appears here")

    def show_picture(self, picture: JamPicture, status: RigStatus) -> None:
        """Draw what has changed."""
        self._show_page(page_of(picture), status.jam.song_bar - picture.bar)
        reason = "" if status.jam.reason is None else str(status.jam.reason)
        words = "\n".join(each[0].upper() + each[1:] for each in (status.jam.phase, reason) if each)
        if not status.is_ready:
            words = "The drum model is loading"
        elif not status.jam.is_playing:
            words = "Start with Space" if status.clock is None else "Start the song in the DAW"
        self.roll.set_reason(words, self._page.next_ticks if self._page is not None else 0)

    def show_muted(self, muted: frozenset[str]) -> None:
        """Draw voices as muted."""
        self.grid.set_muted(frozenset(row for row, voice in enumerate(VOICES) if voice in muted))

    def set_playhead(self, ticks: float | None) -> None:
        """Move the playhead through all strips."""
        for strip in (self.ruler, self.roll, self.grid):
            strip.set_playhead(ticks)

    def _show_page(self, page: Page, song_offset_bars: int) -> None:
        old, self._page = self._page, page
        if old is None or old.bars != page.bars:
            self.axis.set_bars(page.bars, page.bars[0].length_ticks // 4 or 1, step_ticks=None)
        self.ruler.set_first_number(page.first_bar + song_offset_bars + 1)
        if old is None or old.notes != page.notes:
            self.roll.set_parts([page.notes])
        if old is None or old.hits != page.hits:
            self.grid.set_hits(page.hits)
