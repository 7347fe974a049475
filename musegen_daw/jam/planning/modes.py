"""What a way to play is asked and answers: the questions to the generator and the choice of the next bar."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from musegen_daw.drums.request import DEFAULT_FOLLOW, DrumRequest
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.patterns import USUAL_ENERGY, Pattern
from musegen_daw.jam.planning.planner import PlannedBars


class WhenSilent(Enum):
    """What the drums do when the player has stopped for a while."""

    REST = "rest"
    KEEP = "keep"
    FADE = "fade"


@dataclass(frozen=True, slots=True)
class Taste:
    """What is settled before playing.

    `fill_every_bars` 0 is no fills but those asked for. After `rest_bars` without a note the player counts
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
    """When a question is asked: `bar` plays, the next is the first that can be planned.

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
    """What the planner is to be asked: the drums of `bars`; up to `heard_ticks` the parts are as they were played.

    `energy` is where its control stands.
    """

    drums: DrumRequest
    bars: tuple[int, ...]
    heard_ticks: int
    is_fill: bool = False
    energy: float = USUAL_ENERGY


class Mode(Protocol):
    """A way to play; bars are those of the session, which only ever go on."""

    late_bars: int
    """How many bars had no plan of their own when they came."""

    def question(self, moment: Moment) -> Question | None:
        """What to ask the planner now, None where nothing is wanted."""
        ...

    def answer(self, plan: PlannedBars) -> None:
        """Take a plan without error; later questions count more than earlier ones."""
        ...

    def planned(self, bar: int) -> Pattern | None:
        """What is planned for a bar."""
        ...

    def choose(self, bar: int, controls: Controls) -> Pattern | None:
        """What to play in a bar that is about to begin, the last good pattern if need be; None is a rest."""
        ...

    def gain(self, beats: float) -> float:
        """How loud to play at a place, 0 to 1."""
        ...

    def changed(self) -> None:
        """The controls ask for other drums."""
        ...

    def jumped(self, bars: int) -> None:
        """The song went back by so many bars, or ahead if negative, while the session went on."""
        ...

    def stopped(self) -> None:
        """The transport has stopped."""
        ...

    def phase(self, bar: int) -> str:
        """What is being done in a bar, in a few words."""
        ...
