"""The menus of the drum grid, its row heads and the bar numbers, with the key of each entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from musegen_daw.ui.clips.grid_commands import COMMANDS, Do
from musegen_daw.ui.widgets.plain import caption

_EDIT = (Do.CUT, Do.COPY, Do.PASTE, Do.DUPLICATE, Do.DELETE)
_MIX = (Do.MUTE, Do.SOLO, Do.LEVEL_UP, Do.LEVEL_DOWN, Do.LEVEL_RESET)
GROUND_MENU = (
    (Do.LOCK_BAR, Do.LOCK_VOICE),
    _EDIT,
    (Do.SELECT_ALL, Do.SELECT_VOICE, Do.SELECT_BAR, Do.SELECT_NONE),
    (Do.LOUDER, Do.SOFTER, Do.EARLIER, Do.LATER),
    (Do.CELL_LEFT, Do.CELL_RIGHT, Do.VOICE_UP, Do.VOICE_DOWN),
    (Do.MUTE, Do.SOLO, Do.LANE),
)
VOICE_MENU = ((Do.LOCK_VOICE,), _MIX, (Do.SELECT_VOICE, Do.CUT, Do.COPY, Do.PASTE_ON_VOICE, Do.DELETE))
BAR_MENU = ((Do.LOCK_BAR,), (Do.SELECT_BAR, *_EDIT))


@dataclass(frozen=True, slots=True)
class MenuState:
    """What the entries are about. `done` are switches that are on, `refused` commands that cannot be given now."""

    voice: str
    bar: int
    done: frozenset[Do]
    refused: frozenset[Do]


def pop_up(
    parent: QWidget, groups: Sequence[Sequence[Do]], state: MenuState, give: Callable[[Do], None], at: QPoint
) -> QMenu:
    """Show a menu at a global point; it calls `give` with the command that is chosen."""
    menu = QMenu(parent)
    menu.setObjectName("grid-menu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for index, group in enumerate(groups):
        if index:
            menu.addSeparator()
        for do in group:
            command = COMMANDS[do]
            text = caption(command.text.format(voice=state.voice, bar=state.bar + 1))
            # A shortcut of the action itself would compete with the one of the grid.
            entry = menu.addAction(
                f"{text}\t{command.shown_key}" if command.keys else text, lambda do=do: give(do)
            )
            entry.setEnabled(do not in state.refused)
            if do in _SWITCHES:
                entry.setCheckable(True)
                entry.setChecked(do in state.done)
    menu.popup(at)
    return menu


_SWITCHES = frozenset({Do.LOCK_BAR, Do.LOCK_VOICE, Do.MUTE, Do.SOLO, Do.LANE})
