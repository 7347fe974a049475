"""Small widgets that several panels use: status lights, progress, cards, buttons, labels."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from musegen_daw.ui.widgets.fitting import Button
from musegen_daw.ui.widgets.plain import PlainLabel, kebab, plain_tip, set_name
from musegen_daw.ui.widgets.theme import MEDIUM, RADIUS, SMALL, SMALL_TEXT, TARGET, TEXT, font, theme

OFF = "off"
"""The level of a light that is off."""

_LEAST_BAR_WIDTH = 56


class StatusLight(QWidget):
    """A dot with a text, so that colour alone never carries meaning."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name, self._text, self._level = name, "", OFF
        set_name(self, name)
        self.setMinimumHeight(24)

    @property
    def text(self) -> str:
        return self._text

    @property
    def level(self) -> str:
        """ "good", "warn", "bad" or OFF."""
        return self._level

    def show_state(self, level: str, text: str) -> None:
        if (level, text) == (self._level, self._text):
            return
        if text != self._text:
            self.updateGeometry()
        self._level, self._text = level, text
        self.setAccessibleDescription(text)
        self.setToolTip(plain_tip(f"{self._name}: {text}" if text else ""))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(20 + self.fontMetrics().horizontalAdvance(self._text), 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(20, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        if self._level == OFF:
            painter.setPen(QPen(QColor(skin.dim), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(skin.level(self._level)))
        painter.drawEllipse(QPointF(7, middle), 4.5, 4.5)
        painter.setPen(QColor(skin.dim if self._level == OFF else skin.text))
        words = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width() - 18)
        area = QRectF(18, 0, self.width() - 18, self.height())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
        painter.end()


class ProgressLine(QWidget):
    """Progress of a job with a cancel button; hidden while nothing runs."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("progress")
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setMinimumWidth(_LEAST_BAR_WIDTH)
        self._text = ""
        self._cancel = Button("Cancel")
        self._cancel.setToolTip("Cancel (Esc)")
        set_name(self._cancel, "Cancel")
        self._cancel.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self._bar, 1)
        row.addWidget(self._cancel)
        self.hide()

    def begin(self, text: str) -> None:
        """Show that work has begun, its progress still unknown."""
        self._bar.setRange(0, 0)
        self._say(text)
        self.show()

    def advance(self, share: float, text: str = "") -> None:
        """`share` is 0 to 1."""
        self._bar.setRange(0, 1000)
        self._bar.setValue(round(1000 * share))
        self._say(f"{text}  {share:.0%}" if text else f"{share:.0%}")

    def end(self) -> None:
        self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _say(self, text: str) -> None:
        self._text = text
        self._bar.setAccessibleName(text)
        self._bar.setToolTip(plain_tip(text))
        self._fit()

    def _fit(self) -> None:
        room = self._bar.width() - 2 * SMALL
        is_short = self._bar.isVisible() and self._bar.fontMetrics().horizontalAdvance(self._text) > room
        shown = self._text
        if is_short:
            share = self._text.rpartition("  ")[2]
            shown = self._bar.fontMetrics().elidedText(share, Qt.TextElideMode.ElideRight, room)
        self._bar.setFormat(shown)


class Card(QFrame):
    """A framed group with a title; its content goes into `body`."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("look", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(SMALL)
        if title:
            column.addWidget(label(title, "title"))
        self.body = QVBoxLayout()
        self.body.setSpacing(SMALL)
        column.addLayout(self.body)


def label(text: str, look: str = "") -> QLabel:
    """A label with a look of the style sheet; dim ones wrap."""
    made = PlainLabel(text)
    if look:
        made.setProperty("look", look)
    if look == "dim":
        made.setWordWrap(True)
        made.setFont(font(SMALL_TEXT))
    return made


def button(
    text: str,
    tooltip: str,
    shortcut: str = "",
    look: str = "",
    *,
    large: bool = False,
    checkable: bool = False,
) -> Button:
    """A button; its tooltip includes the shortcut."""
    made = Button(text)
    made.setObjectName(kebab(text))
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click does not take the focus
    made.setToolTip(plain_tip(f"{tooltip} ({shortcut})" if shortcut else tooltip))
    made.setAccessibleDescription(tooltip)  # the accessible name is the text, which may change
    if shortcut:
        press_by_key(made, shortcut)
    if look:
        made.setProperty("look", look)
    if large:
        made.setProperty("large", True)
    made.setCheckable(checkable)
    return made


def press_by_key(widget: QAbstractButton, key: str) -> None:
    """Let a key press a button while its window is active and it is visible.

    A button's own shortcut waits for a tenth of a second, too long for tap tempo or panic.
    """
    shortcut = QShortcut(QKeySequence(key), widget)
    shortcut.setAutoRepeat(False)
    shortcut.activated.connect(widget.click)


def set_look(widget: QWidget, look: str) -> None:
    if widget.property("look") != look:
        widget.setProperty("look", look)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()


class Segments(QWidget):
    """`chosen` carries the key that the user chose; `choose` does not emit it."""

    chosen = Signal(str)

    def __init__(self, name: str, choices: Sequence[tuple[str, str, str]]) -> None:
        """`choices` are (key, text, tooltip)."""
        super().__init__()
        set_name(self, name)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, Button] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for index, (key, text, tooltip) in enumerate(choices):
            made = Button(text)
            made.setCheckable(True)
            made.setToolTip(plain_tip(tooltip))
            made.setAccessibleName(f"{name}: {text}")
            made.setObjectName(kebab(f"{name} {key}"))
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.setProperty("large", True)
            made.setProperty(
                "segment", "first" if index == 0 else "last" if index == len(choices) - 1 else "middle"
            )
            made.clicked.connect(lambda _checked, key=key: self.chosen.emit(key))
            self._group.addButton(made)
            self._buttons[key] = made
            row.addWidget(made)

    @property
    def key(self) -> str:
        """The chosen key, empty for none."""
        return next((key for key, made in self._buttons.items() if made.isChecked()), "")

    def choose(self, key: str) -> None:
        if key in self._buttons and not self._buttons[key].isChecked():
            self._buttons[key].setChecked(True)

    def set_available(self, key: str, is_available: bool) -> None:
        self._buttons[key].setEnabled(is_available)


class VoiceButton(QAbstractButton):
    """Mutes a voice while it is checked."""

    def __init__(self, voice: str, row: int, key: str) -> None:
        super().__init__()
        self._row = row
        self.setText(voice)
        self.setCheckable(True)
        press_by_key(self, key)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(plain_tip(f"Mute the {voice} ({key}); right-click: MIDI learn"))
        set_name(self, f"Mute {voice}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(TARGET)

    def sizeHint(self) -> QSize:
        return QSize(72, TARGET)

    def paintEvent(self, event: QPaintEvent) -> None:
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
