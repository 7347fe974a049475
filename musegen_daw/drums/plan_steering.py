"""What a musician's controls, the rests and the sections of the part ask of every bar of a plan."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.bar_features import LAGS, PartBars
from musegen_daw.drums.events import VELOCITY_LEVELS
from musegen_daw.drums.plan import REPEAT_LAGS
from musegen_daw.drums.plan_reading import FILL, FIRST_REPEAT, GROOVE, KINDS, STOP, VARIATION

Floats = npt.NDArray[np.float64]

PHRASE_BARS = 4
NEVER = -1e9
AS_BEFORE = 0.8  # likeness of the part from which a section may play what another one played
SECTION_FILL, SECTION_CRASH, CRASH_AFTER_FILL = 0.92, 0.6, 0.8
FILL_SHARE = 0.5  # of the fills that the network would play by itself, for sections bring their own
CLEAR_BOUNDARY = 0.1, 0.3  # what is hardly one, and what surely is one
OTHER_SECTION_NATS = -2.5
NEW_SECTION_NATS = 1.0
COMPLEXITY_NATS = 3.0
SAMENESS = 1.4, 0.8, 0.5, 0.5  # how plain it is to play again the bar 1, 2, 4 and 8 before
LOUDNESS_LIFT, BUSY_LIFT, MOST_LIFT, DENSITY_SHARE = 2.0, 0.35, 0.35, 1.3
STOP_NATS = -1.0
BAR_SHARE = 0.7  # of what a bar of the part has more than its section
SHORT_BARS, SHORT_STOP_NATS = 24, -3.0  # what is short is no song, in which drums may wait
_CAUSAL = 4


@dataclass(frozen=True, slots=True)
class Steering:
    """Controls from 0 to 1, None for the model's own taste.

    `fills` and `crashes`: how many of the places that may have one do; 0 none, .5 as people play, 1 at the end of
    every phrase of four bars. `density` and `energy`: how much and how hard is played, .5 as people play.
    `complexity`: how far bars differ from those before.
    """

    fills: float | None = None
    crashes: float | None = None
    density: float | None = None
    energy: float | None = None
    complexity: float | None = None

    def __post_init__(self) -> None:
        for name in ("fills", "crashes", "density", "energy", "complexity"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"{name} must be within 0..1, got {value}")


@dataclass(frozen=True, eq=False)
class BarRules:
    """What is asked of each bar, whatever its row.

    `nats` (bars, 8): added to the log-likelihood of each kind, NEVER for what may not be. `fill_floor`,
    `crash_floor` and `crash_after_fill` (bars,): the least probability of a fill, of a crash, and of a crash where
    the bar before is a fill; `fill_scale`, `crash_scale` (bars,): by how much the model's own is multiplied.
    `energy` and `density` (bars,): added to what the model says.
    """

    nats: Floats
    fill_floor: Floats
    fill_scale: Floats
    crash_floor: Floats
    crash_after_fill: Floats
    crash_scale: Floats
    energy: Floats
    density: Floats


def bar_rules(part: PartBars, steering: Steering, fills: Collection[int] = ()) -> BarRules:
    """The rules of every bar of a part; `fills` are bars that must be fills."""
    bars = len(part)
    nats = np.zeros((bars, KINDS))
    nats[:, STOP] += STOP_NATS
    if steering.complexity is not None:
        more = COMPLEXITY_NATS * (steering.complexity - 0.5)
        nats[:, FIRST_REPEAT:] -= more * np.array(SAMENESS)
        nats[:, VARIATION] += more / 3
    if bars < SHORT_BARS:
        nats[:, STOP] += SHORT_STOP_NATS
    _keep_to_meters(part, nats)
    _keep_to_sections(part, nats)
    is_start, is_end = _phrases(part)
    fill_floor, crash_floor = np.zeros(bars), np.zeros(bars)
    for start in part.sections:
        clear = float(np.interp(part.boundary[start], CLEAR_BOUNDARY, (0, 1)))
        strength = 1.0 if part.marked else clear
        if start > 0 and part.sounds[start - 1]:
            fill_floor[start - 1] = SECTION_FILL * strength
        crash_floor[start] = SECTION_CRASH * strength
    fill_floor, fill_scale = _as_asked(steering.fills, is_end, fill_floor)
    fill_scale = fill_scale * FILL_SHARE
    after_fill = crash_floor * (CRASH_AFTER_FILL / SECTION_CRASH)
    after_fill, _ = _as_asked(steering.crashes, is_start, after_fill)
    crash_floor, crash_scale = _as_asked(steering.crashes, is_start, crash_floor)
    _keep_to_rests(part, nats, fill_floor)
    for bar in fills:
        nats[bar] = NEVER
        nats[bar, FILL] = 0
        fill_scale[bar] = 1
    lift, busy = _contour(part)
    energy = np.clip(lift + busy, -MOST_LIFT, MOST_LIFT)
    density = np.clip(DENSITY_SHARE * busy, -MOST_LIFT, MOST_LIFT)
    return BarRules(nats, fill_floor, fill_scale, crash_floor, after_fill, crash_scale, energy, density)


def warped(value: Floats, amount: float | None, reach: float = 0.85) -> Floats:
    """Values 0..1 drawn towards 0 or 1 as far as `amount` is from .5, the share `reach` of the way at most."""
    if amount is None:
        return value
    pull = reach * (2 * amount - 1)
    return value + (1 - value) * pull if pull > 0 else value * (1 + pull)


def _as_asked(amount: float | None, is_place: npt.NDArray[np.bool_], floor: Floats) -> tuple[Floats, Floats]:
    if amount is None:
        return floor, np.ones(len(floor))
    if amount <= 0.5:
        return floor * 2 * amount, np.full(len(floor), 2 * amount)
    more = 2 * amount - 1
    return np.where(is_place, np.maximum(floor, more), floor * (1 - more)), np.where(is_place, 1.0, 1 - more)


def _phrases(part: PartBars) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Where phrases of four bars start, and where they end: (bars,) each."""
    bars = len(part)
    marks = np.array(sorted({*part.sections, int(part.sounds.argmax())}), np.int64)
    index = np.arange(bars)
    since = index - marks[np.maximum(np.searchsorted(marks, index, side="right") - 1, 0)]
    is_start = since % PHRASE_BARS == 0
    is_end = np.append(is_start[1:], since[-1:] % PHRASE_BARS == PHRASE_BARS - 1)
    return is_start & part.plays_on, is_end & part.plays_on


