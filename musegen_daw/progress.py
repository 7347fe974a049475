"""Progress and cancellation of long work."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the amount done and the total."""
IsCancelled = Callable[[], bool]


class Cancelled(Exception):
    """The work was cancelled on request."""
