"""Two mel spectrograms on one time axis: the source, and the result below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
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

from musegen_daw.ui.vocoder.picture import MelPicture, difference_image, level_image
from musegen_daw.ui.widgets.plain import set_name
from musegen_daw.ui.widgets.theme import SMALL, SMALL_TEXT, font, is_style_change, theme

MIN_SHOWN_SECONDS = 0.25
_LINE_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True, slots=True)
class VisibleSpan:
    """The visible seconds [start, end) of `seconds`, over `width` pixels."""

    seconds: float
    start: float
    end: float
    width: float

    @classmethod
    def whole(cls, seconds: float, width: float) -> VisibleSpan:
        return cls(seconds, 0.0, max(seconds, MIN_SHOWN_SECONDS), max(1.0, width))

    @property
    def is_whole(self) -> bool:
        return self.start <= 0 and self.end >= self.seconds

    def x_at(self, seconds: float) -> float:
        return (seconds - self.start) / (self.end - self.start) * self.width

    def seconds_at(self, x: float) -> float:
        """The seconds at x, clamped to the whole."""
        return min(max(0.0, self.start + x / self.width * (self.end - self.start)), self.seconds)

    def resized(self, width: float) -> VisibleSpan:
        return VisibleSpan(self.seconds, self.start, self.end, max(1.0, width))

    def zoomed(self, factor: float, x: float) -> VisibleSpan:
        """`factor` times larger around x."""
        shown = (self.end - self.start) / factor
        if shown >= self.seconds:
            return VisibleSpan.whole(self.seconds, self.width)
        shown = max(shown, MIN_SHOWN_SECONDS)
        anchor = self.start + x / self.width * (self.end - self.start)
        return self._within(anchor - x / self.width * shown, shown)

    def scrolled(self, pixels: float) -> VisibleSpan:
        shown = self.end - self.start
        return self._within(self.start + pixels / self.width * shown, shown)

    def lines(self, least_pixels: float) -> tuple[tuple[float, str], ...]:
        """Round seconds in view with their labels, at least `least_pixels` apart."""
        least = least_pixels / self.width * (self.end - self.start)
        step = next((each for each in _LINE_SECONDS if each >= least), _LINE_SECONDS[-1])
        first = int(self.start / step)
        count = int((self.end - self.start) / step) + 2
        places = (round((first + index) * step, 3) for index in range(count))
        return tuple((each, clock(each, step)) for each in places if self.start <= each <= self.end)

    def _within(self, start: float, shown: float) -> VisibleSpan:
        start = min(max(0.0, start), max(0.0, self.seconds - shown))
        return VisibleSpan(self.seconds, start, start + shown, self.width)


def clock(seconds: float, step: float = 0.1) -> str:
    """Minutes and seconds, with as many decimals as `step` needs."""
    decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2
    minutes, rest = divmod(round(seconds, decimals), 60)
    return f"{int(minutes)}:{rest:0{3 + decimals if decimals else 2}.{decimals}f}"


HEAD_WIDTH, FOOT_HEIGHT, GAP, TITLE_HEIGHT, READOUT_WIDTH = 52, 24, SMALL, 22, 240
LEAST_LINE_PIXELS = 72
LEAST_LABEL_PIXELS = 16
_LABELLED_HZ = (50, 100, 200, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 8_000, 10_000, 15_000, 20_000)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A picture with its title; a second of the music is `stretch` seconds in it."""

    title: str
    picture: MelPicture | None = None
    stretch: float = 1.0
    is_difference: bool = False
    is_heard: bool = False
    empty_text: str = ""


