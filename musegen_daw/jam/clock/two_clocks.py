"""TwoClocks: separates the ticks of two clocks that arrive at one port."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from musegen_daw.jam.clock.midi_clock import Line

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.intp]

MIN_GAP_SECONDS, MAX_GAP_SECONDS = 0.007, 0.150
"""Between two ticks: 357 to 17 BPM."""
LOOKED_AT_TICKS, LOOK_EVERY_TICKS = 72, 24
SURE = (
    30.0  # twice the logarithm of how much likelier two clocks are than one; of one it is hardly ever above 5
)
FLOOR_SECONDS = 0.0004  # below which no jitter is told apart
SMOOTH_SECONDS = 0.0006  # a clock this even is one
MIN_STEP_SECONDS, MAX_STEP_SECONDS, STEPS, STEP_LIKENESS = 0.0012, 0.03, 300, 0.9
STEP_SPREAD = 1.15  # of a step, by which times that are rounded to it lie apart at most
GUESSES, FITTINGS, MIN_COMB_TICKS, SHIFTS = 4, 10, 6, 3
COPY_TICKS = 0.32  # how far behind a tick of as fast a clock one may come that is taken for its copy
SAME_TEMPO = 0.01
REFERENCES = 12
HINT_SECONDS = 8.0
PULL, BEND = 0.1, 0.003  # how much of an error moves the next tick of a clock and its period
ODD_TICKS, ODD_SHARE, ODD_SECONDS = 8.0, 0.3, 0.006
FORGIVEN = 0.25
MISSED_TICKS = 12.0


@dataclass(frozen=True, slots=True)
class SeparatedTicks:
    """The last ticks of the clock to follow, oldest first, and the number of the newest."""

    times: Floats
    number: int


@dataclass(slots=True)
class _SteadyClock:
    """A steady clock: its next tick, how many it has missed lately, and the number of its last tick."""

    next_seconds: float
    period_seconds: float
    missed: float = 0.0
    number: int = 0

    def skip_to(self, seconds: float) -> None:
        while seconds > self.next_seconds + self.period_seconds / 2:
            self.next_seconds += self.period_seconds
            self.missed += 1
            self.number += 1

    def take(self, seconds: float) -> None:
        error = seconds - self.next_seconds
        self.next_seconds += self.period_seconds + PULL * error
        self.period_seconds += BEND * error
        self.number += 1
        # Two clocks that share the ticks of one, because the other has ended, soon miss too many.
        self.missed = max(0.0, self.missed - FORGIVEN)


class TwoClocks:
    """Watches the ticks of a port: keeps all of them while they are one clock's, and one clock's if they are two's.

    It assumes two clocks only where two even clocks explain the last ticks far better than one that jitters, changes
    tempo, is rounded to the periods of a driver, or arrives twice. It keeps the clock that was there first, else the
    one that sent START. For one thread at a time.
    """

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=LOOKED_AT_TICKS)
        self._unlooked = 0
        self._kept: _SteadyClock | None = None
        self._other: _SteadyClock | None = None
        self._odd = 0.0
        self._references: deque[tuple[float, int, float]] = deque(maxlen=REFERENCES)
        self._hint: tuple[float, int] | None = None
        self._is_hinted = False

    def started(self) -> None:
        """START or CONTINUE has come: the next tick belongs to its sender."""
        self._is_hinted = True

    def keeps(self, seconds: float, number: int, line: Line | None) -> bool | SeparatedTicks:
        """Whether a tick belongs to the clock that is followed; once two are found, the ticks to follow.

        `number` is the tick's if all belonged to one clock, `line` the fit of those before.
        """
        if self._is_hinted:
            self._hint = seconds, number
            self._references.clear()
        if self._kept is not None and self._other is not None:
            return self._assigned(seconds, self._kept, self._other)
        self._is_hinted = False
        self._times.append(seconds)
        self._unlooked += 1
        if len(self._times) < LOOKED_AT_TICKS or self._unlooked < LOOK_EVERY_TICKS:
            return True
        self._unlooked = 0
        times = np.array(self._times)
        found = two_clocks(times)
        if found is None:
            if line is not None:
                self._references.append((line.seconds, line.number, line.period_seconds))
            return True
        return self._begin(times, found, number)

    def _begin(self, times: Floats, found: Flags, number: int) -> SeparatedTicks:
        parts = (times[found], times[~found])
        combs = [np.polyfit(np.arange(len(part)), part, 1) for part in parts]
        at_seconds, at_number, chosen, period_seconds = self._choice(times, combs, number)
        made = [
            _SteadyClock(float(begin + period * len(part)), float(period))
            for (period, begin), part in zip(combs, parts, strict=True)
        ]
        self._kept, self._other = made[chosen], made[1 - chosen]
        self._odd = 0.0
        self._times.clear()
        self._references.clear()
        kept = parts[chosen]
        newest = at_number + round((float(kept[-1]) - at_seconds) / period_seconds)
        self._kept.number = newest
        return SeparatedTicks(kept, newest)

    def _choice(self, times: Floats, combs: list[Floats], number: int) -> tuple[float, int, int, float]:
        """A time and number of a known tick of the clock to follow, the index of that clock, and its period."""
        if self._references:
            seconds, of_tick, period = self._references[0]
            fits = [abs(float(comb[0]) - period) <= SAME_TEMPO * period for comb in combs]
            if any(fits):
                chosen = _nearest(seconds, combs) if all(fits) else fits.index(True)
                return seconds, of_tick, chosen, period
        seconds, of_tick = float(times[0]), number - LOOKED_AT_TICKS + 1
        if self._hint is not None and times[-1] - self._hint[0] < HINT_SECONDS:
            seconds, of_tick = self._hint
        chosen = _nearest(seconds, combs)
        return seconds, of_tick, chosen, float(combs[chosen][0])

    def _assigned(self, seconds: float, kept: _SteadyClock, other: _SteadyClock) -> bool | SeparatedTicks:
        for comb in (kept, other):
            comb.skip_to(seconds)
        comb = min(kept, other, key=lambda each: abs(seconds - each.next_seconds))
        error_seconds = abs(seconds - comb.next_seconds)
        is_odd = error_seconds > max(ODD_SECONDS, ODD_SHARE * comb.period_seconds)
        self._odd = self._odd + 1 if is_odd else max(0.0, self._odd - FORGIVEN)
        comb.take(seconds)
        if self._is_hinted:
            self._is_hinted = False
            self._kept, self._other = comb, other if comb is kept else kept
        if self._odd >= ODD_TICKS or max(kept.missed, other.missed) >= MISSED_TICKS:
            self._kept = self._other = None
            self._unlooked = 0
            # Keep the count of the clock that goes on.
            return (
                SeparatedTicks(np.array([seconds]), kept.number)
                if comb is kept
                else kept.missed >= MISSED_TICKS
            )
        return comb is self._kept


def _nearest(seconds: float, combs: list[Floats]) -> int:
    """The index of the clock with a tick nearer to a time."""
    off = []
    for period, begin in combs:
        ticks = (seconds - begin) / period
        off.append(abs(ticks - round(ticks)) * period)
    return int(off[1] < off[0])


def two_clocks(times: Floats) -> Flags | None:
    """Which ticks belong to the first of two clocks; None where they may all belong to one.

    A clock is a peak in the spectrum of the ticks, and two that come together have the rates of both: pairs of peaks
    that add up to the rate of all are tried, each fitted as two even combs in whose order the ticks come.
    """
    times = times - times[0]
    count, length = len(times), float(times[-1])
    if length <= 0:
        return None
    one = _of_one(times)
    if one <= count * SMOOTH_SECONDS**2 or _is_rounded(times):
        return None
    best: tuple[float, Flags, Floats, Floats] | None = None
    for guess in _guesses(times):
        fit = _fitted(times, guess)
        if fit is not None and (best is None or fit[0] < best[0]):
            best = fit
    floor = count * FLOOR_SECONDS**2
    if best is None or count * np.log((one + floor) / (best[0] + floor)) < SURE:
        return None
    _, flags, first, second = best
    if abs(first[0] - second[0]) < SAME_TEMPO * first[0]:
        behind = (second[1] - first[1]) / first[0] % 1
        if min(behind, 1 - behind) < COPY_TICKS:
            return None
    return flags


def _of_one(times: Floats) -> float:
    """The sum of squared residuals of the best single clock: one whose tempo bends, or that jumps once."""
    count = len(times)
    numbers = np.arange(count) / count
    bent = times - np.polyval(np.polyfit(numbers, times, 3), numbers)
    straight = times - np.polyval(np.polyfit(numbers, times, 1), numbers)
    sums = [
        np.concatenate(([0.0], np.cumsum(each)))
        for each in (numbers, straight, numbers**2, numbers * straight, straight**2)
    ]

    def left(first: Whole, end: Whole) -> Floats:
        x, y, xx, xy, yy = (each[end] - each[first] for each in sums)
        size = end - first
        return np.maximum(0.0, yy - y * y / size - (xy - x * y / size) ** 2 / (xx - x * x / size))

    jumps = np.arange(4, count - 3)
    jumped = left(np.zeros_like(jumps), jumps) + left(jumps, np.full_like(jumps, count))
    return min(float(bent @ bent), float(jumped.min()))


def _is_rounded(times: Floats) -> bool:
    """Whether an even clock with times rounded to a step, such as a driver's period, explains the ticks."""
    numbers = np.arange(len(times))
    off = times - np.polyval(np.polyfit(numbers, times, 1), numbers)
    least = max(MIN_STEP_SECONDS, (float(np.ptp(off)) - MIN_STEP_SECONDS) / STEP_SPREAD)
    if least >= MAX_STEP_SECONDS:
        return False
    steps = np.geomspace(least, MAX_STEP_SECONDS, STEPS)
    likeness = np.cos(2 * np.pi * np.outer(1 / steps, np.diff(times))).mean(axis=1)
    return bool((likeness > STEP_LIKENESS).any())


