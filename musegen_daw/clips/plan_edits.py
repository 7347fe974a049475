"""Edits of a take's plan: each returns the new plan and the bars that must be written again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from musegen_daw.drums.plan import REPEAT_LAGS, BarKind, BarPlan, Plan

SETTLED_BARS = 8
"""How far back a removed fill looks for a bar to repeat."""


@dataclass(frozen=True, slots=True)
class PlanEdit:
    """A plan, and the indices of the bars whose hits it changes."""

    plan: Plan
    bars: frozenset[int]


def sections_of(plan: Plan) -> tuple[range, ...]:
    """The bars of each section, in order; empty for an empty plan."""
    starts = [bar for bar in range(len(plan)) if bar == 0 or plan[bar].section != plan[bar - 1].section]
    return tuple(range(first, end) for first, end in pairwise([*starts, len(plan)]) if end > first)


def section_at(plan: Plan, bar: int) -> range:
    """The bars of the section of a bar; raises IndexError outside the plan."""
    return next(bars for bars in sections_of(plan) if bar in bars) if 0 <= bar < len(plan) else _outside(bar)


def section_name(plan: Plan, bar: int) -> str:
    """A letter for the section of a bar, A for the first, AA after Z."""
    number = next(index for index, bars in enumerate(sections_of(plan)) if bar in bars)
    name = ""
    while True:
        name = chr(ord("A") + number % 26) + name
        number = number // 26 - 1
        if number < 0:
            return name


def feel_of(plan: Plan, bars: Iterable[int] | None = None) -> tuple[float, float]:
    """The mean density and energy of the bars that play; .5 each where none does."""
    own = [plan[bar] for bar in (range(len(plan)) if bars is None else bars)]
    playing = [bar for bar in own if bar.kind is not BarKind.STOP]
    if not playing:
        return 0.5, 0.5
    return (
        sum(bar.density for bar in playing) / len(playing),
        sum(bar.energy for bar in playing) / len(playing),
    )


def with_feel(plan: Plan, bars: Collection[int], density: float, energy: float) -> PlanEdit:
    """Move the mean density and energy of `bars` to these values, 0 to 1; louder bars stay louder than the others."""
    mean_density, mean_energy = feel_of(plan, bars)

    def moved(own: BarPlan) -> BarPlan:
        return replace(
            own,
            density=_towards(own.density, mean_density, density),
            energy=_towards(own.energy, mean_energy, energy),
        )

    return _rewritten(plan, bars, moved)


def with_feel_of(plan: Plan, before: Plan, bars: Collection[int]) -> PlanEdit:
    """Give `bars` the density and energy that they have in the plan `before`; as they are where that has other bars."""
    if len(before) != len(plan):
        return PlanEdit(plan, frozenset())
    found = _rewritten(plan, bars, lambda own: own)
    feel = (
        replace(own, density=before[bar].density, energy=before[bar].energy) if bar in found.bars else own
        for bar, own in enumerate(found.plan)
    )
    return PlanEdit(Plan(tuple(feel)), found.bars)


def with_style(plan: Plan, bars: Collection[int], style: str) -> PlanEdit:
    """Play `bars` in a style, "" for that of the take."""
    return _rewritten(plan, bars, lambda own: replace(own, style=style))


def again(plan: Plan, bars: Collection[int]) -> PlanEdit:
    """Write `bars` again as they are planned."""
    return _rewritten(plan, bars, lambda own: own)


def with_kind(plan: Plan, bar: int, kind: BarKind) -> PlanEdit:
    """Make a bar a fill, a stop or a groove.

    A bar that becomes a groove repeats an earlier one of its section, so that it plays on as if nothing had been there.
    """
    own = plan[bar]
    if kind is BarKind.GROOVE:
        lag = _groove_before(plan, bar)
        changed = replace(own, kind=BarKind.REPEAT if lag else kind, repeats=lag)
        source = plan[bar - lag] if lag else own
        changed = replace(changed, density=source.density, energy=source.energy)
    else:
        changed = replace(own, kind=kind, repeats=0, crash=own.crash and kind is not BarKind.STOP)
    return PlanEdit(_detached(_with_bar(plan, bar, changed), {bar}), frozenset({bar}))


def with_crash(plan: Plan, bar: int, crash: bool) -> PlanEdit:
    """Add or remove the crash on the downbeat of a bar that plays."""
    own = plan[bar]
    if own.kind is BarKind.STOP:
        return PlanEdit(plan, frozenset())
    return PlanEdit(_with_bar(plan, bar, replace(own, crash=crash)), frozenset({bar}))


def with_section_start(plan: Plan, bar: int) -> PlanEdit:
    """Begin a section at a bar; what is played stays."""
    if not 0 < bar < len(plan) or plan[bar].section != plan[bar - 1].section:
        return PlanEdit(plan, frozenset())
    later = (replace(own, section=own.section + 1) for own in plan.bars[bar:])
    return PlanEdit(Plan((*plan.bars[:bar], *later)), frozenset())


def joined_before(plan: Plan, bar: int) -> PlanEdit:
    """Join the section of a bar with the one before it; what is played stays."""
    own = section_at(plan, bar)
    if own.start == 0:
        return PlanEdit(plan, frozenset())
    later = (replace(each, section=each.section - 1) for each in plan.bars[own.start :])
    return PlanEdit(Plan((*plan.bars[: own.start], *later)), frozenset())


def with_edge(plan: Plan, start: int, there: int) -> PlanEdit:
    """Move the start of a section from bar `start` to bar `there`.

    The bars between play what the section that they join plays, and the fill before the edge and the crash at it move
    along. The edge stops one bar before the next one; where no section starts nothing changes.
    """
    before, after = section_at(plan, start - 1), section_at(plan, start)
    if before == after:
        return PlanEdit(plan, frozenset())
    there = min(max(there, before.start + 1), after.stop - 1)
    if there == start:
        return PlanEdit(plan, frozenset())
    bars = list(plan.bars)
    fill, crash = bars[start - 1].kind is BarKind.FILL, bars[start].crash
    grown, taken = (before, range(start, there)) if there > start else (after, range(there, start))
    source = next((own for own in (bars[bar] for bar in grown) if own.is_written), bars[grown.start])
    for bar in taken:
        bars[bar] = replace(
            source, kind=BarKind.GROOVE, repeats=0, crash=False, section=bars[grown.start].section
        )
    changed = {*taken}
    for bar, kind in ((start - 1, BarKind.GROOVE), (there - 1, BarKind.FILL)):
        if fill:
            bars[bar] = replace(bars[bar], kind=kind, repeats=0)
            changed.add(bar)
    for bar, plays in ((start, False), (there, True)):
        if crash and bars[bar].kind is not BarKind.STOP:
            bars[bar] = replace(bars[bar], crash=plays)
            changed.add(bar)
    return PlanEdit(_detached(Plan(tuple(bars)), changed), frozenset(changed))


def _rewritten(plan: Plan, bars: Collection[int], change: Callable[[BarPlan], BarPlan]) -> PlanEdit:
    """`bars` changed, and repeating nothing but one another."""
    own = frozenset(bar for bar in bars if plan[bar].kind is not BarKind.STOP)
    found = list(plan.bars)
    for bar in sorted(own):
        found[bar] = change(found[bar])
        if found[bar].repeats and bar - found[bar].repeats not in own:
            lag = next((lag for lag in REPEAT_LAGS if bar - lag in own and _is_groove(found, bar - lag)), 0)
            found[bar] = replace(found[bar], kind=BarKind.REPEAT if lag else BarKind.GROOVE, repeats=lag)
    return PlanEdit(_detached(Plan(tuple(found)), own), own)


def _detached(plan: Plan, changed: Collection[int]) -> Plan:
    """A plan in which no other bar is said to repeat a bar that has changed."""
    return Plan(
        tuple(
            replace(own, kind=BarKind.GROOVE, repeats=0)
            if own.repeats and bar not in changed and bar - own.repeats in changed
            else own
            for bar, own in enumerate(plan)
        )
    )


def _groove_before(plan: Plan, bar: int) -> int:
    """How many bars before `bar` is the nearest groove of its section, or of any; 0 for none."""
    near = [lag for lag in range(1, min(bar, SETTLED_BARS) + 1) if _is_groove(plan.bars, bar - lag)]
    own = [lag for lag in near if plan[bar - lag].section == plan[bar].section]
    return next(iter(own or near), 0)


def _is_groove(bars: Sequence[BarPlan], bar: int) -> bool:
    own = bars[bar]
    if own.kind is BarKind.REPEAT:
        return own.repeats <= bar and _is_groove(bars, bar - own.repeats)
    return own.kind in (BarKind.GROOVE, BarKind.VARIATION)


def _with_bar(plan: Plan, bar: int, own: BarPlan) -> Plan:
    return Plan((*plan.bars[:bar], own, *plan.bars[bar + 1 :]))


def _towards(value: float, mean: float, target: float) -> float:
    """`value` moved as the mean moves to `target`: 0 stays 0 below it, 1 stays 1 above."""
    target = min(1.0, max(0.0, target))
    if target > mean:
        return 1 - (1 - value) * (1 - target) / (1 - mean)
    return value * target / mean if mean > 0 else value


def _outside(bar: int) -> range:
    raise IndexError(f"bar {bar} is outside the plan")
