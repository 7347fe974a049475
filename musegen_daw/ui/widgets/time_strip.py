"""The base of piano roll and drum grid, and the bar ruler above them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from musegen_daw.ui.widgets.plain import set_name
from musegen_daw.ui.widgets.theme import SMALL_TEXT, font, is_style_change, mixed, theme
from musegen_daw.ui.widgets.time_axis import HEAD_WIDTH as HEAD_WIDTH
from musegen_daw.ui.widgets.time_axis import TimeAxis

WHEEL_STEP = 120
WIDEST_STEP = 200
"""Pixels of a step of the playhead; a longer one is a jump, and all is painted again."""
ZOOM_STEP = 1.25


class TimeStrip(QWidget):
    """Row heads at the left and music right of them, on an axis that several strips may share.

    Subclasses implement `paint_music`, which is cached until `redraw`, and `paint_live`, called at every repaint.
    The wheel scrolls, Ctrl+wheel zooms.
    """

    playhead_reach = 3
    """Pixels to either side of the playhead that are painted for it."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__()
        self.axis = axis
        self._playhead_ticks: float | None = None
        self._picture: QPixmap | None = None
        axis.changed.connect(self.redraw)

    @property
    def head_width(self) -> int:
        return self.axis.head_width

    @property
    def playhead_ticks(self) -> float | None:
        return self._playhead_ticks

    def set_playhead(self, ticks: float | None) -> None:
        """Move the playhead, or hide it with None; repaints only its old and new position."""
        if ticks == self._playhead_ticks:
            return
        old = self._playhead_ticks
        self._playhead_ticks = ticks
        xs = [self.x_at(each) for each in (old, ticks) if each is not None]
        if not xs:
            return
        reach = self.playhead_reach
        left, right = max(0, int(min(xs)) - reach), min(self.width(), int(max(xs)) + reach + 1)
        if right - left > WIDEST_STEP:
            self.update()
        elif right > left:
            self.update(left, 0, right - left, self.height())

    def x_at(self, ticks: float) -> float:
        return self.head_width + self.axis.x_at(ticks)

    def ticks_at(self, x: float) -> float:
        return self.axis.ticks_at(x - self.head_width)

    @property
    def sounding(self) -> Callable[[float], float] | None:
        """When music at some ticks sounds, where that differs from what is written."""
        return None

    def redraw(self) -> None:
        """Discard the cached picture."""
        self._picture = None
        self.update()

    def paint_music(self, painter: QPainter) -> None:
        raise NotImplementedError

    def paint_live(self, painter: QPainter, rect: QRect) -> None:
        """Paint what moves, within `rect` and under the playhead."""

    def paint_lines(self, painter: QPainter) -> None:
        skin = theme()
        bars, beats, steps = self.axis.lines(self.sounding)
        for xs, colour in (
            (steps, mixed(skin.line, skin.panel, 0.45)),
            (beats, skin.line),
            (bars, mixed(skin.dim, skin.panel, 0.75)),
        ):
            painter.setPen(QPen(QColor(colour), 1))
            painter.drawLines(self._verticals(xs))

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(ceil(self.width() * ratio), ceil(self.height() * ratio))
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(QColor(theme().panel))
            painter = QPainter(self._picture)
            self.paint_music(painter)
            painter.end()
        rect = event.rect()
        painter = QPainter(self)
        # All of it, which Qt clips to whole pixels of the screen: a part in logical pixels may end between two of them.
        painter.drawPixmap(0, 0, self._picture)
        self.paint_live(painter, rect)
        if self._playhead_ticks is not None and (x := self.x_at(self._playhead_ticks)) >= self.head_width:
            painter.setPen(QPen(QColor(theme().text), 2))
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._picture = None
        if not self.isHidden():  # a hidden strip keeps a width that no other has
            self.axis.set_width(self.width() - self.head_width)

    def changeEvent(self, event: QEvent) -> None:
        if is_style_change(event):
            self.redraw()
        super().changeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            x = event.position().x() - self.head_width
            self.axis.zoom(ZOOM_STEP ** (delta.y() / WHEEL_STEP), max(0.0, x))
        elif not self.axis.is_fitted:
            turned = delta.x() if abs(delta.x()) > abs(delta.y()) else delta.y()
            self.axis.scroll(-turned / WHEEL_STEP * self.axis.width / 8)
        else:
            event.ignore()
            return
        event.accept()

    def _verticals(self, xs: Sequence[float]) -> list[QLineF]:
        height = float(self.height())
        aligned = (int(self.head_width + x) + 0.5 for x in xs if x >= 0)
        return [QLineF(x, 0.0, x, height) for x in aligned]


RULER_HEIGHT = 22
MIN_NUMBER_PIXELS = 34


class Ruler(TimeStrip):
    """Bar numbers from `first_number` on; numbers below 1, or without room, are left out."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis)
        self._first_number = 1
        self.setFixedHeight(RULER_HEIGHT)
        set_name(self, "Bars")

    def set_first_number(self, number: int) -> None:
        if number != self._first_number:
            self._first_number = number
            self.redraw()

    def paint_music(self, painter: QPainter) -> None:
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
                painter.drawText(QPointF(x + 4, RULER_HEIGHT - 7), str(number))
