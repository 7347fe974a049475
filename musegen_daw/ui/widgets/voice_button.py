"""A button that mutes a voice: its colour while it plays, struck through while it is muted."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from musegen_daw.ui.widgets.basic import press_by_key
from musegen_daw.ui.widgets.plain import plain_tip
from musegen_daw.ui.widgets.theme import RADIUS, SMALL_TEXT, TARGET, TEXT, font, theme


class VoiceButton(QAbstractButton):
    """Checked is muted."""

    def __init__(self, voice: str, row: int, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = row
        self.setText(voice)
        self.setCheckable(True)
        press_by_key(self, key)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(plain_tip(f"Mute the {voice} ({key}); right-click: MIDI learn"))
        self.setAccessibleName(f"Mute {voice}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(TARGET)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for the name."""
        return QSize(72, TARGET)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The name over a bar in the voice's colour."""
        skin = theme()
        is_muted = self.isChecked()
        colour = QColor(skin.line if is_muted else skin.voice(self._row))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        edge = skin.accent if self.hasFocus() else skin.dim if self.underMouse() else skin.line
        painter.setPen(QPen(QColor(edge), 1))
        painter.setBrush(QColor(skin.ground if is_muted else skin.raised))
        painter.drawRoundedRect(area, RADIUS, RADIUS)
        painter.fillRect(QRectF(area.left() + 8, area.bottom() - 7, area.width() - 16, 3), colour)
        made = font(TEXT)
        if QFontMetrics(made).horizontalAdvance(self.text()) > area.width() - 8:
            made = font(SMALL_TEXT)
        made.setStrikeOut(is_muted)
        painter.setFont(made)
        painter.setPen(QColor(skin.dim if is_muted else skin.text))
        words = painter.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, int(area.width()) - 8
        )
        painter.drawText(area.adjusted(4, 0, -4, -6), int(Qt.AlignmentFlag.AlignCenter), words)
        painter.end()
