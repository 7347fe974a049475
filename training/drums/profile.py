"""Is it a drummer? What drums do over whole songs, in fourteen figures, and how far they are from a person's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.music.kit import VOICES
from training.drums.grid import Grid
from training.drums.measured import MeasuredSong

FIGURES: tuple[str, ...] = (
    "hits per bar",
    "toms per bar",
    "tacet",
    "same1",
    "same4",
    "phrase",
    "distinct",
    "fills",
    "crash after fill",
    "crash else",
    "lock",
    "form",
    "dynamics",
    "identity",
)
MOST_DISTANCE, LEAST_FIGURE = 2.0, 1e-2
FILL_JACCARD, FILL_HITS, BARS_BEFORE = 0.6, 2, 4

_KICK, _SNARE, _CRASH = (VOICES.index(name) for name in ("kick", "snare", "crash"))
_TOMS = slice(VOICES.index("low tom"), VOICES.index("high tom") + 1)
_OFF_BEATS = np.arange(FRAMES_PER_BAR) % 4 != 0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PartShape:
    """What the parts of a song do: where notes and where basses start, each (bars, 16), and durations by pitch class
    (bars, 12)."""

    starts: npt.NDArray[np.bool_]
    bass: npt.NDArray[np.bool_]
    chroma: Floats


def part_shape(song: MeasuredSong) -> PartShape:
    """The shape of the parts of `song`."""
    chroma = np.zeros((song.bars, 12))
    onsets = song.onsets
    np.add.at(chroma, (onsets["bar"], onsets["pitch"] % 12), onsets["duration"].astype(float))
    return PartShape(song.starts, song.bass, chroma)


def profile(drums: Sequence[Grid], parts: Sequence[PartShape]) -> dict[str, float]:
    """FIGURES of the drums (bars, 16, 9) of some songs, each the mean over the songs in which it can be told.

    `hits per bar`, `toms per bar`: in bars that are played; `tacet`: the share of bars that are not. `same1`,
    `same4`: the share of bars equal to the one 1 or 4 before, `phrase` the second over the first. `distinct`: the
    share of different bars. `fills`: bars unlike the four before that have more toms or late snares; `crash after
    fill`, `crash else`: the share of downbeats with a crash. `lock`: off the beats, how much likelier a kick is
    with a bass than without. `form`: correlation of the self-similarity of drums and parts. `dynamics`: correlation
    of hits and onsets per bar. `identity`: how alike the commonest bars of different songs are.
    """
    found: dict[str, list[float]] = {name: [] for name in FIGURES}
    after: list[bool] = []
    otherwise: list[bool] = []
    for grid, part in zip(drums, parts, strict=True):
        played = np.flatnonzero(grid.any(axis=(1, 2)))
        found["tacet"].append(1 - len(played) / len(grid))
        if len(played) < BARS_BEFORE:
            continue
        own = grid[played]
        found["hits per bar"].append(float(own.sum(axis=(1, 2)).mean()))
        found["toms per bar"].append(float(own[:, :, _TOMS].sum(axis=(1, 2)).mean()))
        found["distinct"].append(len({bar.tobytes() for bar in own}) / len(own))
        for lag in (1, 4):
            found[f"same{lag}"] += _same(grid, lag)
        found["lock"] += lock(grid, part)
        found["dynamics"] += dynamics(grid, part)
        found["form"] += form(grid, part)
        fill, able = fills(grid)
        if able.any():
            found["fills"].append(float(fill[able].mean()))
        crash = np.append(grid[1:, 0, _CRASH], False)
        after += crash[able & fill].tolist()
        otherwise += crash[able & ~fill].tolist()
    means = {name: float(np.mean(values)) if values else 0.0 for name, values in found.items()}
    means["phrase"] = means["same4"] / max(1e-3, means["same1"] if found["same1"] else 1.0)
    means["crash after fill"] = float(np.mean(after)) if after else 0.0
    means["crash else"] = float(np.mean(otherwise)) if otherwise else 0.0
    means["identity"] = identity(drums)
    return means


def distance(own: Mapping[str, float], human: Mapping[str, float]) -> float:
    """The mean over FIGURES of abs(ln(own / human)), each at most 2; two halves of human songs are about .18 apart."""
    away = [abs(np.log(max(own[name], LEAST_FIGURE) / max(human[name], LEAST_FIGURE))) for name in FIGURES]
    return float(np.mean(np.minimum(away, MOST_DISTANCE)))


def _same(grid: Grid, lag: int) -> list[float]:
    bars = grid.reshape(len(grid), -1)
    both = bars[:-lag].any(axis=1) & bars[lag:].any(axis=1)
    return [float((bars[:-lag] == bars[lag:]).all(axis=1)[both].mean())] if both.sum() >= 8 else []


def fills(grid: Grid) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which bars (bars,) are fills, and which could be told: those after four played ones and before another."""
    fill, able = np.zeros(len(grid), bool), np.zeros(len(grid), bool)
    for bar in range(BARS_BEFORE, len(grid) - 1):
        before = grid[bar - BARS_BEFORE : bar]
        if not (before.any(axis=(1, 2)).all() and grid[bar].any() and grid[bar + 1].any()):
            continue
        able[bar] = True
        usual = before.mean(axis=0) >= 0.5
        toms = grid[bar, :, _TOMS].sum() - before[:, :, _TOMS].sum(axis=(1, 2)).mean()
        half = FRAMES_PER_BAR // 2
        snares = grid[bar, half:, _SNARE].sum() - before[:, half:, _SNARE].sum(axis=1).mean()
        fill[bar] = jaccard(grid[bar], usual) < FILL_JACCARD and (toms >= FILL_HITS or snares >= FILL_HITS)
    return fill, able


