"""Requests to the drum generator, and its results."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from musegen_daw.drums.plan import Plan
from musegen_daw.music.clip import Clip
from musegen_daw.music.kit import VOICES
from musegen_daw.music.parts import check_bar_count
from musegen_daw.music.time import Bar

if TYPE_CHECKING:
    from musegen_daw.drums.style import Style  # imports numpy, which the command line starts without

DEFAULT_TEMPERATURE = 0.9
DEFAULT_TOP_P = 0.95
DEFAULT_FOLLOW = 1.0
MAX_FOLLOW, MAX_TEMPERATURE, MAX_VARIATIONS = 4.0, 4.0, 64
Share = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrumSettings:
    """The musician's settings, for any song; the ranges in the annotations are those of saved projects.

    `variations`: number of takes, in the most likely different styles, or with a `style` the first in that style and
    the others in similar ones; with `within_style` all are in one style. A style given as text is looked up before
    generation (`job.chosen_style`).
    `follow`: how closely to follow the parts; 0 leaves all to the decoder (see `guidance`).
    `density`, `energy`, `fills`, `crashes`, `complexity`: controls from 0 to 1, None leaves them to the model: how much
    is played, how hard, how many of the possible fills and crashes are played (0 none, 0.5 as people do), how much
    bars differ from one another.
    `human_timing` False keeps hits on the grid. `any_hands` allows what two hands and two feet cannot play.
    """

    seed: int = 0
    temperature: Annotated[float, Meta(ge=0, le=MAX_TEMPERATURE)] = DEFAULT_TEMPERATURE
    top_p: Share = DEFAULT_TOP_P
    follow: Annotated[float, Meta(ge=0, le=MAX_FOLLOW)] = DEFAULT_FOLLOW
    style: Style | str | None = None
    within_style: bool = False
    density: Share | None = None
    energy: Share | None = None
    fills: Share | None = None
    crashes: Share | None = None
    complexity: Share | None = None
    human_timing: bool | None = None
    any_hands: bool = False
    variations: Annotated[int, Meta(ge=1, le=MAX_VARIATIONS)] = 1


SETTINGS = tuple(each.name for each in fields(DrumSettings))
CONTROLS = ("density", "energy", "fills", "crashes", "complexity")
"""Settings from 0 to 1, None to leave them to the model."""


@dataclass(frozen=True, slots=True)
class DrumRequest(DrumSettings):
    """Drums for `bars` that follow `parts`; all times are at `ppq`, that of the parts.

    `heard_until_ticks` hides the parts from that tick on, as in live playing (None: all is known).
    `plan` replaces the plan of the model, a bar for each of `bars`; a plan that was edited counts relative to the
    `plan_before`, so that what is not edited comes out as it was. `sections` are the indices of the bars that begin
    sections, `fill_bars` of bars that are fills whatever the plan says. `bar_styles` has a style for each of `bars`,
    None for that of the take. Takes are numbered from `first_take`: take k of a request is take 0 of one that begins
    at k, which is how a take is written again.

    `primer` holds earlier drums in `primer_bars`, just before `bars`; without a `style` the drums continue in its
    style. Hits of `locked` in `locked_voices` (names of `music.kit.VOICES`) or in `locked_bars` (indices into `bars`)
    stay as they are, and the rest is written around them.
    """

    parts: tuple[Clip, ...]
    bars: tuple[Bar, ...]
    ppq: int
    bpm: float | None = None
    style: Style | None = field(default=None, kw_only=True)
    plan: Plan | None = None
    plan_before: Plan | None = None
    sections: tuple[int, ...] = ()
    fill_bars: frozenset[int] = frozenset()
    bar_styles: tuple[Style | None, ...] = ()
    first_take: int = 0
    heard_until_ticks: int | None = None
    primer: Clip | None = None
    primer_bars: tuple[Bar, ...] = ()
    locked: Clip | None = None
    locked_voices: frozenset[str] = frozenset()
    locked_bars: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DrumTake:
    """One variation.

    Its drums (General MIDI pitches, ticks of the request), its mean log-likelihood a written bar in nats, the tokens of
    the written bars, its style and the probability of that style given the parts, the plan of `bars`, and its number.
    """

    drums: Clip
    log_likelihood: float
    tokens: tuple[int, ...] = ()
    style: Style | None = None
    style_probability: float = 0.0
    plan: Plan = field(default_factory=Plan)
    index: int = 0


@dataclass(frozen=True, slots=True)
class DrumResult:
    """The takes of a request, the best first."""

    takes: tuple[DrumTake, ...]
    seed: int


def check(request: DrumRequest) -> None:
    """Raise ValueError for an impossible request."""
    if not request.bars:
        raise ValueError("a request needs at least one bar")
    check_bar_count(len(request.bars))
    if request.variations < 1:
        raise ValueError(f"variations must be at least 1, got {request.variations}")
    if not 0 <= request.follow <= MAX_FOLLOW:
        raise ValueError(f"follow must be within 0..{MAX_FOLLOW:g}, got {request.follow}")
    for name in CONTROLS:
        value = getattr(request, name)
        if value is not None and not 0 <= value <= 1:
            raise ValueError(f"{name} must be within 0..1, got {value}")
    unknown = request.locked_voices - set(VOICES)
    if unknown:
        raise ValueError(f"unknown voices: {', '.join(sorted(unknown))}")
    if request.ppq <= 0:
        raise ValueError(f"ppq must be positive, got {request.ppq}")
    every = (*request.primer_bars, *request.bars)
    if any(bar.length_ticks <= 0 for bar in every):
        raise ValueError("a bar must have a length")
    if any(bar.end_ticks != following.start_ticks for bar, following in pairwise(every)):
        raise ValueError("each bar must begin where the one before it ends, those of the primer first")
    if (request.primer is None) != (not request.primer_bars):
        raise ValueError("a primer needs its bars, and primer bars a primer")
    if request.locked is None and (request.locked_voices or request.locked_bars):
        raise ValueError("voices or bars are locked, but there are no locked drums")
    for name in ("locked_bars", "fill_bars", "sections"):
        if any(not 0 <= bar < len(request.bars) for bar in getattr(request, name)):
            raise ValueError(f"{name} has a bar outside the request")
    for plan in (request.plan, request.plan_before):
        if plan is not None and len(plan) != len(request.bars):
            raise ValueError(f"a plan of {len(plan)} bars for {len(request.bars)}")
    if request.bar_styles and len(request.bar_styles) != len(request.bars):
        raise ValueError(f"styles of {len(request.bar_styles)} bars for {len(request.bars)}")
    if request.first_take < 0:
        raise ValueError(f"takes are numbered from 0, got {request.first_take}")
    for clip in (*request.parts, *(each for each in (request.primer, request.locked) if each is not None)):
        if clip.ppq != request.ppq:
            raise ValueError(f"clip {clip.name!r} has {clip.ppq} PPQ, the request {request.ppq}")
