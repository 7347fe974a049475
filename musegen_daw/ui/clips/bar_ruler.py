"""The bar numbers over a clip: click to go there, drag to loop, right click to lock."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from musegen_daw.ui.widgets.ruler import Ruler
from musegen_daw.ui.widgets.theme import theme
from musegen_daw.ui.widgets.time_axis import TimeAxis

DRAG_PIXELS = 6


class BarRuler(Ruler):
    """Numbers bars and shows which of them are looped."""

    went_to = Signal(float)
    """Ticks."""
    loop_asked = Signal(int, int)
    """First bar, and first bar after the loop."""
    lock_bar_asked = Signal(int)

    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self._loop: tuple[int, int] | None = None
        self._pressed: QPointF | None = None
        self._drawn: tuple[int, int] | None = None
        self.setToolTip("Click: play from there. Drag: loop these bars. Right click: lock a bar")

    def set_loop(self, bars: tuple[int, int] | None) -> None:
        """Show the bars from the first up to the second, not included, as looped."""
        self._loop = bars
        self.update()

    def paint_live(self, painter: QPainter, rect: QRect) -> None:
        """A band over the looped bars, a handle at the playhead."""
        loop = self._drawn or self._loop
        skin = theme()
        if loop is not None:
            bars = self.axis.bars
            left = max(float(self.head_width), self.x_at(bars[loop[0]].start_ticks))
            right = self.x_at(bars[min(loop[1], len(bars)) - 1].end_ticks)
            if right > left:
                painter.fillRect(QRectF(left, self.height() - 4, right - left, 4), QColor(skin.accent))
        ticks = self.playhead_ticks
        if ticks is not None and (x := self.x_at(ticks)) >= self.head_width:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(skin.text))
            painter.drawPolygon(QPolygonF([QPointF(x - 5, 0), QPointF(x + 5, 0), QPointF(x, 7)]))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin a click or a loop, or lock."""
        if event.position().x() < self.head_width:
            return
        if event.button() == Qt.MouseButton.RightButton:
            self.lock_bar_asked.emit(self._bar(event.position()))
        elif event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show the loop as it is drawn."""
        if self._pressed is not None and abs(event.position().x() - self._pressed.x()) >= DRAG_PIXELS:
            first, last = sorted((self._bar(self._pressed), self._bar(event.position())))
            self._drawn = (first, last + 1)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go there, or loop."""
        if self._pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        drawn, self._drawn, self._pressed = self._drawn, None, None
        if drawn is not None:
            self.loop_asked.emit(*drawn)
        else:
            end = float(self.axis.end_ticks)
            self.went_to.emit(min(end, max(0.0, self.ticks_at(event.position().x()))))
        self.update()

    def _bar(self, position: QPointF) -> int:
        return self.axis.bar_at(self.ticks_at(position.x()))
