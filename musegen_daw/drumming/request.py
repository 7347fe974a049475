"""What is asked of the drum generator, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from musegen_daw.core.clip import Clip
from musegen_daw.core.time import Bar

DEFAULT_TEMPERATURE = 0.9
DEFAULT_TOP_P = 0.95
DEFAULT_FOLLOW = 1.0
DEFAULT_CANDIDATES = 1


@dataclass(frozen=True, slots=True)
class DrumRequest:
    """Drums for `bars`, following `parts`; everything is counted at the PPQ of the parts.

    `heard_until_ticks` hides the parts from that tick on, as when playing live (None: all is known).
    `follow` is how closely to follow the parts: 0 leaves all to the decoder's taste, more draws it towards
    the hits that the parts alone let expect (see `guidance`).
    `variations` takes are returned, the likeliest first; where more `candidates` are drawn than returned,
    those that most others agree with.
    `density`, `loudness` and `fill` are controls from 0 to 1; density 0 is the sparsest tenth of the
    training bars, 1 the busiest. None leaves them to the model, the density to what it expects of the
    parts. `primer` holds earlier drum bars in the same time as the parts, in the bars just before
    `bars`. Hits of `kept` in `kept_voices` (names of `core.drums.VOICES`) or in `kept_bars` (indices
    into `bars`) stay as they are and the rest is written around them. `expressive` asks for played
    dynamics, False for flat velocities; `human_timing` for micro-timing, False for the plain grid;
    None leaves either to the model.
    """

    parts: tuple[Clip, ...]
    bars: tuple[Bar, ...]
    ppq: int
    bpm: float | None = None
    seed: int = 0
    temperature: float = DEFAULT_TEMPERATURE
    top_p: float = DEFAULT_TOP_P
    follow: float = DEFAULT_FOLLOW
    density: float | None = None
    loudness: float | None = None
    fill: float | None = None
    expressive: bool | None = True
    human_timing: bool | None = None
    variations: int = 1
    candidates: int = DEFAULT_CANDIDATES
    heard_until_ticks: int | None = None
    primer: Clip | None = None
    primer_bars: tuple[Bar, ...] = ()
    kept: Clip | None = None
    kept_voices: frozenset[str] = frozenset()
    kept_bars: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DrumTake:
    """One variation: its drums (GM pitches, same ticks as the request), its mean log-likelihood per bar in nats,
    and the tokens it was decoded from.
    """

    drums: Clip
    log_likelihood: float
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DrumResult:
    """The variations of one request, the best first."""

    takes: tuple[DrumTake, ...]
    seed: int
