"""The level of the clip, left and right."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from musegen_daw.playback.levels import FLOOR_DB, Levels, decibels
from musegen_daw.ui.widgets.plain import set_name
from musegen_daw.ui.widgets.theme import TARGET, theme

HOT_DB, FULL_DB = -6.0, 0.0
_WIDTH, _BAR_HEIGHT, _GAP = 56, 8, 4


class ClipMeter(QWidget):
    """Two bars for the peak in dB full scale, the left channel above; empty while nothing plays."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = _shown(Levels())
        self.setFixedWidth(_WIDTH)
        self.setMinimumHeight(TARGET)
        set_name(self, "Clip level")
        self.setToolTip("Peak level of the clip, left and right")
        self.setAccessibleDescription(self.text())

    def show_levels(self, levels: Levels) -> None:
        """Repaints only if the levels look different."""
        shown = _shown(levels)
        if shown != self._shown:
            self._shown = shown
            self.setAccessibleDescription(self.text())
            self.update()

    def text(self) -> str:
        """The higher of both, in words."""
        peak_db = max(self._shown)
        return "silent" if peak_db <= FLOOR_DB else f"{peak_db:.0f} dB".replace("-", "−")

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, TARGET)

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        painter = QPainter(self)
        top = (self.height() - 2 * _BAR_HEIGHT - _GAP) / 2
        for channel, level_db in enumerate(self._shown):
            y = top + channel * (_BAR_HEIGHT + _GAP)
            painter.fillRect(QRectF(0, y, self.width(), _BAR_HEIGHT), QColor(skin.raised))
            for low_db, high_db, colour in (
                (FLOOR_DB, HOT_DB, skin.good),
                (HOT_DB, FULL_DB, skin.bad if level_db > FULL_DB else skin.warn),
            ):
                left, right = self._x_of(low_db), self._x_of(min(level_db, high_db))
                if right > left:
                    painter.fillRect(QRectF(left, y, right - left, _BAR_HEIGHT), QColor(colour))
            painter.setPen(QColor(skin.line))
            painter.drawRect(QRectF(0.5, y - 0.5, self.width() - 1, _BAR_HEIGHT + 1))
        painter.end()

    def _x_of(self, db: float) -> float:
        return (db - FLOOR_DB) / (FULL_DB - FLOOR_DB) * self.width()


def _shown(levels: Levels) -> tuple[float, ...]:
    return tuple(round(decibels(each), 1) for each in levels.peak)
