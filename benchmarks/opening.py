"""How soon training starts on prepared data of any size: opened, the first batch, and the middle of an epoch."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import dtype_to_descr, open_memmap, write_array_header_1_0

from benchmarks.measured_process import anonymous_megabytes, run_measured
from training.common.prepared import as_lines
from training.vocoder.parts import CHUNK

BATCH_SIZE = 12
RECORDING_CHUNKS = 15


def benchmark_drums(data: Path, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Open `data` as it is (0) or stretched to so many training songs, each in a process of its own."""
    print("    songs         bars  index MB" + _HEAD)
    rows: list[dict[str, Any]] = []
    for songs in sizes:
        with tempfile.TemporaryDirectory(prefix="musegen-open-") as name:
            folder = Path(name) / "stretched"
            if songs:
                stretch_drums(data, folder, songs)
            row = run_measured("benchmarks.opening", "drums", folder if songs else data)
        rows.append(row)
        print(f"{row['songs']:9,d} {row['bars']:12,d} {row['index_mb']:9.0f}" + _cells(row))
    return rows


def benchmark_vocoder(data: Path, config: Path, hours: float) -> list[dict[str, Any]]:
    """Open `data` as it is, then an index of so many hours of silence, each in a process of its own."""
    print("   hours       chunks" + _HEAD)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="musegen-open-") as name:
        stretch_vocoder(data, Path(name), hours)
        for folder in (data, Path(name)):
            row = run_measured("benchmarks.opening", "vocoder", folder, config)
            rows.append(row)
            print(f"{row['hours']:8.1f} {row['chunks']:12,d}" + _cells(row))
    return rows


_HEAD = "   open s  first batch s  half an epoch on s    batches  memory MB"


def _cells(row: Mapping[str, Any]) -> str:
    memory = "–" if row["memory_mb"] is None else f"{row['memory_mb']:.0f}"
    return (
        f" {row['open_seconds']:8.3f} {row['first_batch_seconds']:14.2f} {row['half_seconds']:19.2f}"
        f" {row['batches']:10,d} {memory:>10s}"
    )


def stretch_drums(data: Path, out: Path, songs: int) -> None:
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


def stretch_vocoder(data: Path, out: Path, hours: float) -> None:
    """A prepared folder of so many hours for training, of which only the index takes room on most file systems."""
    facts = json.loads((data / "facts.json").read_text(encoding="utf-8"))
    (out / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    (out / "train").mkdir()
    count = max(1, round(hours * 3600 * facts["sample_rate_hz"] / facts["chunk_samples"]))
    index = open_memmap(out / "train" / "chunks.npy", "w+", CHUNK, (count,))
    at = np.arange(count)
    index["recording"], index["samples"] = at // RECORDING_CHUNKS, facts["chunk_samples"]
    index["start"] = at % RECORDING_CHUNKS * facts["chunk_samples"]
    names = [
        {"key": f"track {number}", "source": "silence"} for number in range(at[-1] // RECORDING_CHUNKS + 1)
    ]
    text, starts = as_lines(names)
    (out / "train" / "recordings.jsonl").write_bytes(text)
    np.save(out / "train" / "recordings_starts.npy", starts)
    dtype = np.dtype(facts["dtype"])
    samples = count * facts["chunk_samples"]
    with (out / "train" / "audio.npy").open("wb") as file:
        head = {"descr": dtype_to_descr(dtype), "fortran_order": False, "shape": (samples,)}
        write_array_header_1_0(file, head)
        file.truncate(file.tell() + samples * dtype.itemsize)  # a hole, which reads as zeros


def measure_drums(data: Path) -> dict[str, Any]:
    """Seconds to open the training split, to its first batch and to the middle of an epoch, and memory in MB.

    Mapped files are not counted as memory.
    """
    from musegen_daw.drums.tokens import DrumTokenizer
    from training.drums.corpus import Corpus
    from training.drums.dataset import DrumConditionalDataset, DrumDataConfig, collate

    tokenizer = DrumTokenizer.load(data / "tokenizer.json")
    before, started = anonymous_megabytes(), time.perf_counter()
    dataset = DrumConditionalDataset(Corpus(data, "train"), tokenizer, DrumDataConfig())
    opened = time.perf_counter()
    collate([dataset.draw(crop, 0) for crop in next(dataset.batches(0, BATCH_SIZE))])
    first = time.perf_counter()
    songs = len(dataset.corpus.index)
    some = np.arange(min(songs, 1000))
    half = max(1, len(dataset.crops(0, some)) * songs // len(some) // BATCH_SIZE // 2)
    begun = time.perf_counter()
    next(islice(dataset.batches(0, BATCH_SIZE), half - 1, None))
    half_seconds = time.perf_counter() - begun
    names = ("songs.npy", *(f"{name}_starts.npy" for name in ("hits", "onsets", "tokens")))
    return {
        "songs": songs,
        "bars": int(dataset.corpus.index["bars"].sum(dtype=np.int64)),
        "index_mb": sum((data / "train" / name).stat().st_size for name in names) / 1e6,
        "open_seconds": opened - started,
        "first_batch_seconds": first - opened,
        "half_seconds": half_seconds,
        "batches": half,
        "memory_mb": _growth(before),
    }


def measure_vocoder(data: Path, config_path: Path) -> dict[str, Any]:
    from training.common.config import load_config
    from training.vocoder.dataset import AudioCorpus, VocoderDataset, collate
    from training.vocoder.train import VocoderTraining

    config = load_config(VocoderTraining, config_path)
    before, started = anonymous_megabytes(), time.perf_counter()
    dataset = VocoderDataset(AudioCorpus(data, "train"), config.mel, config.data, config.loop.seed)
    opened = time.perf_counter()
    batches = dataset.batches(0, config.loop.batch_size)
    collate([dataset.draw(crop, 0) for crop in batches[0]])
    first = time.perf_counter()
    collate([dataset.draw(crop, 0) for crop in batches[len(batches) // 2]])
    half_seconds = time.perf_counter() - first
    chunks = len(dataset.corpus.index)
    return {
        "hours": chunks * dataset.corpus.chunk_samples / dataset.corpus.sample_rate_hz / 3600,
        "chunks": chunks,
        "open_seconds": opened - started,
        "first_batch_seconds": first - opened,
        "half_seconds": half_seconds,
        "batches": len(batches),
        "memory_mb": _growth(before),
    }


def _growth(before: float | None) -> float | None:
    after = anonymous_megabytes()
    return None if before is None or after is None else after - before


def main(argv: Sequence[str]) -> int:
    """Measure one folder, `drums FOLDER` or `vocoder FOLDER CONFIG`, and print it as JSON."""
    work, *paths = argv
    measure = {"drums": measure_drums, "vocoder": measure_vocoder}[work]
    print(json.dumps(measure(*map(Path, paths))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
