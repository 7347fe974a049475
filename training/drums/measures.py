"""The measures of drums, each beside those of human drums and of beats that ignore the part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.critic import WINDOW_BARS as CRITIC_BARS
from musegen_daw.drums.critic import Critic
from musegen_daw.drums.events import FRAMES_PER_BAR, Array
from musegen_daw.music.kit import VOICES
from training.drums.baselines import looped, rock_beat
from training.drums.critic import AMONG, CriticPair, enough, pair_of, top_one
from training.drums.generated import Outcome
from training.drums.overlap import Overlap, best_f1, interval, mean_interval, overlap, pooled_f1, window_f1
from training.drums.played import loudness, of_hits, playability, touch
from training.drums.songs import Grid, MeasuredSong


def self_similarity(grid: Grid, windows: npt.NDArray[np.int64]) -> list[float]:
    """Jaccard of the first and the second bar of every window that is not empty."""
    found: list[float] = []
    for start in windows:
        first, second = grid[start], grid[start + 1]
        union = int((first | second).sum())
        if union:
            found.append(int((first & second).sum()) / union)
    return found


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
    """|intersection| / |union|."""
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


def takes_alike(takes: Sequence[Grid], windows: npt.NDArray[np.int64]) -> float:
    """Mean F1 of any two takes; 1 for a single one."""
    pairs = [window_f1(one, other, windows) for at, one in enumerate(takes) for other in takes[:at]]
    return float(np.mean(pairs)) if pairs else 1.0


def best_loop_f1(loops: Sequence[Grid], human: Grid, windows: npt.NDArray[np.int64]) -> float:
    """F1 of the loop nearest to the human drums."""
    return best_f1([looped(loop, len(human)) for loop in loops], human, windows)


Floats = npt.NDArray[np.float64]


CRITIC_WINDOWS = 8  # of a song at most


def drummer(
    songs: Sequence[MeasuredSong], drums: Mapping[str, Sequence[Grid]], loops: Sequence[Grid]
) -> dict[str, Any]:
    """Measure 1: the profile of each of `drums`, of the human, the rock beat and a fixed loop for each song in turn;
    and the distance of each from the human."""
    parts = [part_shape(song) for song in songs]
    every: dict[str, Sequence[Grid]] = {"human": [song.grid for song in songs], **drums}
    every["rock beat"] = [looped(rock_beat(), song.bars) for song in songs]
    every["eight loops"] = [looped(loops[at % len(loops)], song.bars) for at, song in enumerate(songs)]
    rows = {name: profile(grids, parts) for name, grids in every.items()}
    return {name: {**row, "distance": distance(row, rows["human"])} for name, row in rows.items()}


def choice(
    songs: Sequence[MeasuredSong], outcomes: Sequence[Outcome], few: Sequence[Grid], many: Sequence[Grid]
) -> dict[str, float]:
    """Measure 2: how alike takes are, F1 of the first, the mean and the best of them, and of the best fixed loop."""
    found: dict[str, list[float]] = {}

    def add(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)

    for song, outcome in zip(songs, outcomes, strict=True):
        scores = [window_f1(take, song.grid, song.windows) for take in outcome.takes]
        add("takes alike", takes_alike(list(outcome.takes), song.windows))
        add("first take", scores[0])
        add("mean take", float(np.mean(scores)))
        add("best take", max(scores))
        add(f"best of {len(few)} loops", best_loop_f1(few, song.grid, song.windows))
        add(f"best of {len(many)} loops", best_loop_f1(many, song.grid, song.windows))
        add("rock beat", best_f1([looped(rock_beat(), song.bars)], song.grid, song.windows))
    return {name: float(np.mean(values)) for name, values in found.items()}


def heard(songs: Sequence[MeasuredSong], drums: Sequence[Grid]) -> dict[str, float]:
    """What of measure 3 drums have with the songs' own parts: F1 per song, lock, form and dynamics."""
    found: dict[str, list[float]] = {"F1": [], "lock": [], "form": [], "dynamics": []}
    for song, grid in zip(songs, drums, strict=True):
        part = part_shape(song)
        found["F1"].append(window_f1(grid, song.grid, song.windows))
        found["lock"] += lock(grid, part)
        found["form"] += form(grid, part)
        found["dynamics"] += dynamics(grid, part)
    return {name: float(np.mean(values)) if values else 0.0 for name, values in found.items()}


