"""How fast the corpus is prepared beside the seed project's way, and how much of training the loader costs.

Imports nothing large: what a child process is charged for memory begins with what its parent had.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROW_GROUPS = 8  # at least, so that workers have something to share
ROW_GROUP_FILES = 250
SCALE_BEATS = 10_000
MAX_TOKENS, MAX_BARS = 512, 24


def main(argv: list[str] | None = None) -> int:
    """Run a benchmark from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.drums benchmark", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    prepare = commands.add_parser("prepare", help="preparation beside the seed project's way")
    prepare.add_argument("--data", type=Path, required=True, help="corpus")
    prepare.add_argument("--files", type=int, default=500, help="how many files, spread over the corpus")
    prepare.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    prepare.add_argument(
        "--seed-trains", action="store_true", help="let the seed's way train a tokenizer too, as it had to"
    )
    prepare.add_argument("--json", type=Path, help="file to write as well")
    train = commands.add_parser("train", help="training beside a bare loop on random tensors")
    train.add_argument("--data", type=Path, required=True, help="folder written by prepare")
    train.add_argument("--config", type=Path, help="TOML file, see training/drums/configs")
    train.add_argument("--steps", type=int, default=30)
    train.add_argument("--threads", type=int, default=0, help="of torch; 0 leaves them as they are")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--json", type=Path, help="file to write as well")
    scale = commands.add_parser("scale", help="preparation of a growing corpus on more workers")
    scale.add_argument("--data", type=Path, required=True, help="corpus")
    scale.add_argument("--files", type=int, default=1000, help="how many files, spread over the corpus")
    scale.add_argument("--copies", type=int, nargs="+", default=[1, 20], help="how often each of them")
    scale.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    scale.add_argument(
        "--audio", type=Path, help="folder of audio to prepare some of for the vocoder as well"
    )
    scale.add_argument("--json", type=Path, help="file to write as well")
    opening = commands.add_parser("open", help="how soon training starts on a corpus of any size")
    opening.add_argument("--data", type=Path, required=True, help="folder written by prepare")
    opening.add_argument(
        "--songs", type=int, nargs="+", default=[0, 2_000_000], help="stretched to (0: as it is)"
    )
    opening.add_argument("--json", type=Path, help="file to write as well")
    child = commands.add_parser("child")
    child.add_argument("work", choices=("sample", "shards", "seed", "miditok", "scale", "audio", "open"))
    child.add_argument("arguments", nargs="*")
    options = parser.parse_args(argv)
    if options.command == "child":
        print(json.dumps(_measured(options.work, options.arguments)))
        return 0
    if options.command == "prepare":
        found = benchmark_preparation(
            options.data, options.files, options.workers, seed_trains=options.seed_trains
        )
        _print_preparation(found)
    elif options.command == "scale":
        from training.drums.benchmark_scale import benchmark_scale, print_scale, runs

        found = benchmark_scale(
            with_progress(runs(options.copies, options.workers, options.audio)),
            options.data,
            options.files,
            options.copies,
            options.workers,
            options.audio,
        )
        found["machine"] = machine()
        print_scale(found)
    elif options.command == "open":
        from training.drums.benchmark_open import benchmark_open, print_open

        found = benchmark_open(with_progress(len(options.songs)), options.data, options.songs)
        found["machine"] = machine()
        print_open(found)
    else:
        from training.drums.benchmark_train import benchmark_training, print_training

        found = benchmark_training(options.data, options.config, options.steps, options.threads, options.seed)
        found["machine"] = machine()
        print_training(found)
    if options.json:
        from training.common.prepared import write_json

        write_json(options.json, found)
    return 0


