"""Takes from the driver's queue what came in, for drivers whose own thread must never wait for Python."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

POLL_SECONDS = 0.001
LATEST_SECONDS = 0.25


class Arrivals:
    """When messages came, from the seconds between them that the driver measured as they came.

    Read later than they came, never earlier: the least delay seen is what the times are counted from.
    """

    def __init__(self) -> None:
        self._last_seconds: float | None = None

    def stamp(self, since_last_seconds: float, now_seconds: float) -> float:
        """The seconds at which a message came that is read now."""
        stamp = now_seconds
        if self._last_seconds is not None:
            came_seconds = self._last_seconds + since_last_seconds
            if now_seconds - LATEST_SECONDS <= came_seconds <= now_seconds:
                stamp = came_seconds
        self._last_seconds = stamp
        return stamp


class QueueReader:
    """A thread that hands on what an input `port` of python-rtmidi has queued, until it is closed."""

    def __init__(self, port: Any, received: Callable[[float, Sequence[int]], None]) -> None:
        self._port = port
        self._received = received
        self._arrivals = Arrivals()
        self._ended = False
        self._thread = threading.Thread(target=self._read, name="musegen port reader", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; nothing is handed on after the return, and a second call does nothing."""
        self._ended = True
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _read(self) -> None:
        while not self._ended:
            event = self._port.get_message()
            if event is None:
                time.sleep(POLL_SECONDS)
                continue
            message, since_last_seconds = event
            self._received(self._arrivals.stamp(since_last_seconds, time.perf_counter()), message)
