"""From a corpus to token shards: one pass over whole songs, parallel, resumable, the same for the same input.

Written below `--out`: `tokenizer.json` (miditok, trained on the training split), `pairs.json`,
`facts.json` (what was kept and why the rest was not), `quarantine.csv` (the files that could not be read),
and for each split memory-mapped arrays with the index `songs.npy` and, a line a song, `songs.jsonl`.
`training.drums.dataset` reads them. While they are made three times their room is needed.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.tokens import DrumTokenizer
from training.common.commands import add_map_options, run_preparation
from training.common.duplicates import KEPT, find_duplicates
from training.common.shard_map import ShardMap, open_shard_map
from training.drums.blocks import KeptSongs, tokenizer_digest, write_beats, write_block
from training.drums.gigamidi import SPLITS, find_units
from training.drums.merge import Chosen, merge
from training.drums.parts import DrumPart, Identities, read_identities, write_part

VOCABULARY_SIZE = 1024
MAX_TRAINING_BEATS = 1_500_000
_BEATS_A_BAR = 4
_TRAIN = SPLITS.index("train")
# of duplicates what is held out stays, and is not trained on
_RANKS = np.array([("test", "validation", "train").index(split) for split in SPLITS])


def main(argv: list[str] | None = None) -> int:
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
    parser.add_argument(
        "--exclude",
        type=Path,
        action="append",
        default=[],
        help="CSV whose first column names files that are not to be trained on; may be given again",
    )
    add_map_options(parser)
    parser.add_argument("--tokenizer", type=Path, help="use this tokenizer.json and train none")
    options = parser.parse_args(argv)

    def prepared() -> dict[str, Any]:
        return prepare(
            options.data,
            options.drums,
            options.out,
            vocabulary_size=options.vocabulary_size,
            licence_classes=frozenset(options.licence_class),
            excluded=frozenset(name for path in options.exclude for name in read_names(path)),
            keep_duplicates=options.keep_duplicates,
            tokenizer=options.tokenizer,
            workers=options.workers,
            scheduler=options.scheduler,
        )

    columns = ("songs", "bars", "hours", "tokens", "bytes")
    return run_preparation(parser, options.out, prepared, "files", columns)


def prepare(
    corpora: Iterable[Path],
    drum_corpora: Iterable[Path],
    out: Path,
    *,
    vocabulary_size: int = VOCABULARY_SIZE,
    training_beats: int = MAX_TRAINING_BEATS,
    licence_classes: frozenset[str] = frozenset(),
    excluded: frozenset[str] = frozenset(),
    keep_duplicates: bool = False,
    tokenizer: Path | None = None,
    workers: int = 0,
    scheduler: str = "",
) -> dict[str, Any]:
    """Write the shards of `corpora` to `out`; returns the facts that are also written to facts.json.

    Tokens are those of the file `tokenizer` (of a model that is to be evaluated or trained on), or of one that is
    trained here.

    It runs on `workers` processes (0: one a core) or the Dask cluster at `scheduler`, which must see the same
    paths; the result is the same. What an earlier, interrupted run has made with the same options is taken over.
    """
    folder = out / "parts"
    folder.mkdir(parents=True, exist_ok=True)
    classes = tuple(sorted(licence_classes))
    units = [(unit, False) for root in corpora for unit in find_units(root)]
    units += [(unit, True) for root in drum_corpora for unit in find_units(root)]
    parts = [DrumPart.below(folder, unit, drums_only, classes, excluded) for unit, drums_only in units]
    with open_shard_map(workers, scheduler, len(parts)) as shards:
        waiting = [part for part in parts if not part.path.exists()]
        shards.each(write_part, waiting, "reading", len(parts) - len(waiting))
        paths = [part.path for part in parts]
        identities = [read_identities(path) for path in paths]
        found = _duplicates(identities, keep_duplicates)
        names = _numbers(identities, found)
        kept = [
            KeptSongs(path, codes == KEPT, own) for path, codes, own in zip(paths, found, names, strict=True)
        ]
        bars = [_training_bars(own, codes) for own, codes in zip(identities, found, strict=True)]
        chosen_tokenizer = folder / "tokenizer.json"
        if tokenizer is None:
            _train_tokenizer(kept, bars, vocabulary_size, training_beats, shards).save(chosen_tokenizer)
        else:
            DrumTokenizer.load(tokenizer).save(chosen_tokenizer)
        digest = tokenizer_digest(chosen_tokenizer)
        blocks = [each.block_path(digest) for each in kept]
        items = [
            (each, chosen_tokenizer, path)
            for each, path in zip(kept, blocks, strict=True)
            if not path.exists()
        ]
        shards.each(write_block, items, "encoding", len(parts) - len(items))
        chosen = [Chosen(*each) for each in zip(paths, found, blocks, strict=True)]
        facts = merge(chosen, out, chosen_tokenizer, shards)
    shutil.rmtree(folder)
    return facts


def read_names(path: Path) -> list[str]:
    """The first column of a CSV, without its heading."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row[0] for row in list(csv.reader(file))[1:] if row]


