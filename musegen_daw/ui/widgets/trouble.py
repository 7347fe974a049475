"""A page that says what is missing and what to do, with a button for each thing that can be done here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musegen_daw.ui.widgets.basic import Card, button, label
from musegen_daw.ui.widgets.plain import PlainLabel
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL

WIDTH = 560


class Trouble(QWidget):
    """One trouble at a time, in the middle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label("", "title")
        self._sentence = PlainLabel()
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

    @property
    def sentence(self) -> str:
        """What is wrong."""
        return self._sentence.text()

    def show_trouble(
        self, title: str, sentence: str, actions: Sequence[tuple[str, Callable[[], None]]] = ()
    ) -> None:
        """Say what is missing; `actions` are (text, what is called), the first the likeliest."""
        self._title.setText(title)
        self._sentence.setText(sentence)
        while (item := self._row.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for index, (text, action) in enumerate(actions):
            made = button(text, text, look="main" if index == 0 else "", large=True)
            made.clicked.connect(action)
            self._row.addWidget(made)
        self._row.addStretch(1)
