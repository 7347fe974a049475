"""The grid on which drums are measured: sixteenths by rounding, nine voices, windows of two bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR, LEAD_POSITIONS, POSITIONS_PER_FRAME, Array
from musegen_daw.music.kit import VOICE_OF_PIECE, VOICES

WINDOW_BARS = 2
MIN_HITS = 8
MIN_ONSET_STEPS = 4

Grid = npt.NDArray[np.bool_]  # (bars, 16, 9)

_VOICES = np.array([-1 if voice is None else voice for voice in VOICE_OF_PIECE])


def step_of(position: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The sixteenth, 0..15, by rounding; what lies in the middle of two goes to the even one."""
    away = np.asarray(position, np.int64) - LEAD_POSITIONS
    return np.rint(away / POSITIONS_PER_FRAME).astype(np.int64)


def drum_grid(hits: Array, bars: int) -> Grid:
    """Which voice sounds at which sixteenth: (bars, 16, 9); hits past the last bar are left out."""
    grid = np.zeros((bars, FRAMES_PER_BAR, len(VOICES)), bool)
    voice = _VOICES[hits["piece"]]
    keep = (voice >= 0) & (hits["bar"] < bars)
    grid[hits["bar"][keep], step_of(hits["position"][keep]), voice[keep]] = True
    return grid


def windows_of(grid: Grid, starts: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """First bars of the windows that count: at least 8 hits, and 4 sixteenths at which an instrument starts.

    `starts` (bars, 16) are those of the listed instruments.
    """
    windows = len(grid) // WINDOW_BARS
    played, started = (
        each[: windows * WINDOW_BARS].reshape(windows, -1).sum(axis=1) for each in (grid, starts)
    )
    return np.flatnonzero((played >= MIN_HITS) & (started >= MIN_ONSET_STEPS)) * WINDOW_BARS


@dataclass(frozen=True, slots=True)
class Overlap:
    """Hits that two grids share and have, over the scored windows of one song."""

    shared: int
    generated: int
    human: int

    @property
    def f1(self) -> float:
        """2·shared / (generated + human)."""
        return 2 * self.shared / max(1, self.generated + self.human)


def overlap(generated: Grid, human: Grid, windows: npt.NDArray[np.int64]) -> Overlap:
    """Compare two grids over the windows that start at the bars `windows`."""
    bars = (windows[:, None] + np.arange(WINDOW_BARS)).ravel()
    ours, theirs = generated[bars], human[bars]
    return Overlap(int((ours & theirs).sum()), int(ours.sum()), int(theirs.sum()))


def pooled_f1(overlaps: list[Overlap]) -> float:
    """F1 over all windows together."""
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


def self_similarity(grid: Grid, windows: npt.NDArray[np.int64]) -> list[float]:
    """Jaccard of the first and the second bar of every window that is not empty."""
    found: list[float] = []
    for start in windows:
        first, second = grid[start], grid[start + 1]
        union = int((first | second).sum())
        if union:
            found.append(int((first & second).sum()) / union)
    return found


def rock_beat() -> Grid:
    """One bar: closed hat on the eighths, snare on 2 and 4, kick on 1 and 3: (1, 16, 9)."""
    grid = np.zeros((1, FRAMES_PER_BAR, len(VOICES)), bool)
    grid[0, ::2, VOICES.index("closed hat")] = True
    grid[0, [4, 12], VOICES.index("snare")] = True
    grid[0, ::8, VOICES.index("kick")] = True
    return grid
