"""Small pictures of grooves: the hits of two bars by how likely they are."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from musegen_daw.drums.style import Style
from musegen_daw.music.kit import VOICE_OF_PIECE, VOICES
from musegen_daw.ui.widgets.theme import mixed, theme

LEAST_SHOWN = 0.2
_PICTURES = 600


def groove_picture(style: Style, size: QSize, ratio: float) -> QPixmap:
    """The pattern of a style in logical pixels of `size`, for a screen of device pixel `ratio`."""
    return _drawn(style, size.width(), size.height(), ratio, theme().name)


@lru_cache(maxsize=_PICTURES)
def _drawn(style: Style, width: int, height: int, ratio: float, theme_name: str) -> QPixmap:
    skin = theme()
    picture = QPixmap(QSize(width, height) * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor(Qt.GlobalColor.transparent))
    bars, steps, _ = style.pattern.shape
    cell, row_height = width / (bars * steps), height / len(VOICES)
    painter = QPainter(picture)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(mixed(skin.line, skin.panel, 0.35)))
    painter.drawRects([QRectF(0, row * row_height, width, row_height) for row in range(0, len(VOICES), 2)])
    painter.fillRect(QRectF(width / bars, 0, 1, height), QColor(skin.line))
    chances: dict[tuple[int, int], float] = {}
    for bar, step, piece in zip(*(style.pattern >= LEAST_SHOWN).nonzero(), strict=True):
        voice = VOICE_OF_PIECE[piece]
        if voice is not None:
            place = voice, int(bar) * steps + int(step)
            chances[place] = max(chances.get(place, 0.0), float(style.pattern[bar, step, piece]))
    for (voice, step), chance in chances.items():
        painter.setBrush(QColor(skin.hit(voice, max(1, round(127 * chance)))))
        painter.drawRect(QRectF(step * cell, voice * row_height + 0.5, max(1.0, cell - 0.5), row_height - 1))
    painter.end()
    return picture
