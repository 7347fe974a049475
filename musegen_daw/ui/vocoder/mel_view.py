"""Two mel spectrograms under each other on one time axis: what was given, and what a decoder made of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from musegen_daw.ui.vocoder.mel_drawing import (
    FOOT_HEIGHT,
    GAP,
    HEAD_WIDTH,
    READOUT_WIDTH,
    TITLE_HEIGHT,
    Gallery,
    Row,
)
from musegen_daw.ui.vocoder.span import VisibleSpan, clock
from musegen_daw.ui.widgets.basic import is_restyling
from musegen_daw.ui.widgets.theme import SMALL_TEXT, font, theme

STEP_SECONDS, BIG_STEP_SECONDS = 1.0, 5.0
WHEEL_STEP, ZOOM_STEP = 120, 1.25


class MelView(QWidget):
    """Shows rows; `sought` carries the seconds of the music that were clicked, `looped` a span that was dragged over.

    The keyboard moves the playhead: left and right by a second, with Shift by five, Home and End. Ctrl and wheel zooms.
    """

    sought = Signal(float)
    looped = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()
        self._span = VisibleSpan.whole(0.0, 1.0)
        self._gallery = Gallery()
        self._drawn: QPixmap | None = None
        self._playhead_seconds: float | None = None
        self._loop: tuple[float, float] | None = None
        self._pressed: tuple[float, int] | None = None
        self._dragged: tuple[float, float] | None = None
        self._readout: tuple[int, str] = (0, "")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 180)
        self.setMouseTracking(True)
        self.setAccessibleName("Mel spectrograms")
        self.setToolTip("Click to play from there, drag to loop (Ctrl+wheel zooms)")

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is shown, from the top."""
        return self._rows

    @property
    def span(self) -> VisibleSpan:
        """The seconds in sight."""
        return self._span

    @property
    def playhead_seconds(self) -> float | None:
        """Where in the music the playhead is."""
        return self._playhead_seconds

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other pictures; what is in sight stays where the length does."""
        self._rows = tuple(rows)
        seconds = max((row.picture.seconds for row in rows if row.picture is not None), default=0.0)
        if abs(seconds - self._span.seconds) > 1e-3:
            self._span = VisibleSpan.whole(seconds, self._width())
        self.setAccessibleDescription(". ".join(row.title for row in rows))
        self.redraw()

    def set_playhead(self, seconds: float | None) -> None:
        """Move the playhead, in seconds of the music; repaints only where it was and where it is."""
        if seconds == self._playhead_seconds:
            return
        for each in (self._playhead_seconds, seconds):
            self._update_playhead(each)
        self._playhead_seconds = seconds

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Mark a span of the music as the loop."""
        if loop != self._loop:
            self._loop = loop
            self.update()

    def redraw(self) -> None:
        """Draw the pictures anew at the next repaint."""
        self._drawn = None
        self.update()

    def area(self, index: int) -> QRectF:
        """Where the picture of a row is."""
        count = max(1, len(self._rows))
        height = (self.height() - FOOT_HEIGHT - (count - 1) * GAP) / count
        top = index * (height + GAP) + TITLE_HEIGHT
        return QRectF(HEAD_WIDTH, top, self._width(), max(1.0, height - TITLE_HEIGHT))

    def x_of(self, music_seconds: float, row: Row) -> float:
        """The x of the widget at which a place of the music is in a row."""
        return HEAD_WIDTH + self._span.x_at(music_seconds * row.stretch)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Little: it takes what is left, and a page that scrolls asks for no more than this."""
        return QSize(640, 200)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Copy the drawn pictures and paint loop and playhead over them."""
        ratio = self.devicePixelRatioF()
        if self._drawn is None or self._drawn.devicePixelRatio() != ratio:
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._drawn)
            areas = [self.area(index) for index in range(len(self._rows))]
            self._gallery.draw(painter, self._rows, areas, self._span)
            painter.end()
        rect = event.rect()
        painter = QPainter(self)
        source = QRectF(rect.x() * ratio, rect.y() * ratio, rect.width() * ratio, rect.height() * ratio)
        painter.drawPixmap(QRectF(rect), self._drawn, source)
        self._paint_live(painter, rect)
        painter.end()

    def _paint_live(self, painter: QPainter, rect: QRect) -> None:
        skin = theme()
        loop = self._dragged or self._loop
        for index, row in enumerate(self._rows):
            if row.picture is None:
                continue
            area = self.area(index)
            painter.setClipRect(area.toAlignedRect().intersected(rect))
            if loop is not None:
                left, right = (self.x_of(seconds, row) for seconds in loop)
                shade = QColor(skin.ground)
                shade.setAlphaF(0.55)
                painter.fillRect(QRectF(area.left(), area.top(), left - area.left(), area.height()), shade)
                painter.fillRect(QRectF(right, area.top(), area.right() - right, area.height()), shade)
                painter.setPen(QPen(QColor(skin.accent), 2))
                painter.drawLines([QLineF(x, area.top(), x, area.bottom()) for x in (left, right)])
            if self._playhead_seconds is not None:
                x = self.x_of(self._playhead_seconds, row)
                painter.setPen(QPen(QColor(skin.ground), 4))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
                painter.setPen(QPen(QColor(skin.text), 2))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setClipping(False)
        index, words = self._readout
        if words and index < len(self._rows):
            painter.setFont(font(SMALL_TEXT))
            painter.setPen(QColor(skin.dim))
            right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
            painter.drawText(self._readout_area(index), right, words)
        if self.hasFocus():
            painter.setPen(QPen(QColor(skin.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for index in range(len(self._rows)):
                painter.drawRect(self.area(index).adjusted(0.5, 0.5, -0.5, -0.5))

    # Mouse and keyboard

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin a click or the drag of a loop."""
        index = self._row_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self._pressed = (event.position().x(), index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag a loop, and tell what is under the pointer."""
        self._read_out(event.position())
        if self._pressed is not None:
            x, index = self._pressed
            if self._dragged or abs(event.position().x() - x) >= QApplication.startDragDistance():
                ends = sorted((self._music_at(x, index), self._music_at(event.position().x(), index)))
                self._dragged = (ends[0], ends[1])
                self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Tell what was clicked or dragged."""
        pressed, dragged = self._pressed, self._dragged
        self._pressed = self._dragged = None
        if dragged is not None:
            self.update()
            self.looped.emit(*dragged)
        elif pressed is not None:
            self.sought.emit(self._music_at(*pressed))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Nothing is under the pointer."""
        self._read_out(QPointF(-1, -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move the playhead."""
        if not self._rows or self._playhead_seconds is None:
            super().keyPressEvent(event)
            return
        big = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        step = BIG_STEP_SECONDS if big else STEP_SECONDS
        wanted = {
            Qt.Key.Key_Left: self._playhead_seconds - step,
            Qt.Key.Key_Right: self._playhead_seconds + step,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: self._span.seconds,
        }.get(Qt.Key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
        else:
            self.sought.emit(max(0.0, wanted))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zoom with Ctrl; scroll where not all is in sight."""
        delta = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            factor = ZOOM_STEP ** (delta.y() / WHEEL_STEP)
            self._span = self._span.zoomed(factor, event.position().x() - HEAD_WIDTH)
        elif not self._span.is_whole:
            turned = delta.x() if abs(delta.x()) > abs(delta.y()) else delta.y()
            self._span = self._span.scrolled(-turned / WHEEL_STEP * self._span.width / 8)
        else:
            event.ignore()
            return
        self.redraw()
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """The same seconds over another width."""
        self._span = self._span.resized(self._width())
        self._drawn = None

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draw anew in another theme."""
        if is_restyling(event):
            self.redraw()
        super().changeEvent(event)

    def describe(self, position: QPointF) -> str:
        """What is under a point: time, frequency and level; empty where there is no picture."""
        index = self._row_at(position)
        picture = None if index is None else self._rows[index].picture
        if index is None or picture is None or not picture.seconds:
            return ""
        area = self.area(index)
        seconds = self._span.seconds_at(position.x() - HEAD_WIDTH)
        if seconds >= picture.seconds:
            return ""
        bands, columns = picture.db.shape
        band = min(bands - 1, max(0, int((area.bottom() - position.y()) / area.height() * bands)))
        level = picture.db[band, min(columns - 1, int(seconds / picture.seconds * columns))]
        hz = picture.band_hz[band]
        pitch = f"{hz / 1000:.2f} kHz" if hz >= 1_000 else f"{hz:.0f} Hz"
        row, top_db = self._rows[index], self._gallery.top_db(self._rows)
        shown = f"{level:+.1f} dB" if row.is_difference else f"{level - top_db:.0f} dB"
        return f"{clock(seconds, 0.01)}   {pitch}   {shown}"

    def _width(self) -> float:
        return max(1.0, float(self.width() - HEAD_WIDTH))

    def _read_out(self, position: QPointF) -> None:
        words = self.describe(position)
        readout = (self._row_at(position) or 0, words.replace("-", "−"))
        if readout != self._readout:
            for index in (self._readout[0], readout[0]):
                self.update(self._readout_area(index).toAlignedRect())
            self._readout = readout

    def _readout_area(self, index: int) -> QRectF:
        area = self.area(index)
        return QRectF(
            area.right() - READOUT_WIDTH, area.top() - TITLE_HEIGHT, READOUT_WIDTH, TITLE_HEIGHT - 4
        )

    def _row_at(self, position: QPointF) -> int | None:
        found = (index for index in range(len(self._rows)) if self.area(index).contains(position))
        return next(found, None)

    def _music_at(self, x: float, index: int) -> float:
        return self._span.seconds_at(x - HEAD_WIDTH) / self._rows[index].stretch

    def _update_playhead(self, seconds: float | None) -> None:
        if seconds is not None:
            for row in self._rows:
                self.update(int(self.x_of(seconds, row)) - 4, 0, 9, self.height())