def _guesses(times: Floats) -> list[tuple[float, float, float, float]]:
    """Rates (ticks a second) and phases (turns) of pairs of clocks that may explain the ticks."""
    count, length = len(times), float(times[-1])
    rate = (count - 1) / length
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(count) + 0.5) / count)
    window /= window.sum()
    rates = np.arange(max(1 / MAX_GAP_SECONDS, 0.12 * rate), rate / 2 + 0.5 / length, 0.5 / length)
    guesses: list[tuple[float, float, float, float]] = []
    if len(rates):
        slow = np.exp(-2j * np.pi * np.outer(rates, times)) @ window
        others = rate - rates + np.array((-1, 0, 1))[:, None] / length
        fast = np.exp(-2j * np.pi * others[..., None] * times) @ window
        which = np.abs(fast).argmax(axis=0)
        columns = np.arange(len(rates))
        score = np.abs(slow) + np.abs(fast[which, columns])
        taken: list[int] = []
        for index in np.argsort(-score).tolist():
            if all(abs(index - each) > 2 for each in taken):
                taken.append(index)
                other = which[index], index
                turns = -np.angle(slow[index]) / (2 * np.pi), -np.angle(fast[other]) / (2 * np.pi)
                guesses.append((float(rates[index]), float(turns[0]), float(others[other]), float(turns[1])))
            if len(taken) == GUESSES:
                break
    halves = [np.polyfit(np.arange(len(half)), half, 1) for half in (times[::2], times[1::2])]
    if all(half[0] > 0 for half in halves):
        (one, begin), (other, other_begin) = ((float(half[0]), float(half[1])) for half in halves)
        guesses.append((1 / one, begin / one, 1 / other, other_begin / other))
    return guesses


