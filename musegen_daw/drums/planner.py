"""Writes plans bar by bar with a small network, from the part, the style and the musician's controls."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import VELOCITY_LEVELS
from musegen_daw.drums.part import LAGS, PartBars, section_numbers
from musegen_daw.drums.plan import REPEAT_LAGS, BarKind, BarPlan, Cymbal, Plan
from musegen_daw.drums.plan_reading import (
    CYMBALS,
    FILL,
    FIRST_REPEAT,
    GROOVE,
    KINDS,
    LEVELS,
    NEW_KINDS,
    STOP,
    VARIATION,
    PlanScale,
    from_bar_plans,
    level_of,
)
from musegen_daw.drums.planner_inputs import PlanHistory, style_input, tempo_input, windows
from musegen_daw.drums.style import Style
from musegen_daw.models.session import Graph, zeros

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PHRASE_BARS = 4
NEVER = -1e9
AS_BEFORE = 0.8  # likeness of the part from which a section can repeat bars of another section
SECTION_FILL, SECTION_CRASH, CRASH_AFTER_FILL = 0.92, 0.6, 0.8
FILL_SHARE = 0.5  # of the fills that the network plays by itself; sections add theirs
CLEAR_BOUNDARY = 0.1, 0.3  # boundary strengths: hardly a section, surely a section
OTHER_SECTION_NATS = -2.5
NEW_SECTION_NATS = 1.0
COMPLEXITY_NATS = 3.0
SAMENESS = 1.4, 0.8, 0.5, 0.5  # how uniform it sounds to repeat the bar 1, 2, 4 and 8 before
LOUDNESS_LIFT, BUSY_LIFT, MOST_LIFT, DENSITY_SHARE = 2.0, 0.35, 0.35, 1.3
STOP_NATS = -1.0
BAR_SHARE = 0.7  # of the difference of a bar of the part from its section
SHORT_BARS, SHORT_STOP_NATS = 24, -3.0  # in a short clip the drums do not wait
_CAUSAL = 4
ENERGY_REACH = 1.0  # up to the softest and the loudest
DENSITY_SPREAD = 0.3  # share of the drawn level in the density; the rest is the expected level
SPREAD_BARS = 8
AFTER_FILL_SHARE = 0.3  # of the crashes after fills that the network plays by itself; sections add theirs
MOST_NATS = 1_000.0
"""The largest number allowed in the facts of the export."""
_STREAM = 0x706C616E  # separates the random numbers of plans from those of notes and velocities
(
    _FILL_DRAW,
    _CRASH_DRAW,
    _KIND_DRAW,
    _OWN_CRASH_DRAW,
    _CYMBAL_DRAW,
    _DENSITY_DRAW,
    _ENERGY_DRAW,
    _PLACE_DRAW,
) = range(8)
_DRAWS = 8
_WRITTEN = np.arange(KINDS) < STOP


@dataclass(frozen=True, slots=True)
class Steering:
    """The musician's controls from 0 to 1, None leaves them to the model.

    `fills` and `crashes`: how many of the possible ones are played, 0 none, .5 as people play, 1 one in every phrase of
    four bars. `density` and `energy`: how much and how hard, .5 as people play. `complexity`: how far bars differ from
    those before. Raises ValueError for a value outside 0..1.
    """

    fills: float | None = None
    crashes: float | None = None
    density: float | None = None
    energy: float | None = None
    complexity: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"{field.name} must be within 0..1, got {value}")


@dataclass(frozen=True, eq=False)
class BarRules:
    """How controls, rests and sections change the probabilities of the network, the same for every row.

    `nats` (bars, 8): added to the log-likelihood of each kind, NEVER for impossible ones. `fill_floor`, `crash_floor`
    and `crash_after_fill` (bars,): the least probability of a fill, of a crash, and of a crash after a fill;
    `fill_scale`, `crash_scale` (bars,): factors of the network's own probabilities. `energy` and `density` (bars,):
    added to the network's.
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
    """The rules of every bar of a part; the bars in `fills` must be fills."""
    bars = len(part)
    nats = np.zeros((bars, KINDS))
    nats[:, STOP] += STOP_NATS
    if steering.complexity is not None:
        more = COMPLEXITY_NATS * (steering.complexity - 0.5)
        nats[:, FIRST_REPEAT:] -= more * np.array(SAMENESS)
        nats[:, VARIATION] += more / 3
    if bars < SHORT_BARS:
        nats[:, STOP] += SHORT_STOP_NATS
    _forbid_other_meters(part, nats)
    _respect_sections(part, nats)
    is_start, is_end = _phrases(part)
    fill_floor, crash_floor = np.zeros(bars), np.zeros(bars)
    for start in part.sections:
        clear = float(np.interp(part.boundary[start], CLEAR_BOUNDARY, (0, 1)))
        strength = 1.0 if part.marked else clear
        if start > 0 and part.sounds[start - 1]:
            fill_floor[start - 1] = SECTION_FILL * strength
        crash_floor[start] = SECTION_CRASH * strength
    fill_floor, fill_scale = _with_amount(steering.fills, is_end, fill_floor)
    fill_scale = fill_scale * FILL_SHARE
    after_fill = crash_floor * (CRASH_AFTER_FILL / SECTION_CRASH)
    after_fill, _ = _with_amount(steering.crashes, is_start, after_fill)
    crash_floor, crash_scale = _with_amount(steering.crashes, is_start, crash_floor)
    _respect_rests(part, nats, fill_floor)
    for bar in fills:
        nats[bar] = NEVER
        nats[bar, FILL] = 0
        fill_scale[bar] = 1
    lift, busy = _contour(part)
    energy = np.clip(lift + busy, -MOST_LIFT, MOST_LIFT)
    density = np.clip(DENSITY_SHARE * busy, -MOST_LIFT, MOST_LIFT)
    return BarRules(nats, fill_floor, fill_scale, crash_floor, after_fill, crash_scale, energy, density)