def benchmark_preparation(
    data: Path, files: int, workers: Sequence[int], *, seed_trains: bool = False
) -> dict[str, Any]:
    """Prepare the same files in every way with each number of workers; each run is a process of its own.

    `miditok` is its own utilities as they are: whole files split, then tokenised, drums and parts alike. The shards
    train their tokenizer within their time. The seed's way is handed it; with `seed_trains` it trains one as well.
    """
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="musegen-benchmark-") as name:
        folder = Path(name)
        child = with_progress(1 + 3 * len(workers))
        sample = child("sample", data, files, folder / "corpus")
        for count in workers:
            out = folder / f"shards-{count}"
            ours = child("shards", folder / "corpus", out, count)
            seed_arguments = (out / "tokenizer.json", folder / f"seed-{count}", count, int(seed_trains))
            seed = child("seed", folder / "corpus", *seed_arguments)
            whole = child(
                "miditok", folder / "corpus", out / "tokenizer.json", folder / f"whole-{count}", count
            )
            for row in (ours, seed, whole):
                row |= {"workers": count, "files": sample["files"], "bars": ours["bars"]}
                row["files_per_second"] = row["files"] / row["seconds"]
                row["bars_per_second"] = row["bars"] / row["seconds"]
            ours["times_the_seed"] = seed["seconds"] / ours["seconds"]
            ours["times_miditok"] = whole["seconds"] / ours["seconds"]
            rows += [seed, whole, ours]
    return {"machine": machine(), "files": sample["files"], "seed_trains": seed_trains, "rows": rows}


