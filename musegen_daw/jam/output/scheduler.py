"""Scheduler: sends what is due to one output port, and ends every note that sounds exactly once."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple, Protocol

import numpy as np

from musegen_daw.errors import PortError
from musegen_daw.jam.clock.clock import Clock
from musegen_daw.jam.events import (
    ALL_NOTES_OFF,
    NOTE_OFF,
    NOTE_ON,
    MidiEvent,
    TimedNote,
    control_change,
    note_off,
    note_on,
)

STALE_SECONDS = 0.05
KEPT_DELAYS = 10_000
REPEAT_SECONDS = (0.1, 0.3, 0.7, 1.5, 3.1, 6.3)
"""After an end that a receiver may have missed because it was not connected yet."""

_Key = tuple[int, int]  # channel, pitch
_OFF, _MESSAGE, _ON = range(3)  # what is due together is sent in this order


class OutputPort(Protocol):
    """What a scheduler sends to; whoever opened the port closes it."""

    @property
    def name(self) -> str: ...

    @property
    def is_lost(self) -> bool: ...

    def send(self, data: bytes) -> None:
        """Send one complete message now; raises PortError when the port is lost."""
        ...


class _Entry(NamedTuple):
    time_seconds: float
    order: int
    number: int
    key: _Key | None
    note: TimedNote | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late messages left, in seconds after they were due; the quantiles are those of the last 10,000."""

    sent: int
    dropped: int
    median_seconds: float
    p99_seconds: float
    worst_seconds: float


