"""Icons of resources/icons, in colours of the theme."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from musegen_daw.resource_paths import resources_dir
from musegen_daw.ui.widgets.theme import theme

APP_ICON = "musegen"
_INK = b"currentColor"
_RATIOS = (1, 2)


def icon_path(name: str) -> Path:
    return resources_dir() / "icons" / f"{name}.svg"


def icon(name: str, colour: str | None = None, checked: str | None = None, size: int = 24) -> QIcon:
    """An icon in `colour`, by default that of text, and in `checked` while its button is checked."""
    made = QIcon()
    skin = theme()
    for state, ink in (
        (QIcon.State.Off, colour or skin.text),
        (QIcon.State.On, checked or colour or skin.text),
    ):
        for ratio in _RATIOS:
            made.addPixmap(_pixmap(name, ink, size, ratio), QIcon.Mode.Normal, state)
            made.addPixmap(_pixmap(name, skin.dim, size, ratio), QIcon.Mode.Disabled, state)
    return made


def app_icon() -> QIcon:
    made = QIcon()
    for size in (16, 32, 64, 128, 256):
        made.addPixmap(_pixmap(APP_ICON, "", size, 1))
    return made


@lru_cache(maxsize=16)
def _drawing(name: str) -> bytes:
    path = icon_path(name)
    return path.read_bytes() if path.is_file() else b""


def _pixmap(name: str, colour: str, size: int, ratio: int) -> QPixmap:
    image = QImage(QSize(size, size) * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    drawing = _drawing(name)
    if drawing:
        painter = QPainter(image)
        QSvgRenderer(QByteArray(drawing.replace(_INK, colour.encode()))).render(
            painter, QRectF(0, 0, size * ratio, size * ratio)
        )
        painter.end()
    image.setDevicePixelRatio(ratio)
    return QPixmap.fromImage(image)