def with_progress(children: int) -> Callable[..., dict[str, Any]]:
    """`child(work, *arguments)`, which measures in a process of its own; a bar counts `children` of them."""
    from tqdm import tqdm

    bar = tqdm(total=children, desc="measuring", unit="run", disable=not sys.stderr.isatty())

    def child(work: str, *arguments: object) -> dict[str, Any]:
        bar.set_postfix_str(work)
        found = _child(work, *arguments)
        bar.update()
        if bar.n == children:
            bar.close()
        return found

    return child


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    processor = platform.processor()
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        lines = listing.read_text(encoding="utf-8").splitlines()
        processor = next(
            (line.partition(":")[2].strip() for line in lines if "model name" in line), processor
        )
    return {
        "processor": processor or platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _child(work: str, *arguments: object) -> dict[str, Any]:
    environment = os.environ | {"TQDM_DISABLE": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "training.drums", "benchmark", "child", work, *map(str, arguments)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"the measured process ({work}) failed:\n{result.stderr[-2000:]}")
    return json.loads(result.stdout.splitlines()[-1])


def _measured(work: str, arguments: Sequence[str]) -> dict[str, Any]:
    started = time.perf_counter()
    if work == "sample":
        copies = int(arguments[3]) if len(arguments) > 3 else 1
        return _sample(Path(arguments[0]), int(arguments[1]), Path(arguments[2]), copies)
    if work == "open":
        from training.drums.benchmark_open import measure_open

        return measure_open(Path(arguments[0]))
    if work == "shards":
        found = _shards(Path(arguments[0]), Path(arguments[1]), int(arguments[2]), started)
    elif work == "scale":
        found = _prepared(Path(arguments[0]), Path(arguments[1]), int(arguments[2]), started)
    elif work == "audio":
        found = _recordings(
            Path(arguments[0]), Path(arguments[1]), int(arguments[2]), int(arguments[3]), started
        )
    elif work == "miditok":
        corpus, tokenizer, folder = map(Path, arguments[:3])
        found = _whole(corpus, tokenizer, folder, int(arguments[3]), started)
    else:
        corpus, tokenizer, folder = map(Path, arguments[:3])
        found = _seed(corpus, tokenizer, folder, int(arguments[3]), bool(int(arguments[4])), started)
    return found | {"way": work, "peak_mb": _peak_megabytes()}


def _sample(data: Path, files: int, out: Path, copies: int) -> dict[str, Any]:
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


_SAMPLE_COLUMNS = {"source": "origin", "licence_class": "licence_class", "song_group": "group"}


def _ending(copy: int) -> bytes:
    return b"Copy\0\0\0\4" + copy.to_bytes(4, "big") if copy else b""


def _prepared(corpus: Path, out: Path, workers: int, started: float) -> dict[str, Any]:
    from training.drums.prepare import prepare

    # any corpus larger than the usual number of beats has its tokenizer from as many of them as any other
    facts = prepare([corpus], [], out, training_beats=SCALE_BEATS, workers=workers, keep_duplicates=True)
    return {
        "seconds": time.perf_counter() - started,
        "songs": sum(numbers["songs"] for numbers in facts["splits"].values()),
        "bars": sum(numbers["bars"] for numbers in facts["splits"].values()),
    } | _cost(workers)


def _recordings(audio: Path, out: Path, recordings: int, workers: int, started: float) -> dict[str, Any]:
    from training.vocoder.audio_folder import find_recordings
    from training.vocoder.parts import ChunkConfig
    from training.vocoder.prepare import prepare
    from training.vocoder.recordings import Found

    found = find_recordings(audio)
    some = found.recordings[:: max(1, len(found.recordings) // recordings)][:recordings]
    facts = prepare([Found(some, found.dropped)], out, ChunkConfig(), workers=workers, keep_duplicates=True)
    return {
        "seconds": time.perf_counter() - started,
        "hours": sum(numbers["hours"] for numbers in facts["splits"].values()),
    } | _cost(workers)


def _cost(workers: int) -> dict[str, Any]:
    """Memory and processor time of this process and of its workers, which must have ended."""
    return {
        "main_mb": _peak_megabytes(children=False),
        "worker_mb": _peak_megabytes(itself=False) if workers > 1 else None,
        "main_cpu_seconds": sum(os.times()[:2]),
        "worker_cpu_seconds": sum(os.times()[2:4]),
    }


def _shards(corpus: Path, out: Path, workers: int, started: float) -> dict[str, Any]:
    from training.drums.corpus import Corpus
    from training.drums.crops import Cutter
    from training.drums.prepare import prepare

    facts = prepare([corpus], [], out, workers=workers, keep_duplicates=True)  # as the seed did
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
    ended = time.perf_counter()
    return {
        "seconds": ended - started,
        "stages": {"prepare": written - started, "read an epoch": ended - written},
        "songs": sum(numbers["songs"] for numbers in facts["splits"].values()),
        "bars": sum(numbers["bars"] for numbers in facts["splits"].values()),
        "hits": sum(numbers["hits"] for numbers in facts["splits"].values()),
        "sequences": sequences,
        "files_written": sum(path.is_file() for path in out.rglob("*")),
    }


def _seed(
    corpus: Path, tokenizer: Path, folder: Path, workers: int, train_tokenizer: bool, started: float
) -> dict[str, Any]:
    from training.drums.seed_way import count_hits, prepare_the_seed_way

    result = prepare_the_seed_way(corpus, tokenizer, folder, workers=workers, train_tokenizer=train_tokenizer)
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "stages": result.seconds,
        "songs": result.songs,
        "hits": count_hits(result.sequences, tokenizer),
        "sequences": len(result.sequences),
        "files_written": result.track_files + result.sequence_files + 1,
    }


def _whole(corpus: Path, tokenizer: Path, folder: Path, workers: int, started: float) -> dict[str, Any]:
    from training.drums.seed_way import prepare_with_miditok

    result = prepare_with_miditok(corpus, tokenizer, folder, workers=workers)
    return {
        "seconds": time.perf_counter() - started,
        "stages": result.seconds,
        "songs": result.songs,
        "hits": 0,
        "sequences": len(result.sequences),
        "files_written": result.track_files + result.sequence_files,
    }


def _peak_megabytes(*, itself: bool = True, children: bool = True) -> float | None:
    """The largest resident size that this process or one of its workers had; None where the system cannot say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    who = ([resource.RUSAGE_SELF] if itself else []) + ([resource.RUSAGE_CHILDREN] if children else [])
    peak = max(resource.getrusage(each).ru_maxrss for each in who)
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _print_preparation(found: dict[str, Any]) -> None:
    place = found["machine"]
    print(f"{found['files']} files on {place['processor']}, {place['cores']} cores, load {place['load']}")
    print(
        "way     workers  seconds   files/s    bars/s   songs      hits  sequences    files  peak MB   times"
    )
    for row in found["rows"]:
        peak = "–" if row["peak_mb"] is None else f"{row['peak_mb']:.0f}"
        times = f"{row['times_the_seed']:.1f}" if "times_the_seed" in row else ""
        print(
            f"{row['way']:7s} {row['workers']:7d} {row['seconds']:8.1f} {row['files_per_second']:9.1f}"
            f" {row['bars_per_second']:9.0f} {row['songs']:7d} {row['hits']:9d} {row['sequences']:10d}"
            f" {row['files_written']:8d} {peak:>8s} {times:>7s}"
        )
        print("        " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in row["stages"].items()))
    print("miditok: its split and tokenise utilities on whole files; it counts no drum hits")
    trained = (
        "trains a tokenizer of its own too" if found["seed_trains"] else "is handed the trained tokenizer"
    )
    print(f"peak MB: the largest single process; the seed's way {trained}")
