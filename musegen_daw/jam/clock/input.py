"""ClockInput: chooses the input whose clock is followed, and goes on ticking while its port is away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from musegen_daw.jam.clock.clock import Clock
from musegen_daw.jam.clock.midi_clock import ClockFollower, ClockState
from musegen_daw.jam.events import CLOCK, CLOCKS_PER_BEAT, CONTINUE, SONG_POSITION, START, STOP

KEEP_SECONDS = 4.0  # a port that is back by then has lost no beat
SILENT_SECONDS = 2.0
_PLACES = frozenset({START, CONTINUE, STOP, SONG_POSITION})

_log = logging.getLogger(__name__)


class ClockInput:
    """Feeds the clock of one source to `follower`, as ticks of two sources would count double.

    It is the first that ticks, until that has been silent for two seconds, or only ticks while another source sends
    START or CONTINUE. While its port is away, its ticks are made up for `KEEP_SECONDS`, so that bars stay where they
    are. `changed` is called after every message, on the thread that brought it.
    """

    def __init__(self, clock: Clock, follower: ClockFollower, changed: Callable[[], None]) -> None:
        self._clock, self._follower, self._changed = clock, follower, changed
        self._lock = threading.Lock()
        self._source: str | None = None
        self._logged_source: str | None = None
        self._is_told = False  # whether the source says where the song is
        self._last_seconds = 0.0
        self._tick_seconds: float | None = None
        self._away_until: float | None = None
        self._period_seconds = 0.0
        self._worker = clock.start("musegen beat keeper", self._step, self._failed)

    @property
    def source(self) -> str | None:
        """The input whose clock is followed, None before any."""
        return self._source

    def feed(self, source: str, data: bytes, time_seconds: float) -> None:
        with self._lock:
            if source != self._source and not self._takes_over(source, data, time_seconds):
                return
            self._last_seconds = time_seconds
            self._is_told = self._is_told or data[0] in _PLACES
            if data[0] == CLOCK:
                last_seconds, is_back = self._tick_seconds, self._away_until is not None
                self._away_until = None
                # The first tick of a clock that is back may already have been made up.
                half_seconds = self._period_seconds / 2
                if is_back and last_seconds is not None and time_seconds - last_seconds < half_seconds:
                    return
                self._tick_seconds = time_seconds
            elif data[0] != SONG_POSITION:
                self._away_until = None
            self._follower.feed(data, time_seconds)
        self._changed()

    def lost(self, source: str) -> None:
        """The port of a source has gone: if it is the one followed, go on ticking while its song runs."""
        with self._lock:
            bpm = self._follower.tempo_bpm
            if source != self._source or self._tick_seconds is None or bpm is None:
                return
            if not self._follower.running or self._follower.state(self._tick_seconds) not in (
                ClockState.LOCKED,
                ClockState.LOCKING,
            ):
                return
            self._period_seconds = 60.0 / bpm / CLOCKS_PER_BEAT
            self._away_until = self._clock.now_seconds() + KEEP_SECONDS
        _log.warning("Clock of %r lost with its port: its beat goes on for %g s", source, KEEP_SECONDS)
        self._worker.wake()

    def close(self) -> None:
        """Stop the worker; a second call does nothing."""
        self._worker.stop()

    def _takes_over(self, source: str, data: bytes, time_seconds: float) -> bool:
        is_free = self._source is None
        is_silent = self._away_until is None and time_seconds > self._last_seconds + SILENT_SECONDS
        if not (is_free or is_silent or (data[0] in (START, CONTINUE) and not self._is_told)):
            return False
        if not is_free:
            self._follower.reset()
        self._source, self._is_told = source, False
        self._tick_seconds = self._away_until = None
        self._worker.wake()  # which logs it: this is the driver's thread
        return True

    def _step(self, now_seconds: float) -> float | None:
        source = self._source
        if source != self._logged_source:
            _log.info("Clock source: %r", source)
            self._logged_source = source
        with self._lock:
            if self._away_until is None or self._tick_seconds is None or now_seconds > self._away_until:
                self._away_until = None
                return None
            while self._tick_seconds + self._period_seconds <= now_seconds:
                self._tick_seconds += self._period_seconds
                self._follower.feed(bytes((CLOCK,)), self._tick_seconds)
            due_seconds = self._tick_seconds + self._period_seconds
        self._changed()
        return due_seconds

    def _failed(self, error: Exception) -> None:
        self._away_until = None
