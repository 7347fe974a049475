"""A limit of time for what a library computes: whoever has not ended by then is asked to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class TimeLimit:
    """Calls what ends a computation when it has taken `limit_seconds`; any number may run at once.

    One thread watches while there is something to watch, and for as long again, so that a short computation costs no
    thread of its own.
    """

    def __init__(self, limit_seconds: float) -> None:
        self.limit_seconds = limit_seconds
        self._lock = threading.Lock()
        self._running: dict[object, tuple[float, Callable[[], None]]] = {}
        self._is_watching = False

    @contextmanager
    def over(self, give_up: Callable[[], None]) -> Iterator[None]:
        """What is done within; `give_up` is called from another thread where it takes too long."""
        key = object()
        with self._lock:
            self._running[key] = time.monotonic() + self.limit_seconds, give_up
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._watch, name="time limit", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                del self._running[key]

    def _watch(self) -> None:
        wait_seconds = self.limit_seconds
        while True:
            time.sleep(wait_seconds)
            with self._lock:
                if not self._running:
                    self._is_watching = False
                    return
                now_seconds = time.monotonic()
                for until_seconds, give_up in self._running.values():
                    if until_seconds <= now_seconds:
                        give_up()
                ends = [until for until, _ in self._running.values() if until > now_seconds]
                wait_seconds = min(ends, default=now_seconds + self.limit_seconds) - now_seconds
