"""Damaged files for every reader: each is read, or refused by an error of the program, at little cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.file_fuzz_worker import READERS, no_counts
from benchmarks.hostile_worker import MAX_MIB

SILENT_SECONDS = 300
"""After which a reader that tells nothing is ended."""


def benchmark(count: int, seed: int = 0, only: str = "", kept: Path | None = None) -> list[dict[str, Any]]:
    """Have `count` mutants read in all, each reader in a process of its own; prints a line a reader while it goes on.

    `only` picks readers by their name. The mutants that fell are written to `kept`. Returns a row for each reader.
    """
    chosen = {name: reader for name, reader in READERS.items() if only in name}
    shares = sum(reader.share for reader in READERS.values())
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="musegen-mutants-") as folder:
        for name, reader in chosen.items():
            wanted = max(1, round(count * reader.share / shares))
            began_seconds = time.monotonic()
            row = _run(name, wanted, seed, Path(folder), kept)
            row = {
                "reader": name,
                **row,
                "is_fine": row["read"] + row["refused"] == wanted and not row["slow"],
            }
            row["is_fine"] &= row["mib"] <= MAX_MIB
            rows.append(row)
            _clear()
            print(_line(row, time.monotonic() - began_seconds), flush=True)
    return rows


def _line(row: dict[str, Any], seconds: float) -> str:
    ends = f"{row['read']:6} read {row['refused']:6} refused {row['fell']:4} fell {row['slow']:3} slow"
    cost = f"{1_000 * row['longest_seconds']:6.0f} ms {row['mib']:5.0f} MiB {seconds:5.0f} s"
    return f"{'  ' if row['is_fine'] else '! '}{row['reader']:30} {ends} {cost}  {' / '.join(row['words'])}".rstrip()


def _run(name: str, wanted: int, seed: int, folder: Path, kept: Path | None) -> dict[str, Any]:
    """What came of a reader's mutants; one that ends its process or is silent has fallen, and the next goes on."""
    total = no_counts() | {"mib": 0.0}
    words: dict[str, None] = {}
    first = 0
    while first < wanted:
        found, peak_mib = _one_process(name, first, wanted, seed, folder, kept)
        for key in ("read", "refused", "fell", "slow"):
            total[key] += found[key]
        total["longest_seconds"] = max(total["longest_seconds"], found["longest_seconds"])
        total["mib"] = max(total["mib"], peak_mib)
        words |= dict.fromkeys(found["words"])
        first = found["next"]
        if first < wanted:
            total["fell"] += 1
            words[f"a mutant from {first} on ended the process with the status {found['status']}"] = None
            first += 1
    return {**total, "words": list(words)[:3]}


def _one_process(
    name: str, first: int, last: int, seed: int, folder: Path, kept: Path | None
) -> tuple[dict[str, Any], float]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.file_fuzz_worker",
        name,
        str(first),
        str(last),
        str(seed),
        str(folder),
    ]
    process = subprocess.Popen(
        command + ([str(kept)] if kept else []), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    found = no_counts() | {"next": first}
    silence = threading.Timer(SILENT_SECONDS, process.kill)
    silence.start()
    for line in process.stdout:
        silence.cancel()
        silence = threading.Timer(SILENT_SECONDS, process.kill)
        silence.start()
        found = json.loads(line)
        if "unsound" in found:
            raise RuntimeError(f"A sound file for {name} was not read: {found['unsound']}")
        _show(f"  {name}: {found['next']:,} of {last:,}")
    silence.cancel()
    process.stdout.close()
    _, raw, usage = os.wait4(process.pid, 0)
    process.returncode = found["status"] = os.waitstatus_to_exitcode(raw)
    return found, usage.ru_maxrss / 1_024


def _show(line: str) -> None:
    if sys.stdout.isatty():
        print(f"\r{line}\x1b[K", end="", flush=True)


def _clear() -> None:
    _show("")
