"""The rail at the left: one large button for each place of the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QToolButton, QVBoxLayout, QWidget

from musegen_daw.ui.panel import Page
from musegen_daw.ui.widgets.basic import is_restyling
from musegen_daw.ui.widgets.icons import icon
from musegen_daw.ui.widgets.plain import plain_tip
from musegen_daw.ui.widgets.theme import SMALL, SMALL_TEXT, TINY, font, theme

WIDTH = 84
_BUTTON = QSize(WIDTH - 12, 64)


class Navigation(QWidget):
    """`chosen` carries the key of a place, clicked or with files dragged over it."""

    chosen = Signal(str)

    def __init__(self, places: Sequence[Page], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places = tuple(places)
        self._buttons: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, SMALL, 6, SMALL)
        column.setSpacing(TINY)
        for place in self._places:
            made = QToolButton()
            made.setText(place.title)
            made.setToolTip(plain_tip(f"{place.title} ({place.shortcut})"))
            made.setAccessibleName(place.title)
            made.setCheckable(True)
            made.setProperty("look", "place")
            made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            made.setIconSize(QSize(24, 24))
            made.setFixedSize(_BUTTON)
            made.setFont(font(SMALL_TEXT))
            made.clicked.connect(lambda _checked, key=place.key: self.chosen.emit(key))
            group.addButton(made)
            column.addWidget(made)
            self._buttons[place.key] = made
        column.addStretch(1)
        self.setAcceptDrops(True)
        self.setFixedWidth(WIDTH)
        self._draw_icons()

    def show_place(self, key: str) -> None:
        """Mark a place as the one in sight."""
        self._buttons[key].setChecked(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Follow a drag of files: they are dropped in a place, not here."""
        event.setAccepted(event.mimeData().hasUrls())

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802 - Qt's name
        """Go to the place that files are dragged over."""
        under = self.childAt(event.position().toPoint())
        key = next((key for key, each in self._buttons.items() if each is under), None)
        if key is not None and not self._buttons[key].isChecked():
            self.chosen.emit(key)
        event.ignore()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the icons in the colours of another theme."""
        if is_restyling(event):
            self._draw_icons()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A ground of its own, with a line to the right."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme().panel))
        painter.fillRect(self.width() - 1, 0, 1, self.height(), QColor(theme().line))
        painter.end()

    def _draw_icons(self) -> None:
        skin = theme()
        for place in self._places:
            self._buttons[place.key].setIcon(icon(place.icon, skin.dim, skin.accent))
