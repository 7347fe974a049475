"""How soon training starts on prepared audio of any length: opened, an epoch laid out, the first batch."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import dtype_to_descr, open_memmap, write_array_header_1_0

from training.common.prepared import as_lines
from training.drums.benchmark_open import anonymous_megabytes
from training.vocoder.dataset import AudioCorpus, VocoderDataset, collate
from training.vocoder.parts import CHUNK
from training.vocoder.train import VocoderTraining

RECORDING_CHUNKS = 15


def benchmark_open(config: VocoderTraining, data: Path, hours: float) -> dict[str, Any]:
    """Open `data` as it is, then an index of so many hours of silence; seconds, and MB of memory that are no file's."""
    rows = [_measured(config, data)]
    with tempfile.TemporaryDirectory(prefix="musegen-open-") as name:
        stretch(data, Path(name), hours)
        rows.append(_measured(config, Path(name)))
    return {"rows": rows}


def stretch(data: Path, out: Path, hours: float) -> None:
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


def _measured(config: VocoderTraining, data: Path) -> dict[str, Any]:
    before, started = anonymous_megabytes(), time.perf_counter()
    dataset = VocoderDataset(AudioCorpus(data, "train"), config.mel, config.data, config.loop.seed)
    opened = time.perf_counter()
    batches = dataset.batches(0, config.loop.batch_size)
    collate([dataset.draw(crop, 0) for crop in batches[0]])
    first = time.perf_counter()
    collate([dataset.draw(crop, 0) for crop in batches[len(batches) // 2]])
    ended, after = time.perf_counter(), anonymous_megabytes()
    chunks = len(dataset.corpus.index)
    return {
        "hours": chunks * dataset.corpus.chunk_samples / dataset.corpus.sample_rate_hz / 3600,
        "chunks": chunks,
        "batches": len(batches),
        "open_seconds": opened - started,
        "first_batch_seconds": first - opened,
        "half_seconds": ended - first,
        "memory_mb": None if before is None or after is None else after - before,
    }


def print_open(found: dict[str, Any]) -> None:
    """Print the table."""
    place = found["machine"]
    print(f"{place['processor']}, {place['cores']} cores, load {place['load']}")
    print("   hours    chunks    batches   open s  first batch s  half an epoch on s  memory MB")
    for row in found["rows"]:
        memory = "–" if row["memory_mb"] is None else f"{row['memory_mb']:.0f}"
        print(
            f"{row['hours']:8.1f} {row['chunks']:9,d} {row['batches']:10,d} {row['open_seconds']:8.3f}"
            f" {row['first_batch_seconds']:14.2f} {row['half_seconds']:19.2f} {memory:>10s}"
        )
