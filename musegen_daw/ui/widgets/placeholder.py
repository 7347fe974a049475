"""Pages shown in place of content: what to drop, or what is missing and what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QVBoxLayout, QWidget

from musegen_daw.ui.widgets.basic import Card, button, label
from musegen_daw.ui.widgets.plain import PlainLabel, set_name
from musegen_daw.ui.widgets.theme import MEDIUM, RADIUS, SMALL, theme


class EmptyPage(QWidget):
    """A dashed frame with a title and text, and perhaps a button; lines of the text do not wrap."""

    def __init__(self, title: str, words: str, action: QAbstractButton | None = None) -> None:
        super().__init__()
        set_name(self, title)
        labels = label(title, "title"), label(words, "dim")
        labels[1].setWordWrap(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(SMALL)
        column.addStretch(1)
        for each in labels:
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(each, 0, Qt.AlignmentFlag.AlignHCenter)
        if action is not None:
            column.addSpacing(MEDIUM)
            column.addWidget(action, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(skin.dim), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(skin.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()


WIDTH = 560


class ErrorPage(QWidget):
    """Says what is missing, with a button for each thing the user can do."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("error-page")
        self._actions: tuple[tuple[str, Callable[[], None]], ...] = ()
        self._title = label("", "title")
        self._sentence = PlainLabel()
        self._sentence.setObjectName("error-text")
        self._sentence.setWordWrap(True)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._row = QHBoxLayout()
        self._row.setSpacing(SMALL)
        card = Card("")
        card.setMaximumWidth(WIDTH)
        card.body.setSpacing(MEDIUM)
        card.body.addWidget(self._title)
        card.body.addWidget(self._sentence)
        card.body.addLayout(self._row)
        column = QVBoxLayout(self)
        column.addStretch(2)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card, 10)
        middle.addStretch(1)
        column.addLayout(middle)
        column.addStretch(3)

    def show_error(
        self, title: str, sentence: str, actions: Sequence[tuple[str, Callable[[], None]]] = ()
    ) -> None:
        """`actions` are (text, function), the likeliest first; the buttons of the same actions stay, with the focus."""
        self._title.setText(title)
        self._sentence.setText(sentence)
        if tuple(actions) == self._actions:
            return
        self._actions = tuple(actions)
        while (item := self._row.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for index, (text, action) in enumerate(actions):
            made = button(text, text, look="main" if index == 0 else "", large=True)
            made.clicked.connect(action)
            self._row.addWidget(made)
            made.show()
        self._row.addStretch(1)
