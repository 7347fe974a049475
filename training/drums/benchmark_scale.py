"""How preparation grows with corpus and workers, and how long it would take for a corpus that is not here."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

GIGAMIDI_FILES = 2_100_000
CORES = (1, 16, 128)


def benchmark_scale(
    child: Callable[..., dict[str, Any]],
    data: Path,
    files: int,
    copies: Sequence[int],
    workers: Sequence[int],
) -> dict[str, Any]:
    """Prepare one sample, repeated with distinct hashes, for each number of copies and of workers.

    `child(work, *arguments)` measures in a process of its own. Copies are kept: their music is the same.
    """
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="musegen-scale-") as name:
        folder = Path(name)
        for times in copies:
            sample = child("sample", data, files, folder / f"corpus-{times}", times)
            for count in workers:
                row = child("scale", folder / f"corpus-{times}", folder / f"out-{times}-{count}", count)
                rows.append({"copies": times, "workers": count, "files": sample["files"]} | row)
    return {"rows": rows, "projection": project(rows)}


def project(rows: Sequence[dict[str, Any]], files: int = GIGAMIDI_FILES) -> dict[str, Any]:
    """The hours that `files` files would take on CORES, from rows of one number of workers and two sizes.

    Taken is what a file costs beyond the start: the processor time of the workers, which is taken to be divided by
    any number of cores like these, and that of the main process, by none; storage is taken to keep up. {} where
    the rows do not say.
    """
    workers = max(row["workers"] for row in rows)
    own = sorted((row for row in rows if row["workers"] == workers), key=lambda row: row["files"])
    small, large = own[0], own[-1]
    more = large["files"] - small["files"]
    if workers < 2 or more == 0:
        return {}
    parallel, serial = (
        max(0.0, (large[name] - small[name]) / more) for name in ("worker_cpu_seconds", "main_cpu_seconds")
    )
    start = max(0.0, small["main_cpu_seconds"] - serial * small["files"])
    return {
        "files": files,
        "start_seconds": start,
        "parallel_seconds_a_file": parallel,
        "serial_seconds_a_file": serial,
        "hours": {cores: (start + files * (parallel / cores + serial)) / 3600 for cores in CORES},
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
    projection = found["projection"]
    if projection:
        print(
            f"{projection['files']:,} files at {1e3 * projection['parallel_seconds_a_file']:.2f} ms of processor a file"
            f" that cores share, {1e3 * projection['serial_seconds_a_file']:.2f} ms that they do not:"
        )
        for cores, hours in projection["hours"].items():
            print(f"  {cores:4d} cores  {hours:8.2f} hours")
