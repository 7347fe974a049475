"""What all modes share: the request for a plan, the choice of a pattern, the energy and the style."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from musegen_daw.drums.request import DEFAULT_FOLLOW, DrumRequest
from musegen_daw.drums.style import Style
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.patterns import USUAL_ENERGY, BarGrid, Pattern
from musegen_daw.jam.planning.planner import PlannedBars
from musegen_daw.music.clip import Clip


class WhenSilent(Enum):
    REST = "rest"
    KEEP = "keep"
    FADE = "fade"


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """Planning settings that stay as they are while playing.

    With `fill_every_bars` 0 there are only fills on demand. After `rest_bars` without a note the player counts
    as silent; a fade takes `fade_bars`. Plans reach `ahead_bars` ahead and look `history_bars` back.
    """

    seed: int = 0
    follow: float = DEFAULT_FOLLOW
    fill_every_bars: int = 8
    rest_bars: int = 2
    fade_bars: int = 4
    history_bars: int = 4
    ahead_bars: int = 2


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of a request: `bar` plays, the next is the first that can be planned.

    `song_bar` is the number of `bar` in the song, which the DAW may have rewound; `fill_bar` is the bar that a
    fill was asked for.
    """

    beats: float
    bar: int
    song_bar: int
    controls: Controls
    bpm: float | None = None
    fill_bar: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """The drums of `bars`; up to `heard_ticks` the parts are as they were played.

    `energy` is that of the controls.
    """

    drums: DrumRequest
    bars: tuple[int, ...]
    heard_ticks: int
    is_fill: bool = False
    energy: float = USUAL_ENERGY


class Mode(Protocol):
    """How the drums play; bars are those of the session, which never go back."""

    late_bars: int
    """How many bars had no plan of their own when they came."""

    def question(self, moment: Moment) -> Question | None:
        """What to plan now, None where nothing is wanted."""
        ...

    def answer(self, plan: PlannedBars) -> None:
        """Take a plan without error; later ones override earlier ones."""
        ...

    def planned(self, bar: int) -> Pattern | None: ...

    def choose(self, bar: int, controls: Controls) -> Pattern | None:
        """What to play in a bar that is about to begin, the last good pattern if need be; None is a rest."""
        ...

    def gain(self, beats: float) -> float:
        """The gain at `beats`, 0 to 1."""
        ...

    def changed(self) -> None: ...

    def jumped(self, bars: int) -> None:
        """The song went back by `bars`, or ahead if negative, while the session went on."""
        ...

    def stopped(self) -> None: ...

    def phase(self, bar: int) -> str:
        """What the drums do in a bar, in a few words."""
        ...


MIDDLE_VELOCITY = 80.0
VELOCITY_SPAN = 160.0  # a drummer goes along, but not all the way
SOFTEST, LOUDEST = 0.2, 0.85
STEPS = 20


def wanted_energy(controls: Controls, velocities: Iterable[int]) -> float | None:
    """The energy to request, 0 to 1: the control if it was moved, else what the velocities just heard suggest.

    None where there is neither. Quantised, so that even playing gives equal requests.
    """
    heard = list(velocities)
    if controls.asked_energy is not None or not heard:
        return controls.asked_energy
    suggested = 0.5 + (sum(heard) / len(heard) - MIDDLE_VELOCITY) / VELOCITY_SPAN
    return round(min(LOUDEST, max(SOFTEST, suggested)) * STEPS) / STEPS


ENOUGH_BARS = 0.75
"""How much must be heard of a part before the style that it asks for is kept."""


class SessionStyle:
    """The style of a session, chosen by the player or found in the first bars; for the thread of the session.

    Until three quarters of a bar were heard it is the style of the first plan, then the one that fits what was heard,
    for good. `first_bar` is the first bar in the style: those before it are no context for later ones.
    """

    def __init__(self, chosen: Style | None = None) -> None:
        self._chosen = chosen
        self._found: Style | None = None
        self._is_settled = self._is_new = False
        self.first_bar = 0

    @property
    def style(self) -> Style | None:
        """The style now, None before there is one."""
        return self._found if self._chosen is None else self._chosen

    def choose(self, style: Style | None) -> None:
        self._chosen, self._found = style, None
        self._is_settled, self._is_new = False, True

    def begins_with(self, bar: int) -> None:
        """`bar` is requested next; after a choice it is the first bar in the new style."""
        if self._is_new:
            self._is_new, self.first_bar = False, bar

    def asked(self, request: DrumRequest, heard_ticks: int, grid: BarGrid) -> DrumRequest:
        """The request, in the style of the session."""
        if (
            self._chosen is None
            and not self._is_settled
            and is_enough_heard(request.parts, heard_ticks, grid)
        ):
            return request
        return replace(request, style=self.style)

    def answered(self, plan: PlannedBars, grid: BarGrid) -> None:
        """Keep the style of a plan whose request had none."""
        request = plan.request
        if plan.style is None or request.drums.style is not None or self._chosen is not None:
            return
        if self._found is not None and not _is_same(self._found, plan.style):
            self.first_bar = max(self.first_bar, request.bars[0])
        self._found = plan.style
        self._is_settled = is_enough_heard(request.drums.parts, request.heard_ticks, grid)


def is_enough_heard(parts: Iterable[Clip], heard_ticks: int, grid: BarGrid) -> bool:
    """Whether enough was heard by `heard_ticks` to find a style."""
    first_ticks = min((note.start_ticks for part in parts for note in part.notes), default=heard_ticks)
    return heard_ticks - first_ticks >= ENOUGH_BARS * grid.bar_ticks


def _is_same(one: Style, other: Style) -> bool:
    return one is other or one.code == other.code >= 0
