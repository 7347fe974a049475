"""What the window asks of each of its places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from musegen_daw.ui.context import AppContext

INFO, GOOD, WARN, BAD = "info", "good", "warn", "bad"
"""Levels of a sentence."""


class Panel(QWidget):
    """One place of the window; the window makes it when it is first needed and restores its state then.

    `said` carries one sentence and its level for the line at the bottom; `state_changed` asks for an autosave.
    """

    message = Signal(str, str)
    state_changed = Signal()

    def activated(self) -> None:
        """Called when the panel comes into sight; by default its first control gets the keyboard focus."""
        self.setFocus()

    def deactivated(self) -> None:
        """Called when another panel takes its place."""

    def play_pressed(self) -> bool:
        """Called for the space bar; whether the panel plays something of its own, else the jam starts or stops."""
        return False

    def escape_pressed(self) -> bool:
        """Called for Escape; whether the panel gave up something, as a job or a choice."""
        return False

    def close_work(self) -> None:
        """End everything that runs, before the window closes; afterwards nothing may call back."""

    def saved_state(self) -> dict[str, Any]:
        """What the panel must find again after a restart, as what JSON can hold."""
        return {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take up a state once saved; what it does not understand it leaves out, with a sentence in `said`."""


@dataclass(frozen=True, slots=True)
class Page:
    """An entry of the navigation: `icon` names a file of resources/icons, `shortcut` a key sequence."""

    key: str
    title: str
    icon: str
    shortcut: str
    make: Callable[[AppContext], Panel]
