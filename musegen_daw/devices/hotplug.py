"""The watch over the ports in use: what vanishes is noticed, and opened again by name when it is back."""

from __future__ import annotations

import threading
from collections.abc import Callable

from musegen_daw.devices.ports import PortChange, PortDirectory

POLL_SECONDS = 0.25
"""Lost and found again takes two rounds at most, well within a second."""


def attend(directory: PortDirectory) -> tuple[PortChange, ...]:
    """Look once after every port in use; returns what has vanished or is back."""
    changes = (port.attend() for port in directory.in_use)
    return tuple(change for change in changes if change is not None)


class PortWatcher:
    """A thread that attends to the ports in use until it is closed; `changed` is called on that thread."""

    def __init__(
        self,
        directory: PortDirectory,
        changed: Callable[[PortChange], None] | None = None,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._directory = directory
        self._changed = changed
        self._poll_seconds = poll_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="musegen port watcher", daemon=True)
        self._thread.start()

    def __enter__(self) -> PortWatcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the watch; the thread is gone after the return, and a second call does nothing."""
        self._ended.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(self._poll_seconds):
            for change in attend(self._directory):
                if self._changed is not None:
                    self._changed(change)
