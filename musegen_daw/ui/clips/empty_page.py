"""What stands in the place of the music while no clip is open: where to drop one."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from musegen_daw.ui.theme import MEDIUM, RADIUS, SMALL, theme
from musegen_daw.ui.widgets import label

TITLE = "Drop MIDI clips here"
WORDS = (
    "From a file manager, or out of a DAW that gives files.\n"
    "A clip that was copied as a file can be pasted (Ctrl+V);\n"
    "a watched folder (Settings) takes new clips in by itself."
)


class EmptyPage(QWidget):
    """A dashed frame with words in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(TITLE)
        title, words = label(TITLE, "title"), label(WORDS, "dim")
        words.setWordWrap(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(SMALL)
        column.addStretch(1)
        for each in (title, words):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(each, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The frame."""
        worn = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(worn.dim), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(worn.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()