def gains(own: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    return {name: own[name] - other[name] for name in own}


def critic_top_one(
    critic: Critic, songs: Sequence[MeasuredSong], drums: Sequence[Array], among: int = AMONG
) -> float:
    """The share of windows of eight bars whose drums (raw HIT) the critic gives their own part, of 16 songs' parts.

    Windows are those of which the human drums and the part have enough to tell, at most eight of a song; the other
    parts are those of the songs that follow, in windows of the same number.
    """
    rounds: list[list[CriticPair]] = [[] for _ in range(CRITIC_WINDOWS)]
    for song, hits in zip(songs, drums, strict=True):
        number = 0
        for first in range(0, song.bars - CRITIC_BARS + 1, CRITIC_BARS):
            human, own, onsets = (cut(each, first, CRITIC_BARS) for each in (song.hits, hits, song.onsets))
            if number < CRITIC_WINDOWS and enough(human, onsets, CRITIC_BARS):
                rounds[number].append(pair_of(own, onsets, CRITIC_BARS))
                number += 1
    told = [(top_one(critic, pairs, among), len(pairs)) for pairs in rounds if len(pairs) >= among]
    if not told:
        return top_one(critic, rounds[0], among)
    return float(np.average([share for share, _ in told], weights=[count for _, count in told]))


def cut(events: Array, first: int, bars: int) -> Array:
    """The events of some bars, counted from the first of them."""
    found = events[(events["bar"] >= first) & (events["bar"] < first + bars)]
    found["bar"] -= first
    return found


def playing(
    songs: Sequence[MeasuredSong], outcomes: Sequence[Outcome], performers: Sequence[tuple[Array, float]]
) -> dict[str, Any]:
    """Measures 4 and 5: of the first takes beside the human drums; touch beside `performers`, HIT and tempo."""
    human = [of_hits(song.hits, song.bpm) for song in songs]
    ours = [outcome.played for outcome in outcomes]
    found: dict[str, Any] = {
        "playable": {"human": playability(human), "model": playability(ours)},
        "touch": {"model": touch(ours)},
    }
    if performers:
        found["touch"]["performers"] = touch([of_hits(hits, bpm) for hits, bpm in performers])
    return found


def energies(songs: Sequence[Sequence[Any]], levels: Sequence[float]) -> dict[str, dict[str, float]]:
    """Of measure 5: mean velocities at each level of energy; a performance of each song for each level."""
    return {f"{level:g}": loudness([song[at] for song in songs]) for at, level in enumerate(levels)}


def f1_row(
    songs: Sequence[MeasuredSong], drums: Sequence[Grid], *, after_first: bool = False
) -> dict[str, float]:
    """Of measure 7: F1 pooled and per song with 95 % intervals, density, and likeness of the two bars of a window.

    `after_first` leaves out the first window that counts.
    """
    overlaps: list[Overlap] = []
    similar: list[float] = []
    for song, grid in zip(songs, drums, strict=True):
        windows = song.windows[1:] if after_first else song.windows
        overlaps.append(overlap(grid, song.grid, windows))
        similar += self_similarity(grid, windows)
    low, high = interval(overlaps)
    each = [own.f1 for own in overlaps]
    song_low, song_high = mean_interval(each)
    return {
        "f1": pooled_f1(overlaps),
        "f1_low": low,
        "f1_high": high,
        "f1_songs": float(np.mean(each)),
        "f1_songs_low": song_low,
        "f1_songs_high": song_high,
        "density": sum(own.generated for own in overlaps) / max(1, sum(own.human for own in overlaps)),
        "similarity": float(np.mean(similar)) if similar else 0.0,
    }
