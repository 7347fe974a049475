"""Which bars of a drum track play again what was played 1, 2, 4 or 8 bars before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import POSITIONS_PER_BAR, Array
from musegen_daw.drums.plan import REPEAT_LAGS, BarKind, Plan
from musegen_daw.drums.style import Style
from musegen_daw.music.kit import PIECES


def repeat_lags(grid: Array, bars: int) -> npt.NDArray[np.int64]:
    """How many bars ago each bar was played the same, (bars,): the least of 1, 2, 4 and 8; 0 for none and for rests.

    `grid` is HIT on the grid of `quantise`.
    """
    random = np.random.default_rng(0)  # two bars with the same sum of such numbers have the same hits
    words = random.integers(1, 2**63, POSITIONS_PER_BAR * len(PIECES), np.uint64)
    digest = np.zeros(bars, np.uint64)
    np.add.at(digest, grid["bar"], words[grid["position"].astype(np.int64) * len(PIECES) + grid["piece"]])
    lags = np.zeros(bars, np.int64)
    for lag in REPEAT_LAGS:
        same = np.zeros(bars, bool)
        same[lag:] = (digest[lag:] == digest[:-lag]) & (digest[lag:] != 0)
        lags[same & (lags == 0)] = lag
    return lags


def is_written(grid: Array, bars: int) -> npt.NDArray[np.bool_]:
    """Whether each bar is played and no repeat (bars,)."""
    played = np.bincount(grid["bar"], minlength=bars) > 0
    return played & (repeat_lags(grid, bars) == 0)


def within_styles(plan: Plan, line: Sequence[Style]) -> Plan:
    """A plan in which no bar repeats one of another style: `line` has the style of each bar.

    Such a bar repeats another in its style, the nearest to as long ago as was planned, or is a new groove.
    """
    bars = list(plan.bars)
    for bar, own in enumerate(bars):
        if own.kind is not BarKind.REPEAT or line[bar - own.repeats].code == line[bar].code:
            continue
        lags = [lag for lag in REPEAT_LAGS if lag <= bar and line[bar - lag].code == line[bar].code]
        lag = min(lags, key=lambda each: abs(each - own.repeats), default=0)
        bars[bar] = replace(own, repeats=lag, kind=BarKind.REPEAT if lag else BarKind.GROOVE)
    return Plan(tuple(bars))
