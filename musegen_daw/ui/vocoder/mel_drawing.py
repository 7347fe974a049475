"""Draws what stays of the mel view: titles, pictures, axes of frequency and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from musegen_daw.ui.vocoder.picture import MelPicture, difference_image, level_image
from musegen_daw.ui.vocoder.span import VisibleSpan
from musegen_daw.ui.widgets.theme import SMALL, SMALL_TEXT, font, theme

HEAD_WIDTH, FOOT_HEIGHT, GAP, TITLE_HEIGHT, READOUT_WIDTH = 52, 24, SMALL, 22, 240
LEAST_LINE_PIXELS = 72
LEAST_LABEL_PIXELS = 16
_LABELLED_HZ = (50, 100, 200, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 8_000, 10_000, 15_000, 20_000)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One picture with its title; a second of the music is `stretch` seconds in it."""

    title: str
    picture: MelPicture | None = None
    stretch: float = 1.0
    is_difference: bool = False
    is_heard: bool = False
    empty_text: str = ""


class Gallery:
    """Keeps the images of the rows that were drawn last, so that a change of words alone makes none anew."""

    def __init__(self) -> None:
        self._images: dict[tuple[MelPicture, float, bool], QImage] = {}

    def top_db(self, rows: Sequence[Row]) -> float:
        """The loudest level of all rows: they are drawn on one scale, so that they can be compared."""
        tops = [row.picture.top_db for row in rows if row.picture is not None and not row.is_difference]
        return max(tops, default=0.0)

    def draw(
        self, painter: QPainter, rows: Sequence[Row], areas: Sequence[QRectF], span: VisibleSpan
    ) -> None:
        """Draw the rows into their areas, and the seconds below the last."""
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
                # A picture is as long as its frames, the last of which may end a little after the audio.
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