def _fitted(
    times: Floats, guess: tuple[float, float, float, float]
) -> tuple[float, Flags, Floats, Floats] | None:
    """The residual, which ticks belong to the first clock, and both clocks as (period, begin); None without a fit."""
    rates, phases = [guess[0], guess[2]], [guess[1], guess[3]]
    before: Flags | None = None
    flags: Flags = np.zeros(len(times), bool)
    lines: list[Floats] = []
    left = 0.0
    for _ in range(FITTINGS):
        numbers = [
            np.arange(np.floor(times[0] * rate - phase) - 2, np.ceil(times[-1] * rate - phase) + 3)
            for rate, phase in zip(rates, phases, strict=True)
        ]
        due = np.concatenate([(each + phases[i]) / rates[i] for i, each in enumerate(numbers)])
        order = np.argsort(due)
        due, number = due[order], np.concatenate(numbers)[order]
        of_first = order < len(numbers[0])
        # The ticks of both together come in the order in which they are due.
        near = int(np.searchsorted(due, times[0]))
        shifts = range(max(0, near - SHIFTS), min(len(due) - len(times), near + SHIFTS) + 1)
        if not len(shifts):
            return None
        shift = min(shifts, key=lambda each: float(((times - due[each : each + len(times)]) ** 2).sum()))
        flags, number = of_first[shift : shift + len(times)], number[shift : shift + len(times)]
        parts = flags, ~flags
        if min(int(part.sum()) for part in parts) < MIN_COMB_TICKS:
            return None
        lines = [np.polyfit(number[part], times[part], 1) for part in parts]
        if any(not MIN_GAP_SECONDS <= line[0] <= MAX_GAP_SECONDS for line in lines):
            return None
        off = [times[part] - np.polyval(line, number[part]) for part, line in zip(parts, lines, strict=True)]
        left = sum(float(each @ each) for each in off)
        rates = [1 / float(line[0]) for line in lines]
        phases = [float(line[1]) / float(line[0]) for line in lines]
        if before is not None and (before == flags).all():
            break
        before = flags
    return left, flags, lines[0], lines[1]
