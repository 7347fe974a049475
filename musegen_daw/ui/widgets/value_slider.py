"""Sliders that show their name and value."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSlider

from musegen_daw.jam.control.controls import MAX_SWING
from musegen_daw.music.groove import STRAIGHT
from musegen_daw.ui.widgets.plain import set_name
from musegen_daw.ui.widgets.theme import RADIUS, SMALL, SMALL_TEXT, TARGET, TEXT, font, mixed, theme

_STEPS = 100
_INSET = 12
_LEAST_WIDTH = 84


class ValueSlider(QSlider):
    """A flat slider from 0 to 1 that shows its name and value.

    With `auto_text` it can be set to automatic, value None, by the key A or a double-click; without, a double-click
    sets `default`. `changed` carries a float or None.
    """

    changed = Signal(object)

    def __init__(self, name: str, default: float = 0.5, auto_text: str = "") -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._name, self._default, self._auto_text = name, default, auto_text
        self._is_auto = bool(auto_text)
        self._badge = ""
        self.setRange(0, _STEPS)
        self.setSingleStep(1)
        self.setPageStep(10)
        self.setValue(round(default * _STEPS))
        self.setMinimumSize(_LEAST_WIDTH, TARGET)
        set_name(self, name)
        self.valueChanged.connect(self._moved)
        self._tell()

    @property
    def amount(self) -> float | None:
        """The value, None for automatic."""
        return None if self._is_auto else self.value() / _STEPS

    def set_amount(self, amount: float | None) -> None:
        """Show a value without emitting `changed`."""
        is_auto = amount is None and bool(self._auto_text)
        value = self.value() if amount is None else round(amount * _STEPS)
        if (is_auto, value) != (self._is_auto, self.value()):
            self.blockSignals(True)
            self.setValue(value)
            self.blockSignals(False)
            self._is_auto = is_auto
            self._tell()

    def set_badge(self, text: str) -> None:
        """Show a word instead of the value; an empty one shows the value again."""
        if text != self._badge:
            self._badge = text
            self._tell()

    def reset(self) -> None:
        """Set automatic, or the default."""
        if self._auto_text:
            self._is_auto = True
            self._tell()
            self.changed.emit(None)
        else:
            self.setValue(round(self._default * _STEPS))

    def text(self) -> str:
        """The value as shown."""
        return self._badge or (self._auto_text if self._is_auto else f"{self.value()} %")

    def sizeHint(self) -> QSize:
        return QSize(176, TARGET)

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(skin.accent if focused else skin.line), 1.5 if focused else 1))
        painter.setBrush(QColor(skin.raised))
        painter.drawRoundedRect(area, RADIUS, RADIUS)
        if not self._is_auto and self.isEnabled():
            length = area.width() * self.value() / _STEPS
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setClipRect(QRectF(area.left() + 1, area.top(), max(0.0, length - 1), area.height()))
            painter.setBrush(QColor(mixed(skin.fill, skin.raised, 0.22)))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)
            painter.fillRect(QRectF(area.left() + 1, area.bottom() - 4, length, 3), QColor(skin.fill))
            painter.setClipping(False)
        name_place, number_place, name_font = self._places(area)
        painter.setFont(name_font)
        painter.setPen(QColor(skin.text if self.isEnabled() else skin.dim))
        painter.drawText(
            name_place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self._name
        )
        painter.setFont(font(TEXT, bold=not self._is_auto))
        painter.setPen(QColor(skin.warn if self._badge else skin.dim if self._is_auto else skin.text))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(number_place, int(right), self.text())
        painter.end()

    def is_stacked(self) -> bool:
        """Whether the value is below the name, because both do not fit side by side."""
        return self._needed_width() > self.width()

    def _needed_width(self) -> int:
        number = max(
            (QFontMetrics(font(TEXT, bold=True)).horizontalAdvance(text) for text in (self.text(), "100 %")),
        )
        return QFontMetrics(font(TEXT)).horizontalAdvance(self._name) + number + 2 * _INSET + SMALL

    def _places(self, area: QRectF) -> tuple[QRectF, QRectF, QFont]:
        if not self.is_stacked():
            inner = area.adjusted(_INSET, 0, -_INSET, 0)
            return inner, inner, font(TEXT)
        inner, half = area.adjusted(SMALL, 3, -SMALL, -5), (area.height() - 8) / 2
        return inner.adjusted(0, 0, 0, -half), inner.adjusted(0, half, 0, 0), font(SMALL_TEXT)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._take(event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._take(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset()

    def keyPressEvent(self, event: QKeyEvent) -> None:
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


class SwingSlider(ValueSlider):
    """Shows the first note's share of the pair: 50 % is straight, 67 % a triplet."""

    @property
    def ratio(self) -> float:
        """The share, 0.5 to 0.75."""
        return STRAIGHT + (self.amount or 0.0) * (MAX_SWING - STRAIGHT)

    def set_ratio(self, ratio: float) -> None:
        """Show a share without emitting `changed`."""
        self.set_amount((ratio - STRAIGHT) / (MAX_SWING - STRAIGHT))

    def text(self) -> str:
        return self._badge or f"{100 * STRAIGHT + self.value() * (MAX_SWING - STRAIGHT):.0f} %"
