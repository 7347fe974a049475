"""How soon training starts on a prepared corpus of any size: opened, the first batch, and the middle of an epoch."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap

BATCH_SIZE = 12


def benchmark_open(child: Callable[..., dict[str, Any]], data: Path, sizes: Sequence[int]) -> dict[str, Any]:
    """Open `data` as it is (0) or stretched to so many training songs; `child` measures in a process of its own."""
    rows: list[dict[str, Any]] = []
    for songs in sizes:
        with tempfile.TemporaryDirectory(prefix="musegen-open-") as name:
            folder = Path(name) / "stretched"
            if songs:
                stretch(data, folder, songs)
            rows.append(child("open", folder if songs else data))
    return {"rows": rows}


def stretch(data: Path, out: Path, songs: int) -> None:
    """A prepared folder with so many training songs: an index in full size, the music of `data` again and again.

    What does not grow with the number of songs is linked.
    """
    shutil.copytree(data, out, ignore=shutil.ignore_patterns("train"), copy_function=_link)
    (out / "train").mkdir()
    for name in ("hits.npy", "onsets.npy", "tokens.npy"):
        _link(data / "train" / name, out / "train" / name)
    whole_index = np.load(data / "train" / "songs.npy")
    index, ends = whole_index[:-1], whole_index["line"][1:]  # the last song ends where nothing begins
    copies = -(-songs // len(index))
    lines = (data / "train" / "songs.jsonl").read_bytes()[: ends[-1]]
    with (out / "train" / "songs.jsonl").open("wb") as file:
        file.writelines(lines for _ in range(copies - 1))
        file.write(lines[: ends[(songs - 1) % len(index)]])
    bars = int(index["bars"].sum())
    stretched = open_memmap(out / "train" / "songs.npy", "w+", index.dtype, (songs,))
    for copy in range(copies):
        part = stretched[copy * len(index) : (copy + 1) * len(index)]
        part[:] = index[: len(part)]
        part["first_bar"] += copy * bars
        part["line"] += copy * len(lines)
    for name in ("hits", "onsets", "tokens"):
        starts = np.load(data / "train" / f"{name}_starts.npy", mmap_mode="r")
        part = starts[: bars + 1]
        whole = open_memmap(out / "train" / f"{name}_starts.npy", "w+", np.int64, (copies * bars + 1,))
        for copy in range(copies):
            whole[copy * bars : (copy + 1) * bars + 1] = part
    with np.load(data / "train" / "grooves.npz") as grooves:
        patterns, triplets, codes = (
            np.concatenate([grooves[name]] * copies)[:songs] for name in ("patterns", "triplets", "codes")
        )
    np.savez(out / "train" / "grooves.npz", patterns=patterns, triplets=triplets, codes=codes)


def _link(source: Any, target: Any) -> None:
    Path(target).symlink_to(Path(source).resolve())


def measure_open(data: Path) -> dict[str, Any]:
    """Seconds to open the training split, to its first batch and to go on in the middle of an epoch; memory taken.

    Read into memory are files of the system too, so what counts is what is not of a file, in MB; None where the
    system cannot say.
    """
    from musegen_daw.drums.tokens import DrumTokenizer
    from training.drums.corpus import Corpus
    from training.drums.dataset import DrumConditionalDataset, DrumDataConfig, collate

    tokenizer = DrumTokenizer.load(data / "tokenizer.json")
    before, started = anonymous_megabytes(), time.perf_counter()
    dataset = DrumConditionalDataset(Corpus(data, "train"), tokenizer, DrumDataConfig())
    opened = time.perf_counter()
    batches = dataset.batches(0, BATCH_SIZE)
    collate([dataset.draw(crop, 0) for crop in next(batches)])
    first = time.perf_counter()
    songs = len(dataset.corpus.index)
    some = np.arange(min(songs, 1000))
    half = max(1, len(dataset.crops(0, some)) * songs // len(some) // BATCH_SIZE // 2)
    begun = time.perf_counter()
    next(islice(dataset.batches(0, BATCH_SIZE), half - 1, None))
    ended, after = time.perf_counter(), anonymous_megabytes()
    return {
        "songs": len(dataset.corpus.index),
        "bars": int(dataset.corpus.index["bars"].sum(dtype=np.int64)),
        "index_mb": sum(path.stat().st_size for path in (data / "train").iterdir() if _is_index(path)) / 1e6,
        "open_seconds": opened - started,
        "first_batch_seconds": first - opened,
        "half_batches": half,
        "half_seconds": ended - begun,
        "memory_mb": None if before is None or after is None else after - before,
    }


def _is_index(path: Path) -> bool:
    return path.name == "songs.npy" or path.name.endswith("_starts.npy")


def anonymous_megabytes() -> float | None:
    """The memory of this process that is no file's; None where the system cannot say."""
    listing = Path("/proc/self/status")
    if not listing.is_file():
        return None
    lines = dict(line.split(":", 1) for line in listing.read_text(encoding="utf-8").splitlines())
    return int(lines["RssAnon"].split()[0]) / 1024


def print_open(found: dict[str, Any]) -> None:
    """Print the table."""
    place = found["machine"]
    print(f"{place['processor']}, {place['cores']} cores, load {place['load']}")
    print(
        "    songs         bars  index MB   open s  first batch s  half an epoch on s    batches  memory MB"
    )
    for row in found["rows"]:
        memory = "–" if row["memory_mb"] is None else f"{row['memory_mb']:.0f}"
        print(
            f"{row['songs']:9,d} {row['bars']:12,d} {row['index_mb']:9.0f} {row['open_seconds']:8.3f}"
            f" {row['first_batch_seconds']:14.2f} {row['half_seconds']:19.2f} {row['half_batches']:10,d} {memory:>10s}"
        )