class Scheduler:
    """Sends to `port`, which may be lost and come back; every method may be called from any thread.

    A note-on that is sent is remembered until its note-off is sent; nothing else sends note-offs. A note that
    is struck again while it sounds is ended first. A note-on that is due more than `STALE_SECONDS` ago is left
    out: a hit that late is worse than none. While the port is lost nothing is kept for it but the note-offs of
    what sounded, which are sent when it is back.

    `offset_seconds` is added to every time: negative to send early, for a receiver that is slow to sound. `lost` is
    called, on the thread that tried to send, when the port is found to be gone. `is_created` says that others have to
    connect to the port again when it is back: what sounded is then ended again for some seconds. The port is the
    caller's to close, after this.
    """

    def __init__(
        self,
        clock: Clock,
        port: OutputPort,
        *,
        name: str = "musegen scheduler",
        offset_seconds: float = 0.0,
        lost: Callable[[str], None] | None = None,
        is_created: bool = False,
    ) -> None:
        self._clock, self._port, self._is_created = clock, port, is_created
        self._offset_seconds = offset_seconds
        self._lost = lost
        # Reentrant: a port that loops back may call from within `send`.
        self._guard = threading.RLock()
        self._numbers = count()
        self._queue: list[_Entry] = []
        self._sounding: dict[_Key, int] = {}  # to the number of the entry that ends it
        self._missed: set[_Key] = set()  # whose end a receiver may have missed
        self._channels: set[int] = set()
        self._delays: deque[float] = deque(maxlen=KEPT_DELAYS)
        self._sent = self._dropped = 0
        self._worst_seconds = 0.0
        self._is_lost = self._is_closed = False
        self._failure: Exception | None = None
        self._worker = clock.start(name, self._step, self._failed)

    def play(self, *notes: TimedNote) -> None:
        """Send each note-on and its note-off when they are due."""
        self._add(
            _Entry(note.start_seconds, _ON, next(self._numbers), (note.channel, note.pitch), note, b"")
            for note in notes
        )

    def send(self, *events: MidiEvent) -> None:
        """Send messages other than notes when they are due; raises ValueError for a note, which `play` is for."""
        for event in events:
            if event.kind in (NOTE_ON, NOTE_OFF):
                raise ValueError("a note has to be played with its end, so that it cannot hang")
        self._add(
            _Entry(event.time_seconds, _MESSAGE, next(self._numbers), None, None, event.data)
            for event in events
        )

    def send_now(self, data: bytes) -> None:
        """Send one message at once, past the queue; raises PortError where the port is lost."""
        with self._guard:
            self._port.send(data)

    def cancel_after(self, time_seconds: float) -> None:
        """Drop what is due from `time_seconds` on and not sent; what sounds keeps its end."""
        with self._guard:
            self._queue = [
                entry for entry in self._queue if entry.time_seconds < time_seconds or entry.order == _OFF
            ]
            heapq.heapify(self._queue)

    def release_all(self) -> None:
        """Drop everything that is not sent and end everything that sounds, before this returns."""
        with self._guard:
            self._drop()
            error = self._release()
        self._tell(error)

    def panic(self) -> None:
        """`release_all`, and all notes off on every channel that was played, for a receiver that missed one."""
        with self._guard:
            self._drop()
            error = self._release()
            for channel in sorted(self._channels):
                error = error or self._transmit(control_change(channel, ALL_NOTES_OFF, 0))
        self._tell(error)

    def end_foreign(self, keys: Iterable[_Key]) -> None:
        """End notes that another process struck on this port, now and for some seconds unless struck here."""
        with self._guard:
            foreign = sorted(set(keys) - self._sounding.keys())
            error: PortError | None = None
            for key in foreign:
                error = error or self._transmit(note_off(*key))
            self._repeat(foreign)
        self._worker.wake()
        self._tell(error)

    def found(self) -> None:
        """Go on with a port that is back: what sounded when it was lost may sound on behind it, and is ended."""
        with self._guard:
            if self._is_closed:
                return
            self._is_lost = False
            ended = {entry.number for entry in self._queue if entry.order == _OFF}
            if self._is_created:
                self._repeat(self._sounding)
            error = self._release(lambda number: number not in ended)
        self._worker.wake()
        self._tell(error)

    def close(self) -> None:
        """Send the messages that are due, `release_all`, and end the thread; a second call does nothing."""
        with self._guard:
            self._is_closed = True
            now_seconds = self._clock.now_seconds()
            for entry in sorted(self._queue):
                if entry.order == _MESSAGE and entry.time_seconds + self._offset_seconds <= now_seconds:
                    self._transmit(entry.data)  # the STOP of a clock is not lost
            self._queue.clear()
            self._release()
            self._is_lost = True
        self._worker.stop()

    @property
    def offset_seconds(self) -> float:
        """What is added to every time."""
        return self._offset_seconds

    @offset_seconds.setter
    def offset_seconds(self, seconds: float) -> None:
        self._offset_seconds = seconds
        self._worker.wake()

    @property
    def name(self) -> str:
        return self._port.name

    @property
    def is_lost(self) -> bool:
        return self._is_lost or self._port.is_lost

    @property
    def sounding(self) -> frozenset[_Key]:
        """The (channel, pitch) of every note that sounds, or did when the port was lost."""
        with self._guard:
            return frozenset(self._sounding)

    @property
    def failure(self) -> Exception | None:
        """The error that ended the thread; what sounded was released."""
        return self._failure

    @property
    def lateness(self) -> Lateness:
        with self._guard:
            delays, sent, dropped, worst = list(self._delays), self._sent, self._dropped, self._worst_seconds
        median, p99 = np.quantile(delays or (0.0,), (0.5, 0.99))
        return Lateness(sent, dropped, float(median), float(p99), worst)

    def _step(self, now_seconds: float) -> float | None:
        with self._guard:
            error: PortError | None = None
            while self._queue and error is None:
                due_seconds = self._queue[0].time_seconds + self._offset_seconds
                if due_seconds > now_seconds:
                    break
                error = self._dispatch(heapq.heappop(self._queue), now_seconds - due_seconds)
            next_seconds = self._queue[0].time_seconds + self._offset_seconds if self._queue else None
        self._tell(error)
        return next_seconds

    def _failed(self, error: Exception) -> None:
        self._failure = error
        with suppress(Exception):  # it may be the port that is broken
            self.release_all()

    # The methods below are called with the guard held.

    def _dispatch(self, entry: _Entry, late_seconds: float) -> PortError | None:
        if entry.data and entry.key is not None:
            is_missed = entry.key in self._missed and entry.key not in self._sounding
            return self._transmit(entry.data) if is_missed else None
        if entry.key is not None and entry.note is None:
            if self._sounding.get(entry.key) != entry.number or self._is_lost:
                return None
            self._note_delay(late_seconds)
            return self._end(entry.key)
        if self._is_lost or (entry.note is not None and late_seconds > STALE_SECONDS):
            self._dropped += 1
            return None
        self._note_delay(late_seconds)
        return self._transmit(entry.data) if entry.note is None else self._strike(entry.note)

    # Book before sending: a port that loops back may call before `send` returns.

    def _strike(self, note: TimedNote) -> PortError | None:
        key = note.channel, note.pitch
        error = self._end(key)
        if error is None and key in self._missed:
            self._missed.discard(key)
            error = self._transmit(note_off(*key))
        if error is None:
            number = self._sounding[key] = next(self._numbers)
            self._channels.add(note.channel)
            heapq.heappush(self._queue, _Entry(note.end_seconds, _OFF, number, key, None, b""))
            error = self._transmit(note_on(note.channel, note.pitch, note.velocity))
            if error is not None:
                self._sounding.pop(key, None)
        return error

    def _end(self, key: _Key) -> PortError | None:
        number = self._sounding.pop(key, None)
        error = None if number is None else self._transmit(note_off(*key))
        if error is not None and number is not None:
            self._sounding[key] = number
        return error

    def _release(self, which: Callable[[int], bool] = lambda number: True) -> PortError | None:
        """End what sounds; while the port is lost, the ends are owed to it."""
        error: PortError | None = None
        for key in sorted(key for key, number in self._sounding.items() if which(number)):
            if not self._is_lost and error is None:
                error = self._end(key)
        return error

    def _repeat(self, keys: Iterable[_Key]) -> None:
        """Repeat the ends of keys until they are struck, beside those that they have."""
        now_seconds = self._clock.now_seconds() - self._offset_seconds
        for key in keys:
            self._missed.add(key)
            for seconds in REPEAT_SECONDS:
                number = next(self._numbers)
                heapq.heappush(
                    self._queue, _Entry(now_seconds + seconds, _OFF, number, key, None, note_off(*key))
                )

    def _drop(self) -> None:
        """Forget what is not sent, except repeated ends."""
        self._queue = [entry for entry in self._queue if entry.data and entry.key is not None]
        heapq.heapify(self._queue)

    def _transmit(self, data: bytes) -> PortError | None:
        if self._is_lost:
            return None
        try:
            self._port.send(data)
        except PortError as error:
            self._is_lost = True
            return error
        return None

    def _note_delay(self, seconds: float) -> None:
        self._sent += 1
        self._delays.append(seconds)
        self._worst_seconds = max(self._worst_seconds, seconds)

    def _add(self, entries: Iterable[_Entry]) -> None:
        with self._guard:
            if self._is_closed:
                return
            for entry in entries:
                heapq.heappush(self._queue, entry)
        self._worker.wake()

    def _tell(self, error: PortError | None) -> None:
        if error is not None and self._lost is not None:
            self._lost(str(error))
