"""What lies over a panel while files are dragged over it: where they would go, in words."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from musegen_daw.ui.widgets.theme import MEDIUM, RADIUS, TITLE_TEXT, font, theme

_SHADE = 0.82
_MARGIN = 4


class DropVeil(QWidget):
    """As large as its parent; lets the mouse and drags through, and is hidden unless it says something."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = ""
        self._over: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        parent.installEventFilter(self)

    def say(self, text: str, over: QWidget | None = None) -> None:
        """Cover a widget, or all, with a text; an empty one takes the veil away."""
        self._text, self._over = text, over
        self.setVisible(bool(text))
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Stay as large as the parent."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A frame in the accent colour, and the words."""
        skin = theme()
        over = self._over
        area = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        parent = self.parentWidget()
        if over is not None and parent is not None:
            area = QRectF(over.rect()).translated(over.mapTo(parent, over.rect().topLeft()))
        shade = QColor(skin.ground)
        shade.setAlphaF(_SHADE)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(skin.accent), 2))
        painter.setBrush(shade)
        painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.setPen(QColor(skin.text))
        painter.setFont(font(TITLE_TEXT, bold=True))
        words = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        painter.drawText(area.adjusted(MEDIUM, 0, -MEDIUM, 0), words, self._text)
        painter.end()