class MelPainter:
    """Paints rows, and caches their images."""

    def __init__(self) -> None:
        self._images: dict[tuple[MelPicture, float, bool], QImage] = {}

    def top_db(self, rows: Sequence[Row]) -> float:
        """The loudest level of all rows, so that they share one scale."""
        tops = [row.picture.top_db for row in rows if row.picture is not None and not row.is_difference]
        return max(tops, default=0.0)

    def draw(
        self, painter: QPainter, rows: Sequence[Row], areas: Sequence[QRectF], span: VisibleSpan
    ) -> None:
        """Paint the rows into their areas, and the time axis below the last."""
        skin = theme()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        top_db, kept = self.top_db(rows), self._images
        self._images = {}
        for row, area in zip(rows, areas, strict=True):
            painter.fillRect(area, QColor(skin.panel))
            _draw_title(painter, row, area)
            if row.picture is not None:
                key = (row.picture, 0.0 if row.is_difference else top_db, skin.is_dark)
                self._images[key] = kept.get(key) or _image(row, row.picture, top_db)
                # The last frame of a picture may end after the audio.
                left, right = span.x_at(0.0), span.x_at(row.picture.seconds)
                painter.save()
                painter.setClipRect(area)
                painter.drawImage(
                    QRectF(area.left() + left, area.top(), right - left, area.height()), self._images[key]
                )
                painter.restore()
                _draw_hertz(painter, row.picture, area)
            elif row.empty_text:
                painter.setFont(font())
                painter.setPen(QColor(skin.dim))
                wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(area.adjusted(24, 0, -24, 0), int(wrapped), row.empty_text)
        if areas and span.seconds:
            _draw_seconds(painter, span, areas[-1])


def _image(row: Row, picture: MelPicture, top_db: float) -> QImage:
    is_dark = theme().is_dark
    return difference_image(picture, is_dark) if row.is_difference else level_image(picture, top_db, is_dark)


def _draw_title(painter: QPainter, row: Row, area: QRectF) -> None:
    skin = theme()
    painter.setFont(font(SMALL_TEXT, bold=True))
    painter.setPen(QColor(skin.accent if row.is_heard else skin.text))
    title = QRectF(area.left(), area.top() - TITLE_HEIGHT, area.width() - READOUT_WIDTH, TITLE_HEIGHT - 4)
    words = painter.fontMetrics().elidedText(row.title, Qt.TextElideMode.ElideRight, int(title.width()))
    painter.drawText(title, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), words)


def _draw_hertz(painter: QPainter, picture: MelPicture, area: QRectF) -> None:
    skin = theme()
    painter.setFont(font(SMALL_TEXT))
    bands = len(picture.band_hz)
    last_y = area.bottom() + LEAST_LABEL_PIXELS / 2
    for hz in _LABELLED_HZ:
        y = area.bottom() - (picture.band_at(hz) + 0.5) / bands * area.height()
        is_inside = picture.band_hz[0] <= hz <= picture.band_hz[-1] and y >= area.top() + 5
        if not is_inside or y > last_y - LEAST_LABEL_PIXELS:
            continue
        last_y = y
        painter.setPen(QColor(skin.dim))
        place = QRectF(0, y - 9, HEAD_WIDTH - 10, 18)
        text = f"{hz // 1000}k" if hz >= 1_000 else str(hz)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), text)
        painter.setPen(QPen(QColor(skin.line), 1))
        painter.drawLine(QLineF(HEAD_WIDTH - 6, round(y) + 0.5, HEAD_WIDTH - 1, round(y) + 0.5))


def _draw_seconds(painter: QPainter, span: VisibleSpan, area: QRectF) -> None:
    skin = theme()
    painter.setFont(font(SMALL_TEXT))
    for seconds, text in span.lines(LEAST_LINE_PIXELS):
        x = round(area.left() + span.x_at(seconds)) + 0.5
        painter.setPen(QPen(QColor(skin.line), 1))
        painter.drawLine(QLineF(x, area.bottom(), x, area.bottom() + 5))
        place = QRectF(x + 4, area.bottom() + 2, LEAST_LINE_PIXELS, FOOT_HEIGHT - 4)
        if place.left() + painter.fontMetrics().horizontalAdvance(text) <= area.right():
            painter.setPen(QColor(skin.dim))
            painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)


STEP_SECONDS, BIG_STEP_SECONDS = 1.0, 5.0
WHEEL_STEP, ZOOM_STEP = 120, 1.25


