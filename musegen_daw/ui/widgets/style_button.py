"""The button that shows the style and opens the style browser; a drum loop can be dropped on it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from musegen_daw.suffixes import MIDI_SUFFIXES
from musegen_daw.ui.widgets.drops import FileDrop
from musegen_daw.ui.widgets.fitting import Button
from musegen_daw.ui.widgets.plain import caption, plain_tip, set_name
from musegen_daw.ui.widgets.theme import TARGET

WIDTH = 210
_PADDING = 34


class StyleButton(Button):
    """`loop_dropped` carries the Path of a .mid, `refused` a sentence about a file that is none."""

    loop_dropped = Signal(object)
    refused = Signal(str)

    def __init__(
        self,
        shortcut: str = "",
        automatic: str = "automatic",
        explained: str = "takes in different styles that fit the part",
    ) -> None:
        """`automatic` is shown where no style is chosen, and `explained` in the tooltip."""
        super().__init__("Style")
        self._style = ""
        self._automatic, self._explained = automatic, explained
        self._shortcut = shortcut
        set_name(self, "Style")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("large", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if shortcut:
            self.setShortcut(shortcut)
        drop = FileDrop(self, MIDI_SUFFIXES, "a drum loop as a MIDI file")
        drop.dropped.connect(self._dropped)
        drop.refused.connect(self.refused)
        self._tell()

    @property
    def style_name(self) -> str:
        """The style that is shown, "" for automatic."""
        return self._style

    def show_style(self, name: str) -> None:
        """Show a style by name, "" for automatic."""
        if name != self._style:
            self._style = name
            self._tell()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, TARGET)

    def minimumSizeHint(self) -> QSize:
        return QSize(84, TARGET)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _dropped(self, paths: list[Path]) -> None:
        self.loop_dropped.emit(paths[0])

    def _tell(self) -> None:
        keys = f" ({self._shortcut})" if self._shortcut else ""
        words = self._style or f"{self._automatic}: {self._explained}"
        self.setToolTip(
            plain_tip(
                f"Style: {words}. Click to hear and choose styles; drop a drum loop to play like it{keys}"
            )
        )
        self.setAccessibleDescription(self._style or self._automatic)
        self._fit()

    def _fit(self) -> None:
        text = f"Style: {self._style or self._automatic}"
        room = max(40, self.width() - _PADDING)
        self.setText(caption(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)))
