"""The straight line through the last ticks of a clock: where the next tick is, however much the ticks jitter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MAX_TICKS = 768  # thirty-two beats
STRAIGHT_TICKS = (2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, MAX_TICKS)
CURVED_TICKS = (24, 32, 48, 64, 96, 128, 192)
AGREEMENT = 4.5  # standard deviations
JITTER_TICKS, STEP_TICKS = 128, 256
MIN_JITTER_SECONDS = 0.001
STEP_TIMES, MIN_STEPS = 4.0, 4
FIRST_JITTER_SECONDS = 0.0025
MIN_PERIOD_SECONDS, MAX_PERIOD_SECONDS = 0.007, 0.150  # 357 to 17 BPM
KNOWING_TICKS, KNOWN_TEMPO_TICKS = 24, 32


@dataclass(frozen=True, slots=True)
class Line:
    """Tick `number` comes at `seconds`, the next ones `period_seconds` apart; `deviation_seconds` is the standard
    deviation of `seconds`."""

    number: int
    seconds: float
    period_seconds: float
    deviation_seconds: float

    def seconds_at(self, number: float) -> float:
        """When tick `number` comes or came."""
        return self.seconds + (number - self.number) * self.period_seconds

    def number_at(self, seconds: float) -> float:
        """The tick, and the part of the way to the next one, at `seconds`."""
        return self.number + (seconds - self.seconds) / self.period_seconds


class ClockLine:
    """Local regression over a memory that is as long as the ticks allow.

    Straight lines are fitted to the last 2, 3, 4, ... ticks and parabolas to the last 24, 32, ...; of all fits
    that agree with every noisier fit that was itself believed, the one with the least variance at the newest
    tick is taken (the intersection of confidence intervals, Goldenshluger and Nemirovski 1997, Katkovnik
    1999). So a steady tempo is averaged over thirty-two beats, a ramp is followed by a parabola, and a jump is
    forgotten after a few ticks. The jitter is measured in second differences, which tempo does not touch.
    """

    def __init__(self) -> None:
        self._fits = _fits()
        self._times: Floats = np.empty(0)
        self._jitter_seconds = FIRST_JITTER_SECONDS
        self._known_period: float | None = None
        self.number = -1
        self.line: Line | None = None

    @property
    def ticks(self) -> int:
        """How many ticks are remembered."""
        return len(self._times)

    @property
    def times(self) -> Floats:
        """When the remembered ticks came, oldest first."""
        return self._times

    def restart(self, number: int, times: Floats) -> None:
        """Forget all ticks but take `times` for the last ones up to `number`; the tempo is kept as a guess."""
        if self.line is not None and len(self._times) >= KNOWING_TICKS:
            self._known_period = self.line.period_seconds
        self.number = number
        self._times = np.array(times, float)[-MAX_TICKS:]
        self.line = self._fit() if len(self._times) else None

    def add(self, seconds: float, skipped: int = 0) -> None:
        """Take the next tick; `skipped` ticks before it were not heard in time and are taken as predicted."""
        line = self.line
        predicted = (
            np.array([line.seconds_at(self.number + 1 + index) for index in range(skipped)])
            if line is not None
            else np.empty(0)
        )
        self.number += 1 + len(predicted)
        self._times = np.concatenate((self._times, predicted, (seconds,)))[-MAX_TICKS:]
        self.line = self._fit()

    def _fit(self) -> Line | None:
        count = len(self._times)
        newest = float(self._times[-1])
        recent = self._times - newest
        self._measure_jitter(recent)
        known = self._known_tempo(recent, newest)
        if known is not None or count < 2:
            return known
        fits = self._fits
        padded = np.zeros(MAX_TICKS)
        padded[MAX_TICKS - count :] = recent
        periods = fits.period_weights @ padded
        usable = np.flatnonzero(
            (fits.ticks <= count) & (periods >= MIN_PERIOD_SECONDS) & (periods <= MAX_PERIOD_SECONDS)
        )
        if not len(usable):
            return None
        ends, periods = fits.end_weights[usable] @ padded, periods[usable]
        limit = AGREEMENT * self._jitter_seconds
        pairs = np.ix_(usable, usable)
        agrees = (np.abs(ends[:, None] - ends) <= limit * fits.end_deviations[pairs] + 1e-9) & (
            np.abs(periods[:, None] - periods) <= limit * fits.period_deviations[pairs] + 1e-9
        )
        believed = [0]
        for index in range(1, len(usable)):
            if agrees[index, believed].all():
                believed.append(index)
        best = believed[-1]
        deviation = self._jitter_seconds * float(np.linalg.norm(fits.end_weights[usable[best]]))
        return Line(self.number, newest + float(ends[best]), float(periods[best]), deviation)

    def _measure_jitter(self, recent: Floats) -> None:
        bends = np.sort(np.abs(np.diff(recent[-JITTER_TICKS:], 2)))
        if len(bends) >= 10:
            kept = bends[: int(len(bends) * 0.9)]
            # The smallest 90 % of normal deviates have 0.623 of the variance, a second difference six times that.
            measured = max(MIN_JITTER_SECONDS, float(np.sqrt(np.mean(kept**2) / (0.623 * 6))))
            # Times rounded to a step, as JACK's are to its period, are even for long and then jump there and back:
            # once is a change of tempo or a late tick, again and again it is rounding, even over the step.
            bends = np.abs(np.diff(recent[-STEP_TICKS:], 2))
            steps = bends[bends > STEP_TIMES * measured]
            if len(steps) >= MIN_STEPS:
                measured = max(measured, float(np.median(steps)) / 12**0.5)
            self._jitter_seconds = measured

    def _known_tempo(self, recent: Floats, newest: float) -> Line | None:
        """The line at the tempo before a restart, as long as it explains all ticks since and they are few."""
        period, count = self._known_period, len(recent)
        if period is None or count > KNOWN_TEMPO_TICKS:
            return None
        back = recent + period * np.arange(count - 1, -1, -1)
        end = float(back.mean())
        slope = 0.0 if count < 3 else float(np.polyfit(np.arange(count), back, 1)[0])
        slope_deviation = (12.0 / max(1, count**3 - count)) ** 0.5
        limit = AGREEMENT * self._jitter_seconds
        if np.abs(back - end).max() > limit or abs(slope) > limit * slope_deviation:
            self._known_period = None
            return None
        return Line(self.number, newest + end, period, self._jitter_seconds / count**0.5)


@dataclass(frozen=True, slots=True)
class _Fits:
    """Weights that turn the last `MAX_TICKS` times into the end and the slope of each fit, noisiest fit first.

    `ticks` (fits,), weights (fits, MAX_TICKS), deviations of the difference of two fits at jitter 1 (fits, fits).
    """

    ticks: npt.NDArray[Any]
    end_weights: Floats
    period_weights: Floats
    end_deviations: Floats
    period_deviations: Floats


@cache
def _fits() -> _Fits:
    rows: list[tuple[float, int, Floats, Floats]] = []
    for degree, sizes in ((1, STRAIGHT_TICKS), (2, CURVED_TICKS)):
        for ticks in sizes:
            ages = np.arange(1 - ticks, 1.0)
            coefficients = np.linalg.pinv(np.vander(ages, degree + 1, increasing=True))
            end, period = np.zeros(MAX_TICKS), np.zeros(MAX_TICKS)
            end[MAX_TICKS - ticks :], period[MAX_TICKS - ticks :] = coefficients[0], coefficients[1]
            rows.append((float(np.linalg.norm(end)), ticks, end, period))
    rows.sort(key=lambda row: -row[0])
    ends, periods = np.array([row[2] for row in rows]), np.array([row[3] for row in rows])
    return _Fits(np.array([row[1] for row in rows]), ends, periods, _differences(ends), _differences(periods))


def _differences(weights: Floats) -> Floats:
    return np.linalg.norm(weights[:, None] - weights[None], axis=2)
