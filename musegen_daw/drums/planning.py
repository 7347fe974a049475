"""Plans for drum tracks, written bar by bar by a small network from the part and the style."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.bar_features import PartBars, section_numbers
from musegen_daw.drums.plan import REPEAT_LAGS, BarKind, BarPlan, Cymbal, Plan
from musegen_daw.drums.plan_history import PlanHistory
from musegen_daw.drums.plan_inputs import style_input, tempo_input, windows
from musegen_daw.drums.plan_reading import (
    CYMBALS,
    FILL,
    FIRST_REPEAT,
    GROOVE,
    KINDS,
    LEVELS,
    STOP,
    VARIATION,
    PlanScale,
    from_bar_plans,
    level_of,
)
from musegen_daw.drums.plan_steering import NEVER, BarRules, Steering, bar_rules, warped
from musegen_daw.drums.style import Style
from musegen_daw.models.session import Graph, zeros

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ENERGY_REACH = 1.0  # of the softest and the loudest that there is
DENSITY_SPREAD = 0.3  # of what is drawn: the rest is what is to be expected
SPREAD_BARS = 8
AFTER_FILL_SHARE = (
    0.3  # of the crashes that the network would play after a fill, for sections bring their own
)
MOST_NATS = 1_000.0
"""In what the export says of the network: beyond, nothing is drawn any more."""
_STREAM = 0x706C616E  # the random stream of the plans, apart from those of notes and hands
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
_KIND_OF = (BarKind.GROOVE, BarKind.VARIATION, BarKind.FILL, BarKind.STOP)
_WRITTEN = np.arange(KINDS) < STOP


@dataclass(frozen=True, eq=False)
class _Draft:
    """Plans in the making, and what they say in numbers: density and energy 0..1 (rows, bars), as they will be."""

    history: PlanHistory
    density: npt.NDArray[np.float64]
    energy: npt.NDArray[np.float64]


class Planner:
    """Writes plans with the network in `graph`; `facts` are what its export says of it.

    Raises ValueError, TypeError or KeyError for facts that are none.
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
    ) -> list[Plan]:
        """One plan for each of `styles`; row k is the same however many rows there are.

        `part` covers all bars, those of a primer too. Bars in `given` are as they are: edited, kept, or read off a
        primer. `fills` are bars that must be fills.
        """
        steering, given = steering or Steering(), given or {}
        rows, bars = len(styles), len(part)
        draft = _Draft(PlanHistory.empty(rows, bars), np.zeros((rows, bars)), np.zeros((rows, bars)))
        if rows and bars:
            rules = bar_rules(part, steering, [bar for bar in fills if bar not in given])
            self._fill_in(draft, part, styles, seed, bpm, steering, rules, given)
        numbers = section_numbers(part.sections, bars).tolist()
        return [_plan_of(draft, row, numbers, given) for row in range(rows)]

    def _fill_in(
        self,
        draft: _Draft,
        part: PartBars,
        styles: Sequence[Style],
        seed: int,
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
        streams = [np.random.default_rng((seed % 2**63, row, _STREAM)) for row in range(rows)]
        draws = np.stack([_spread_draws(stream, bars) for stream in streams])
        hidden, cell = zeros(1, rows, self._width), zeros(1, rows, self._width)
        labels = {bar: from_bar_plans([plan])[0] for bar, plan in given.items() if 0 <= bar < bars}
        for bar in range(bars):
            read = draft.history.features(bar)
            *logits, hidden, cell = self._graph(
                window[bar : bar + 1], place[bar : bar + 1], style, read, hidden, cell
            )
            if bar in labels:
                self._settle_given(draft, bar, labels[bar])
            else:
                self._settle(draft, bar, logits, draws[:, bar], steering, rules)

    def _settle_given(self, draft: _Draft, bar: int, label: npt.NDArray[np.void]) -> None:
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

    def _settle(
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
        odds = _kept(odds, fill_like, draws[:, _FILL_DRAW] < _missing(own, floor))
        after_fill = history.origin[:, max(bar - 1, 0)] == FILL
        crash_nats = np.where(after_fill, self._after_fill_nats, self._crash_nats)
        loud = self._sharpness * crash_logits.astype(np.float64) + crash_nats[:, None]
        crash_chance = rules.crash_scale[bar] / (1 + np.exp(-loud))
        crash_chance *= np.where(after_fill, AFTER_FILL_SHARE, 1.0)[:, None]
        own = (odds * np.where(crash_like[:, :], np.where(_WRITTEN, crash_chance, 1), 0)).sum(axis=1)
        crash_floor = np.where(after_fill, rules.crash_after_fill[bar], rules.crash_floor[bar])
        wants_crash = draws[:, _CRASH_DRAW] < _missing(own, crash_floor)
        odds = _kept(odds, crash_like, wants_crash)
        kind = _drawn(odds, draws[:, _KIND_DRAW])
        crash = (wants_crash | (draws[:, _OWN_CRASH_DRAW] < crash_chance[row, kind])) & (kind != STOP)
        cymbal = _drawn(_odds(self._sharpness * cymbal_logits[row, kind]), draws[:, _CYMBAL_DRAW])
        densities = _odds(self._sharpness * density_logits[row, kind])
        density = _drawn(densities, draws[:, _DENSITY_DRAW])
        energy = _drawn(_odds(self._sharpness * energy_logits[row, kind]), draws[:, _ENERGY_DRAW])
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
    """Numbers within 0..1 (bars, draws), evenly spread over every eight bars.

    So one seed does not repeat, fill and crash far more than another.
    """
    blocks = -(-bars // SPREAD_BARS)
    order = stream.random((blocks, SPREAD_BARS, _DRAWS)).argsort(axis=1)
    within = stream.random((blocks, SPREAD_BARS, _DRAWS))
    return ((order + within) / SPREAD_BARS).reshape(-1, _DRAWS)[:bars]


def _nats(scale: float) -> float:
    return float(np.log(scale)) if scale > 0 else NEVER


def _missing(own: Floats, least: float) -> Floats:
    """How often to insist, so that what happens with the probability `own` does with at least `least`."""
    return np.clip((least - own) / np.maximum(1 - own, 1e-9), 0, 1)


def _kept(odds: Floats, wanted: Bools, insists: Bools) -> Floats:
    """The odds (rows, kinds) with only what is wanted left in rows that insist, where there is any of it."""
    narrowed = odds * wanted
    total = narrowed.sum(axis=1, keepdims=True)
    use = insists[:, None] & (total > 0)
    return np.where(use, narrowed / np.maximum(total, 1e-300), odds)


def _odds(logits: npt.NDArray[Any]) -> Floats:
    return np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))


def _drawn(odds: Floats, draw: Floats) -> Ints:
    """An index a row (rows,), at the share `draw` of the odds (rows, n)."""
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
    return BarPlan(_KIND_OF[kind], 0, crash, own, density, energy, section)