def warped(value: Floats, amount: float | None, reach: float = 0.85) -> Floats:
    """Values 0..1 moved towards 0 or 1 as `amount` is below or above .5, by the share `reach` at most."""
    if amount is None:
        return value
    pull = reach * (2 * amount - 1)
    return value + (1 - value) * pull if pull > 0 else value * (1 + pull)


def _with_amount(
    amount: float | None, is_place: npt.NDArray[np.bool_], floor: Floats
) -> tuple[Floats, Floats]:
    if amount is None:
        return floor, np.ones(len(floor))
    if amount <= 0.5:
        return floor * 2 * amount, np.full(len(floor), 2 * amount)
    more = 2 * amount - 1
    return np.where(is_place, np.maximum(floor, more), floor * (1 - more)), np.where(is_place, 1.0, 1 - more)


def _phrases(part: PartBars) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The first and the last bars of phrases of four bars: (bars,) each."""
    bars = len(part)
    marks = np.array(sorted({*part.sections, int(part.sounds.argmax())}), np.int64)
    index = np.arange(bars)
    since = index - marks[np.maximum(np.searchsorted(marks, index, side="right") - 1, 0)]
    is_start = since % PHRASE_BARS == 0
    is_end = np.append(is_start[1:], since[-1:] % PHRASE_BARS == PHRASE_BARS - 1)
    return is_start & part.plays_on, is_end & part.plays_on


def _forbid_other_meters(part: PartBars, nats: Floats) -> None:
    for number, lag in enumerate(REPEAT_LAGS):
        same = np.zeros(len(part), bool)
        same[lag:] = part.frames[lag:] == part.frames[:-lag] if lag < len(part) else False
        nats[~same, FIRST_REPEAT + number] = NEVER


def _respect_sections(part: PartBars, nats: Floats) -> None:
    """A section repeats bars of another section only where the part does."""
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


def _respect_rests(part: PartBars, nats: Floats, fill_floor: Floats) -> None:
    """The drums rest where the part does (see `rests`), except for a fill before it enters."""
    for start, end in rests(part):
        nats[start:end] = NEVER
        nats[start:end, STOP] = 0
        fill_floor[start:end] = 0
        if end < len(part):
            nats[end - 1, FILL] = 0


def rests(part: PartBars) -> list[tuple[int, int]]:
    """Ranges [start, end) of bars in which the part rests: two bars or more, or one at either end."""
    silent = np.concatenate([[False], ~part.plays_on, [False]])
    edges = np.flatnonzero(silent[1:] != silent[:-1]).reshape(-1, 2)
    return [
        (int(start), int(end)) for start, end in edges if end - start > 1 or start == 0 or end == len(part)
    ]


def _contour(part: PartBars) -> tuple[Floats, Floats]:
    """How much louder and busier the part is around each bar than on average: (bars,) each."""
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


@dataclass(frozen=True, eq=False)
class _Draft:
    """Plans so far, with density and energy 0..1 (rows, bars)."""

    history: PlanHistory
    density: npt.NDArray[np.float64]
    energy: npt.NDArray[np.float64]


class Planner:
    """Writes plans with the network in `graph`; `facts` come from its export.

    Raises ValueError, TypeError or KeyError for facts that make no sense.
    """

    def __init__(self, graph: Graph, facts: Mapping[str, Any]) -> None:
        self._graph = graph
        self._width = int(facts["width"])
        self._bias = np.array(facts["kind_nats"], np.float64)
        self._kind_sharpness, self._sharpness = (float(value) for value in facts["sharpness"])
        self._crash_nats, self._after_fill_nats = (float(value) for value in facts["crash_nats"])
        numbers = (*self._bias.ravel(), self._kind_sharpness, self._sharpness)
        if not all(
            abs(number) <= MOST_NATS for number in (*numbers, self._crash_nats, self._after_fill_nats)
        ):
            raise ValueError(f"a number beyond {MOST_NATS:g}")
        if self._bias.shape != (KINDS,):
            raise ValueError(f"{KINDS} kinds of bars, but {len(self._bias)} numbers for them")
        self.scale = PlanScale.from_dict(facts["scale"])

    def write(
        self,
        part: PartBars,
        styles: Sequence[Style],
        *,
        seed: int = 0,
        bpm: float | None = None,
        steering: Steering | None = None,
        given: Mapping[int, BarPlan] | None = None,
        fills: Collection[int] = (),
        first_row: int = 0,
    ) -> list[Plan]:
        """One plan for each of `styles`, numbered from `first_row`; plan k is the same however many there are.

        `part` covers all bars, including those of a primer. Bars in `given` stay as they are; the bars in `fills` must
        be fills.
        """
        steering, given = steering or Steering(), given or {}
        rows, bars = len(styles), len(part)
        draft = _Draft(PlanHistory.empty(rows, bars), np.zeros((rows, bars)), np.zeros((rows, bars)))
        if rows and bars:
            rules = bar_rules(part, steering, [bar for bar in fills if bar not in given])
            streams = [np.random.default_rng((seed % 2**63, first_row + row, _STREAM)) for row in range(rows)]
            self._write_bars(draft, part, styles, streams, bpm, steering, rules, given)
        numbers = section_numbers(part.sections, bars).tolist()
        return [_plan_of(draft, row, numbers, given) for row in range(rows)]

    def _write_bars(
        self,
        draft: _Draft,
        part: PartBars,
        styles: Sequence[Style],
        streams: Sequence[np.random.Generator],
        bpm: float | None,
        steering: Steering,
        rules: BarRules,
        given: Mapping[int, BarPlan],
    ) -> None:
        rows, bars = draft.density.shape
        window = windows(part.content, part.heard)
        tempo = np.broadcast_to(tempo_input(bpm), (bars, len(tempo_input(bpm))))
        place = np.concatenate([part.place, part.ahead, tempo], axis=1, dtype=np.float32)
        style = np.stack([style_input(each.pattern, each.triplets) for each in styles])
        draws = np.stack([_spread_draws(stream, bars) for stream in streams])
        hidden, cell = zeros(1, rows, self._width), zeros(1, rows, self._width)
        labels = {bar: from_bar_plans([plan])[0] for bar, plan in given.items() if 0 <= bar < bars}
        for bar in range(bars):
            read = draft.history.features(bar)
            *logits, hidden, cell = self._graph(
                window[bar : bar + 1], place[bar : bar + 1], style, read, hidden, cell
            )
            if bar in labels:
                self._set_given(draft, bar, labels[bar])
            else:
                self._sample_bar(draft, bar, logits, draws[:, bar], steering, rules)

    def _set_given(self, draft: _Draft, bar: int, label: npt.NDArray[np.void]) -> None:
        rows = len(draft.density)
        kind, density, energy = int(label["kind"]), float(label["density"]), float(label["energy"])
        _, usable = draft.history.source(bar)
        kinds = np.full(rows, kind)
        if kind >= FIRST_REPEAT:
            kinds = np.where(usable[:, kind - FIRST_REPEAT], kind, GROOVE)
        draft.history.settle(
            bar,
            kinds,
            np.full(rows, int(label["crash"])),
            np.full(rows, int(label["cymbal"])),
            np.full(rows, int(level_of(density))),
            np.full(rows, int(level_of(energy))),
        )
        draft.density[:, bar], draft.energy[:, bar] = density, energy

    def _sample_bar(
        self,
        draft: _Draft,
        bar: int,
        logits: Sequence[npt.NDArray[Any]],
        draws: Floats,
        steering: Steering,
        rules: BarRules,
    ) -> None:
        history = draft.history
        rows, row = len(draws), np.arange(len(draws))
        there, usable = history.source(bar)
        kind_logits, crash_logits, cymbal_logits, density_logits, energy_logits = logits
        chance = self._kind_sharpness * kind_logits.astype(np.float64) + self._bias + rules.nats[bar]
        chance[:, FIRST_REPEAT:][~usable] = NEVER
        first = max(0, bar - 4)
        chance[~(history.origin[:, first:bar] != STOP).any(axis=1), VARIATION] = NEVER
        fill_like, crash_like = np.zeros((2, rows, KINDS), bool)
        fill_like[:, FILL] = True
        fill_like[:, FIRST_REPEAT:] = usable & (history.origin[:, there] == FILL)
        crash_like[:, FIRST_REPEAT:] = usable & history.crash[:, there]
        crash_like[:, :STOP] = _WRITTEN[:STOP]
        repeats_crash = crash_like.copy()
        repeats_crash[:, :STOP] = False
        chance += fill_like * _nats(rules.fill_scale[bar]) + repeats_crash * _nats(rules.crash_scale[bar])
        odds = np.exp(chance - chance.max(axis=1, keepdims=True))
        odds[chance < NEVER / 2] = 0
        odds /= odds.sum(axis=1, keepdims=True)
        own = (odds * fill_like).sum(axis=1)
        floor = rules.fill_floor[bar]
        odds = _narrowed(odds, fill_like, draws[:, _FILL_DRAW] < _forcing(own, floor))
        after_fill = history.origin[:, max(bar - 1, 0)] == FILL
        crash_nats = np.where(after_fill, self._after_fill_nats, self._crash_nats)
        loud = self._sharpness * crash_logits.astype(np.float64) + crash_nats[:, None]
        crash_chance = rules.crash_scale[bar] / (1 + np.exp(-loud))
        crash_chance *= np.where(after_fill, AFTER_FILL_SHARE, 1.0)[:, None]
        own = (odds * np.where(crash_like[:, :], np.where(_WRITTEN, crash_chance, 1), 0)).sum(axis=1)
        crash_floor = np.where(after_fill, rules.crash_after_fill[bar], rules.crash_floor[bar])
        wants_crash = draws[:, _CRASH_DRAW] < _forcing(own, crash_floor)
        odds = _narrowed(odds, crash_like, wants_crash)
        kind = _sampled(odds, draws[:, _KIND_DRAW])
        crash = (wants_crash | (draws[:, _OWN_CRASH_DRAW] < crash_chance[row, kind])) & (kind != STOP)
        cymbal = _sampled(_odds(self._sharpness * cymbal_logits[row, kind]), draws[:, _CYMBAL_DRAW])
        densities = _odds(self._sharpness * density_logits[row, kind])
        density = _sampled(densities, draws[:, _DENSITY_DRAW])
        energy = _sampled(_odds(self._sharpness * energy_logits[row, kind]), draws[:, _ENERGY_DRAW])
        history.settle(bar, kind, crash.astype(np.int64), cymbal, density, energy)
        within = draws[:, _PLACE_DRAW]
        is_repeat = kind >= FIRST_REPEAT
        source = np.where(is_repeat, there[np.maximum(kind - FIRST_REPEAT, 0)], bar)
        played = kind != STOP
        usual = densities @ np.arange(LEVELS) / densities.sum(axis=1) + 0.5
        own = usual + DENSITY_SPREAD * (density + within - usual)
        new_density = warped(np.clip(own / LEVELS + rules.density[bar], 0, 1), steering.density)
        draft.density[:, bar] = np.where(is_repeat, draft.density[row, source], new_density * played)
        volume = np.clip((energy + 0.5) / LEVELS + rules.energy[bar], 0, 1)
        draft.energy[:, bar] = warped(volume, steering.energy, ENERGY_REACH) * played


def _spread_draws(stream: np.random.Generator, bars: int) -> Floats:
    """Random numbers within 0..1 (bars, draws), stratified over every eight bars.

    So no seed gives far more repeats, fills or crashes than another.
    """
    blocks = -(-bars // SPREAD_BARS)
    order = stream.random((blocks, SPREAD_BARS, _DRAWS)).argsort(axis=1)
    within = stream.random((blocks, SPREAD_BARS, _DRAWS))
    return ((order + within) / SPREAD_BARS).reshape(-1, _DRAWS)[:bars]


def _nats(scale: float) -> float:
    return float(np.log(scale)) if scale > 0 else NEVER


def _forcing(own: Floats, least: float) -> Floats:
    """The probability with which to force an event of probability `own`, so that it happens with at least `least`."""
    return np.clip((least - own) / np.maximum(1 - own, 1e-9), 0, 1)


def _narrowed(odds: Floats, wanted: Bools, insists: Bools) -> Floats:
    """The odds (rows, kinds) narrowed to the wanted kinds in rows that insist and have any."""
    narrowed = odds * wanted
    total = narrowed.sum(axis=1, keepdims=True)
    use = insists[:, None] & (total > 0)
    return np.where(use, narrowed / np.maximum(total, 1e-300), odds)


def _odds(logits: npt.NDArray[Any]) -> Floats:
    return np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))


def _sampled(odds: Floats, draw: Floats) -> Ints:
    """One index a row (rows,), at the share `draw` of the cumulated odds (rows, n)."""
    reached = odds.cumsum(axis=1)
    return np.minimum((reached <= draw[:, None] * reached[:, -1:]).sum(axis=1), odds.shape[1] - 1)


def _plan_of(draft: _Draft, row: int, sections: Sequence[int], given: Mapping[int, BarPlan]) -> Plan:
    history = draft.history
    columns = (history.kind, history.crash, history.cymbal, draft.density, draft.energy)
    values = zip(*(column[row].tolist() for column in columns), sections, strict=True)
    return Plan(tuple(given[bar] if bar in given else _bar_of(*each) for bar, each in enumerate(values)))


def _bar_of(kind: int, crash: bool, cymbal: int, density: float, energy: float, section: int) -> BarPlan:
    if kind >= FIRST_REPEAT:
        lag = REPEAT_LAGS[kind - FIRST_REPEAT]
        return BarPlan(BarKind.REPEAT, lag, crash, CYMBALS[cymbal], density, energy, section)
    own = Cymbal.NONE if kind == STOP else CYMBALS[cymbal]
    return BarPlan(NEW_KINDS[kind], 0, crash, own, density, energy, section)
