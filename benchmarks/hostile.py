"""What small hostile files cost: every reader and command, each in a process of its own within limits."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from benchmarks import file_fuzz
from benchmarks.hostile_inputs import INPUTS, SOUND, path_of
from benchmarks.hostile_worker import MAX_MIB, MAX_SECONDS

GIVEN_UP_SECONDS = 30
MAX_SENTENCE = 300


def benchmark(
    only: str = "", mutant_count: int = 0, seed: int = 0, kept: Path | None = None
) -> tuple[list[dict[str, Any]], int]:
    """Oversized files, then `mutant_count` damaged ones; the status is 1 where one of them fell.

    `only` picks inputs and readers by their name; mutants that fell are written to the folder `kept`.
    """
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
    rows, status = oversized(only)
    print()
    damaged = file_fuzz.benchmark(mutant_count, seed, only, kept) if mutant_count else []
    read, refused, fell, slow = (
        sum(row[key] for row in damaged) for key in ("read", "refused", "fell", "slow")
    )
    print(
        f"\n{read + refused + fell:,} mutants: {read:,} read, {refused:,} refused, {fell:,} fell, {slow:,} slow"
    )
    return [*rows, *damaged], max(status, int(not all(row["is_fine"] for row in damaged)))


def oversized(only: str = "") -> tuple[list[dict[str, Any]], int]:
    """Print seconds of the processor, peak memory and the last words for each; `only` picks inputs by their name.

    The status is 1 where one was too slow or too large, or ended otherwise than in words of the program.
    """
    rows: list[dict[str, Any]] = []
    usual: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="musegen-hostile-") as name:
        folder = Path(name)
        # In a process of its own, for the peak of a process counts in those that it starts.
        subprocess.run([sys.executable, "-m", "benchmarks.hostile_worker", "make", name], check=True)
        for index, (said, (suffix, _, deeds)) in enumerate(INPUTS.items()):
            is_sound = said in SOUND
            if not is_sound and only not in said:
                continue
            for deed in deeds:
                seconds, mib, status, words = _run(deed, path_of(folder, index, suffix), folder)
                if is_sound:
                    usual[deed] = seconds
                seconds -= 0 if is_sound else usual.get(deed, 0)
                is_fine = is_sound or (
                    seconds <= MAX_SECONDS and mib <= MAX_MIB and status == 0 and "RAW " not in words
                )
                row = {"input": said, "deed": deed, "seconds": round(seconds, 2), "mib": round(mib)}
                rows.append({**row, "status": status, "said": words, "is_fine": is_fine})
                mark = "  " if is_fine else "! "
                print(f"{mark}{said:56} {deed:9} {seconds:6.2f} s {mib:6.0f} MiB  {words}", flush=True)
    too_much = sum(not row["is_fine"] for row in rows)
    print(f"\n{too_much} of {len(rows)} beyond {MAX_SECONDS:g} s or {MAX_MIB:g} MiB, or without a sentence")
    return rows, int(too_much > 0)


def _run(deed: str, path: Path, folder: Path) -> tuple[float, float, int, str]:
    """Seconds of the processor, peak MiB, exit status and the last words of a reader at a file."""
    said = folder / "said.txt"
    with said.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.hostile_worker", deed, str(path)],
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        given_up = threading.Timer(GIVEN_UP_SECONDS, process.kill)
        given_up.start()
        _, raw, usage = os.wait4(process.pid, 0)
        given_up.cancel()
    process.returncode = status = os.waitstatus_to_exitcode(raw)
    lines = said.read_text(encoding="utf-8", errors="replace").replace("\r", "\n").split("\n")
    words = " / ".join([line for line in lines if line.strip()][-2:]).replace(f"{folder}{os.sep}", "")
    seconds = usage.ru_utime + usage.ru_stime
    return seconds, usage.ru_maxrss / 1_024, status, words[:MAX_SENTENCE]
