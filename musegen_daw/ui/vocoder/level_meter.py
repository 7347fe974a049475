"""How loud what is heard is: a bar for each channel with its peak, and the number."""

from __future__ import annotations

from math import log10

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from musegen_daw.playback.levels import Levels
from musegen_daw.ui.widgets.theme import SMALL_TEXT, font, theme

FLOOR_DB = -60.0
HOT_DB, FULL_DB = -6.0, 0.0
_SCALE_DB = (0, -6, -12, -24, -36, -48)
_SCALE_WIDTH, _NUMBER_HEIGHT = 28, 22


class LevelMeter(QWidget):
    """Shows `Levels`: the bar is the root mean square, the line above it the peak, both in dB below full scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._levels = Levels()
        self.setFixedWidth(60)
        self.setMinimumHeight(120)
        self.setAccessibleName("Level")
        self.setToolTip("Level: peak (line and number) and average (bar) in dB below full scale")

    def show_levels(self, levels: Levels) -> None:
        """Show other levels; nothing is painted where they look the same."""
        if _shown(levels) != _shown(self._levels):
            self._levels = levels
            self.setAccessibleDescription(self.text())
            self.update()

    def text(self) -> str:
        """The peak as it is written."""
        peak_db = decibels(max(self._levels.peak))
        return "−∞" if peak_db <= FLOOR_DB else f"{peak_db:.1f}".replace("-", "−")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Narrow."""
        return QSize(60, 160)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Scale, bars, peaks, number."""
        skin = theme()
        painter = QPainter(self)
        area = QRectF(_SCALE_WIDTH, 8, self.width() - _SCALE_WIDTH, self.height() - 16 - _NUMBER_HEIGHT)
        painter.setFont(font(SMALL_TEXT))
        painter.setPen(QColor(skin.dim))
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for db in _SCALE_DB:
            y = _y_of(float(db), area)
            painter.drawText(QRectF(0, y - 8, _SCALE_WIDTH - 6, 16), right, str(-db))
        width = (area.width() - 4) / 2
        for channel in range(2):
            left = area.left() + channel * (width + 4)
            painter.fillRect(QRectF(left, area.top(), width, area.height()), QColor(skin.raised))
            rms_db = decibels(self._levels.rms[channel])
            for low, high, colour in (
                (FLOOR_DB, HOT_DB, skin.good),
                (HOT_DB, FULL_DB, skin.warn),
            ):
                top = _y_of(min(rms_db, high), area)
                bottom = _y_of(low, area)
                if rms_db > low and bottom > top:
                    painter.fillRect(QRectF(left, top, width, bottom - top), QColor(colour))
            peak_db = decibels(self._levels.peak[channel])
            if peak_db > FLOOR_DB:
                colour = skin.bad if peak_db > FULL_DB else skin.warn if peak_db > HOT_DB else skin.text
                painter.fillRect(
                    QRectF(left, _y_of(min(peak_db, FULL_DB), area) - 1, width, 2), QColor(colour)
                )
        painter.setPen(QColor(skin.bad if decibels(max(self._levels.peak)) > FULL_DB else skin.text))
        number = QRectF(0, self.height() - _NUMBER_HEIGHT, self.width(), _NUMBER_HEIGHT)
        painter.drawText(number, right, f"{self.text()} dB")
        painter.end()


def decibels(amplitude: float) -> float:
    """An amplitude in dB below full scale, not below the floor of the meter."""
    return max(FLOOR_DB, 20 * log10(amplitude)) if amplitude > 0 else FLOOR_DB


def _y_of(db: float, area: QRectF) -> float:
    share = (min(FULL_DB, max(FLOOR_DB, db)) - FLOOR_DB) / (FULL_DB - FLOOR_DB)
    return area.bottom() - share * area.height()


def _shown(levels: Levels) -> tuple[float, ...]:
    return tuple(round(decibels(each), 1) for each in (*levels.peak, *levels.rms))
