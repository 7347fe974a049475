"""KeptStyle: the style of a session, chosen by the player or once in the first bars, and kept from then on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from musegen_daw.drums.request import DrumRequest
from musegen_daw.drums.style import Style
from musegen_daw.jam.patterns import BarGrid
from musegen_daw.jam.planning.planner import PlannedBars
from musegen_daw.music.clip import Clip

TELLING_BARS = 0.75
"""How much must be heard of a part before the style that it asks for is kept."""


class KeptStyle:
    """Lasts until the player chooses another; for the thread of the session.

    Until three quarters of a bar were heard the style of the first answer is kept, then the one that fits what was
    heard, for good. `first_bar` is the first bar in the style: those before it are no model for what comes.
    """

    def __init__(self, chosen: Style | None = None) -> None:
        self._chosen = chosen
        self._found: Style | None = None
        self._is_settled = self._is_new = False
        self.first_bar = 0

    @property
    def style(self) -> Style | None:
        """The style as things stand, None before there is one."""
        return self._found if self._chosen is None else self._chosen

    def choose(self, style: Style | None) -> None:
        """Go on in another style, or, for None, in one that fits what is played."""
        self._chosen, self._found = style, None
        self._is_settled, self._is_new = False, True

    def begins_with(self, bar: int) -> None:
        """`bar` is about to be asked for; after a choice it is the first bar in the new style."""
        if self._is_new:
            self._is_new, self.first_bar = False, bar

    def asked(self, request: DrumRequest, heard_ticks: int, grid: BarGrid) -> DrumRequest:
        """The request, in the style that is kept."""
        if self._chosen is None and not self._is_settled and is_telling(request.parts, heard_ticks, grid):
            return request
        return replace(request, style=self.style)

    def answered(self, plan: PlannedBars, grid: BarGrid) -> None:
        """Keep the style of an answer to a question that asked for none."""
        request = plan.request
        if plan.style is None or request.drums.style is not None or self._chosen is not None:
            return
        if self._found is not None and not _is_same(self._found, plan.style):
            self.first_bar = max(self.first_bar, request.bars[0])
        self._found = plan.style
        self._is_settled = is_telling(request.drums.parts, request.heard_ticks, grid)


def is_telling(parts: Iterable[Clip], heard_ticks: int, grid: BarGrid) -> bool:
    """Whether enough was heard by `heard_ticks` for a style to be chosen by it."""
    first_ticks = min((note.start_ticks for part in parts for note in part.notes), default=heard_ticks)
    return heard_ticks - first_ticks >= TELLING_BARS * grid.bar_ticks


def _is_same(one: Style, other: Style) -> bool:
    return one is other or one.code == other.code >= 0
