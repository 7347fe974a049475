"""The kept songs of a part, encoded as the prepared folder holds them."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import HIT, ONSET, Array, quantise
from musegen_daw.drums.plan_repeats import is_written
from musegen_daw.drums.tokens import DrumTokenizer
from training.common.prepared import as_lines, write_text
from training.drums.gigamidi import SPLITS
from training.drums.parts import as_array, from_array, save_arrays

# miditok's own data loading, which is not used here, imports PyTorch: seconds of every process
sys.modules.setdefault("miditok.pytorch_data", None)  # pyright: ignore[reportArgumentType]
# for words as short as beats its threads wait for each other longer than they work; read when it learns
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# what training asks of a song: the first of its bars in the split, and the byte of songs.jsonl at which it is described
SONG = np.dtype(
    [
        ("first_bar", np.int64),
        ("line", np.int64),
        ("bpm", np.float64),
        ("bars", np.int32),
        ("tracks", np.uint8),
        ("dynamics", np.uint8),
        ("timing", np.uint8),
    ]
)
STREAMS = {"hits": HIT, "onsets": ONSET, "tokens": np.dtype(np.uint16)}
_HOURS_A_QUARTER = 1 / 60
_FORMAT = 3


@dataclass(frozen=True, slots=True)
class KeptSongs:
    """A part, which of its songs (songs,) are kept, and of how many of its name each is which (songs,), from 1 on."""

    path: Path
    songs: npt.NDArray[np.bool_]
    numbers: npt.NDArray[np.uint32]

    def hits(self) -> Iterator[tuple[dict[str, Any], Array]]:
        with np.load(self.path) as part:
            songs, hits = from_array(part["songs"]), part["hits"]
        end = 0
        for song, is_kept in zip(songs, self.songs, strict=True):
            start, end = end, end + song["hits"]
            if is_kept:
                yield song, hits[start:end]

    @property
    def beats_path(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.{self._choice}.beats.json")

    def block_path(self, digest: str) -> Path:
        """Where its block goes, for the digest of a tokenizer: another one writes another file."""
        return self.path.with_name(f"{self.path.stem}.{self._choice}.{digest}.block-{_FORMAT}.npz")

    @property
    def _choice(self) -> str:
        return hashlib.sha1(self.songs.tobytes() + self.numbers.tobytes()).hexdigest()[:8]


def write_beats(kept: KeptSongs) -> None:
    """Write the beats of the training songs as the strings that a tokenizer learns from."""
    beats = [
        beat
        for song, hits in kept.hits()
        if song["split"] == "train"
        for beat in _plain().beat_strings(written_hits(quantise(hits), song["bars"]), song["bars"])
    ]
    write_text(kept.beats_path, json.dumps(beats, ensure_ascii=False))


def write_block(item: tuple[KeptSongs, Path, Path]) -> None:
    """Write the block of a part, for a tokenizer and the path to write to: split after split, song after song.

    Of every split there are, under its name and a colon: `hits`, `onsets`, `tokens`, their counts in every bar
    (`hits_counts` ...), the index (`songs`, with first bars and lines
    counted within the block) and its lines (`lines`). `pairs` and `facts` are of all.
    """
    kept, tokenizer_path, target = item
    tokenizer = _tokenizer(tokenizer_path, tokenizer_digest(tokenizer_path))
    with np.load(kept.path) as part:
        songs, hits, onsets = from_array(part["songs"]), part["hits"], part["onsets"]
    rows: dict[str, list[_Row]] = defaultdict(list)
    hit = onset = 0
    for number, song in enumerate(songs):
        own = hits[hit : hit + song["hits"]], onsets[onset : onset + song["onsets"]]
        hit, onset = hit + song["hits"], onset + song["onsets"]
        if kept.songs[number]:
            if kept.numbers[number] > 1:  # corpora may have names in common
                song["key"] += f" ({kept.numbers[number]})"
            rows[song["split"]].append(_Row(song, *own, written_tokens(tokenizer, own[0], song["bars"])))
    arrays: dict[str, Any] = {}
    for split, own_rows in rows.items():
        arrays |= {f"{split}:{name}": array for name, array in _arrays(own_rows).items()}
    kept_songs = [row.song for split in SPLITS for row in rows.get(split, ())]
    facts = {
        "totals": {
            split: _totals(own) | {"lines": len(arrays[f"{split}:lines"])} for split, own in rows.items()
        },
        "classes": Counter(row.song["licence_class"] or row.song["origin"] for row in rows.get("train", ())),
        "hours": {
            split: sum(4 * row.song["bars"] / row.song["bpm"] * _HOURS_A_QUARTER for row in own)
            for split, own in rows.items()
        },
    }
    pairs = np.frombuffer(",\n".join(map(_pair, kept_songs)).encode(), np.uint8)
    save_arrays(target, pairs=pairs, facts=as_array(facts), **arrays)


def written_tokens(tokenizer: DrumTokenizer, hits: Array, bars: int) -> list[list[int]]:
    """The tokens of every bar that is no repeat and no rest; none of the others."""
    grid = quantise(hits)
    written = is_written(grid, bars)
    encoded = tokenizer.encode_bars(written_hits(grid, bars), bars)
    return [tokens if own else [] for tokens, own in zip(encoded, written.tolist(), strict=True)]


def written_hits(grid: Array, bars: int) -> Array:
    """The hits, on the grid of `quantise`, of the bars that are no repeats."""
    return grid[is_written(grid, bars)[grid["bar"]]]


@dataclass(frozen=True, slots=True)
class _Row:
    song: dict[str, Any]
    hits: Array
    onsets: Array
    tokens: Sequence[Sequence[int]]


def _arrays(rows: Sequence[_Row]) -> dict[str, Any]:
    bars = np.array([row.song["bars"] for row in rows], np.int64)
    first_bar = np.cumsum(bars) - bars
    counts: dict[str, Any] = {"tokens": np.array([len(bar) for row in rows for bar in row.tokens], np.uint32)}
    found: dict[str, Any] = {
        "tokens": np.array([token for row in rows for bar in row.tokens for token in bar], np.uint16)
    }
    for name in ("hits", "onsets"):
        of_songs: list[Array] = [getattr(row, name) for row in rows]
        found[name] = np.concatenate(of_songs)
        bar = found[name]["bar"] + np.repeat(first_bar, [len(own) for own in of_songs])
        counts[name] = np.bincount(bar, minlength=int(bars.sum())).astype(np.uint32)
    text, lines = as_lines([row.song for row in rows])
    index = np.zeros(len(rows), SONG)
    index["first_bar"], index["bars"], index["line"] = first_bar, bars, lines
    index["tracks"] = [len(row.song["tracks"]) for row in rows]
    for name in ("bpm", "dynamics", "timing"):
        index[name] = [row.song[name] for row in rows]
    return (
        found
        | {f"{name}_counts": values for name, values in counts.items()}
        | {
            "songs": index,
            "lines": np.frombuffer(text, np.uint8),
        }
    )


def _totals(rows: Sequence[_Row]) -> dict[str, int]:
    return {
        "songs": len(rows),
        "bars": sum(row.song["bars"] for row in rows),
        "hits": sum(len(row.hits) for row in rows),
        "onsets": sum(len(row.onsets) for row in rows),
        "tokens": sum(len(bar) for row in rows for bar in row.tokens),
    }


def _pair(song: dict[str, Any]) -> str:
    """A line of pairs.json: the tracks of the drums and of the others, `KEY#INDEX` each."""
    key = song["key"]
    value = {
        "drum": [f"{key}#{index}" for index in song["drum_tracks"]],
        "others": [f"{key}#{track['index']}" for track in song["tracks"]],
    }
    return f"{json.dumps(key)}: {json.dumps(value)}"


def tokenizer_digest(path: Path) -> str:
    """A short digest of the tokenizer file."""
    return hashlib.sha1(path.read_bytes()).hexdigest()[:8]


@cache
def _plain() -> DrumTokenizer:
    return DrumTokenizer.untrained()


@lru_cache(maxsize=1)
def _tokenizer(path: Path, digest: str) -> DrumTokenizer:
    return DrumTokenizer.load(path)
