"""The ruler: bar numbers over strips that share its axis."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from musegen_daw.ui.widgets.theme import SMALL_TEXT, font, theme
from musegen_daw.ui.widgets.time_axis import TimeAxis
from musegen_daw.ui.widgets.time_strip import HEAD_WIDTH, TimeStrip

HEIGHT = 22
MIN_NUMBER_PIXELS = 34


class Ruler(TimeStrip):
    """Numbers the bars from `first_number` on; numbers below 1 are not shown, and not more than there is room for."""

    def __init__(self, axis: TimeAxis, parent: QWidget | None = None, head_width: int = HEAD_WIDTH) -> None:
        super().__init__(axis, parent, head_width)
        self._first_number = 1
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Bars")

    def set_first_number(self, number: int) -> None:
        """The number of the first bar of the axis."""
        if number != self._first_number:
            self._first_number = number
            self.redraw()

    def paint_music(self, painter: QPainter) -> None:
        """Paint the numbers."""
        skin = theme()
        painter.fillRect(self.rect(), QColor(skin.ground))
        painter.setFont(font(SMALL_TEXT))
        painter.setPen(QColor(skin.dim))
        start, end = self.axis.shown_ticks
        every, bar_pixels = 1, self.axis.bars[0].length_ticks * self.axis.pixels_per_tick
        while every * bar_pixels < MIN_NUMBER_PIXELS:
            every *= 2
        for index in range(self.axis.bar_at(start), len(self.axis.bars)):
            bar, number = self.axis.bars[index], index + self._first_number
            if bar.start_ticks > end:
                break
            x = self.x_at(bar.start_ticks)
            if index % every == 0 and number >= 1 and x >= self.head_width:
                painter.drawText(QPointF(x + 4, HEIGHT - 7), str(number))
