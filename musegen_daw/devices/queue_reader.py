"""Reads a driver's queue, for drivers whose own thread must never wait for Python."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from musegen_daw.devices.messages import END_OF_SYSEX, SYSEX, whole_messages

POLL_SECONDS = 0.001
LATEST_SECONDS = 0.25
SILENT_SECONDS = 0.01
UNANSWERED_SECONDS = 0.25


class Arrivals:
    """Times of arrival, from the intervals that the driver measured.

    A message is read after it arrived, never before: times count from the smallest delay seen.
    """

    def __init__(self) -> None:
        self._last_seconds: float | None = None

    def forget(self) -> None:
        """Start again with the next message, as when the driver did not report some."""
        self._last_seconds = None

    def stamp(self, since_last_seconds: float, now_seconds: float) -> float:
        """When a message arrived that is read now."""
        stamp = now_seconds
        if self._last_seconds is not None:
            came_seconds = self._last_seconds + since_last_seconds
            if now_seconds - LATEST_SECONDS <= came_seconds <= now_seconds:
                stamp = came_seconds
        self._last_seconds = stamp
        return stamp


class QueueReader:
    """A thread that passes on what an input `port` of python-rtmidi has queued, until it is closed."""

    def __init__(self, port: Any, received: Callable[[float, Sequence[int]], None]) -> None:
        self._port = port
        self._received = received
        self._arrivals = Arrivals()
        self._end_sysex: Callable[[], None] | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._read, name="musegen port reader", daemon=True)
        self._thread.start()

    def heal_with(self, end_sysex: Callable[[], None]) -> None:
        """Call `end_sysex`, which sends an end of SysEx to the port, whenever nothing comes.

        The driver holds back all that follows a cut SysEx until such an end; it can neither be asked about this, nor
        told to stop.
        """
        self._end_sysex = end_sysex

    def close(self) -> None:
        """Stop; nothing is passed on afterwards, and a second call does nothing."""
        self._ended = True
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _read(self) -> None:
        due_seconds = time.perf_counter() + SILENT_SECONDS
        is_asked = False
        while not self._ended:
            event = self._port.get_message()
            now_seconds = time.perf_counter()
            if event is None:
                if self._end_sysex is not None and now_seconds >= due_seconds:
                    self._end_sysex()
                    is_asked = True
                    # Wait longer before the next: a stalled server must not be flooded.
                    due_seconds = now_seconds + UNANSWERED_SECONDS
                time.sleep(POLL_SECONDS)
                continue
            data, since_last_seconds = event
            if data and data[0] == SYSEX:
                self._arrivals.forget()
            if data and data[-1] == END_OF_SYSEX:
                is_asked = False
            if not is_asked:
                due_seconds = now_seconds + SILENT_SECONDS
            stamp_seconds = self._arrivals.stamp(since_last_seconds, now_seconds)
            for message in whole_messages(data):
                self._received(stamp_seconds, message)