class MelView(QWidget):
    """Shows rows; `seek_requested` carries seconds of the music, `loop_requested` the span that was dragged.

    Keys move the playhead: left and right by a second, with Shift by five, Home and End. Ctrl+wheel zooms.
    """

    seek_requested = Signal(float)
    loop_requested = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Row, ...] = ()
        self._span = VisibleSpan.whole(0.0, 1.0)
        self._gallery = MelPainter()
        self._drawn: QPixmap | None = None
        self._playhead_seconds: float | None = None
        self._loop: tuple[float, float] | None = None
        self._pressed: tuple[float, int] | None = None
        self._dragged: tuple[float, float] | None = None
        self._readout: tuple[int, str] = (0, "")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 180)
        self.setMouseTracking(True)
        set_name(self, "Mel spectrograms")
        self.setToolTip("Click to play from there, drag to loop (Ctrl+wheel zooms)")

    @property
    def rows(self) -> tuple[Row, ...]:
        return self._rows

    @property
    def playhead_seconds(self) -> float | None:
        return self._playhead_seconds

    @property
    def loop(self) -> tuple[float, float] | None:
        return self._loop

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows; the visible span stays if the length does."""
        self._rows = tuple(rows)
        seconds = max((row.picture.seconds for row in rows if row.picture is not None), default=0.0)
        if abs(seconds - self._span.seconds) > 1e-3:
            self._span = VisibleSpan.whole(seconds, self._width())
        self.setAccessibleDescription(". ".join(row.title for row in rows))
        self.redraw()

    def set_playhead(self, seconds: float | None) -> None:
        """Move the playhead, in seconds of the music; repaints only its old and new position."""
        if seconds == self._playhead_seconds:
            return
        for each in (self._playhead_seconds, seconds):
            self._update_playhead(each)
        self._playhead_seconds = seconds

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        if loop != self._loop:
            self._loop = loop
            self.update()

    def redraw(self) -> None:
        self._drawn = None
        self.update()

    def area(self, index: int) -> QRectF:
        """The rectangle of a row's picture."""
        count = max(1, len(self._rows))
        height = (self.height() - FOOT_HEIGHT - (count - 1) * GAP) / count
        top = index * (height + GAP) + TITLE_HEIGHT
        return QRectF(HEAD_WIDTH, top, self._width(), max(1.0, height - TITLE_HEIGHT))

    def x_of(self, music_seconds: float, row: Row) -> float:
        """The x of a time of the music in a row."""
        return HEAD_WIDTH + self._span.x_at(music_seconds * row.stretch)

    def sizeHint(self) -> QSize:
        return QSize(640, 200)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
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
        self.paint_live(painter, rect)
        painter.end()

    def paint_live(self, painter: QPainter, rect: QRect) -> None:
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

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._row_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self._pressed = (event.position().x(), index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._read_out(event.position())
        if self._pressed is not None:
            x, index = self._pressed
            if self._dragged or abs(event.position().x() - x) >= QApplication.startDragDistance():
                ends = sorted((self._music_at(x, index), self._music_at(event.position().x(), index)))
                self._dragged = (ends[0], ends[1])
                self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, dragged = self._pressed, self._dragged
        self._pressed = self._dragged = None
        if dragged is not None:
            self.update()
            self.loop_requested.emit(*dragged)
        elif pressed is not None:
            self.seek_requested.emit(self._music_at(*pressed))

    def leaveEvent(self, event: QEvent) -> None:
        self._read_out(QPointF(-1, -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
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
            self.seek_requested.emit(max(0.0, wanted))

    def wheelEvent(self, event: QWheelEvent) -> None:
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._span = self._span.resized(self._width())
        self._drawn = None

    def changeEvent(self, event: QEvent) -> None:
        if is_style_change(event):
            self.redraw()
        super().changeEvent(event)

    def describe(self, position: QPointF) -> str:
        """Time, frequency and level under a point; empty where there is no picture."""
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
