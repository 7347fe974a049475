"""Tasks for a worker process in tests."""

from __future__ import annotations

import os
import time

REST_SECONDS = 120


def rest(*, progress, cancelled) -> None:
    """Longer than anybody waits, as a library does that is stuck."""
    time.sleep(REST_SECONDS)


def process_number(*, progress, cancelled) -> int:
    """The number of the process."""
    return os.getpid()


def product(one: int, other: int, *, progress, cancelled) -> int:
    """Two numbers, multiplied."""
    progress(1, 2)
    return one * other
