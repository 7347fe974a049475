"""How long work tells how far it is, and is given up."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Told how much is done and how much there is."""
IsCancelled = Callable[[], bool]


class Cancelled(Exception):
    """The work was given up on request."""
