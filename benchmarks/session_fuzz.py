"""Stateful fuzzing of sessions: no note hangs, nothing stalls or is left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from typing import Any

TEST = "tests/jam/test_session_fuzz.py"
_PASSED = re.compile(r"(\d+) passing\D+(\d+) failing\D+(\d+) invalid")
_NAME = re.compile(r"::(test_\w+):")


def benchmark(sequences: int) -> tuple[list[dict[str, Any]], int]:
    """Run the test of fuzzed sessions for so many sequences, print what it counted and return it with its status."""
    each = -(-sequences // 2)
    began = time.perf_counter()
    run = subprocess.run(
        [
            sys.executable, "-m", "pytest", TEST, "-q", "-p", "no:cacheprovider", "--hypothesis-show-statistics",
            "-o", "timeout=0",
        ],
        env={**os.environ, "MUSEGEN_FUZZ_EXAMPLES": str(each)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    if run.returncode:
        print(run.stdout[-6000:] + run.stderr[-2000:])
    print("| session | sequences | failing | broken off |\n|---|---|---|---|")
    rows: list[dict[str, Any]] = []
    for part in re.split(r"\n(?=\S+::)", run.stdout):
        name = _NAME.search(part)
        counts = [tuple(map(int, found)) for found in _PASSED.findall(part)]
        if name and counts:
            passed, failed, invalid = map(sum, zip(*counts, strict=True))
            rows.append({"session": name[1], "passed": passed, "failed": failed, "invalid": invalid})
            print(f"| {name[1]} | {passed} | {failed} | {invalid} |")
    print(f"\nexit status {run.returncode}, {seconds:.0f} s")
    return rows, run.returncode
