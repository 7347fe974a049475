"""Small widgets that several panels use: a slider with its number, a light with its words, progress with cancel."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from musegen_daw.ui.theme import MEDIUM, RADIUS, SMALL, SMALL_TEXT, TARGET, TEXT, font, mixed, theme

OFF = "off"
"""The level of a light that is not lit."""

_STEPS = 100
_AUTO_WIDTH = 44


class ValueSlider(QSlider):
    """A flat bar with its name and its number in it, for values from 0 to 1.

    With `auto_text` it can also be left to the model: a press of A, or a double click, gives None and says so.
    `changed` carries the value as a float or None, whoever set it; without `auto_text` a double click sets `default`.
    """

    changed = Signal(object)

    def __init__(
        self, name: str, default: float = 0.5, auto_text: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._name, self._default, self._auto_text = name, default, auto_text
        self._is_auto = bool(auto_text)
        self._badge = ""
        self.setRange(0, _STEPS)
        self.setSingleStep(1)
        self.setPageStep(10)
        self.setValue(round(default * _STEPS))
        self.setMinimumSize(112, TARGET)
        self.setAccessibleName(name)
        self.valueChanged.connect(self._moved)
        self._tell()

    @property
    def amount(self) -> float | None:
        """The value, None where it is left to the model."""
        return None if self._is_auto else self.value() / _STEPS

    def set_amount(self, amount: float | None) -> None:
        """Show a value without telling it."""
        is_auto = amount is None and bool(self._auto_text)
        value = self.value() if amount is None else round(amount * _STEPS)
        if (is_auto, value) != (self._is_auto, self.value()):
            self.blockSignals(True)
            self.setValue(value)
            self.blockSignals(False)
            self._is_auto = is_auto
            self._tell()

    def set_badge(self, text: str) -> None:
        """Show a word in place of the number, as "learning"; an empty one brings the number back."""
        if text != self._badge:
            self._badge = text
            self._tell()

    def reset(self) -> None:
        """Back to the model's choice, or to the default."""
        if self._auto_text:
            self._is_auto = True
            self._tell()
            self.changed.emit(None)
        else:
            self.setValue(round(self._default * _STEPS))

    def text(self) -> str:
        """The number as it is shown."""
        return self._badge or (self._auto_text if self._is_auto else f"{self.value()} %")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Wide enough for a name and a number."""
        return QSize(176, TARGET)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A bar as long as the value, the name at the left, the number at the right."""
        worn = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(worn.accent if focused else worn.line), 1.5 if focused else 1))
        painter.setBrush(QColor(worn.raised))
        painter.drawRoundedRect(area, RADIUS, RADIUS)
        if not self._is_auto and self.isEnabled():
            length = area.width() * self.value() / _STEPS
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setClipRect(QRectF(area.left() + 1, area.top(), max(0.0, length - 1), area.height()))
            painter.setBrush(QColor(mixed(worn.fill, worn.raised, 0.22)))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)
            painter.fillRect(QRectF(area.left() + 1, area.bottom() - 4, length, 3), QColor(worn.fill))
            painter.setClipping(False)
        inner = area.adjusted(12, 0, -12, 0)
        painter.setFont(font(TEXT))
        painter.setPen(QColor(worn.text if self.isEnabled() else worn.dim))
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self._name)
        painter.setFont(font(TEXT, bold=not self._is_auto))
        painter.setPen(QColor(worn.warn if self._badge else worn.dim if self._is_auto else worn.text))
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), self.text())
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """The value goes to where the bar is pressed."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._take(event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._take(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Back to where it was made."""
        self.reset()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """A leaves the value to the model; the rest is a slider's."""
        if self._auto_text and event.key() == Qt.Key.Key_A:
            self.reset()
        else:
            super().keyPressEvent(event)

    def _take(self, position: QPointF) -> None:
        value = round(_STEPS * (position.x() - 2) / max(1, self.width() - 4))
        value = min(_STEPS, max(0, value))
        if value == self.value():
            self._moved(value)
        else:
            self.setValue(value)

    def _moved(self, value: int) -> None:
        self._is_auto = False
        self._tell()
        self.changed.emit(value / _STEPS)

    def _tell(self) -> None:
        self.setAccessibleDescription(self.text())
        self.update()


