"""The buttons of the sections: a click recalls one, a long press or Shift-click stores one."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QWidget

from musegen_daw.jam.control.sections import NAMES
from musegen_daw.jam.repertoire import CalledUp
from musegen_daw.ui.widgets.basic import label, set_look
from musegen_daw.ui.widgets.fitting import Button
from musegen_daw.ui.widgets.plain import plain_tip, set_name
from musegen_daw.ui.widgets.theme import TARGET, TINY

LONG_PRESS_MILLISECONDS = 600
FIRST_KEY = 5  # F5 is section A
EMPTY = "empty"


class SectionButton(Button):
    """`recalled` on a click or its key, `stored` on a long press, a Shift-click or Shift and its key."""

    recalled = Signal()
    stored = Signal()

    def __init__(self, name: str, key: str) -> None:
        super().__init__(name)
        self._name, self._key = name, key
        self._words = name
        self._shown: tuple[str, bool, bool] | None = None
        set_name(self, f"Section {name}")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("large", True)
        self._holding = QTimer(self)
        self._holding.setSingleShot(True)
        self._holding.setInterval(LONG_PRESS_MILLISECONDS)
        self._holding.timeout.connect(self._held)
        for keys, signal in ((key, self.recalled), (f"Shift+{key}", self.stored)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(signal)
        self.clicked.connect(self._click)
        self.show_section("", is_current=False)

    def sizeHint(self) -> QSize:
        return QSize(TARGET, TARGET)

    def minimumSizeHint(self) -> QSize:
        return QSize(TARGET, TARGET)

    def show_section(self, style: str, *, is_current: bool, is_changed: bool = False) -> None:
        """`style` in words, empty for a section that is not stored; a star marks one that was changed since."""
        if (style, is_current, is_changed) == self._shown:
            return
        self._shown = style, is_current, is_changed
        self.setChecked(is_current)
        self._words = f"{self._name}*" if is_current and is_changed else self._name
        self.setText(self._words)
        set_look(self, "" if style else "quiet")
        state = f"style {style}" if style else EMPTY
        if is_current:
            state += ", current, changed since" if is_changed else ", current"
        self.setAccessibleDescription(state)
        self.setToolTip(
            plain_tip(
                f"Section {self._name}: {state}\nRecall it ({self._key}); hold, Shift-click or Shift+{self._key}: "
                "store style and controls; right-click: MIDI learn"
            )
        )

    def show_learning(self, *, is_learning: bool) -> None:
        text = "pad?" if is_learning else self._words
        if text != self.text():
            self.setText(text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._held()
            else:
                self._holding.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._holding.stop()
        super().mouseReleaseEvent(event)

    def _click(self, _checked: bool) -> None:
        # The mark is that of the jam, which the click has not reached yet.
        self.setChecked(self._shown is not None and self._shown[1])
        self.recalled.emit()

    def _held(self) -> None:
        # No longer down, the button is not clicked when it is released.
        self._holding.stop()
        self.setDown(False)
        self.stored.emit()


class SectionButtons(QWidget):
    """`recalled` and `stored` carry the name of a section."""

    recalled = Signal(str)
    stored = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sections")
        self.buttons = {name: SectionButton(name, f"F{FIRST_KEY + row}") for row, name in enumerate(NAMES)}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(TINY)
        words = label("Section", "dim")
        words.setWordWrap(False)
        row.addWidget(words)
        for name, each in self.buttons.items():
            each.recalled.connect(lambda name=name: self.recalled.emit(name))
            each.stored.connect(lambda name=name: self.stored.emit(name))
            row.addWidget(each)

    def show_called_up(self, called_up: CalledUp, *, is_changed: bool) -> None:
        for name, each in self.buttons.items():
            section = called_up.sections.get(name)
            style = "" if section is None else section.style.replace("-", " ") or "as you play"
            each.show_section(style, is_current=name == called_up.section, is_changed=is_changed)

    def show_learning(self, learning: str | None) -> None:
        """Mark the button that the next pad is mapped to."""
        for name, each in self.buttons.items():
            each.show_learning(is_learning=learning == f"section {name}")
