"""The interface of a panel, and its entry in the navigation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from musegen_daw.ui.context import AppContext

INFO, GOOD, WARN, BAD = "info", "good", "warn", "bad"
"""Levels of a sentence."""


def reset_message(names: Iterable[str]) -> str:
    """What to say about saved settings that could not be used."""
    return f"Some saved settings could not be used and have been reset: {', '.join(names):.200}."


class Panel(QWidget):
    """A page of the window, made when it is first needed.

    `message` carries a sentence and its level for the status line; `state_changed` requests an autosave.
    """

    message = Signal(str, str)
    state_changed = Signal()

    def activated(self) -> None:
        """Called when the panel is shown; by default its first control gets the keyboard focus."""
        self.setFocus()

    def deactivated(self) -> None:
        """Called when another panel is shown instead."""

    def play_pressed(self) -> bool:
        """Called for the space bar; whether the panel plays something of its own, else the jam starts or stops."""
        return False

    def escape_pressed(self) -> bool:
        """Called for Escape; whether the panel has cancelled something."""
        return False

    def close_work(self) -> None:
        """Called before the window closes: end everything that runs. Nothing may call back afterwards."""

    def saved_state(self) -> dict[str, Any]:
        """What is to be restored after a restart, as JSON data."""
        return {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Restore a saved state; what cannot be used is left out, with a sentence in `message`."""


@dataclass(frozen=True, slots=True)
class Page:
    """An entry of the navigation: `icon` names a file of resources/icons, `shortcut` a key sequence."""

    key: str
    title: str
    icon: str
    shortcut: str
    make: Callable[[AppContext], Panel]
