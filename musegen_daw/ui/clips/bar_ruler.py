"""The bar numbers of the Clips panel: play from there, loop, select bars."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPolygonF, QResizeEvent

from musegen_daw.ui.clips.grid_commands import Do, key_of
from musegen_daw.ui.clips.row_heads import RowButton
from musegen_daw.ui.widgets.plain import plain_tip, set_name
from musegen_daw.ui.widgets.theme import theme
from musegen_daw.ui.widgets.time_axis import TimeAxis
from musegen_daw.ui.widgets.time_strip import Ruler

BARS_DRAG_PIXELS = 6
_HALF_HEAD = 5
_LANE_BUTTON_WIDTH = 84


class BarRuler(Ruler):
    """Click to play from there, drag to loop, drag with Shift to select bars, right-click for a menu."""

    playhead_reach = _HALF_HEAD + 2

    seek_requested = Signal(float)
    """Ticks."""
    loop_requested = Signal(int, int)
    """First bar, and first bar after the loop."""
    bars_chosen = Signal(int, int)
    """First bar, and first bar after the selection."""
    menu_requested = Signal(int, object)
    """A bar, and a global point."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis)
        self._loop: tuple[int, int] | None = None
        self._selected: tuple[int, int] | None = None
        self._pressed: QPointF | None = None
        self._drawn: tuple[int, int] | None = None
        self._is_selecting = False
        self.lane = RowButton("Velocities")
        self.lane.setParent(self)
        set_name(self.lane, "Show the velocity lane")
        self.lane.setToolTip(plain_tip(f"Show the velocity lane ({key_of(Do.LANE)})"))
        self.setToolTip(
            "Click: play from there. Drag: loop these bars. Shift+drag: select them. Right-click: more"
        )

    def set_loop(self, bars: tuple[int, int] | None) -> None:
        """Show bars as looped, from the first up to the second, not included."""
        self._loop = bars
        self.update()

    def set_selected_bars(self, bars: tuple[int, int] | None) -> None:
        """Show bars as selected, from the first up to the second, not included."""
        if bars != self._selected:
            self._selected = bars
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        right = self.head_width - 2
        self.lane.setGeometry(right - _LANE_BUTTON_WIDTH, 1, _LANE_BUTTON_WIDTH, self.height() - 2)

    def paint_live(self, painter: QPainter, rect: QRect) -> None:
        skin = theme()
        painter.save()
        painter.setClipRect(QRect(self.head_width, 0, self.width(), self.height()))
        selected = self._drawn if self._is_selecting and self._drawn else self._selected
        loop = self._drawn if not self._is_selecting and self._drawn else self._loop
        if selected is not None:
            wash = QColor(skin.accent)
            wash.setAlphaF(0.3)
            painter.fillRect(self._area(selected), wash)
        if loop is not None:
            area = self._area(loop)
            area.setTop(self.height() - 4)
            painter.fillRect(area, QColor(skin.accent))
        ticks = self.playhead_ticks
        if ticks is not None:
            x = self.x_at(ticks)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(skin.text))
            head = [QPointF(x - _HALF_HEAD, 0), QPointF(x + _HALF_HEAD, 0), QPointF(x, 7)]
            painter.drawPolygon(QPolygonF(head))
        painter.restore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.position().x() >= self.head_width and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
            self._is_selecting = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if self._is_selecting:
                self._draw(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        if self._is_selecting or abs(event.position().x() - self._pressed.x()) >= BARS_DRAG_PIXELS:
            self._draw(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        drawn, self._drawn, self._pressed = self._drawn, None, None
        if drawn is not None:
            (self.bars_chosen if self._is_selecting else self.loop_requested).emit(*drawn)
        else:
            end = float(self.axis.end_ticks)
            self.seek_requested.emit(min(end, max(0.0, self.ticks_at(event.position().x()))))
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.pos().x() >= self.head_width:
            self.menu_requested.emit(self._bar(QPointF(event.pos())), event.globalPos())

    def _draw(self, position: QPointF) -> None:
        assert self._pressed is not None
        first, last = sorted((self._bar(self._pressed), self._bar(position)))
        self._drawn = first, last + 1
        self.update()

    def _area(self, bars: tuple[int, int]) -> QRectF:
        shown = self.axis.bars
        first, last = min(bars[0], len(shown) - 1), min(bars[1], len(shown)) - 1
        left, right = self.x_at(shown[first].start_ticks), self.x_at(shown[last].end_ticks)
        return QRectF(left, 0, max(0.0, right - left), self.height())

    def _bar(self, position: QPointF) -> int:
        return self.axis.bar_at(self.ticks_at(position.x()))
