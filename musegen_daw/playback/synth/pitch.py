"""How fast a voice reads its sample, from moment to moment."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musegen_daw.playback.synth.curves import Curve, StepCurve
from musegen_daw.playback.synth.zones import Oscillator

Values = NDArray[np.float64]

RESTING = Curve(StepCurve([0], [0.0]))
_MAX_CENTS = 12_700
_GRID_SAMPLES = 32
"""Oscillators are exact so often and straight between."""
_BETWEEN = np.arange(_GRID_SAMPLES) / _GRID_SAMPLES


@dataclass(frozen=True, slots=True)
class Swing:
    """An oscillator at work: in samples, from the start of its voice, `depth` in cents over the song."""

    delay_samples: float
    cycles_per_sample: float
    depth: Curve

    @staticmethod
    def of(oscillator: Oscillator, depth: Curve, sample_rate_hz: int) -> Swing:
        """An oscillator of a zone at a sample rate."""
        return Swing(oscillator.delay_seconds * sample_rate_hz, oscillator.rate_hz / sample_rate_hz, depth)

    def triangle(self, first: int, last: int) -> Values:
        """Its value over samples [first, last) of its voice, -1 to 1, rising from 0: section 9.1.6."""
        low, high = first // _GRID_SAMPLES, last // _GRID_SAMPLES + 2
        cycles = np.arange(low, high) * _GRID_SAMPLES - self.delay_samples
        cycles = np.maximum(0.0, cycles) * self.cycles_per_sample
        knots = np.abs((cycles - 0.25) % 1.0 * 4 - 2) - 1
        between = np.multiply.outer(np.diff(knots), _BETWEEN)
        between += knots[:-1, np.newaxis]
        offset = first - low * _GRID_SAMPLES
        return between.ravel()[offset : offset + last - first]


@dataclass(frozen=True, slots=True)
class Pitch:
    """The speed of a voice that starts at `start_samples`: a ratio, and in cents what the channel adds to it."""

    ratio: float
    start_samples: int
    cents: Curve = RESTING
    swings: tuple[Swing, ...] = ()

    @property
    def slowest_ratio(self) -> float:
        """Of a pitch that rests, how slowly its oscillators let it be read."""
        return self.ratio * 2.0 ** (-sum(abs(swing.depth.constant or 0.0) for swing in self.swings) / 1200)

    def resting(self) -> Pitch:
        """The pitch as it is at the start, for ever."""
        depths = ((swing, swing.depth.at(self.start_samples)) for swing in self.swings)
        cents = min(_MAX_CENTS, max(-_MAX_CENTS, self.cents.at(self.start_samples)))
        return Pitch(
            self.ratio * 2.0 ** (cents / 1200),
            0,
            swings=tuple(
                replace(swing, depth=Curve(StepCurve([0], [depth]))) for swing, depth in depths if depth
            ),
        )

    def rests(self, first: int, last: int) -> bool:
        """Whether nothing but oscillators of one depth moves it over samples [first, last) of the voice."""
        first, last = first + self.start_samples, last + self.start_samples
        return self.cents.rests(first, last) and all(swing.depth.rests(first, last) for swing in self.swings)

    def ratios(self, first: int, last: int) -> NDArray[np.floating] | float:
        """Samples of the recording for one of the output, over samples [first, last) of the voice."""
        begin, end = first + self.start_samples, last + self.start_samples
        cents: NDArray[np.floating] | float = (
            self.cents.at(begin) if self.cents.rests(begin, end) else self.cents.over(begin, end)
        )
        for swing in self.swings:
            if swing.depth.rests(begin, end):
                depth = swing.depth.at(begin)
                if depth:
                    cents = cents + depth * swing.triangle(first, last)
            else:
                cents = cents + swing.depth.over(begin, end) * swing.triangle(first, last)
        if isinstance(cents, float):
            return self.ratio * 2.0 ** (min(_MAX_CENTS, max(-_MAX_CENTS, cents)) / 1200)
        return self.ratio * np.exp2(np.clip(cents, -_MAX_CENTS, _MAX_CENTS) / 1200)
