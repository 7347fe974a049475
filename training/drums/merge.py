"""The blocks of a corpus laid end to end in one folder that training maps into memory."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.lib.format import dtype_to_descr, write_array_header_1_0

from musegen_daw.drumming.features import ControlScale
from training.common.duplicates import KEPT, REASONS
from training.common.files import write_json
from training.drums.blocks import SONG, STREAMS
from training.drums.gigamidi import SPLITS
from training.drums.parts import FORMAT, from_array, read_facts

SCALE_BARS = 4_000_000
_SCALE_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Chosen:
    """A part, what was found of each of its songs (songs,), and the block of those that are kept."""

    path: Path
    found: npt.NDArray[np.uint8]
    block: Path


def merge(parts: Sequence[Chosen], out: Path, tokenizer: Path) -> dict[str, Any]:
    """Join `parts` into `out`; returns the facts, which are written last: without them the folder is not prepared."""
    (out / "facts.json").unlink(missing_ok=True)
    (out / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    totals = _totals(parts)
    dropped: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    files = size = 0
    with ExitStack() as stack:
        quarantine = csv.writer(stack.enter_context(_text(out / "quarantine.csv")))
        quarantine.writerow(("file", "reason"))
        pairs = stack.enter_context(_text(out / "pairs.json"))
        before = "{\n"
        writers = {split: stack.enter_context(_SplitWriter(out / split, totals[split])) for split in SPLITS}
        for part in parts:
            facts = read_facts(part.path)
            files, size = files + facts["files"], size + facts["bytes"]
            dropped.update(facts["dropped"])
            dropped.update(REASONS[code] for code in part.found.tolist() if code != KEPT)
            quarantine.writerows(facts["poison"])
            with np.load(part.block) as block:
                facts = from_array(block["facts"])
                classes.update(facts["classes"])
                if own := block["pairs"].tobytes().decode():
                    pairs.write(before + own)
                    before = ",\n"
                for split, hours in facts["hours"].items():
                    writers[split].add({name: block[f"{split}:{name}"] for name in _NAMES}, hours)
        pairs.write("\n}\n" if before == ",\n" else before + "}\n")
    facts = {
        "format": FORMAT,
        "files": files,
        "bytes": size,
        "dropped": dict(sorted(dropped.items(), key=lambda item: (-item[1], item[0]))),
        "train_songs_by_licence_class": dict(classes),
        "splits": {split: writer.facts() for split, writer in writers.items()},
        "control_scale": asdict(writers["train"].scale()),
    }
    write_json(out / "facts.json", facts)
    return facts


_NAMES = (*STREAMS, *(f"{name}_counts" for name in STREAMS), "levels", "songs", "lines")


def _totals(parts: Sequence[Chosen]) -> dict[str, Counter[str]]:
    """Songs, bars, hits, onsets and tokens of every split, which the heads of its files say."""
    totals: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    for part in parts:
        with np.load(part.block) as block:
            for split, own in from_array(block["facts"])["totals"].items():
                totals[split].update(own)
    return totals


class _SplitWriter:
    """The files of one split, written from their beginnings to their ends and renamed at the end of the `with`."""

    def __init__(self, folder: Path, totals: Counter[str]) -> None:
        self._folder, self._totals = folder, totals
        self._at: Counter[str] = Counter()
        self._hours = 0.0
        self._bytes = 0
        self._stride = -(-totals["bars"] // SCALE_BARS)
        self._counts: list[npt.NDArray[np.uint32]] = []
        self._levels: list[npt.NDArray[np.float64]] = []
        self._files: dict[str, BinaryIO] = {}

    def __enter__(self) -> _SplitWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._files["songs.jsonl"] = self._beside("songs.jsonl").open("wb")
        self._begin("songs", SONG, self._totals["songs"])
        for name, dtype in STREAMS.items():
            self._begin(name, dtype, self._totals[name])
            self._begin(f"{name}_starts", np.dtype(np.int64), self._totals["bars"] + 1)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for name in STREAMS:
                self._write(f"{name}_starts.npy", np.array([self._at[name]], np.int64))
        for file in self._files.values():
            file.close()
        if kind is None:
            for name in self._files:
                self._bytes += self._beside(name).stat().st_size
                self._beside(name).replace(self._folder / name)

    def add(self, block: dict[str, Any], hours: float) -> None:
        """Lay a block behind what is there."""
        index = block["songs"]
        index["first_bar"] += self._at["bars"]
        index["line"] += self._at["lines"]
        self._write("songs.npy", index)
        self._write("songs.jsonl", block["lines"])
        for name in STREAMS:
            counts = block[f"{name}_counts"].astype(np.int64)
            self._write(f"{name}.npy", block[name])
            self._write(f"{name}_starts.npy", self._at[name] + np.cumsum(counts) - counts)
            self._at[name] += len(block[name])
        counts, levels = block["hits_counts"], block["levels"]
        bar = np.arange(len(counts)) + self._at["bars"]
        wanted = (counts > 0) & (bar // _SCALE_BLOCK % max(1, self._stride) == 0)
        self._counts.append(counts[wanted])
        self._levels.append(levels[wanted])
        self._at.update(songs=len(index), bars=len(counts), lines=len(block["lines"]))
        self._hours += hours

    def facts(self) -> dict[str, Any]:
        """What there is of everything."""
        return {
            **{name: self._at[name] for name in ("songs", "bars")},
            "hours": round(self._hours, 4),
            **{name: self._at[name] for name in STREAMS},
            "bytes": self._bytes,
        }

    def scale(self) -> ControlScale:
        """The scale of the controls, learned from blocks of bars, of a large corpus spread evenly over it."""
        return ControlScale.learn(np.concatenate(self._counts), np.concatenate(self._levels))

    def _beside(self, name: str) -> Path:
        return self._folder / f"{name}.part"

    def _begin(self, name: str, dtype: np.dtype[Any], length: int) -> None:
        file = self._files[f"{name}.npy"] = self._beside(f"{name}.npy").open("wb")
        head = {"descr": dtype_to_descr(dtype), "fortran_order": False, "shape": (length,)}
        write_array_header_1_0(file, head)

    def _write(self, name: str, values: npt.NDArray[Any]) -> None:
        self._files[name].write(np.ascontiguousarray(values).view(np.uint8).data)


@contextmanager
def _text(path: Path) -> Iterator[Any]:
    """A text file that is written beside `path` and renamed at the end."""
    beside = path.with_name(path.name + ".part")
    with beside.open("w", encoding="utf-8", newline="") as file:
        yield file
    beside.replace(path)
