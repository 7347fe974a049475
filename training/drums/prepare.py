"""From a corpus to token shards: one pass over whole songs, parallel, resumable, the same for the same input.

Written below `--out`: `tokenizer.json` (miditok, trained on the training split), `pairs.json`,
`facts.json` (what was kept and why the rest was not), and for each split memory-mapped arrays with
the index `songs.json`. `training.drums.dataset` reads them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from tqdm import tqdm

from musegen_daw.drumming.events import HIT, ONSET
from musegen_daw.drumming.features import ControlScale, bar_facts
from musegen_daw.drumming.tokens import DrumTokenizer
from training.common.files import write_json
from training.drums.gigamidi import SPLITS, Unit, find_units, read_unit
from training.drums.pairs import Pair, make_pair

VOCABULARY_SIZE = 2048
MAX_TRAINING_BEATS = 3_000_000
FORMAT = 1


def main(argv: list[str] | None = None) -> int:
    """Prepare one or more corpora from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.drums prepare", description=__doc__)
    parser.add_argument(
        "--data", type=Path, action="append", required=True, help="corpus; may be given again"
    )
    parser.add_argument(
        "--drums", type=Path, action="append", default=[], help="corpus of drums alone (Groove MIDI)"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--vocabulary-size", type=int, default=VOCABULARY_SIZE)
    parser.add_argument(
        "--licence-class", action="append", default=[], help="keep only these classes (A, B, C, D)"
    )
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(argv)
    started = time.perf_counter()
    facts = prepare(
        options.data,
        options.drums,
        options.out,
        vocabulary_size=options.vocabulary_size,
        licence_classes=frozenset(options.licence_class),
        workers=options.workers,
    )
    seconds = time.perf_counter() - started
    facts["seconds"] = round(seconds, 2)
    write_json(options.out / "facts.json", facts)
    print(f"{facts['files']} files in {seconds:.1f} s: {facts['files'] / seconds:.0f} files/s")
    for split, numbers in facts["splits"].items():
        print(f"  {split}: {numbers['songs']} songs, {numbers['bars']} bars, {numbers['tokens']} tokens")
    for reason, count in sorted(facts["dropped"].items(), key=lambda item: -item[1]):
        print(f"  dropped, {reason}: {count}")
    return 0


def prepare(
    corpora: Iterable[Path],
    drum_corpora: Iterable[Path],
    out: Path,
    *,
    vocabulary_size: int = VOCABULARY_SIZE,
    licence_classes: frozenset[str] = frozenset(),
    workers: int = 2,
) -> dict[str, Any]:
    """Write the shards of `corpora` to `out`; returns the facts that are also written to facts.json.

    Parts that an earlier, interrupted run has left are taken over when they were made with the same options.
    """
    parts = out / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    units = [(unit, False) for root in corpora for unit in find_units(root)]
    units += [(unit, True) for root in drum_corpora for unit in find_units(root)]
    suffix = "".join(sorted(licence_classes)) or "all"
    paths = [parts / f"{unit.name}-{int(drums)}-{suffix}-{FORMAT}.npz" for unit, drums in units]
    waiting = [(*unit, path) for unit, path in zip(units, paths, strict=True) if not path.exists()]
    plain = (
        DrumTokenizer.untrained()
    )  # imported before the workers are forked, so that they need not import it again
    _read_all(partial(_write_part, licence_classes=licence_classes), waiting, workers)
    contents = [_read_facts(path) for path in paths]
    tokenizer = _train_tokenizer(plain, paths, contents, vocabulary_size)
    tokenizer.save(out / "tokenizer.json")
    tokens = [path.with_suffix(".tokens.npz") for path in paths]
    with ProcessPoolExecutor(max_workers=workers) as pool:
        _each(
            pool,
            partial(_encode_part, out / "tokenizer.json"),
            list(zip(paths, tokens, strict=True)),
            "encoding",
        )
    facts = _merge(paths, tokens, contents, out)
    shutil.rmtree(parts)
    return facts


def _each(pool: ProcessPoolExecutor, work: Callable[[Any], None], items: list[Any], label: str) -> None:
    for _ in tqdm(
        pool.map(work, items), total=len(items), desc=label, unit="part", disable=not sys.stderr.isatty()
    ):
        pass


def _read_all(work: Callable[..., None], items: list[Any], workers: int) -> None:
    """Read all parts; one whose files crash the fast reader is read again, by itself, with the careful one."""
    broken: list[Any] = []
    bar = tqdm(total=len(items), desc="reading", unit="part", disable=not sys.stderr.isatty())
    with bar, ProcessPoolExecutor(max_workers=workers) as pool:
        futures: dict[Future[None], Any] = {}
        for item in items:
            try:
                futures[pool.submit(work, item)] = item
            except BrokenProcessPool:
                broken.append(item)
        for future in as_completed(futures):
            try:
                future.result()
                bar.update()
            except BrokenProcessPool:
                broken.append(futures[future])
    for item in broken:
        for careful in (False, True):
            try:
                with ProcessPoolExecutor(max_workers=1) as pool:
                    pool.submit(work, item, careful=careful).result()
                break
            except BrokenProcessPool:
                if careful:
                    raise


def _write_part(
    item: tuple[Unit, bool, Path], *, licence_classes: frozenset[str], careful: bool = False
) -> None:
    unit, drums_only, path = item
    pairs: list[Pair] = []
    dropped: Counter[str] = Counter()
    files = 0
    for source in read_unit(unit):
        files += 1
        if licence_classes and source.licence_class not in licence_classes:
            dropped["licence class not asked for"] += 1
            continue
        pair = make_pair(source, drums_only=drums_only, careful=careful)
        if isinstance(pair, str):
            dropped[pair] += 1
        else:
            pairs.append(pair)
    songs = [
        {
            "key": pair.key,
            "split": pair.split,
            "group": pair.group,
            "licence_class": pair.licence_class,
            "origin": pair.origin,
            "bars": pair.bars,
            "bpm": round(pair.bpm, 3),
            "dynamics": pair.dynamics,
            "timing": pair.timing,
            "drum_tracks": list(pair.drum_tracks),
            "tracks": [asdict(track) for track in pair.tracks],
            "hits": len(pair.hits),
            "onsets": len(pair.onsets),
        }
        for pair in pairs
    ]
    facts = json.dumps({"files": files, "dropped": dropped, "songs": songs}).encode()
    hits = np.concatenate([np.zeros(0, HIT), *(pair.hits for pair in pairs)])
    onsets = np.concatenate([np.zeros(0, ONSET), *(pair.onsets for pair in pairs)])
    _save(path, hits=hits, onsets=onsets, facts=np.frombuffer(facts, np.uint8))


def _save(path: Path, **arrays: Any) -> None:
    beside = path.with_name(path.stem + ".part.npz")
    np.savez(beside, allow_pickle=False, **arrays)
    beside.replace(path)


def _read_facts(path: Path) -> dict[str, Any]:
    with np.load(path) as part:
        return json.loads(part["facts"].tobytes())


def _songs_of_part(path: Path, facts: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    with np.load(path) as part:
        hits = part["hits"]
    ends = np.cumsum([song["hits"] for song in facts["songs"]], dtype=np.int64)
    return [(song, hits[end - song["hits"] : end]) for song, end in zip(facts["songs"], ends, strict=True)]


def _train_tokenizer(
    plain: DrumTokenizer, paths: list[Path], contents: list[dict[str, Any]], vocabulary_size: int
) -> DrumTokenizer:
    beats: list[str] = []
    for path, facts in zip(paths, contents, strict=True):
        for song, hits in _songs_of_part(path, facts):
            if song["split"] == "train" and len(beats) < MAX_TRAINING_BEATS:
                beats.extend(plain.beat_strings(hits, song["bars"]))
    if not beats:
        raise ValueError("no song of the training split was kept")
    return DrumTokenizer.train(beats, vocabulary_size)


def _encode_part(tokenizer_path: Path, item: tuple[Path, Path]) -> None:
    path, target = item
    tokenizer = DrumTokenizer.load(tokenizer_path)
    counts: list[int] = []
    tokens: list[int] = []
    for song, hits in _songs_of_part(path, _read_facts(path)):
        for bar in tokenizer.encode_bars(hits, song["bars"]):
            counts.append(len(bar))
            tokens.extend(bar)
    _save(target, tokens=np.array(tokens, np.uint16), counts=np.array(counts, np.uint16))


def _merge(
    paths: list[Path], token_paths: list[Path], contents: list[dict[str, Any]], out: Path
) -> dict[str, Any]:
    dropped: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    splits: dict[str, Any] = {}
    pairs: dict[str, Any] = {}
    keys: Counter[str] = Counter()
    for facts in contents:
        dropped.update(facts["dropped"])
        for song in facts["songs"]:  # corpora may have names in common
            keys[song["key"]] += 1
            if keys[song["key"]] > 1:
                song["key"] += f" ({keys[song['key']]})"
    for split in SPLITS:
        writer = _SplitWriter(out / split, split, contents)
        for path, token_path, facts in zip(paths, token_paths, contents, strict=True):
            if not any(song["split"] == split for song in facts["songs"]):
                continue
            with np.load(path) as part, np.load(token_path) as encoded:
                writer.add(facts["songs"], part["hits"], part["onsets"], encoded["tokens"], encoded["counts"])
        splits[split] = writer.close()
        for song in writer.songs:
            if split == "train":
                classes[song["licence_class"] or song["origin"]] += 1
            pairs[song["key"]] = {
                "drum": [f"{song['key']}#{index}" for index in song["drum_tracks"]],
                "others": [f"{song['key']}#{track['index']}" for track in song["tracks"]],
            }
    write_json(out / "pairs.json", pairs)
    facts = {
        "format": FORMAT,
        "files": sum(facts["files"] for facts in contents),
        "dropped": dict(dropped),
        "train_songs_by_licence_class": dict(classes),
        "splits": splits,
        "control_scale": asdict(_learn_scale(out / "train")),
    }
    write_json(out / "facts.json", facts)
    return facts


class _SplitWriter:
    """Memory-mapped arrays of one split, sized before they are written."""

    def __init__(self, folder: Path, split: str, contents: list[dict[str, Any]]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._split = folder, split
        songs = [song for facts in contents for song in facts["songs"] if song["split"] == split]
        bars = sum(song["bars"] for song in songs)
        self._hits = self._array("hits", HIT, sum(song["hits"] for song in songs))
        self._onsets = self._array("onsets", ONSET, sum(song["onsets"] for song in songs))
        self._starts = {name: np.zeros(bars + 1, np.int64) for name in ("tokens", "hits", "onsets")}
        self._tokens: list[Any] = []
        self._bar = self._hit = self._onset = self._token = 0
        self.songs: list[dict[str, Any]] = []

    def _array(self, name: str, dtype: Any, length: int) -> Any:
        if length == 0:
            np.save(self._folder / f"{name}.npy", np.zeros(0, dtype))
            return np.zeros(0, dtype)
        return open_memmap(self._folder / f"{name}.npy", mode="w+", dtype=dtype, shape=(length,))

    def add(self, songs: list[dict[str, Any]], hits: Any, onsets: Any, tokens: Any, counts: Any) -> None:
        hit = onset = bar = token = 0
        for song in songs:
            bars = song["bars"]
            length = int(counts[bar : bar + bars].sum())
            if song["split"] == self._split:
                own_hits, own_onsets = hits[hit : hit + song["hits"]], onsets[onset : onset + song["onsets"]]
                self._hits[self._hit : self._hit + len(own_hits)] = own_hits
                self._onsets[self._onset : self._onset + len(own_onsets)] = own_onsets
                self._tokens.append(tokens[token : token + length])
                self._index("tokens", self._token, counts[bar : bar + bars])
                self._index("hits", self._hit, np.bincount(own_hits["bar"], minlength=bars))
                self._index("onsets", self._onset, np.bincount(own_onsets["bar"], minlength=bars))
                self.songs.append(song | {"first_bar": self._bar})
                self._bar += bars
                self._hit += len(own_hits)
                self._onset += len(own_onsets)
                self._token += length
            hit, onset, bar, token = hit + song["hits"], onset + song["onsets"], bar + bars, token + length

    def _index(self, name: str, start: int, counts: Any) -> None:
        self._starts[name][self._bar : self._bar + len(counts)] = start + np.cumsum(counts) - counts

    def close(self) -> dict[str, int]:
        for name, end in (("tokens", self._token), ("hits", self._hit), ("onsets", self._onset)):
            self._starts[name][-1] = end
            np.save(self._folder / f"{name}_starts.npy", self._starts[name])
        np.save(self._folder / "tokens.npy", np.concatenate([np.zeros(0, np.uint16), *self._tokens]))
        write_json(self._folder / "songs.json", self.songs)
        return {
            "songs": len(self.songs),
            "bars": self._bar,
            "hits": self._hit,
            "onsets": self._onset,
            "tokens": self._token,
        }


def _learn_scale(folder: Path) -> ControlScale:
    hits = np.load(folder / "hits.npy", mmap_mode="r")
    starts = np.load(folder / "hits_starts.npy")
    bar = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    flat = np.array(hits)
    flat["bar"] = bar
    count, level, _ = bar_facts(flat, len(starts) - 1)
    return ControlScale.learn(count[count > 0], level[count > 0])
