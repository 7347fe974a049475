"""Performances for the hand: hits on the grid, with the velocity and the time they were played at."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from symusic import Score

from musegen_daw.drums.events import (
    LEAD_POSITIONS,
    POSITIONS_PER_BAR,
    POSITIONS_PER_BEAT,
    VELOCITY_STEP,
    Array,
    hits_from_notes,
    quantise,
)
from musegen_daw.music.kit import PIECE_OF_PITCH, PIECES
from training.drums.corpus import Corpus

MIN_HITS = 8
MAX_OFFSET_MS = 50.0
RECORDED_LEAD_MS = 7.0
"""How early the recordings are on the whole: a matter of the machine, for all drummers and pieces do it."""
SONG_BARS = 16
_LOUD = [index for index, piece in enumerate(PIECES) if piece.name in ("kick", "snare")]
# pieces that Groove MIDI lacks or hardly has
BORROWED = [
    index
    for index, piece in enumerate(PIECES)
    if piece.name in ("clap", "tambourine", "cowbell", "shaker", "china", "splash")
]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DrumPerformance:
    """Drums as they were played.

    `hits` HIT on the grid; `velocity` (hits,) 1..127; `offset_ms` (hits,), NaN where it was not recorded; `weight`
    (hits,) of each velocity in training; `level` (bars,) is the mean velocity of the bar's kick and snare, taken
    from the nearest bar where it has none.
    """

    name: str
    hits: Array
    velocity: Floats
    offset_ms: Floats
    weight: Floats
    level: Floats
    bpm: float

    @property
    def bars(self) -> int:
        return len(self.level)

    @property
    def step(self) -> npt.NDArray[np.int64]:
        """Which of the steps, that is of all that sounds together, each hit belongs to (hits,)."""
        place = self.hits["bar"].astype(np.int64) * POSITIONS_PER_BAR + self.hits["position"]
        return np.unique(place, return_inverse=True)[1]

    @property
    def steps(self) -> int:
        return int(self.step[-1]) + 1

    @property
    def repeats(self) -> npt.NDArray[np.bool_]:
        """Which bars have the hits of the bar before (bars,)."""
        place = self.hits["piece"].astype(np.int64) * POSITIONS_PER_BAR + self.hits["position"]
        struck = np.zeros((self.bars, len(PIECES) * POSITIONS_PER_BAR), bool)
        struck[self.hits["bar"], place] = True
        found = np.zeros(self.bars, bool)
        found[1:] = (struck[1:] == struck[:-1]).all(axis=1) & struck[1:].any(axis=1)
        return found

    def between(self, first_bar: int, bars: int) -> DrumPerformance:
        first, last = np.searchsorted(self.hits["bar"], [first_bar, first_bar + bars])
        return self.slice(int(first), int(last))

    def slice(self, first: int, last: int) -> DrumPerformance:
        """Some of the hits, in the bars they lie in, counted from 0 again."""
        hits = self.hits[first:last].copy()
        first_bar, last_bar = int(hits["bar"][0]), int(hits["bar"][-1])
        hits["bar"] -= first_bar
        return replace(
            self,
            hits=hits,
            velocity=self.velocity[first:last],
            offset_ms=self.offset_ms[first:last],
            weight=self.weight[first:last],
            level=self.level[first_bar : last_bar + 1],
        )

    def changed(self, random: np.random.Generator) -> DrumPerformance:
        """The same played softer (all hits alike) or louder (soft ones more so)."""
        by = random.uniform(0.3, 1.0)
        velocity = self.velocity * by if random.random() < 0.5 else 127 * (self.velocity / 127) ** by
        return replace(self, velocity=velocity, level=bar_levels(self.hits, velocity, self.bars))


@dataclass(frozen=True, slots=True)
class EnergyScale:
    """The levels of kick and snare that energies from 0 to 1 stand for, evenly spaced and ascending."""

    levels: tuple[float, ...]

    @classmethod
    def learn(cls, groups: Sequence[Sequence[DrumPerformance]]) -> EnergyScale:
        """By quantiles of the bars, from the softest to the loudest hundredth, each group counting as much."""
        points = np.linspace(0.01, 0.99, 33)
        levels = [np.concatenate([each.level for each in group]) for group in groups if group]
        values = np.concatenate(levels)
        weights = np.concatenate([np.full(len(own), 1 / len(own)) for own in levels])
        order = np.argsort(values, kind="stable")
        ranks = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
        found = np.interp(points, ranks, values[order])
        return cls(tuple((np.maximum.accumulate(found) + 1e-3 * np.arange(len(points))).round(3).tolist()))

    def energy_of(self, level: Floats) -> Floats:
        """Energy 0..1 of bars of such levels."""
        return np.interp(level, self.levels, np.linspace(0, 1, len(self.levels)))


def read_groove(path: Path, split: str) -> list[DrumPerformance]:
    """The performances in 4/4 of one split of a zip of the Groove MIDI Dataset, by its own `info.csv`."""
    with zipfile.ZipFile(path) as archive:
        table = next((name for name in archive.namelist() if name.endswith("info.csv")), None)
        if table is None:
            raise ValueError(f"{path} has no info.csv: it is not the Groove MIDI Dataset")
        with archive.open(table) as file:
            rows = list(csv.DictReader(io.TextIOWrapper(file, "utf-8")))
        folder = table.removesuffix("info.csv")
        chosen = [row for row in rows if row["split"] == split and row["time_signature"] == "4-4"]
        found = [
            performance_of(row["id"], archive.read(folder + row["midi_filename"]), float(row["bpm"]))
            for row in chosen
        ]
    return [each for each in found if each is not None]


def performance_of(name: str, data: bytes, bpm: float) -> DrumPerformance | None:
    """A MIDI file in 4/4 as a performance; None where it has fewer than 8 hits."""
    score: Any = Score.from_midi(data)
    notes = np.array([(n.time, n.pitch, n.velocity) for t in score.tracks for n in t.notes], np.int64)
    if len(notes) < MIN_HITS:
        return None
    bar_ticks = 4 * score.tpq
    bars = int(notes[:, 0].max() + bar_ticks // 16) // bar_ticks + 1
    start, pitch, velocity = notes.T
    hits = quantise(hits_from_notes(start, pitch, velocity, score.tpq, np.arange(bars) * bar_ticks))
    if len(hits) < MIN_HITS:
        return None
    played, loud = _as_played(hits, start * POSITIONS_PER_BEAT / score.tpq, pitch, velocity)
    grid = hits["bar"].astype(np.int64) * POSITIONS_PER_BAR + hits["position"] - LEAD_POSITIONS
    offset_ms = (played - grid) * 60_000 / (bpm * POSITIONS_PER_BEAT)
    offset_ms[np.abs(offset_ms) > MAX_OFFSET_MS] = np.nan  # a hit on another place of the grid than was meant
    offset_ms += RECORDED_LEAD_MS
    return DrumPerformance(name, hits, loud, offset_ms, np.ones(len(hits)), bar_levels(hits, loud, bars), bpm)


def _as_played(
    hits: Array, at: Floats, pitch: npt.NDArray[np.int64], velocity: npt.NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Where (in positions) and how loud the note behind each hit was: the loudest of those nearest to the hit."""
    grid = hits["bar"].astype(np.float64) * POSITIONS_PER_BAR + hits["position"] - LEAD_POSITIONS
    piece = np.array([PIECE_OF_PITCH.get(each, -1) for each in pitch.tolist()])
    played, loud = np.full(len(hits), np.nan), np.full(len(hits), np.nan)
    for each in np.unique(hits["piece"]):
        own = np.flatnonzero(hits["piece"] == each)
        notes = np.flatnonzero(piece == each)
        middles = (grid[own][1:] + grid[own][:-1]) / 2
        behind = own[np.searchsorted(middles, at[notes])]
        order = np.argsort(velocity[notes], kind="stable")  # the loudest is written last
        played[behind[order]], loud[behind[order]] = at[notes][order], velocity[notes][order]
    return played, np.where(np.isnan(loud), hits["level"] * VELOCITY_STEP + VELOCITY_STEP // 2, loud)


def bar_levels(hits: Array, velocity: Floats, bars: int) -> Floats:
    """Mean velocity of kick and snare (bars,); that of the nearest bar that has any, or of all hits."""
    loud = np.isin(hits["piece"], _LOUD)
    bar = hits["bar"][loud]
    count = np.bincount(bar, minlength=bars)
    known = np.flatnonzero(count)
    if len(known) == 0:
        return np.full(bars, float(velocity.mean()))
    level = np.bincount(bar, velocity[loud], bars)[known] / count[known]
    middles = (known[1:] + known[:-1]) / 2
    return level[np.searchsorted(middles, np.arange(bars))]


def read_songs(folder: Path, split: str, songs: int, seed: int = 0) -> list[DrumPerformance]:
    """Some bars of songs with played dynamics that have a piece of BORROWED; only those pieces are learned."""
    corpus = Corpus(folder, split)
    candidates = np.flatnonzero((corpus.index["dynamics"] == 2) & (corpus.index["tracks"] > 0))
    order = np.random.default_rng(seed).permutation(candidates)
    found: list[DrumPerformance] = []
    for own in _borrowing(corpus, order):
        found.append(own)
        if len(found) == songs:
            break
    return found


def _borrowing(corpus: Corpus, order: npt.NDArray[np.int64]) -> Iterator[DrumPerformance]:
    for song in order.tolist():
        bars = int(corpus.index["bars"][song])
        first_bar = max(0, bars // 2 - SONG_BARS // 2)
        bars = min(SONG_BARS, bars - first_bar)
        hits = quantise(corpus.between("hits", song, first_bar, bars))
        borrowed = np.isin(hits["piece"], BORROWED)
        levels = hits["level"][borrowed]
        if borrowed.sum() < MIN_HITS or len(np.unique(levels)) < 3 or not np.isin(hits["piece"], _LOUD).any():
            continue
        velocity = hits["level"] * float(VELOCITY_STEP) + VELOCITY_STEP // 2
        unknown = np.full(len(hits), np.nan)
        level = bar_levels(hits, velocity, bars)
        name = str(corpus.songs[song]["key"])
        yield DrumPerformance(
            name, hits, velocity, unknown, borrowed.astype(float), level, float(corpus.index["bpm"][song])
        )
