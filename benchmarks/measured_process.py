"""Measure work in a process of its own, so that its memory is its own and the start of Python counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def run_measured(module: str, work: str, *arguments: object) -> dict[str, Any]:
    """What `python -m MODULE WORK ARGUMENTS` prints as a line of JSON; raises RuntimeError where it fails."""
    environment = os.environ | {"TQDM_DISABLE": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", module, work, *map(str, arguments)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"the measured process ({work}) failed:\n{result.stderr[-2000:]}")
    return json.loads(result.stdout.splitlines()[-1])


def peak_megabytes(*, itself: bool = True, children: bool = True) -> float | None:
    """Peak resident memory of this process or its largest ended child; None where the system cannot say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    who = ([resource.RUSAGE_SELF] if itself else []) + ([resource.RUSAGE_CHILDREN] if children else [])
    peak = max(resource.getrusage(each).ru_maxrss for each in who)
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def anonymous_megabytes() -> float | None:
    """The memory of this process that maps no file; None where the system cannot say."""
    listing = Path("/proc/self/status")
    if not listing.is_file():
        return None
    lines = dict(line.split(":", 1) for line in listing.read_text(encoding="utf-8").splitlines())
    return int(lines["RssAnon"].split()[0]) / 1024
