"""Widgets that shrink where space is short, and then show the rest in the tooltip."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
)

from musegen_daw.ui.widgets.icons import icon
from musegen_daw.ui.widgets.plain import PlainLabel, plain_tip, set_name
from musegen_daw.ui.widgets.theme import SMALL_TEXT, TARGET, font, is_style_change

ROOM, LARGE_ROOM = 14, 22
"""Padding of a button beyond what its text and frame need, in pixels."""

CHOICE_WIDTH = 84
LABEL_WIDTH = 40


class Button(QPushButton):
    """A button that drops its padding when space is short."""

    _icon_name = ""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_icon(self, name: str) -> None:
        """Show an icon of resources/icons in the colours of the theme, also after it changes."""
        self._icon_name = name
        self.setIcon(icon(name))

    def changeEvent(self, event: QEvent) -> None:
        if self._icon_name and is_style_change(event):
            self.setIcon(icon(self._icon_name))
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(LARGE_ROOM if self.property("large") else ROOM, 0)

    def minimumSizeHint(self) -> QSize:
        return super().sizeHint()


class Choice(QComboBox):
    """A combo box that elides its text; the tooltip then has all of it."""

    def __init__(self, name: str, tip: str, *, large: bool = False) -> None:
        super().__init__()
        self._tip = tip
        set_name(self, name)
        self.setToolTip(plain_tip(tip))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if large:
            self.setProperty("large", True)
            self.setMinimumHeight(TARGET)

    def fill(self, entries: Iterable[tuple[str, str]], default: str = "") -> None:
        """Replace the entries (text, data); the chosen data stays chosen, `default` at first."""
        chosen = self.currentData()
        with QSignalBlocker(self):
            self.clear()
            for text, data in entries:
                self.addItem(text, data)
        self.choose_data(default if chosen is None else chosen)

    def choose_data(self, data: str) -> None:
        """Choose the entry with this data without a signal; a missing one is added as not connected."""
        with QSignalBlocker(self):
            if self.findData(data) < 0:
                self.addItem(f"{data} (not connected)", data)
            self.setCurrentIndex(self.findData(data))

    def minimumSizeHint(self) -> QSize:
        return QSize(CHOICE_WIDTH, super().minimumSizeHint().height())

    def elided_text(self) -> str:
        """The text as shown: without what is in brackets at its end, else elided."""
        option = self._option()
        inner = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        taken = self.iconSize().width() + 4 if not option.currentIcon.isNull() else 0
        room, metrics = inner.width() - taken - 2, self.fontMetrics()
        whole = self.currentText() or self.placeholderText()
        short = whole.partition(" (")[0]
        if metrics.horizontalAdvance(short) <= room < metrics.horizontalAdvance(whole):
            return short
        return metrics.elidedText(whole, Qt.TextElideMode.ElideRight, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), self._option()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self.elided_text()  # pyright: ignore[reportAttributeAccessIssue]
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            is_cut = self.elided_text() not in (self.currentText(), self.placeholderText())
            QToolTip.showText(
                event.globalPos(),
                plain_tip(f"{self.currentText()}\n{self.toolTip()}") if is_cut else self.toolTip(),
                self,
            )
            return True
        return super().event(event)

    def _option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return option


class ElidedLabel(PlainLabel):
    """A single line that is elided; the tooltip then has all of it."""

    def __init__(self, text: str = "", look: str = "") -> None:
        super().__init__(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if look:
            self.setProperty("look", look)
        if look == "dim":
            self.setFont(font(SMALL_TEXT))

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return QSize(min(LABEL_WIDTH, hint.width()), hint.height())

    def elided_text(self) -> str:
        room = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), int(self.alignment()), self.elided_text())
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and not self.toolTip():
            if self.elided_text() != self.text():
                QToolTip.showText(event.globalPos(), plain_tip(self.text()), self)
            return True
        return super().event(event)
