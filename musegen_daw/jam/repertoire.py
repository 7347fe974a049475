"""Repertoire: the styles and sections that a player calls up while playing, by program change, knob, pad or button."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from musegen_daw.drums.style import Style
from musegen_daw.errors import MusegenError
from musegen_daw.jam.clock.clock import Clock
from musegen_daw.jam.control.controls import (
    NEXT_STYLE,
    PREVIOUS_STYLE,
    SECTIONS,
    STYLE,
    ControllerMove,
    Controls,
)
from musegen_daw.jam.control.sections import NAMES, Section, Sections

AS_YOU_PLAY = ""
"""In place of a style: the one that fits what is played."""

MAX_STYLE_PROGRAMS = 99
AS_YOU_PLAY_PROGRAM, FIRST_SECTION_PROGRAM = 99, 100  # shown as 100 and 101 by controllers

_log = logging.getLogger(__name__)


class PlaysStyles(Protocol):
    """See `JamSession`."""

    @property
    def controls(self) -> Controls: ...

    def set_style(self, style: Style | None) -> None: ...

    def recall(self, controls: Controls) -> None: ...


@dataclass(frozen=True, slots=True)
class CalledUp:
    """The style now, the section that was recalled or stored last (empty: none), and what is stored."""

    style: str = AS_YOU_PLAY
    section: str = ""
    sections: Sections = field(default_factory=Sections)

    def is_changed(self, controls: Controls) -> bool:
        """Whether style or controls are no longer those of the section."""
        return self.section != "" and self.sections.get(self.section) != Section.of(self.style, controls)


class Repertoire:
    """Calls up styles and sections in `session`; every method may be called from any thread.

    Program N, counted from 1, is the Nth of `styles`, 100 the style that fits what is played, 101 to 104 are the
    sections A to D. `find` looks up a style and may take long, so all but `set_style` is done on a worker, in order.
    `save` is given the sections whenever one is stored. `tell` is given a sentence about each.
    """

    def __init__(
        self,
        clock: Clock,
        session: PlaysStyles,
        styles: Sequence[str],
        find: Callable[[str], Style | None],
        *,
        style: str = AS_YOU_PLAY,
        sections: Sections | None = None,
        save: Callable[[Sections], None] = lambda _: None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._session, self._find, self._save, self._tell = session, find, save, tell
        self._styles = tuple(styles)
        self._orders: deque[Callable[[], None]] = deque()
        self._changing = threading.RLock()
        self._now = CalledUp(style, "", sections or Sections())
        self._worker = clock.start("musegen repertoire", self._step, self._failed)

    @property
    def now(self) -> CalledUp:
        return self._now

    def set_style(self, style: str) -> None:
        """Play in another style from the next bars on, before this returns; raises MusegenError."""
        with self._changing:
            if style != self._now.style:
                self._session.set_style(self._find(style))
                self._now = replace(self._now, style=style)

    def call(self, move: ControllerMove) -> None:
        """What a knob or pad that is mapped to a style or section asks for."""
        if move.target == STYLE:
            self._order(lambda: self._show_style(self._style_at(move.value)))
        elif move.target in (NEXT_STYLE, PREVIOUS_STYLE):
            self._order(lambda: self._step_style(1 if move.target == NEXT_STYLE else -1))
        elif move.target in SECTIONS:
            self.recall(SECTIONS[move.target])

    def program(self, program: int) -> None:
        """Take a program change, 0 to 127."""
        if program < min(len(self._styles), MAX_STYLE_PROGRAMS):
            self._order(lambda: self._show_style(self._styles[program]))
        elif program == AS_YOU_PLAY_PROGRAM:
            self._order(lambda: self._show_style(AS_YOU_PLAY))
        elif 0 <= program - FIRST_SECTION_PROGRAM < len(NAMES):
            self.recall(NAMES[program - FIRST_SECTION_PROGRAM])
        else:
            self._tell(
                f"Program {program + 1} is free: 1 to {len(self._styles)} are styles, 100 is the style as you play, "
                "101 to 104 are the sections A to D."
            )

    def recall(self, name: str) -> None:
        """Play the section from the next bars on."""
        self._order(lambda: self._recall(name))

    def store(self, name: str) -> None:
        """Store the style and the controls of now as that section."""
        self._order(lambda: self._store(name))

    def close(self) -> None:
        """Stop the worker; a second call does nothing."""
        self._worker.stop()

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.append(order)
        self._worker.wake()

    def _step(self, now_seconds: float) -> float | None:
        while self._orders:
            try:
                with self._changing:
                    self._orders.popleft()()
            except MusegenError as error:
                self._tell(str(error))
        return None

    def _failed(self, error: Exception) -> None:
        _log.error("Styles and sections can no longer be called up", exc_info=error)
        self._tell(f"Styles and sections can no longer be called up: {type(error).__name__}: {error}.")

    def _show_style(self, style: str) -> None:
        if style != self._now.style:
            self.set_style(style)
            self._tell(f"Style: {_words(style)}.")

    def _step_style(self, step: int) -> None:
        listed = (AS_YOU_PLAY, *self._styles)
        place = listed.index(self._now.style) if self._now.style in listed else 0
        self._show_style(listed[(place + step) % len(listed)])

    def _style_at(self, value: float) -> str:
        """The style at 0 to 1 of the list, which begins with the style as you play."""
        listed = (AS_YOU_PLAY, *self._styles)
        return listed[min(len(listed) - 1, int(value * len(listed)))]

    def _recall(self, name: str) -> None:
        section = self._now.sections.get(name)
        if section is None:
            self._tell(f"Section {name} is empty: hold its button, or press Shift and its key, to store it.")
            return
        self.set_style(section.style)
        self._session.recall(section.controls)
        self._now = replace(self._now, section=name)
        self._tell(f"Section {name}: style {_words(section.style)}.")

    def _store(self, name: str) -> None:
        now = self._now
        sections = now.sections.with_section(name, Section.of(now.style, self._session.controls))
        self._now = replace(now, section=name, sections=sections)
        self._save(sections)
        self._tell(f"Section {name} is stored: style {_words(now.style)}, and the controls as they are.")


def _words(style: str) -> str:
    return style.replace("-", " ") or "as you play"
