"""What is seen before anything is loaded, and while a file is held over the panel."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from musegen_daw.ui.theme import RADIUS, TARGET, TITLE_TEXT, font, theme

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".npy")
WHAT = "audio or a mel spectrogram"


class DropZone(QWidget):
    """An empty place that says what can be dropped on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(180)
        self.setAccessibleName("Drop audio or a mel spectrogram here")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A dashed frame with words."""
        worn = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(worn.line), 2, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(worn.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        middle = self.height() / 2
        centred = int(Qt.AlignmentFlag.AlignCenter)
        painter.setFont(font(TITLE_TEXT, bold=True))
        painter.setPen(QColor(worn.text))
        painter.drawText(QRectF(0, middle - 40, self.width(), 32), centred, "Drop audio or a mel here")
        painter.setFont(font())
        painter.setPen(QColor(worn.dim))
        words = "WAV, FLAC, OGG, MP3, or a mel as .npy — or open a file, or take the clip's bounce"
        painter.drawText(QRectF(0, middle, self.width(), 24), centred, words)
        painter.end()


class DropVeil(QWidget):
    """Lies over a widget while something that it takes is held over it."""

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        covered.installEventFilter(self)
        self.hide()

    def show_over(self, is_held: bool) -> None:
        """Appear or go."""
        parent = self.parentWidget()
        if is_held and parent is not None:
            self.setGeometry(parent.rect())
            self.raise_()
        self.setVisible(is_held)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Stay as large as what it covers."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A frame in the accent, words in the middle."""
        worn = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shade = QColor(worn.ground)
        shade.setAlphaF(0.82)
        painter.setBrush(shade)
        painter.setPen(QPen(QColor(worn.accent), 3))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(6, 6, -6, -6), RADIUS, RADIUS)
        words = "Drop to resynthesise"
        painter.setFont(font(TITLE_TEXT, bold=True))
        sign = QRectF(0, 0, painter.fontMetrics().horizontalAdvance(words) + 64, TARGET + 16)
        sign.moveCenter(QRectF(self.rect()).center())
        painter.setPen(QPen(QColor(worn.accent), 1))
        painter.setBrush(QColor(worn.raised))
        painter.drawRoundedRect(sign, RADIUS, RADIUS)
        painter.setPen(QColor(worn.text))
        painter.drawText(sign, int(Qt.AlignmentFlag.AlignCenter), words)
        painter.end()