class StatusLight(QWidget):
    """A dot and the words that say what it means; colour alone never does."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._text, self._level = name, "", OFF
        self.setAccessibleName(name)
        self.setMinimumHeight(24)

    @property
    def text(self) -> str:
        """The words."""
        return self._text

    @property
    def level(self) -> str:
        """ "good", "warn", "bad" or OFF."""
        return self._level

    def show_state(self, level: str, text: str) -> None:
        """Light up in the colour of a level with words beside it."""
        if (level, text) == (self._level, self._text):
            return
        if text != self._text:
            self.updateGeometry()
        self._level, self._text = level, text
        self.setAccessibleDescription(text)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as the words."""
        return QSize(20 + self.fontMetrics().horizontalAdvance(self._text), 24)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Words may be cut, the dot stays."""
        return QSize(20, 24)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The dot, filled when it is lit."""
        worn = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        if self._level == OFF:
            painter.setPen(QPen(QColor(worn.dim), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(worn.level(self._level)))
        painter.drawEllipse(QPointF(7, middle), 4.5, 4.5)
        painter.setPen(QColor(worn.dim if self._level == OFF else worn.text))
        words = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width() - 18)
        area = QRectF(18, 0, self.width() - 18, self.height())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
        painter.end()


class ProgressLine(QWidget):
    """How far a job is, what it does, and a button to cancel it; hidden while there is none."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._cancel = QPushButton("Cancel")
        self._cancel.setToolTip("Stop this work (Esc)")
        self._cancel.setAccessibleName("Cancel")
        self._cancel.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self._bar, 1)
        row.addWidget(self._cancel)
        self.hide()

    def begin(self, text: str) -> None:
        """Show that work has begun; how far it is is not known yet."""
        self._bar.setRange(0, 0)
        self._say(text)
        self.show()

    def advance(self, share: float, text: str = "") -> None:
        """Show how far it is, 0 to 1."""
        self._bar.setRange(0, 1000)
        self._bar.setValue(round(1000 * share))
        self._say(f"{text}  {share:.0%}" if text else f"{share:.0%}")

    def end(self) -> None:
        """Nothing runs."""
        self.hide()

    def _say(self, text: str) -> None:
        self._bar.setFormat(text)
        self._bar.setAccessibleName(text)


class Card(QFrame):
    """A panel within a panel, with a title; its content goes into `body`."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(SMALL)
        if title:
            column.addWidget(label(title, "title"))
        self.body = QVBoxLayout()
        self.body.setSpacing(SMALL)
        column.addLayout(self.body)


def label(text: str, look: str = "", parent: QWidget | None = None) -> QLabel:
    """A label in one of the looks of the style sheet; what is dim wraps."""
    made = QLabel(text, parent)
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
) -> QPushButton:
    """A button whose tooltip says what it does and by which key; raises nothing, does nothing by itself."""
    made = QPushButton(text)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard where it was
    made.setToolTip(f"{tooltip} ({shortcut})" if shortcut else tooltip)
    made.setAccessibleDescription(tooltip)  # its name is its text, which may change
    if shortcut:
        press_by_key(made, shortcut)
    if look:
        made.setProperty("look", look)
    if large:
        made.setProperty("large", True)
    made.setCheckable(checkable)
    return made


def press_by_key(widget: QAbstractButton, key: str) -> None:
    """Let a key press a button at once, while its window is active and it can be seen.

    A button's own shortcut waits a tenth of a second, too long for a tap or a panic.
    """
    shortcut = QShortcut(QKeySequence(key), widget)
    shortcut.setAutoRepeat(False)
    shortcut.activated.connect(widget.click)


def restyled(widget: QWidget, look: str) -> None:
    """Give a widget that can be seen another look."""
    if widget.property("look") != look:
        widget.setProperty("look", look)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()


def is_restyling(event: QEvent) -> bool:
    """Whether a change event says that the theme or the font is another one."""
    return event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
