"""Values that change at moments of a song, without a step that could be heard."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

RAMP_SAMPLES = 128
"""How long before its moment a change begins, so that it is complete when a note at that moment starts."""

Values = NDArray[np.float64]


class StepCurve:
    """A value that holds from each of `samples` on (moments,), ascending; the first holds from the beginning."""

    def __init__(self, samples: Sequence[int] | NDArray[np.int64], values: Sequence[float] | Values) -> None:
        at, held = np.asarray(samples, np.int64), np.asarray(values, np.float64)
        is_last_there = np.r_[at[1:] != at[:-1], True]
        at, held = at[is_last_there], held[is_last_there]
        is_new = np.r_[True, held[1:] != held[:-1]]
        self.samples: NDArray[np.int64] = at[is_new]
        self.values: Values = held[is_new]

    @property
    def constant(self) -> float | None:
        """Its only value, None where it has several."""
        return float(self.values[0]) if len(self.values) == 1 else None

    def at(self, samples: NDArray[np.int64]) -> Values:
        """The values that hold at `samples`."""
        return self.values[np.maximum(0, np.searchsorted(self.samples, samples, side="right") - 1)]


def joined(parts: Sequence[StepCurve], join: Callable[..., Values]) -> StepCurve:
    """What `join` makes of the values of all parts, wherever one of them changes."""
    samples = np.unique(np.concatenate([part.samples for part in parts]))
    return StepCurve(samples, join(*(part.at(samples) for part in parts)))


class Curve:
    """Steps as they are heard: each is reached over a short ramp that ends at its moment.

    One stretch is kept, since the voices of a channel ask for the same one in turn.
    """

    def __init__(self, steps: StepCurve, kind: DTypeLike = np.float64) -> None:
        samples, values = steps.samples, steps.values
        self.constant = steps.constant
        self._steps = samples[1:].tolist()
        self._first_value = float(values[0])
        self._values = values
        begins = np.maximum(samples[1:] - RAMP_SAMPLES, np.r_[np.iinfo(np.int64).min, samples[1:-1]])
        self._knots: Values = np.stack([begins, samples[1:]], axis=1).ravel().astype(np.float64)
        self._levels: Values = np.stack([values[:-1], values[1:]], axis=1).ravel()
        self._kind = kind
        self._kept: tuple[int, int, NDArray[np.floating]] | None = None

    def __len__(self) -> int:
        return len(self._values)

    def at(self, sample: int) -> float:
        """Its value at a sample of the song where it rests."""
        return float(self._values[bisect_right(self._steps, sample)])

    def rests(self, first: int, last: int) -> bool:
        """Whether it has one value over all of [first, last)."""
        if self.constant is not None:
            return True
        following = bisect_right(self._steps, first)
        return following == len(self._steps) or self._steps[following] - RAMP_SAMPLES >= last - 1

    def over(self, first: int, last: int) -> NDArray[np.floating]:
        """Its values over [first, last) of the song, (last - first,)."""
        if self._kept is None or not self._kept[0] <= first <= last <= self._kept[1]:
            self._kept = first, last, self._read(first, last)
        start = self._kept[0]
        return self._kept[2][first - start : last - start]

    def _read(self, first: int, last: int) -> NDArray[np.floating]:
        low, high = 2 * bisect_left(self._steps, first), 2 * bisect_right(self._steps, last + RAMP_SAMPLES)
        if low >= high:
            return np.full(last - first, self.at(first), self._kind)
        knots, levels = self._knots[low:high], self._levels[low:high]
        if len(knots) % 2 == 0 and np.all(knots[1::2] - knots[::2] == RAMP_SAMPLES):
            return self._between_ramps(first, last, knots.astype(np.int64), levels)
        return np.interp(np.arange(first, last), knots, levels).astype(self._kind, copy=False)

    def _between_ramps(
        self, first: int, last: int, knots: NDArray[np.int64], levels: Values
    ) -> NDArray[np.floating]:
        """The same where all ramps have their whole length, at a fraction of the cost."""
        begins, rise = knots[::2], np.arange(RAMP_SAMPLES) / RAMP_SAMPLES
        out = np.repeat(
            np.r_[levels[0], levels[1::2]].astype(self._kind),
            np.diff(np.clip(np.r_[first, knots[1::2], last], first, last)),
        )
        places = np.add.outer(begins - first, np.arange(RAMP_SAMPLES))
        ramps = levels[::2, np.newaxis] + np.multiply.outer(levels[1::2] - levels[::2], rise)
        inside = (places >= 0) & (places < last - first)
        out[places[inside]] = ramps[inside]
        return out
