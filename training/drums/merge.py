"""Join the blocks of a corpus into one folder that training maps into memory, in parallel."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.files import atomic_path, write_bytes
from training.common.duplicates import KEPT, REASONS
from training.common.prepared import write_json
from training.common.shard_map import ShardMap
from training.drums.blocks import STREAMS
from training.drums.gigamidi import SPLITS
from training.drums.parts import FORMAT, from_array, read_facts
from training.drums.split_files import AMOUNTS, SplitFiles

_BLOCKS_A_TASK = 8  # to hand one alone to a worker takes a good part of the time that it needs there


@dataclass(frozen=True, slots=True)
class Chosen:
    """A part, what was found of each of its songs (songs,), and the block of those that are kept."""

    path: Path
    found: npt.NDArray[np.uint8]
    block: Path


@dataclass(frozen=True, slots=True)
class BlockOffset:
    """A block, and of every split that it has songs of the AMOUNTS before it."""

    block: Path
    before: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Laying:
    """Blocks for the files of the splits."""

    splits: dict[str, SplitFiles]
    places: Sequence[BlockOffset]


def merge(parts: Sequence[Chosen], out: Path, tokenizer: Path, shards: ShardMap) -> dict[str, Any]:
    """Join `parts` into `out`; returns the facts, which are written last: without them the folder is not prepared.

    Each block goes where the totals of those before it say, by the hands of whatever worker `shards` has.
    """
    (out / "facts.json").unlink(missing_ok=True)
    write_bytes(out / "tokenizer.json", tokenizer.read_bytes())
    totals: dict[str, dict[str, int]] = {split: dict.fromkeys(AMOUNTS, 0) for split in SPLITS}
    hours: dict[str, float] = dict.fromkeys(SPLITS, 0.0)
    dropped: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    files = size = 0
    places: list[BlockOffset] = []
    with _text(out / "quarantine.csv") as quarantine, _text(out / "pairs.json") as pairs:
        poison = csv.writer(quarantine)
        poison.writerow(("file", "reason"))
        before = "{\n"
        for part in parts:
            facts = read_facts(part.path)
            files, size = files + facts["files"], size + facts["bytes"]
            dropped.update(facts["dropped"])
            dropped.update(REASONS[code] for code in part.found.tolist() if code != KEPT)
            poison.writerows(facts["poison"])
            with np.load(part.block) as block:
                facts, own = from_array(block["facts"]), block["pairs"].tobytes().decode()
            classes.update(facts["classes"])
            if own:
                pairs.write(before + own)
                before = ",\n"
            places.append(BlockOffset(part.block, {split: dict(totals[split]) for split in facts["totals"]}))
            for split, amounts in facts["totals"].items():
                hours[split] += facts["hours"][split]
                for name in AMOUNTS:
                    totals[split][name] += amounts[name]
        pairs.write("\n}\n" if before == ",\n" else before + "}\n")
    splits = {split: SplitFiles(out / split, amounts) for split, amounts in totals.items()}
    for own_files in splits.values():
        own_files.begin()
    starts = range(0, len(places), _BLOCKS_A_TASK)
    shards.each(lay_blocks, [Laying(splits, places[at : at + _BLOCKS_A_TASK]) for at in starts], "joining")
    sizes = {split: own_files.finish() for split, own_files in splits.items()}
    facts = {
        "format": FORMAT,
        "files": files,
        "bytes": size,
        "dropped": dict(sorted(dropped.items(), key=lambda item: (-item[1], item[0]))),
        "train_songs_by_licence_class": dict(classes),
        "splits": {
            split: {
                **{name: amounts[name] for name in ("songs", "bars")},
                "hours": round(hours[split], 4),
                **{name: amounts[name] for name in STREAMS},
                "bytes": sizes[split],
            }
            for split, amounts in totals.items()
        },
    }
    write_json(out / "facts.json", facts)
    return facts


def lay_blocks(task: Laying) -> None:
    """Write blocks into files that are there."""
    for place in task.places:
        with np.load(place.block) as block:
            for split, before in place.before.items():
                task.splits[split].lay(lambda name, own=split: block[f"{own}:{name}"], before)


@contextmanager
def _text(path: Path) -> Iterator[Any]:
    """A text file that stands at `path` when it is whole."""
    with atomic_path(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        yield file
