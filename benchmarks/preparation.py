"""How fast the corpus is prepared, beside other ways.

Imports nothing large: the memory of a child process begins with that of its parent.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measured_process import peak_megabytes, run_measured

ROW_GROUPS = 8  # at least, so that workers have something to share
ROW_GROUP_FILES = 250
SCALE_BEATS = 10_000
MAX_TOKENS, MAX_BARS = 512, 24
_SAMPLE_COLUMNS = {"source": "origin", "licence_class": "licence_class", "song_group": "group"}


def benchmark(
    data: Path, files: int, workers: Sequence[int], *, plain_trains: bool = False
) -> list[dict[str, Any]]:
    """Prepare the same `files` in every way with each number of workers; each run is a process of its own.

    `miditok` is its own utilities: whole files split, then tokenised, drums and parts alike. The shards train their
    tokenizer within their time; the plain way is handed it, and with `plain_trains` trains one as well.
    """
    print(
        "way     workers  seconds   files/s    bars/s   songs      hits  sequences    files  peak MB   times"
    )
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="musegen-benchmark-") as name:
        folder = Path(name)
        count = measure("sample", data, files, folder / "corpus")["files"]
        for processes in workers:
            out = folder / f"shards-{processes}"
            tokenizer = out / "tokenizer.json"
            ours = measure("shards", folder / "corpus", out, processes)
            plain = measure(
                "plain",
                folder / "corpus",
                tokenizer,
                folder / f"plain-{processes}",
                processes,
                int(plain_trains),
            )
            whole = measure("miditok", folder / "corpus", tokenizer, folder / f"whole-{processes}", processes)
            ours["times_plain"] = plain["seconds"] / ours["seconds"]
            ours["times_miditok"] = whole["seconds"] / ours["seconds"]
            for row in (plain, whole, ours):
                row |= {"workers": processes, "files": count, "bars": ours["bars"]}
                row |= {f"{unit}_per_second": row[unit] / row["seconds"] for unit in ("files", "bars")}
                _print(row)
                rows.append(row)
    print("miditok: its split and tokenise utilities on whole files; it counts no drum hits")
    trained = "trains a tokenizer of its own too" if plain_trains else "is handed the trained tokenizer"
    print(f"peak MB: the largest single process; the plain way {trained}")
    return rows


def _print(row: Mapping[str, Any]) -> None:
    peak = "–" if row["peak_mb"] is None else f"{row['peak_mb']:.0f}"
    times = f"{row['times_plain']:.1f}" if "times_plain" in row else ""
    print(
        f"{row['way']:7s} {row['workers']:7d} {row['seconds']:8.1f} {row['files_per_second']:9.1f}"
        f" {row['bars_per_second']:9.0f} {row['songs']:7d} {row['hits']:9d} {row['sequences']:10d}"
        f" {row['files_written']:8d} {peak:>8s} {times:>7s}"
    )
    print("        " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in row["stages"].items()))


def measure(work: str, *arguments: object) -> dict[str, Any]:
    """Do one of the works of `main` in a process of its own."""
    return run_measured("benchmarks.preparation", work, *arguments)


def main(argv: Sequence[str]) -> int:
    works = {
        "sample": _sample,
        "shards": _shards,
        "plain": _plain,
        "miditok": _miditok,
        "scale": _scale,
        "audio": _audio,
    }
    work, *arguments = argv
    started = time.perf_counter()
    found = works[work](*(int(word) if word.isdecimal() else Path(word) for word in arguments))
    if work != "sample":
        found = {"seconds": time.perf_counter() - started, "way": work, "peak_mb": peak_megabytes()} | found
    print(json.dumps(found))
    return 0


def _sample(data: Path, files: int, out: Path, copies: int = 1) -> dict[str, Any]:
    """Write `files` files, spread evenly over the corpus, as parquet, one folder per split.

    Each of several copies ends in a chunk of its own, which readers skip: other bytes, the same music. Held are the
    files themselves and one row group of their copies.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from training.drums.gigamidi import SPLITS, find_units, read_unit

    units = find_units(data)
    number = sum(1 for unit in units for _ in read_unit(unit))
    chosen = set(np.linspace(0, number - 1, min(files, number)).astype(int).tolist())
    sources = [
        source
        for index, source in enumerate(source for unit in units for source in read_unit(unit))
        if index in chosen
    ]
    size = max(1, min(ROW_GROUP_FILES, -(-copies * len(sources) // ROW_GROUPS)))
    schema = pa.schema(
        {name: pa.binary() if name == "music" else pa.string() for name in ("md5", "music", *_SAMPLE_COLUMNS)}
    )
    for split in SPLITS:
        own = [source for source in sources if source.split == split]
        if not own:
            continue
        (out / split).mkdir(parents=True)
        with pq.ParquetWriter(out / split / "0.parquet", schema) as writer:
            for start in range(0, copies * len(own), size):
                numbered = [
                    divmod(row, len(own)) for row in range(start, min(start + size, copies * len(own)))
                ]
                rows = [(copy, own[index]) for copy, index in numbered]
                columns = [
                    [f"{source.key}-{copy}" for copy, source in rows],
                    [source.data + _ending(copy) for copy, source in rows],
                    *([getattr(source, field) for _, source in rows] for field in _SAMPLE_COLUMNS.values()),
                ]
                writer.write_table(pa.table(columns, schema))
    return {"files": copies * len(sources)}


def _ending(copy: int) -> bytes:
    return b"Copy\0\0\0\4" + copy.to_bytes(4, "big") if copy else b""


def _totals(facts: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: sum(numbers[name] for numbers in facts["splits"].values()) for name in names}


def _scale(corpus: Path, out: Path, workers: int) -> dict[str, Any]:
    from training.drums.prepare import prepare

    # a corpus larger than the usual number of beats has its tokenizer from as many of them as any other
    facts = prepare([corpus], [], out, training_beats=SCALE_BEATS, workers=workers, keep_duplicates=True)
    return _totals(facts, "songs", "bars") | _cost(workers)


def _audio(audio: Path, out: Path, recordings: int, workers: int) -> dict[str, Any]:
    from training.vocoder.audio_folder import find_recordings
    from training.vocoder.parts import ChunkConfig
    from training.vocoder.prepare import prepare
    from training.vocoder.recordings import Found

    found = find_recordings(audio)
    some = found.recordings[:: max(1, len(found.recordings) // recordings)][:recordings]
    facts = prepare([Found(some, found.dropped)], out, ChunkConfig(), workers=workers, keep_duplicates=True)
    return _totals(facts, "hours") | _cost(workers)


def _cost(workers: int) -> dict[str, Any]:
    """Memory and processor time of this process and of its workers, which must have ended."""
    return {
        "main_mb": peak_megabytes(children=False),
        "worker_mb": peak_megabytes(itself=False) if workers > 1 else None,
        "main_cpu_seconds": sum(os.times()[:2]),
        "worker_cpu_seconds": sum(os.times()[2:4]),
    }


def _shards(corpus: Path, out: Path, workers: int) -> dict[str, Any]:
    from training.drums.corpus import Corpus
    from training.drums.crops import Cutter
    from training.drums.prepare import prepare

    started = time.perf_counter()
    facts = prepare([corpus], [], out, workers=workers, keep_duplicates=True)  # as the plain way does
    written = time.perf_counter()
    sequences = 0
    for split, numbers in facts["splits"].items():
        if not numbers["songs"]:
            continue
        prepared = Corpus(out, split)
        for crop in Cutter(prepared, MAX_TOKENS - 1, MAX_BARS).crops(0):
            prepared.between("tokens", crop.song, crop.first_bar, crop.bars)
            prepared.between("onsets", crop.song, crop.first_bar, crop.bars)
            sequences += 1
    return _totals(facts, "songs", "bars", "hits") | {
        "stages": {"prepare": written - started, "read an epoch": time.perf_counter() - written},
        "sequences": sequences,
        "files_written": sum(path.is_file() for path in out.rglob("*")),
    }


def _plain(corpus: Path, tokenizer: Path, folder: Path, workers: int, trains: int) -> dict[str, Any]:
    from benchmarks.other_preparations import count_hits, prepare_plainly

    started = time.perf_counter()
    result = prepare_plainly(corpus, tokenizer, folder, workers=workers, train_tokenizer=bool(trains))
    seconds = time.perf_counter() - started
    return result.row() | {"seconds": seconds, "hits": count_hits(result.sequences, tokenizer)}


def _miditok(corpus: Path, tokenizer: Path, folder: Path, workers: int) -> dict[str, Any]:
    from benchmarks.other_preparations import prepare_with_miditok

    return prepare_with_miditok(corpus, tokenizer, folder, workers=workers).row() | {"hits": 0}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
