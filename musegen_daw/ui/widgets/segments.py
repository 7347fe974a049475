"""A row of buttons of which one is chosen, for a few ways that exclude each other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from musegen_daw.ui.widgets.fitting import Button
from musegen_daw.ui.widgets.plain import plain_tip


class Segments(QWidget):
    """`chosen` carries the key of the segment that a person chose; `choose` shows one without telling."""

    chosen = Signal(str)

    def __init__(
        self, name: str, choices: Sequence[tuple[str, str, str]], parent: QWidget | None = None
    ) -> None:
        """`choices` are (key, text, tooltip)."""
        super().__init__(parent)
        self.setAccessibleName(name)
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
        """The key of the segment that is shown as chosen, empty for none."""
        return next((key for key, made in self._buttons.items() if made.isChecked()), "")

    def choose(self, key: str) -> None:
        """Show a segment as chosen."""
        if key in self._buttons and not self._buttons[key].isChecked():
            self._buttons[key].setChecked(True)

    def set_available(self, key: str, is_available: bool) -> None:
        """Let a segment be chosen, or not."""
        self._buttons[key].setEnabled(is_available)
