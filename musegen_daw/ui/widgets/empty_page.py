"""What stands in the place of the music while nothing is open: what to drop there."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from musegen_daw.ui.widgets.basic import label
from musegen_daw.ui.widgets.theme import MEDIUM, RADIUS, SMALL, theme


class EmptyPage(QWidget):
    """A dashed frame with a title and, below it, words whose lines stay as they are."""

    def __init__(self, title: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        labels = label(title, "title"), label(words, "dim")
        labels[1].setWordWrap(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(SMALL)
        column.addStretch(1)
        for each in labels:
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(each, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The frame."""
        skin = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(skin.dim), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(skin.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()
