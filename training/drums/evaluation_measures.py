"""The measures of drums that were written, each beside the human's and beside beats that listen to nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.critic import WINDOW_BARS as CRITIC_BARS
from musegen_daw.drums.critic import Critic
from musegen_daw.drums.events import Array
from training.drums.critic import AMONG, CriticPair, enough, pair_of, top_one
from training.drums.grid import (
    WINDOW_BARS,
    Grid,
    Overlap,
    interval,
    mean_interval,
    overlap,
    pooled_f1,
    rock_beat,
    self_similarity,
)
from training.drums.measured import MeasuredSong
from training.drums.played import loudness, of_hits, playability, touch
from training.drums.profile import distance as away
from training.drums.profile import dynamics, form, lock, part_shape, profile
from training.drums.takes import best_f1, best_loop_f1, looped, takes_alike, window_f1
from training.drums.written import Outcome

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
    return {name: {**row, "distance": away(row, rows["human"])} for name, row in rows.items()}


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
    """Own less another song's part."""
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


def copied(song: MeasuredSong) -> Grid:
    """The human drums of two bars before."""
    return np.concatenate([np.zeros_like(song.grid[:WINDOW_BARS]), song.grid[:-WINDOW_BARS]])


def repeated(song: MeasuredSong) -> Grid:
    """The first two human bars that count, again and again."""
    first = int(song.windows[0])
    loop = looped(song.grid[first : first + WINDOW_BARS], song.bars - first)
    return np.concatenate([np.zeros_like(song.grid[:first]), loop])


def derangement(count: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """For each of some songs another one, always the same (count,)."""
    order = np.random.default_rng(seed).permutation(count)
    other = np.empty(count, np.int64)
    other[order] = np.roll(order, 1)
    return other
