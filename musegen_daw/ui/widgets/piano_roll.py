"""The piano roll: notes of one or more parts, read-only."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter

from musegen_daw.music.clip import Note
from musegen_daw.music.note_names import NoteNames, note_name
from musegen_daw.ui.widgets.plain import set_name
from musegen_daw.ui.widgets.theme import SMALL_TEXT, VELOCITY_STEPS, font, mixed, theme, velocity_step
from musegen_daw.ui.widgets.time_axis import TimeAxis
from musegen_daw.ui.widgets.time_strip import TimeStrip

FEWEST_PITCHES = 18
MIN_NOTE_WIDTH = 2.0
_BLACK_KEYS = frozenset({1, 3, 6, 8, 10})


class PianoRoll(TimeStrip):
    """Each part has a colour, brightness is velocity; `title` is shown at the left.

    The rows run from the lowest to the highest note, which are named at the left.
    """

    def __init__(self, axis: TimeAxis, title: str = "") -> None:
        super().__init__(axis)
        self.title = title
        self.empty_text = ""
        self._parts: tuple[tuple[Note, ...], ...] = ()
        self._starts: list[list[int]] = []
        self._longest_ticks = 0
        self._lowest, self._highest = 48, 48 + FEWEST_PITCHES
        self._named: tuple[int, ...] = ()
        self._names = NoteNames.C4
        self.setMinimumHeight(24)
        set_name(self, title or "Piano roll")

    def set_parts(self, parts: Sequence[Sequence[Note]]) -> None:
        """Show other notes; each part ordered by `start_ticks`, as in a Clip."""
        self._parts = tuple(tuple(part) for part in parts)
        self._starts = [[note.start_ticks for note in part] for part in self._parts]
        notes = [note for part in self._parts for note in part]
        self._longest_ticks = max((note.duration_ticks for note in notes), default=0)
        low = min((note.pitch for note in notes), default=54) - 1
        high = max((note.pitch for note in notes), default=66) + 1
        spare = max(0, FEWEST_PITCHES - (high - low + 1))
        self._lowest, self._highest = low - spare // 2, high + spare - spare // 2
        self._named = (low + 1, high - 1) if notes else ()
        self.setAccessibleDescription(f"{len(notes)} notes")
        self.redraw()

    def set_note_names(self, names: NoteNames) -> None:
        self._names = names
        self.redraw()

    def set_empty_text(self, text: str) -> None:
        """Show this text while there is no note."""
        self.empty_text = text
        self.redraw()

    def sizeHint(self) -> QSize:
        return QSize(640, 56)

    def part_colour(self, index: int) -> str:
        """The colour of a part by its index, for a legend."""
        skin = theme()
        return (skin.accent, skin.voice(4), skin.voice(8), skin.voice(2), skin.voice(0))[index % 5]

    def paint_music(self, painter: QPainter) -> None:
        skin = theme()
        rows = self._highest - self._lowest + 1
        row_height = self.height() / rows
        width = self.width() - self.head_width
        shade = QColor(mixed(skin.ground, skin.panel, 0.55))
        black = [
            QRectF(self.head_width, (self._highest - pitch) * row_height, width, row_height)
            for pitch in range(self._lowest, self._highest + 1)
            if pitch % 12 in _BLACK_KEYS
        ]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawRects(black)
        self.paint_lines(painter)
        painter.setPen(Qt.PenStyle.NoPen)
        for index, part in enumerate(self._parts):
            self._paint_part(painter, part, self._starts[index], self.part_colour(index), row_height)
        painter.fillRect(0, 0, self.head_width, self.height(), QColor(skin.ground))
        painter.setPen(QColor(skin.dim))
        painter.setFont(font(SMALL_TEXT))
        head = QRectF(0, 4, self.head_width - 8, self.height() - 8)
        wrap = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(head, int(wrap), self.title)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for pitch in dict.fromkeys(self._named):
            middle = (self._highest - pitch + 0.5) * row_height
            middle = min(max(middle, 8.0), self.height() - 8.0)
            painter.drawText(
                QRectF(0, middle - 8, self.head_width - 6, 16), right, note_name(pitch, self._names)
            )
        if self.empty_text and not any(self._parts):
            area = QRectF(self.head_width, 0, width, self.height())
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), self.empty_text)

    def _paint_part(
        self, painter: QPainter, part: Sequence[Note], starts: list[int], colour: str, row_height: float
    ) -> None:
        start, end = self.axis.shown_ticks
        steps: list[list[QRectF]] = [[] for _ in range(VELOCITY_STEPS)]
        height = max(2.0, row_height - 1)
        zero, pixels_per_tick, least = self.x_at(0), self.axis.pixels_per_tick, float(self.head_width)
        for note in part[bisect_left(starts, start - self._longest_ticks) : bisect_left(starts, end)]:
            left = zero + note.start_ticks * pixels_per_tick
            right = left + note.duration_ticks * pixels_per_tick
            if right < least:
                continue
            left = max(left, least)
            top = (self._highest - note.pitch) * row_height
            rect = QRectF(left, top, max(MIN_NOTE_WIDTH, right - left - 1), height)
            steps[velocity_step(note.velocity)].append(rect)
        panel = theme().panel
        for step, rects in enumerate(steps):
            painter.setBrush(QColor(mixed(colour, panel, 0.45 + 0.55 * step / (VELOCITY_STEPS - 1))))
            painter.drawRects(rects)