def _duplicates(identities: Sequence[Identities], keep: bool) -> list[npt.NDArray[np.uint8]]:
    if keep:
        return [np.full(len(own.digests), KEPT, np.uint8) for own in identities]
    whole = Identities(*(np.concatenate(column) for column in zip(*identities, strict=True)))
    found = find_duplicates(whole.digests, whole.signatures, _RANKS[whole.splits])
    return _by_part(found, identities)


def _numbers(
    identities: Sequence[Identities], found: Sequence[npt.NDArray[np.uint8]]
) -> list[npt.NDArray[np.uint32]]:
    """Of how many songs of its name that are kept each is which, from 1 on, part after part."""
    names = np.concatenate([own.names for own in identities])
    is_kept = np.concatenate(found) == KEPT
    numbers = np.ones(len(names), np.uint32)
    own = names[is_kept]
    order = np.argsort(own, kind="stable")
    at = np.arange(len(own))
    is_first = np.ones(len(own), bool)
    is_first[1:] = own[order][1:] != own[order][:-1]
    place = np.empty(len(own), np.uint32)
    place[order] = 1 + at - np.maximum.accumulate(np.where(is_first, at, 0))
    numbers[is_kept] = place
    return _by_part(numbers, identities)


def _by_part(values: npt.NDArray[Any], identities: Sequence[Identities]) -> list[npt.NDArray[Any]]:
    return np.split(values, np.cumsum([len(own.digests) for own in identities])[:-1])


def _training_bars(own: Identities, found: npt.NDArray[np.uint8]) -> int:
    return int(own.bars[(found == KEPT) & (own.splits == _TRAIN)].sum())


def _train_tokenizer(
    kept: Sequence[KeptSongs],
    training_bars: Sequence[int],
    vocabulary_size: int,
    training_beats: int,
    shards: ShardMap,
) -> DrumTokenizer:
    """A tokenizer of the first training songs, parts of them up to the one that completes `training_beats`."""
    chosen: list[KeptSongs] = []
    most = 0
    for part, bars in zip(kept, training_bars, strict=True):
        if bars and most < training_beats:
            chosen.append(part)
            most += bars * _BEATS_A_BAR
    if not chosen:
        raise ValueError("no song of the training split was kept")
    waiting = [part for part in chosen if not part.beats_path.exists()]
    shards.each(write_beats, waiting, "beats", len(chosen) - len(waiting))
    beats: list[str] = []
    known: dict[str, str] = {}
    for part in chosen:
        own: list[str] = json.loads(part.beats_path.read_text(encoding="utf-8"))
        beats.extend(known.setdefault(beat, beat) for beat in own)
    return DrumTokenizer.train(beats, vocabulary_size)
