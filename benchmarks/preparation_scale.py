"""How preparation grows with corpus and workers, and a projection for larger corpora."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.preparation import measure

GIGAMIDI_FILES = 2_100_000
JAMENDO_HOURS = 1126
RECORDINGS = (16, 64)
CORES = (1, 16, 128)


def benchmark(
    data: Path, files: int, copies: Sequence[int], workers: Sequence[int], audio: Path | None = None
) -> list[dict[str, Any]]:
    """Prepare one sample, repeated with distinct hashes, for each number of copies and of workers.

    Copies are kept as songs of their own. With `audio`, RECORDINGS of that folder are prepared on the most workers.
    """
    print(
        "copies  workers    files  seconds   files/s    bars/s  worker MB  main MB  workers CPU s  main CPU s  speed-up"
    )
    rows: list[dict[str, Any]] = []
    audio_rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="musegen-scale-") as name:
        folder = Path(name)
        for times in copies:
            corpus = folder / f"corpus-{times}"
            sample = measure("sample", data, files, corpus, times)
            alone: float | None = None
            for count in workers:
                row = measure("scale", corpus, folder / f"out-{times}-{count}", count)
                rows.append({"copies": times, "workers": count, "files": sample["files"]} | row)
                alone = row["seconds"] if count == 1 else alone
                _print(rows[-1], alone)
        for number in RECORDINGS if audio else ():
            row = measure("audio", audio, folder / f"audio-{number}", number, max(workers))
            audio_rows.append({"recordings": number, "workers": max(workers)} | row)
            print(
                f"{number} recordings, {row['hours']:.2f} hours, on {max(workers)} workers: {row['seconds']:.1f} s,"
                f" workers' processor {row['worker_cpu_seconds']:.1f} s, main {row['main_cpu_seconds']:.1f} s,"
                f" a worker's memory {row['worker_mb'] or 0:.0f} MB"
            )
    _print_projection("GigaMIDI", project(rows, "files", GIGAMIDI_FILES))
    _print_projection("MTG-Jamendo", project(audio_rows, "hours", JAMENDO_HOURS))
    return [*rows, *audio_rows]


def project(rows: Sequence[dict[str, Any]], unit: str, amount: float) -> dict[str, Any]:
    """The hours that an `amount` of `unit` would take on CORES, from rows of one number of workers and two sizes.

    Taken is what a unit costs beyond the start: the processor time of the workers, which is taken to be divided by
    any number of cores like these, and that of the main process, by none; storage is taken to keep up. {} where
    the rows do not say.
    """
    workers = max((row["workers"] for row in rows), default=0)
    own = sorted((row for row in rows if row["workers"] == workers), key=lambda row: row[unit])
    if workers < 2 or own[0][unit] == own[-1][unit]:
        return {}
    small, large = own[0], own[-1]
    more = large[unit] - small[unit]
    parallel, serial = (
        max(0.0, (large[name] - small[name]) / more) for name in ("worker_cpu_seconds", "main_cpu_seconds")
    )
    start = max(0.0, small["main_cpu_seconds"] - serial * small[unit])
    return {
        "unit": unit,
        "amount": amount,
        "start_seconds": start,
        "parallel_seconds": parallel,
        "serial_seconds": serial,
        "hours": {cores: (start + amount * (parallel / cores + serial)) / 3600 for cores in CORES},
    }


def _print(row: Mapping[str, Any], alone: float | None) -> None:
    worker, main = ("–" if row[name] is None else f"{row[name]:.0f}" for name in ("worker_mb", "main_mb"))
    faster = f"{alone / row['seconds']:.2f}" if alone else ""
    print(
        f"{row['copies']:6d}  {row['workers']:7d} {row['files']:8d} {row['seconds']:8.1f}"
        f" {row['files'] / row['seconds']:9.1f} {row['bars'] / row['seconds']:9.0f}"
        f" {worker:>10s} {main:>8s} {row['worker_cpu_seconds']:14.1f} {row['main_cpu_seconds']:11.1f} {faster:>9s}"
    )


def _print_projection(corpus: str, projection: Mapping[str, Any]) -> None:
    if not projection:
        return
    print(
        f"{corpus}, {projection['amount']:,} {projection['unit']} at"
        f" {1e3 * projection['parallel_seconds']:.2f} ms of processor each that cores share and"
        f" {1e3 * projection['serial_seconds']:.2f} ms that they do not:"
    )
    for cores, hours in projection["hours"].items():
        print(f"  {cores:4d} cores  {hours:8.2f} hours")
