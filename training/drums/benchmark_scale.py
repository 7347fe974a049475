"""How preparation grows with corpus and workers, and how long it would take for a corpus that is not here."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

GIGAMIDI_FILES = 2_100_000
JAMENDO_HOURS = 1126
RECORDINGS = (16, 64)
CORES = (1, 16, 128)


def benchmark_scale(
    child: Callable[..., dict[str, Any]],
    data: Path,
    files: int,
    copies: Sequence[int],
    workers: Sequence[int],
    audio: Path | None = None,
) -> dict[str, Any]:
    """Prepare one sample, repeated with distinct hashes, for each number of copies and of workers.

    `child(work, *arguments)` measures in a process of its own. Copies are kept: their music is the same. Of the
    folder `audio` some recordings and some more are prepared as well, on the most workers.
    """
    rows: list[dict[str, Any]] = []
    heard: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="musegen-scale-") as name:
        folder = Path(name)
        for times in copies:
            sample = child("sample", data, files, folder / f"corpus-{times}", times)
            for count in workers:
                row = child("scale", folder / f"corpus-{times}", folder / f"out-{times}-{count}", count)
                rows.append({"copies": times, "workers": count, "files": sample["files"]} | row)
        for number in RECORDINGS if audio else ():
            row = child("audio", audio, folder / f"audio-{number}", number, max(workers))
            heard.append({"recordings": number, "workers": max(workers)} | row)
    return {
        "rows": rows,
        "audio": heard,
        "projection": project(rows, "files", GIGAMIDI_FILES),
        "audio_projection": project(heard, "hours", JAMENDO_HOURS),
    }


def runs(copies: Sequence[int], workers: Sequence[int], audio: Path | None) -> int:
    """How many child processes a benchmark takes."""
    return len(copies) * (1 + len(workers)) + (len(RECORDINGS) if audio else 0)


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


def print_scale(found: dict[str, Any]) -> None:
    """Print the table and the projection."""
    place = found["machine"]
    print(f"{place['processor']}, {place['cores']} cores, load {place['load']}")
    print(
        "copies  workers    files  seconds   files/s    bars/s  worker MB  main MB  workers CPU s  main CPU s  speed-up"
    )
    alone = {row["copies"]: row["seconds"] for row in found["rows"] if row["workers"] == 1}
    for row in found["rows"]:
        worker = "–" if row["worker_mb"] is None else f"{row['worker_mb']:.0f}"
        main = "–" if row["main_mb"] is None else f"{row['main_mb']:.0f}"
        faster = f"{alone[row['copies']] / row['seconds']:.2f}" if row["copies"] in alone else ""
        print(
            f"{row['copies']:6d}  {row['workers']:7d} {row['files']:8d} {row['seconds']:8.1f}"
            f" {row['files'] / row['seconds']:9.1f} {row['bars'] / row['seconds']:9.0f}"
            f" {worker:>10s} {main:>8s} {row['worker_cpu_seconds']:14.1f} {row['main_cpu_seconds']:11.1f} {faster:>9s}"
        )
    for row in found["audio"]:
        print(
            f"{row['recordings']} recordings, {row['hours']:.2f} hours, on {row['workers']} workers:"
            f" {row['seconds']:.1f} s, workers' processor {row['worker_cpu_seconds']:.1f} s,"
            f" main {row['main_cpu_seconds']:.1f} s,"
            f" a worker's memory {row['worker_mb'] or 0:.0f} MB"
        )
    for projection, corpus in ((found["projection"], "GigaMIDI"), (found["audio_projection"], "MTG-Jamendo")):
        if projection:
            print(
                f"{corpus}, {projection['amount']:,} {projection['unit']} at"
                f" {1e3 * projection['parallel_seconds']:.2f} ms of processor each that cores share and"
                f" {1e3 * projection['serial_seconds']:.2f} ms that they do not:"
            )
            for cores, hours in projection["hours"].items():
                print(f"  {cores:4d} cores  {hours:8.2f} hours")
