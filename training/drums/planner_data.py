"""What the planner learns from: plans read off the drums of a prepared corpus, beside what the parts do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from musegen_daw.drums.events import FRAMES_PER_BAR, quantise
from musegen_daw.drums.part import bar_features
from musegen_daw.drums.plan_reading import LEVELS, PlanScale, bar_measures, level_of, read_plan
from musegen_daw.drums.planner_inputs import HISTORY, PlanHistory
from training.common.files import write_json
from training.common.prepared import mapped
from training.drums.corpus import Corpus

MAX_BARS = 128
MOST_BARS_OF_A_SONG = 512
EXPRESSIVE = 2
SCALE_FILE = "scale.json"
_BATCH = 256

CHUNK = np.dtype(
    [
        ("first", np.int64),
        ("bars", np.int32),
        ("song", np.int32),
        ("bpm", np.float32),
        ("code", np.int32),
        ("parts", "?"),
        ("expressive", "?"),
    ]
)


@dataclass(frozen=True, eq=False)
class PlannerData:
    """A split as the planner reads it, songs of up to 128 bars end to end.

    `chunks` (chunks,) is CHUNK; per bar: `labels` LABEL, `content`, `place`, `ahead`, `history` (bars, features).
    """

    chunks: npt.NDArray[np.void]
    labels: npt.NDArray[np.void]
    content: npt.NDArray[np.float16]
    place: npt.NDArray[np.float16]
    ahead: npt.NDArray[np.float16]
    history: npt.NDArray[np.float16]

    @classmethod
    def load(cls, folder: Path) -> PlannerData:
        """The data that `write_planner_data` wrote into `folder`, mapped into memory."""
        names = ("chunks", "labels", "content", "place", "ahead", "history")
        return cls(*(mapped(folder / f"{name}.npy", axes=1 + (name in names[2:])) for name in names))


def song_meter(runs: list[list[int]], bars: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The sixteenths of every bar of a prepared song, and whether its beats are dotted: (bars,) each."""
    frames, compound = np.full(bars, FRAMES_PER_BAR, np.int64), np.zeros(bars, bool)
    for first, length, is_compound in runs:
        frames[first:], compound[first:] = length, bool(is_compound)
    return frames, compound


def learn_scale(corpus: Corpus, songs: int = 4000) -> PlanScale:
    """The scale of density (of all songs) and energy (of those whose velocities are played)."""
    chosen = np.linspace(0, len(corpus.index) - 1, min(songs, len(corpus.index))).astype(int)
    hits: list[npt.NDArray[np.float64]] = []
    levels: list[npt.NDArray[np.float64]] = []
    for song in np.unique(chosen).tolist():
        bars = int(corpus.index["bars"][song])
        grid = quantise(corpus.between("hits", song, 0, bars))
        frames, _ = song_meter(corpus.songs[song]["meters"], bars)
        per_bar, level = bar_measures(grid, bars, frames)
        hits.append(per_bar[per_bar > 0])
        if corpus.index["dynamics"][song] == EXPRESSIVE:
            levels.append(level[per_bar > 0])
    return PlanScale.learn(np.concatenate(hits), np.concatenate(levels or [np.full(1, 12.0)]))


def write_planner_data(data: Path, split: str, scale: PlanScale, out: Path, limit: int | None = None) -> None:
    """Read the plans and features of a split of the prepared folder `data` and write them to `out`."""
    corpus = Corpus(data, split)
    codes = np.load(data / split / "grooves.npz")["codes"]
    out.mkdir(parents=True, exist_ok=True)
    chunks: list[tuple[int, int, int, float, int, bool, bool]] = []
    streams: dict[str, list[npt.NDArray[Any]]] = {
        name: [] for name in ("labels", "content", "place", "ahead")
    }
    total = 0
    songs = len(corpus.index) if limit is None else min(limit, len(corpus.index))
    for song in tqdm(range(songs), desc=f"plans of {split}", leave=False):
        row = corpus.index[song]
        bars = min(int(row["bars"]), MOST_BARS_OF_A_SONG)
        frames, compound = song_meter(corpus.songs[song]["meters"], bars)
        grid = quantise(corpus.between("hits", song, 0, bars))
        part = bar_features(corpus.between("onsets", song, 0, bars), bars, frames=frames, compound=compound)
        streams["labels"].append(read_plan(grid, bars, scale, frames))
        for name in ("content", "place", "ahead"):
            streams[name].append(getattr(part, name).astype(np.float16))
        has_parts, expressive = bool(row["tracks"] > 0), bool(row["dynamics"] == EXPRESSIVE)
        for first in range(0, bars, MAX_BARS):
            size = min(MAX_BARS, bars - first)
            if size >= 4:
                chunks.append(
                    (total + first, size, song, row["bpm"], int(codes[song]), has_parts, expressive)
                )
        total += bars
    for name, arrays in streams.items():
        np.save(out / f"{name}.npy", np.concatenate(arrays))
    table = np.array(chunks, CHUNK)
    np.save(out / "chunks.npy", table)
    np.save(out / "history.npy", histories(table, np.concatenate(streams["labels"])))


def histories(chunks: npt.NDArray[np.void], labels: npt.NDArray[Any]) -> npt.NDArray[np.float16]:
    """What the planner reads of the plan before each bar: (bars, HISTORY); repeats of what lies before a chunk are
    as grooves."""
    found = np.zeros((len(labels), HISTORY), np.float16)
    order = np.argsort(-chunks["bars"], kind="stable")
    for start in range(0, len(order), _BATCH):
        own = chunks[order[start : start + _BATCH]]
        bars = int(own["bars"].max())
        plans = PlanHistory.empty(len(own), bars)
        for bar in range(bars):
            there = np.minimum(own["first"] + bar, len(labels) - 1)
            inside = bar < own["bars"]
            found[there[inside]] = plans.features(bar)[inside]
            label = labels[there]
            energy = np.where(own["expressive"], level_of(label["energy"]), LEVELS)
            kind = label["kind"].astype(np.int64)
            _, usable = plans.source(bar)
            known = np.concatenate([np.ones((len(own), 4), bool), usable], axis=1)
            kind = np.where(known[np.arange(len(own)), kind], kind, 0)
            plans.settle(
                bar,
                kind,
                label["crash"],
                label["cymbal"].astype(np.int64),
                level_of(label["density"]),
                energy,
            )
    return found


def prepare_planner(data: Path, cache: Path) -> PlanScale:
    """Make sure that `cache` holds training and validation data of `data`; returns the scale."""
    path = cache / SCALE_FILE
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        scale = learn_scale(Corpus(data, "train"))
        for split in ("train", "validation"):
            write_planner_data(data, split, scale, cache / split)
        write_json(path, asdict(scale))  # last: it says that all is there
    return PlanScale.from_dict(json.loads(path.read_text(encoding="utf-8")))


def batches(data: PlannerData, size: int, random: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
    """The chunks of an epoch in batches of about `size` bars, of like length together, in random order."""
    bars = data.chunks["bars"]
    order = np.argsort(bars + random.random(len(bars)) * 8, kind="stable")
    cuts = np.flatnonzero(np.diff(np.cumsum(bars[order]) // size)) + 1
    found = np.split(order, cuts)
    for index in random.permutation(len(found)):
        yield found[index]