def jaccard(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """What both have, as a share of what either has."""
    return int((one & other).sum()) / max(1, int((one | other).sum()))


def lock(grid: Grid, part: PartShape) -> list[float]:
    """Off the beats, P(kick given bass) less P(kick given none), over the bars with both; none where few have them."""
    both = grid[:, :, _KICK].any(axis=1) & part.bass.any(axis=1)
    if both.sum() < 8:
        return []
    kick, bass = grid[both][:, _OFF_BEATS, _KICK], part.bass[both][:, _OFF_BEATS]
    return [float(kick[bass].mean() - kick[~bass].mean())] if bass.any() and not bass.all() else []


def dynamics(grid: Grid, part: PartShape) -> list[float]:
    """Correlation of hits and onsets per bar, over more than 16 bars with both."""
    hits, onsets = grid.sum(axis=(1, 2)).astype(float), part.starts.sum(axis=1).astype(float)
    both = (hits > 0) & (onsets > 0)
    hits, onsets = hits[both], onsets[both]
    if both.sum() <= 16 or hits.std() == 0 or onsets.std() == 0:
        return []
    return [float(np.corrcoef(hits, onsets)[0, 1])]


def form(grid: Grid, part: PartShape) -> list[float]:
    """Correlation of how alike any two bars are in the drums and in the parts, over at least 24 bars with both."""
    harmony = part.chroma / (np.linalg.norm(part.chroma, axis=1, keepdims=True) + 1e-9)
    drums = grid.reshape(len(grid), -1).astype(float)
    parts = np.concatenate([part.starts.astype(float), 2 * harmony], axis=1)
    both = (drums.sum(axis=1) > 0) & part.starts.any(axis=1)
    if both.sum() < 24:
        return []
    pairs = np.triu_indices(int(both.sum()), 1)
    ours, theirs = _alike(drums[both])[pairs], _alike(parts[both])[pairs]
    return [float(np.corrcoef(ours, theirs)[0, 1])] if ours.std() > 1e-6 and theirs.std() > 1e-6 else []


def _alike(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1)
    return (rows @ rows.T) / (lengths[:, None] * lengths[None] + 1e-9)


def identity(drums: Sequence[Grid]) -> float:
    """Mean Jaccard of the commonest bars of any two songs, 1 where there are no two."""
    commonest: list[npt.NDArray[np.bool_]] = []
    for grid in drums:
        counts = Counter(bar.tobytes() for bar in grid if bar.any())
        if counts:
            commonest.append(np.frombuffer(counts.most_common(1)[0][0], bool))
    pairs = [jaccard(one, other) for at, one in enumerate(commonest) for other in commonest[:at]]
    return float(np.mean(pairs)) if pairs else 1.0
