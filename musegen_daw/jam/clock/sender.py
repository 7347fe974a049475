"""ClockSender: sends the transport as MIDI clock, start, continue, stop and song position."""

from __future__ import annotations

from math import ceil
from typing import Protocol

from musegen_daw.jam.clock.clock import Clock
from musegen_daw.jam.clock.transport import InternalTransport
from musegen_daw.jam.events import (
    CLOCK,
    CLOCKS_PER_BEAT,
    CONTINUE,
    MAX_SONG_POSITION,
    SIXTEENTHS_PER_BEAT,
    START,
    STOP,
    MidiEvent,
    song_position,
)

IDLE_SECONDS = 0.02
CLOCKS_PER_SIXTEENTH = CLOCKS_PER_BEAT // SIXTEENTHS_PER_BEAT
BEFORE_TICK_SECONDS = 0.001


class SendsMessages(Protocol):
    """See `Scheduler`."""

    def send(self, *events: MidiEvent) -> None: ...

    def cancel_after(self, time_seconds: float) -> None: ...


class ClockSender:
    """Sends the clock of `transport` through a scheduler of its own, one tick ahead.

    Just before the first tick after a start or a jump it sends START at beat 0, else the song position and CONTINUE.
    A count-in is not sent. The scheduler stays the caller's to close.
    """

    def __init__(self, clock: Clock, transport: InternalTransport, scheduler: SendsMessages) -> None:
        self._transport, self._scheduler = transport, scheduler
        self._jumps = -1
        self._is_running = False
        self._next_tick = 0
        self._last_seconds = float("-inf")
        self._clock = clock
        self._failure: Exception | None = None
        self._worker = clock.start("musegen clock", self._step, self._failed)

    @property
    def failure(self) -> Exception | None:
        """The error that ended the worker."""
        return self._failure

    def wake(self) -> None:
        """Check at once whether the transport has started, stopped or jumped."""
        self._worker.wake()

    def close(self) -> None:
        """Send STOP if the song runs, and stop the worker."""
        self._worker.stop()
        self._stop(self._clock.now_seconds())

    def _step(self, now_seconds: float) -> float:
        jumps = self._transport.jumps
        if jumps != self._jumps:
            self._jumps = jumps
            self._stop(now_seconds)
            # Start on a sixteenth, the resolution of a song position.
            position = max(self._transport.first_beat, self._transport.position(now_seconds))
            self._next_tick = ceil(position * SIXTEENTHS_PER_BEAT - 1e-6) * CLOCKS_PER_SIXTEENTH
        due_seconds = self._transport.seconds_at(self._next_tick / CLOCKS_PER_BEAT)
        if due_seconds is None or due_seconds > now_seconds + 2 * IDLE_SECONDS:
            return now_seconds + IDLE_SECONDS
        # After a change of tempo the previous tick may still be queued.
        due_seconds = max(due_seconds, self._last_seconds)
        if not self._is_running:
            self._announce(max(now_seconds, due_seconds - BEFORE_TICK_SECONDS))
            due_seconds = max(due_seconds, now_seconds)
        self._scheduler.send(MidiEvent(due_seconds, bytes((CLOCK,))))
        self._next_tick += 1
        self._last_seconds = due_seconds
        return max(now_seconds, due_seconds)

    def _announce(self, time_seconds: float) -> None:
        sixteenths = self._next_tick // CLOCKS_PER_SIXTEENTH
        messages = [bytes((START,))]
        if sixteenths:
            messages = [song_position(min(sixteenths, MAX_SONG_POSITION)), bytes((CONTINUE,))]
        self._scheduler.send(*(MidiEvent(time_seconds, data) for data in messages))
        self._is_running = True

    def _stop(self, now_seconds: float) -> None:
        if self._is_running:
            self._scheduler.cancel_after(now_seconds)
            self._scheduler.send(MidiEvent(now_seconds, bytes((STOP,))))
            self._last_seconds = now_seconds
            self._is_running = False

    def _failed(self, error: Exception) -> None:
        self._failure = error
        self._stop(self._clock.now_seconds())
