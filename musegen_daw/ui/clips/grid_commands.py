"""What the drum grid can be told to do, and by which keys: for its keyboard, its menu and its tooltips."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence


class Do(Enum):
    """A command; that of a voice or bar is about the one under the cursor."""

    CUT = auto()
    COPY = auto()
    PASTE = auto()
    PASTE_ON_VOICE = auto()
    DUPLICATE = auto()
    DELETE = auto()
    ADD_OR_REMOVE = auto()
    SELECT_ALL = auto()
    SELECT_VOICE = auto()
    SELECT_BAR = auto()
    SELECT_HIT = auto()
    SELECT_NONE = auto()
    LOUDER = auto()
    SOFTER = auto()
    MUCH_LOUDER = auto()
    MUCH_SOFTER = auto()
    EARLIER = auto()
    LATER = auto()
    CELL_LEFT = auto()
    CELL_RIGHT = auto()
    VOICE_UP = auto()
    VOICE_DOWN = auto()
    LOCK_VOICE = auto()
    LOCK_BAR = auto()
    MUTE = auto()
    SOLO = auto()
    LEVEL_UP = auto()
    LEVEL_DOWN = auto()
    LEVEL_RESET = auto()
    LANE = auto()


@dataclass(frozen=True, slots=True)
class Command:
    """`text` may name "{voice}" and "{bar}"; of `keys`, as QKeySequence reads them, the first is shown."""

    text: str
    keys: tuple[str, ...] = ()

    @property
    def shown_key(self) -> str:
        """The key as this system writes it."""
        return (
            QKeySequence(self.keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if self.keys else ""
        )


COMMANDS = MappingProxyType(
    {
        Do.CUT: Command("Cut", ("Ctrl+X",)),
        Do.COPY: Command("Copy", ("Ctrl+C",)),
        Do.PASTE: Command("Paste", ("Ctrl+V",)),
        Do.PASTE_ON_VOICE: Command("Paste on the {voice}, at the same time"),
        Do.DUPLICATE: Command("Duplicate", ("Ctrl+R",)),
        Do.DELETE: Command("Delete", ("Del", "Backspace")),
        Do.ADD_OR_REMOVE: Command("Add or remove a hit", ("Return", "Enter")),
        Do.SELECT_ALL: Command("Select all", ("Ctrl+A",)),
        Do.SELECT_VOICE: Command("Select the {voice}", ("V",)),
        Do.SELECT_BAR: Command("Select bar {bar}", ("Shift+B",)),
        Do.SELECT_HIT: Command("Select the hit, or no longer", ("Ctrl+Return", "Ctrl+Enter")),
        Do.SELECT_NONE: Command("Select none", ("Esc",)),
        Do.LOUDER: Command("Louder", ("+", "=", "Shift++")),
        Do.SOFTER: Command("Softer", ("-",)),
        Do.MUCH_LOUDER: Command("Much louder", ("PgUp",)),
        Do.MUCH_SOFTER: Command("Much softer", ("PgDown",)),
        Do.EARLIER: Command("Earlier", ("Alt+Left",)),
        Do.LATER: Command("Later", ("Alt+Right",)),
        Do.CELL_LEFT: Command("One cell earlier", ("Ctrl+Left",)),
        Do.CELL_RIGHT: Command("One cell later", ("Ctrl+Right",)),
        Do.VOICE_UP: Command("To the voice above", ("Ctrl+Up",)),
        Do.VOICE_DOWN: Command("To the voice below", ("Ctrl+Down",)),
        Do.LOCK_VOICE: Command("Lock the {voice}", ("L",)),
        Do.LOCK_BAR: Command("Lock bar {bar}", ("B",)),
        Do.MUTE: Command("Mute the {voice}", ("M",)),
        Do.SOLO: Command("Solo the {voice}", ("S",)),
        Do.LEVEL_UP: Command("Level of the {voice} up", ("Alt+Up",)),
        Do.LEVEL_DOWN: Command("Level of the {voice} down", ("Alt+Down",)),
        Do.LEVEL_RESET: Command("Level of the {voice} to 100 %"),
        Do.LANE: Command("Velocity lane", ("E",)),
    }
)


def key_of(do: Do) -> str:
    """The key that is shown for a command."""
    return COMMANDS[do].shown_key


def command_of(event: QKeyEvent) -> Do | None:
    """The command of a key."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return _BY_KEY.get(QKeyCombination(modifiers, Qt.Key(event.key())).toCombined())


_BY_KEY = MappingProxyType(
    {
        QKeySequence(key)[0].toCombined(): do  # pyright: ignore[reportIndexIssue]
        for do, command in COMMANDS.items()
        for key in command.keys
    }
)