def _keep_to_meters(part: PartBars, nats: Floats) -> None:
    for number, lag in enumerate(REPEAT_LAGS):
        same = np.zeros(len(part), bool)
        same[lag:] = part.frames[lag:] == part.frames[:-lag] if lag < len(part) else False
        nats[~same, FIRST_REPEAT + number] = NEVER


def _keep_to_sections(part: PartBars, nats: Floats) -> None:
    """A new section begins anew, and plays what was played before it where the part does too."""
    numbers = np.searchsorted(np.array(part.sections, np.int64), np.arange(len(part)), side="right")
    for number, lag in enumerate(REPEAT_LAGS):
        if lag >= len(part):
            continue
        across = numbers[lag:] != numbers[:-lag]
        unlike = part.likeness[lag:, LAGS.index(lag)] < AS_BEFORE
        forbids = NEVER if part.marked else OTHER_SECTION_NATS
        nats[lag:, FIRST_REPEAT + number] += np.where(across & unlike, forbids, 0)
    for start in part.sections:
        if start > 0 and part.likeness[start].max() < AS_BEFORE:
            nats[start, GROOVE] += NEW_SECTION_NATS
            nats[start, FIRST_REPEAT:] = NEVER


def _keep_to_rests(part: PartBars, nats: Floats, fill_floor: Floats) -> None:
    """Where the part rests two bars or more, before it begins and after it has ended nothing is played, but for a
    fill before it enters."""
    for start, end in rests(part):
        nats[start:end] = NEVER
        nats[start:end, STOP] = 0
        fill_floor[start:end] = 0
        if end < len(part):
            nats[end - 1, FILL] = 0


def rests(part: PartBars) -> list[tuple[int, int]]:
    """Bars [start, end) in which the part rests long enough for the drums to rest: two, or one at either end."""
    silent = np.concatenate([[False], ~part.plays_on, [False]])
    edges = np.flatnonzero(silent[1:] != silent[:-1]).reshape(-1, 2)
    return [
        (int(start), int(end)) for start, end in edges if end - start > 1 or start == 0 or end == len(part)
    ]


def _contour(part: PartBars) -> tuple[Floats, Floats]:
    """How much louder and how much busier the part is about each bar than over all: (bars,) each, 0 for as usual."""
    bars = len(part)
    there = part.sounds & part.heard & (part.onsets > 0)
    louder, busier = np.zeros(bars), np.zeros(bars)
    if not there.any():
        return louder, busier
    loud = LOUDNESS_LIFT * part.loudness / (VELOCITY_LEVELS - 1)
    busy = BUSY_LIFT * np.log1p(part.onsets)
    numbers = np.searchsorted(np.array(part.sections, np.int64), np.arange(bars), side="right")
    for values, found in ((loud, louder), (busy, busier)):
        if part.heard.all():
            usual = values[there].mean()
            for number in np.unique(numbers):
                own = numbers == number
                if (own & there).any():
                    mean = values[own & there].mean()
                    found[own] = mean - usual + BAR_SHARE * np.where(there, values - mean, 0)[own]
        else:
            for bar in range(1, bars):
                past = np.flatnonzero(there[:bar])
                if len(past) > _CAUSAL:
                    found[bar] = values[past[-_CAUSAL:]].mean() - values[past].mean()
    return louder, busier
