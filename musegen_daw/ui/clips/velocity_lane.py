"""The velocity lane under the drum grid: a stem for each hit, to be dragged or drawn over."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QShowEvent

from musegen_daw.music.kit import VOICES
from musegen_daw.ui.clips.grid import EditingGrid
from musegen_daw.ui.clips.grid_commands import Do, key_of
from musegen_daw.ui.widgets.drum_grid import Hit
from musegen_daw.ui.widgets.plain import plain_tip, set_name
from musegen_daw.ui.widgets.swung_strip import SwungStrip
from musegen_daw.ui.widgets.theme import SMALL_TEXT, font, mixed, theme
from musegen_daw.ui.widgets.time_axis import TimeAxis

LANE_HEIGHT, LEAST_HEIGHT = 56, 24
"""In a low window it gives way, and below the least it is empty."""
DRAG_PIXELS = 5
REACH_PIXELS = 7
"""How far from a stem a press still takes it."""
_EDGE, _STEM, _CAP = 5, 2, 5
_HEIGHT_FOR_THREE = 52


@dataclass(slots=True)
class _Drag:
    """A press; `stem` is the hit there. What is `drawn` is velocities of hits."""

    start: QPointF
    stem: Hit | None
    is_line: bool
    drawn: dict[Hit, int]


class VelocityLane(SwungStrip):
    """Shows the selected hits, else those of the voice under the grid's cursor, else all.

    Dragging a stem sets its velocity and scales the other selected ones with it; dragging across draws a line.
    """

    velocities_requested = Signal(object)
    """A velocity for each Hit."""
    described = Signal(str)

    def __init__(self, axis: TimeAxis, grid: EditingGrid) -> None:
        super().__init__(axis)
        self._grid = grid
        self._shown: tuple[Hit, ...] = ()
        self._title = ""
        self._drag: _Drag | None = None
        self.setMaximumHeight(LANE_HEIGHT)
        set_name(self, "Velocity lane")
        self.setToolTip(
            plain_tip(
                "Velocities of the selected hits, else of the voice under the cursor. Drag a stem, or across to draw "
                f"a line. {key_of(Do.LANE)}: hide"
            )
        )
        grid.looks_changed.connect(self.refresh)

    @property
    def shown(self) -> tuple[Hit, ...]:
        """The hits whose velocities can be changed here, ordered by time."""
        return self._shown

    def refresh(self) -> None:
        """Show what the grid shows now."""
        if not self.isVisible():
            return
        shown, title = self._chosen()
        if shown != self._shown or title != self._title:
            self._shown, self._title = shown, title
            self.setAccessibleDescription(f"{title}, {len(shown)} hits")
            self.redraw()

    def sizeHint(self) -> QSize:
        return QSize(640, LANE_HEIGHT)

    def stem_top(self, hit: Hit) -> QPointF:
        """The end of a hit's stem."""
        return QPointF(self.x_of(hit.start_ticks) + 1 + _STEM / 2, self._y_of(self._velocity(hit)))

    def velocity_at(self, y: float) -> int:
        room = self.height() - 2 * _EDGE
        return min(127, max(1, round(127 * (self.height() - _EDGE - y) / room)))

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        is_music = position.x() >= self.head_width and self.height() >= LEAST_HEIGHT
        if event.button() == Qt.MouseButton.LeftButton and is_music:
            self._drag = _Drag(position, self._stem_at(position), False, {})

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        drag = self._drag
        if drag is None:
            return
        way = event.position() - drag.start
        if not drag.is_line and not drag.drawn and max(abs(way.x()), abs(way.y())) < DRAG_PIXELS:
            return
        if not drag.drawn and (drag.stem is None or abs(way.x()) > abs(way.y())):
            drag.is_line = True
        if drag.is_line:
            drag.drawn = self._line(drag.start, event.position())
        elif drag.stem is not None:
            drag.drawn = self._scaled(drag.stem, self.velocity_at(event.position().y()))
        self._describe(drag)
        self.redraw()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        if drag is None or event.button() != Qt.MouseButton.LeftButton:
            return
        drawn = drag.drawn
        if (
            not drawn
            and drag.stem is not None
            and (event.position() - drag.start).manhattanLength() < DRAG_PIXELS
        ):
            drawn = self._scaled(drag.stem, self.velocity_at(event.position().y()))
        changed = {hit: velocity for hit, velocity in drawn.items() if velocity != hit.velocity}
        if changed:
            self.velocities_requested.emit(changed)
        self.redraw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    # Painting

    def paint_music(self, painter: QPainter) -> None:
        skin = theme()
        if self.height() < LEAST_HEIGHT:
            return
        self.paint_lines(painter)
        painter.setPen(Qt.PenStyle.NoPen)
        by_colour: dict[int, list[QRectF]] = {}
        floor, left, right = self.height() - 1.0, self.head_width - _CAP, self.width() + _CAP
        for hit in self._shown:
            x = self.x_of(hit.start_ticks) + 1
            if left <= x <= right:
                y = self._y_of(self._velocity(hit))
                rects = by_colour.setdefault(hit.row, [])
                rects.append(QRectF(x, y, _STEM, floor - y))
                rects.append(QRectF(x - 1.5, y - _CAP / 2, _CAP, _CAP))
        painter.setClipRect(QRect(self.head_width, 0, self.width(), self.height()))
        for row, rects in by_colour.items():
            name = self._grid.rows[row] if row < len(self._grid.rows) else ""
            painter.setBrush(QColor(skin.voice(VOICES.index(name) if name in VOICES else -1)))
            painter.drawRects(rects)
        painter.setClipping(False)
        self._paint_head(painter)

    def paint_live(self, painter: QPainter, rect: QRect) -> None:
        painter.setPen(QPen(QColor(mixed(theme().line, theme().panel, 0.8)), 1))
        painter.drawLine(QPointF(0, 0.5), QPointF(self.width(), 0.5))

    def _paint_head(self, painter: QPainter) -> None:
        skin = theme()
        painter.fillRect(0, 0, self.head_width, self.height(), QColor(skin.ground))
        painter.setFont(font(SMALL_TEXT))
        painter.setPen(QColor(skin.dim))
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for velocity in (127, 64, 1) if self.height() >= _HEIGHT_FOR_THREE else (127, 1):
            middle = min(max(self._y_of(velocity), 8.0), self.height() - 8.0)
            painter.drawText(QRectF(0, middle - 8, self.head_width - 6, 16), right, str(velocity))
        words = QRectF(8, 4, self.head_width - 44, self.height() - 8)
        wrap = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(words, int(wrap), f"{self._title}\nvelocity")

    # What is shown and drawn

    def _chosen(self) -> tuple[tuple[Hit, ...], str]:
        grid = self._grid
        if grid.selected:
            return grid.selected, f"{len(grid.selected)} selected"
        cell = grid.cursor_cell
        if cell is None or cell.row >= len(grid.rows):
            return grid.hits, "all voices"
        return tuple(hit for hit in grid.hits if hit.row == cell.row), grid.rows[cell.row]

    def _velocity(self, hit: Hit) -> int:
        return self._drag.drawn.get(hit, hit.velocity) if self._drag is not None else hit.velocity

    def _y_of(self, velocity: int) -> float:
        return self.height() - _EDGE - velocity / 127 * (self.height() - 2 * _EDGE)

    def _stem_at(self, position: QPointF) -> Hit | None:
        """The stem at a point; of several at one time the one whose end is nearest."""
        near = [
            (abs(top.x() - position.x()), abs(top.y() - position.y()), index)
            for index, hit in enumerate(self._shown)
            if abs((top := self.stem_top(hit)).x() - position.x()) <= REACH_PIXELS
        ]
        return self._shown[min(near)[2]] if near else None

    def _scaled(self, stem: Hit, velocity: int) -> dict[Hit, int]:
        """The velocity of a stem; what is selected is scaled with it."""
        together = self._grid.selected if stem in self._grid.selected else (stem,)
        share = velocity / stem.velocity
        return {hit: min(127, max(1, round(hit.velocity * share))) for hit in together}

    def _line(self, start: QPointF, end: QPointF) -> dict[Hit, int]:
        """The velocities of the hits between two points, on the line between them."""
        first, last = sorted((start, end), key=QPointF.x)
        length = max(1.0, last.x() - first.x())
        drawn: dict[Hit, int] = {}
        for hit in self._shown:
            x = self.stem_top(hit).x()
            if first.x() - REACH_PIXELS / 2 <= x <= last.x() + REACH_PIXELS / 2:
                share = min(1.0, max(0.0, (x - first.x()) / length))
                drawn[hit] = self.velocity_at(first.y() + share * (last.y() - first.y()))
        return drawn

    def _describe(self, drag: _Drag) -> None:
        if len(drag.drawn) == 1:
            self.described.emit(f"Velocity {next(iter(drag.drawn.values()))}")
        elif drag.drawn:
            low, high = min(drag.drawn.values()), max(drag.drawn.values())
            self.described.emit(f"Velocities of {len(drag.drawn)} hits: {low} to {high}")
