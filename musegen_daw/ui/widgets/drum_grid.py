"""The drum grid: voices as rows, hits over time, with locks, mutes and planned hits."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPen

from musegen_daw.music.kit import VOICES
from musegen_daw.ui.widgets.plain import set_name
from musegen_daw.ui.widgets.swung_strip import SwungStrip
from musegen_daw.ui.widgets.theme import SMALL_TEXT, VELOCITY_STEPS, font, mixed, theme, velocity_step
from musegen_daw.ui.widgets.time_axis import TimeAxis

MIN_ROW_HEIGHT = 15
SHIMMER_MILLISECONDS = 60
SHIMMER_FRAMES = 24
MIN_HIT_WIDTH = 3.0


@dataclass(frozen=True, slots=True)
class Hit:
    """`row` counts from the top, `velocity` is 1 to 127; planned hits are drawn as outlines.

    `tag` lets the owner find the note again.
    """

    row: int
    start_ticks: int
    velocity: int
    is_planned: bool = False
    tag: int = -1


@dataclass(frozen=True, slots=True)
class Cell:
    """A step of a row; it begins at `start_ticks`."""

    row: int
    start_ticks: int


_start, _time_and_row = attrgetter("start_ticks"), attrgetter("start_ticks", "row")


class DrumGrid(SwungStrip):
    """Draws hits: brightness is velocity, and micro-timing is visible.

    Editing is up to subclasses, by `cell_at`, `hit_at` and `row_at`. The rows are the nine voices by default.
    """

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis)
        self.rows: tuple[str, ...] = VOICES
        self._hits: tuple[Hit, ...] = ()
        self._starts: list[int] = []
        self._locked_rows: frozenset[int] = frozenset()
        self._locked_bars: frozenset[int] = frozenset()
        self._muted_rows: frozenset[int] = frozenset()
        self._shimmering: frozenset[int] = frozenset()
        self._frame = 0
        self._cursor: Cell | None = None
        self._selected: tuple[Hit, ...] = ()
        self._shimmer = QTimer(self)
        self._shimmer.setInterval(SHIMMER_MILLISECONDS)
        self._shimmer.timeout.connect(self._move_shimmer)
        self.setMinimumHeight(MIN_ROW_HEIGHT * len(self.rows))
        set_name(self, "Drum grid")

    # Content

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The hits, ordered by time."""
        return self._hits

    def set_hits(self, hits: Sequence[Hit]) -> None:
        self._hits = tuple(sorted(hits, key=_time_and_row))
        self._starts = [hit.start_ticks for hit in self._hits]
        self.setAccessibleDescription(f"{len(self._hits)} hits in {len(self.axis.bars)} bars")
        self.redraw()

    def set_rows(self, rows: Sequence[str]) -> None:
        """Show other rows; a row's colour depends on its name in `music.kit.VOICES`."""
        self.rows = tuple(rows)
        self.setMinimumHeight(MIN_ROW_HEIGHT * len(self.rows))
        self.redraw()

    def set_locked(self, rows: frozenset[int] = frozenset(), bars: frozenset[int] = frozenset()) -> None:
        """Show locks at `rows` and above `bars` (indices of the axis's bars)."""
        self._locked_rows, self._locked_bars = rows, bars
        self.redraw()

    def set_muted(self, rows: frozenset[int]) -> None:
        self._muted_rows = rows
        self.redraw()

    def set_regenerating(self, bars: frozenset[int]) -> None:
        """Let bars (indices) shimmer while they are written; an empty set ends that."""
        self._shimmering = bars
        if bars and self.isVisible():
            self._shimmer.start()
        elif not bars:
            self._shimmer.stop()
        self.update()

    def set_cursor(self, cell: Cell | None) -> None:
        self._cursor = cell
        self.update()

    def set_selected(self, hits: Iterable[Hit]) -> None:
        self._selected = tuple(sorted(hits, key=_start))
        self.update()

    @property
    def selected(self) -> tuple[Hit, ...]:
        """The selected hits, ordered by time."""
        return self._selected

    @property
    def cursor_cell(self) -> Cell | None:
        return self._cursor

    # Positions

    @property
    def row_height(self) -> float:
        return self.height() / max(1, len(self.rows))

    def row_at(self, y: float) -> int | None:
        row = int(y // self.row_height)
        return row if 0 <= row < len(self.rows) else None

    def is_head(self, x: float) -> bool:
        return x < self.head_width

    def cell_at(self, position: QPointF) -> Cell | None:
        """The cell under a point, None outside the bars."""
        row, ticks = self.row_at(position.y()), self.ticks_of(position.x())
        first, end = self.axis.first_ticks, self.axis.end_ticks
        if row is None or self.is_head(position.x()) or not first <= ticks < end:
            return None
        return Cell(row, self.step_at(ticks))

    def step_at(self, ticks: float) -> int:
        """The start of the step that contains `ticks`; steps are counted from the bar line."""
        bar = self.axis.bars[self.axis.bar_at(ticks)]
        return bar.start_ticks + int(ticks - bar.start_ticks) // self.axis.step_ticks * self.axis.step_ticks

    def hit_at(self, position: QPointF) -> Hit | None:
        """The topmost hit under a point."""
        row = self.row_at(position.y())
        found = (
            hit
            for hit in reversed(self._near(position.x(), position.x()))
            if hit.row == row and self.hit_rect(hit).contains(position)
        )
        return next(found, None)

    def hit_rect(self, hit: Hit) -> QRectF:
        return self._rects((hit,))[0]

    def cell_rect(self, cell: Cell) -> QRectF:
        left = self.x_of(cell.start_ticks)
        width = self.x_of(cell.start_ticks + self.axis.step_ticks) - left
        return QRectF(left, cell.row * self.row_height, width, self.row_height)

    def sizeHint(self) -> QSize:
        return QSize(640, 26 * len(self.rows))

    # Painting

    def paint_music(self, painter: QPainter) -> None:
        skin = theme()
        shade = QColor(mixed(skin.ground, skin.panel, 0.5))
        width = self.width() - self.head_width
        for row in range(1, len(self.rows), 2):
            painter.fillRect(QRectF(self.head_width, row * self.row_height, width, self.row_height), shade)
        self._paint_locked_bars(painter)
        self.paint_lines(painter)
        fills: dict[tuple[int, int], list[QRectF]] = {}
        outlines: dict[int, list[QRectF]] = {}
        shown = self._near(self.head_width, self.width())
        for hit, rect in zip(shown, self._rects(shown), strict=True):
            if hit.is_planned:
                outlines.setdefault(hit.row, []).append(rect.adjusted(0.5, 0.5, -0.5, -0.5))
            else:
                fills.setdefault((hit.row, velocity_step(hit.velocity)), []).append(rect)
        painter.setClipRect(self.head_width, 0, width, self.height())
        painter.setPen(Qt.PenStyle.NoPen)
        for (row, step), rects in fills.items():
            painter.setBrush(QColor(self._fill(row, step)))
            painter.drawRects(rects)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for row, rects in outlines.items():
            painter.setPen(QPen(QColor(self._fill(row, VELOCITY_STEPS - 2)), 1))
            painter.drawRects(rects)
        for index in self._locked_bars & frozenset(range(len(self.axis.bars))):
            paint_lock(
                painter, QPointF(self.x_at(self.axis.bars[index].start_ticks) + 10, 10), theme().accent
            )
        painter.setClipping(False)
        self.paint_heads(painter)

    def paint_live(self, painter: QPainter, rect: QRect) -> None:
        painter.save()
        painter.setClipRect(QRect(self.head_width, 0, self.width(), self.height()))
        if self._playhead_ticks is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            for hit in self._of(self._hits, rect):
                if hit.is_planned and hit.start_ticks <= self._playhead_ticks:
                    painter.fillRect(
                        self.hit_rect(hit), QColor(self._fill(hit.row, velocity_step(hit.velocity)))
                    )
        for bar in self._shimmering:
            self._paint_shimmer(painter, bar)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._selected:
            painter.setPen(QPen(QColor(theme().text), 1.5))
            painter.drawRects(self._rects(self._of(self._selected, rect)))
        if self._cursor is not None and self.hasFocus():
            painter.setPen(QPen(QColor(theme().accent), 2))
            painter.drawRect(self.cell_rect(self._cursor).adjusted(1, 1, -1, -1))
        painter.restore()

    def hideEvent(self, event: object) -> None:
        self._shimmer.stop()

    def showEvent(self, event: object) -> None:
        if self._shimmering:
            self._shimmer.start()

    def _rects(self, hits: Sequence[Hit]) -> list[QRectF]:
        """As `hit_rect`; of thousands, so that the scale is looked up once."""
        zero, scale, step = self.x_at(0), self.axis.pixels_per_tick, self.axis.step_ticks
        row_height = self.row_height
        height = max(3.0, row_height - 4)
        sounding = self.sounding
        if sounding is None:
            width = max(MIN_HIT_WIDTH, step * scale - 2)
            return [
                QRectF(zero + hit.start_ticks * scale + 1, hit.row * row_height + 2, width, height)
                for hit in hits
            ]
        rects: list[QRectF] = []
        for hit in hits:
            start_ticks = sounding(hit.start_ticks)
            width = max(MIN_HIT_WIDTH, (sounding(hit.start_ticks + step) - start_ticks) * scale - 2)
            rects.append(QRectF(zero + start_ticks * scale + 1, hit.row * row_height + 2, width, height))
        return rects

    def _near(self, left: float, right: float) -> tuple[Hit, ...]:
        first, end = self._span(left, right)
        return self._hits[bisect_left(self._starts, first) : bisect_left(self._starts, end)]

    def _of(self, hits: tuple[Hit, ...], rect: QRect) -> tuple[Hit, ...]:
        """Those of some hits, ordered by time, that are in sight within `rect`."""
        first, end = self._span(rect.left() - 2, rect.right() + 2)
        return hits[bisect_left(hits, first, key=_start) : bisect_left(hits, end, key=_start)]

    def _span(self, left: float, right: float) -> tuple[float, float]:
        """The ticks of hits that are drawn between two x."""
        margin = self.axis.step_ticks + 2 * MIN_HIT_WIDTH / self.axis.pixels_per_tick
        return self.ticks_of(left) - margin, self.ticks_of(right) + 1

    def _voice(self, row: int) -> int:
        name = self.rows[row] if 0 <= row < len(self.rows) else ""
        return VOICES.index(name) if name in VOICES else -1

    def _fill(self, row: int, step: int) -> str:
        skin = theme()
        colour = skin.hit_of_step(self._voice(row), step)
        return mixed(colour, skin.panel, 0.3) if row in self._muted_rows else colour

    def _paint_locked_bars(self, painter: QPainter) -> None:
        skin = theme()
        for index in self._locked_bars:
            if index < len(self.axis.bars):
                bar = self.axis.bars[index]
                left, right = self.x_at(bar.start_ticks), self.x_at(bar.end_ticks)
                wash = QColor(mixed(skin.accent, skin.panel, 0.12))
                painter.fillRect(QRectF(left, 0, right - left, self.height()), wash)

    def paint_heads(self, painter: QPainter) -> None:
        skin = theme()
        painter.fillRect(0, 0, self.head_width, self.height(), QColor(skin.ground))
        painter.setFont(font(SMALL_TEXT))
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for row, name in enumerate(self.rows):
            top = row * self.row_height
            is_muted = row in self._muted_rows
            colour = skin.line if is_muted else skin.voice(self._voice(row))
            painter.fillRect(QRectF(0, top + 3, 3, self.row_height - 6), QColor(colour))
            painter.setPen(QColor(skin.dim if is_muted else skin.text))
            painter.drawText(QRectF(10, top, self.head_width - 28, self.row_height), left, name)
            if row in self._locked_rows:
                middle = QPointF(self.head_width - 14, top + self.row_height / 2)
                paint_lock(painter, middle, skin.accent)

    def _paint_shimmer(self, painter: QPainter, index: int) -> None:
        if index >= len(self.axis.bars):
            return
        bar = self.axis.bars[index]
        left, right = self.x_at(bar.start_ticks), self.x_at(bar.end_ticks)
        base, glow = QColor(theme().accent), QColor(theme().accent)
        base.setAlphaF(0.06)
        glow.setAlphaF(0.30)
        gradient = QLinearGradient(left, 0, right, 0)
        middle = self._frame / SHIMMER_FRAMES
        for at, colour in ((middle - 0.25, base), (middle, glow), (middle + 0.25, base)):
            gradient.setColorAt(min(1.0, max(0.0, at)), colour)
        painter.fillRect(QRectF(left, 0, right - left, self.height()), gradient)

    def _move_shimmer(self) -> None:
        self._frame = (self._frame + 1) % SHIMMER_FRAMES
        for index in self._shimmering:
            if index < len(self.axis.bars):
                bar = self.axis.bars[index]
                left = int(self.x_at(bar.start_ticks))
                self.update(left, 0, int(self.x_at(bar.end_ticks)) - left + 1, self.height())


def paint_lock(painter: QPainter, middle: QPointF, colour: str, *, is_open: bool = False) -> None:
    """A small padlock."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink = QColor(colour)
    painter.setPen(QPen(ink, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    lift = 4.0 if is_open else 0.0
    painter.drawArc(QRectF(middle.x() - 2.5 + lift, middle.y() - 6, 5, 8), 0, 180 * 16)
    if not is_open:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
    painter.drawRoundedRect(QRectF(middle.x() - 4.5, middle.y() - 1.5, 9, 7), 1.5, 1.5)
    painter.restore()
