"""The parts of a corpus joined into one folder that training maps into memory, a part at a time."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap

from musegen_daw.drumming.events import HIT, ONSET
from musegen_daw.drumming.features import ControlScale, bar_facts
from training.common.duplicates import KEPT, REASONS
from training.common.files import write_json
from training.drums.gigamidi import SPLITS
from training.drums.parts import FORMAT, Kept, read_facts

SCALE_BARS = 4_000_000
_ARRAYS = {"hits": HIT, "onsets": ONSET, "tokens": np.dtype(np.uint16)}
_MINUTES_A_QUARTER = 1 / 60


@dataclass(frozen=True, slots=True)
class Chosen:
    """A part, what was found of each of its songs (songs,), and where the tokens of those kept are."""

    path: Path
    found: npt.NDArray[np.uint8]
    tokens: Path

    @property
    def kept(self) -> Kept:
        """The songs of the part that are kept."""
        return Kept(self.path, self.found == KEPT)


def merge(parts: Sequence[Chosen], out: Path, tokenizer: Path) -> dict[str, Any]:
    """Join `parts` into `out`; returns the facts, which are written last: without them the folder is not prepared."""
    (out / "facts.json").unlink(missing_ok=True)
    (out / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    totals = _totals(parts)
    writers = {split: _SplitWriter(out / split, totals[split]) for split in SPLITS}
    dropped: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    names: Counter[str] = Counter()
    files = size = 0
    with _table(out / "quarantine.csv") as quarantine, _lines(out / "pairs.json", "{}") as pairs:
        quarantine.writerow(("file", "reason"))
        for part in parts:
            facts = read_facts(part.path)
            files, size = files + facts["files"], size + facts["bytes"]
            dropped.update(facts["dropped"])
            dropped.update(REASONS[code] for code in part.found.tolist() if code != KEPT)
            quarantine.writerows(facts["poison"])
            for song, split in _write_songs(part, facts["songs"], names, writers):
                if split == "train":
                    classes[song["licence_class"] or song["origin"]] += 1
                key = json.dumps(song["key"])
                value = {
                    "drum": [f"{song['key']}#{index}" for index in song["drum_tracks"]],
                    "others": [f"{song['key']}#{track['index']}" for track in song["tracks"]],
                }
                pairs.write(f"{key}: {json.dumps(value)}")
    splits = {split: writer.close() for split, writer in writers.items()}
    facts = {
        "format": FORMAT,
        "files": files,
        "bytes": size,
        "dropped": dict(sorted(dropped.items(), key=lambda item: (-item[1], item[0]))),
        "train_songs_by_licence_class": dict(classes),
        "splits": splits,
        "control_scale": asdict(_learn_scale(out / "train")),
    }
    write_json(out / "facts.json", facts)
    return facts


def _totals(parts: Sequence[Chosen]) -> dict[str, Counter[str]]:
    """Bars, hits, onsets and tokens of every split, so that its arrays can be written in place."""
    totals: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    for part in parts:
        bar = 0
        with np.load(part.tokens) as encoded:
            counts = encoded["counts"]
        for song, code in zip(read_facts(part.path)["songs"], part.found.tolist(), strict=True):
            if code == KEPT:
                own, bars = totals[song["split"]], song["bars"]
                own.update(bars=bars, hits=song["hits"], onsets=song["onsets"])
                own["tokens"] += int(counts[bar : bar + bars].sum())
                bar += bars
    return totals


def _write_songs(
    part: Chosen, songs: list[dict[str, Any]], names: Counter[str], writers: dict[str, _SplitWriter]
) -> Iterator[tuple[dict[str, Any], str]]:
    with np.load(part.path) as arrays, np.load(part.tokens) as encoded:
        hits, onsets = arrays["hits"], arrays["onsets"]
        tokens, counts = encoded["tokens"], encoded["counts"]
    hit = onset = bar = token = 0
    for song, code in zip(songs, part.found.tolist(), strict=True):
        own_hits, own_onsets = hits[hit : hit + song["hits"]], onsets[onset : onset + song["onsets"]]
        hit, onset = hit + song["hits"], onset + song["onsets"]
        if code != KEPT:
            continue
        names[song["key"]] += 1
        if names[song["key"]] > 1:  # corpora may have names in common
            song["key"] += f" ({names[song['key']]})"
        own_counts = counts[bar : bar + song["bars"]]
        length = int(own_counts.sum())
        split = song["split"]
        own_tokens = tokens[token : token + length]
        writers[split].add(song, own_hits, own_onsets, own_tokens, own_counts)
        bar, token = bar + song["bars"], token + length
        yield song, split


class _SplitWriter:
    """Memory-mapped arrays of one split, sized before they are written."""

    def __init__(self, folder: Path, totals: Counter[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._arrays = {name: self._array(name, dtype, totals[name]) for name, dtype in _ARRAYS.items()}
        self._starts = {
            name: self._array(f"{name}_starts", np.dtype(np.int64), totals["bars"] + 1) for name in _ARRAYS
        }
        self._at = dict.fromkeys(_ARRAYS, 0)
        self._bar = self._songs = 0
        self._hours = 0.0
        self._lines = _Lines((folder / "songs.json.part").open("w", encoding="utf-8"), "[]")

    def _array(self, name: str, dtype: np.dtype[Any], length: int) -> Any:
        path = self._folder / f"{name}.npy.part"
        if length == 0:
            with path.open("wb") as file:
                np.save(file, np.zeros(0, dtype))
            return np.zeros(0, dtype)
        return open_memmap(path, mode="w+", dtype=dtype, shape=(length,))

    def add(self, song: dict[str, Any], hits: Any, onsets: Any, tokens: Any, counts: Any) -> None:
        bars = song["bars"]
        a_bar = {
            "tokens": counts.astype(np.int64),
            "hits": np.bincount(hits["bar"], minlength=bars),
            "onsets": np.bincount(onsets["bar"], minlength=bars),
        }
        for name, values in (("hits", hits), ("onsets", onsets), ("tokens", tokens)):
            at = self._at[name]
            self._arrays[name][at : at + len(values)] = values
            self._starts[name][self._bar : self._bar + bars] = at + np.cumsum(a_bar[name]) - a_bar[name]
            self._at[name] = at + len(values)
        self._lines.write(json.dumps(song | {"first_bar": self._bar}))
        self._bar, self._songs = self._bar + bars, self._songs + 1
        self._hours += 4 * bars / song["bpm"] * _MINUTES_A_QUARTER

    def close(self) -> dict[str, Any]:
        for name, end in self._at.items():
            self._starts[name][-1] = end
        self._lines.close()
        self._arrays.clear()
        self._starts.clear()
        beside = [
            self._folder / f"{name}.part"
            for name in ("songs.json", *(f"{each}{end}.npy" for each in _ARRAYS for end in ("", "_starts")))
        ]
        size = sum(path.stat().st_size for path in beside)
        for path in beside:
            path.replace(path.with_suffix(""))
        return {
            "songs": self._songs,
            "bars": self._bar,
            "hours": round(self._hours, 4),
            **{name: self._at[name] for name in _ARRAYS},
            "bytes": size,
        }


class _Lines:
    """JSON with one value a line, written as the values come."""

    def __init__(self, file: TextIO, brackets: str) -> None:
        self._file, self._end, self._before = file, brackets[1], brackets[0] + "\n"

    def write(self, line: str) -> None:
        self._file.write(self._before + line)
        self._before = ",\n"

    def close(self) -> None:
        self._file.write(("\n" if self._before == ",\n" else self._before) + self._end + "\n")
        self._file.close()


@contextmanager
def _lines(path: Path, brackets: str) -> Iterator[_Lines]:
    beside = path.with_name(path.name + ".part")
    lines = _Lines(beside.open("w", encoding="utf-8"), brackets)
    try:
        yield lines
    finally:
        lines.close()
    beside.replace(path)


@contextmanager
def _table(path: Path) -> Iterator[Any]:
    beside = path.with_name(path.name + ".part")
    with beside.open("w", encoding="utf-8", newline="") as file:
        yield csv.writer(file)
    beside.replace(path)


def _learn_scale(folder: Path) -> ControlScale:
    """The scale of the controls, learned from blocks of training bars, of a large corpus spread evenly over it."""
    hits = np.load(folder / "hits.npy", mmap_mode="r")
    starts = np.load(folder / "hits_starts.npy", mmap_mode="r")
    bars, block = len(starts) - 1, 1 << 16
    stride = -(-bars // SCALE_BARS)
    counts: list[Any] = []
    levels: list[Any] = []
    for first in range(0, bars, block * stride):
        edges = np.array(starts[first : first + block + 1])
        own = np.array(hits[edges[0] : edges[-1]])
        own["bar"] = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
        count, level, _ = bar_facts(own, len(edges) - 1)
        counts.append(count[count > 0])
        levels.append(level[count > 0])
    return ControlScale.learn(np.concatenate(counts), np.concatenate(levels))
