"""How much of their hits two drum tracks share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.drums.songs import WINDOW_BARS, Grid

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Hits that two grids share and have, over the scored windows of one song."""

    shared: int
    generated: int
    human: int

    @property
    def f1(self) -> float:
        return 2 * self.shared / max(1, self.generated + self.human)


def overlap(generated: Grid, human: Grid, windows: npt.NDArray[np.int64]) -> Overlap:
    """Compare two grids over the windows that start at the bars `windows`."""
    bars = (windows[:, None] + np.arange(WINDOW_BARS)).ravel()
    ours, theirs = generated[bars], human[bars]
    return Overlap(int((ours & theirs).sum()), int(ours.sum()), int(theirs.sum()))


def pooled_f1(overlaps: list[Overlap]) -> float:
    shared = sum(each.shared for each in overlaps)
    return 2 * shared / max(1, sum(each.generated + each.human for each in overlaps))


def interval(overlaps: list[Overlap], *, seed: int = 0, rounds: int = 1000) -> tuple[float, float]:
    """A 95 % interval of the pooled F1, by drawing songs again and again."""
    table = np.array([(each.shared, each.generated + each.human) for each in overlaps], float)
    random = np.random.default_rng(seed)
    drawn = table[random.integers(0, len(table), (rounds, len(table)))].sum(axis=1)
    low, high = np.quantile(2 * drawn[:, 0] / np.maximum(drawn[:, 1], 1), [0.025, 0.975])
    return float(low), float(high)


def mean_interval(values: list[float], *, seed: int = 0, rounds: int = 1000) -> tuple[float, float]:
    """A 95 % interval of the mean, by drawing songs again and again."""
    drawn = np.random.default_rng(seed).choice(np.array(values, float), (rounds, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def window_f1(one: Grid, other: Grid, windows: npt.NDArray[np.int64]) -> float:
    """F1 of two grids over the windows that count."""
    return overlap(one, other, windows).f1


def best_f1(takes: Sequence[Grid], human: Grid, windows: npt.NDArray[np.int64]) -> float:
    """F1 of the take nearest to the human drums."""
    return max(window_f1(take, human, windows) for take in takes)
