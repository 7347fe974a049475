"""What is asked of the drum generator, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import TYPE_CHECKING

from musegen_daw.drums.plan import Plan
from musegen_daw.music.clip import Clip
from musegen_daw.music.kit import VOICES
from musegen_daw.music.parts import check_bar_count
from musegen_daw.music.time import Bar

if TYPE_CHECKING:
    from musegen_daw.drums.style import Style  # which needs numpy: the command line starts without it

DEFAULT_TEMPERATURE = 0.9
DEFAULT_TOP_P = 0.95
DEFAULT_FOLLOW = 1.0
MAX_FOLLOW = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DrumSettings:
    """What a person asks of the drums, whatever the song.

    `variations` takes are written: in the likeliest different styles, or, where a `style` is given, one in that style
    and the others in the styles most like it; `within_style` writes all of them in one style. A style that is a text
    is looked up before anything is written (`job.chosen_style`).
    `follow` is how closely to follow the parts: 0 leaves all to the decoder's taste, more draws it towards the hits
    that the parts let expect in the style (see `guidance`).
    `density`, `energy`, `fills`, `crashes` and `complexity` are controls from 0 to 1, None leaves them to the model:
    how much is played, how hard, how many of the places where a drummer may play a fill or a crash have one (0.5 is
    as people do, 0 none), how far bars differ from one another.
    `human_timing` False keeps hits on the plain grid. Unless `any_hands`, nothing is written that two hands and two
    feet cannot play.
    """

    seed: int = 0
    temperature: float = DEFAULT_TEMPERATURE
    top_p: float = DEFAULT_TOP_P
    follow: float = DEFAULT_FOLLOW
    style: Style | str | None = None
    within_style: bool = False
    density: float | None = None
    energy: float | None = None
    fills: float | None = None
    crashes: float | None = None
    complexity: float | None = None
    human_timing: bool | None = None
    any_hands: bool = False
    variations: int = 1


SETTINGS = tuple(each.name for each in fields(DrumSettings))
CONTROLS = ("density", "energy", "fills", "crashes", "complexity")
"""Settings from 0 to 1, None to leave them to the model."""


@dataclass(frozen=True, slots=True)
class DrumRequest(DrumSettings):
    """Drums for `bars`, following `parts`, as the settings say; everything is counted at the PPQ of the parts.

    `heard_until_ticks` hides the parts from that tick on, as when playing live (None: all is known).
    `plan` says what every one of `bars` is, in place of the model; `sections` are the indices of bars at which a
    section begins. `fill_bars` are indices of bars that are fills whatever the plan says.

    `primer` holds earlier drum bars in the same time as the parts, in the bars just before `bars`; without a
    `style` the drums go on in its style. Hits of `kept` in `kept_voices` (names of `music.kit.VOICES`) or in
    `kept_bars` (indices into `bars`) stay as they are and the rest is written around them.
    """

    parts: tuple[Clip, ...]
    bars: tuple[Bar, ...]
    ppq: int
    bpm: float | None = None
    style: Style | None = field(default=None, kw_only=True)
    plan: Plan | None = None
    sections: tuple[int, ...] = ()
    fill_bars: frozenset[int] = frozenset()
    heard_until_ticks: int | None = None
    primer: Clip | None = None
    primer_bars: tuple[Bar, ...] = ()
    kept: Clip | None = None
    kept_voices: frozenset[str] = frozenset()
    kept_bars: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DrumTake:
    """One variation.

    Its drums (GM pitches, same ticks as the request), its mean log-likelihood a written bar in nats, the tokens of
    the bars that were written, its style and how likely that is given the parts (0..1), and the plan of `bars`.
    """

    drums: Clip
    log_likelihood: float
    tokens: tuple[int, ...] = ()
    style: Style | None = None
    style_probability: float = 0.0
    plan: Plan = field(default_factory=Plan)


@dataclass(frozen=True, slots=True)
class DrumResult:
    """The variations of one request, the best first."""

    takes: tuple[DrumTake, ...]
    seed: int


def check(request: DrumRequest) -> None:
    """Raise ValueError where a request makes no sense."""
    if not request.bars:
        raise ValueError("a request needs at least one bar")
    check_bar_count(len(request.bars))
    if request.variations < 1:
        raise ValueError(f"at least one variation must be asked for, got {request.variations}")
    if not 0 <= request.follow <= MAX_FOLLOW:
        raise ValueError(f"follow must be within 0..{MAX_FOLLOW:g}, got {request.follow}")
    for name in CONTROLS:
        value = getattr(request, name)
        if value is not None and not 0 <= value <= 1:
            raise ValueError(f"{name} must be within 0..1, got {value}")
    unknown = request.kept_voices - set(VOICES)
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
    if request.kept is None and (request.kept_voices or request.kept_bars):
        raise ValueError("voices or bars are to be kept, but there are no drums to keep them of")
    for name in ("kept_bars", "fill_bars", "sections"):
        if any(not 0 <= bar < len(request.bars) for bar in getattr(request, name)):
            raise ValueError(f"{name} has a bar outside those asked for")
    if request.plan is not None and len(request.plan) != len(request.bars):
        raise ValueError(f"a plan of {len(request.plan)} bars for {len(request.bars)}")
    for clip in (*request.parts, *(each for each in (request.primer, request.kept) if each is not None)):
        if clip.ppq != request.ppq:
            raise ValueError(f"clip {clip.name!r} has {clip.ppq} PPQ, the request {request.ppq}")
