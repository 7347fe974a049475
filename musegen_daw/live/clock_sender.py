"""ClockSender: the app as master, its transport as MIDI clock, start, continue, stop and song position."""

from __future__ import annotations

from math import ceil

from musegen_daw.live.clock import Clock
from musegen_daw.live.events import (
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
from musegen_daw.live.scheduler import Scheduler
from musegen_daw.live.transport import Transport

IDLE_SECONDS = 0.02
CLOCKS_PER_SIXTEENTH = CLOCKS_PER_BEAT // SIXTEENTHS_PER_BEAT
BEFORE_TICK_SECONDS = 0.001


class ClockSender:
    """Sends the clock of `transport` through a scheduler of its own, one tick ahead.

    A song that starts, or goes on, after a jump too, is announced just before its first tick: with START at beat
    0, else with its song position and CONTINUE on the next sixteenth, the finest place that MIDI can name. A
    count-in is not sent. Ends with STOP; the scheduler stays the caller's to close.
    """

    def __init__(self, clock: Clock, transport: Transport, scheduler: Scheduler) -> None:
        self._transport, self._scheduler = transport, scheduler
        self._jumps: int | None = None
        self._is_running = False
        self._next_tick = 0
        self._last_seconds = float("-inf")
        self._clock = clock
        self._failure: Exception | None = None
        self._worker = clock.start("musegen clock", self._step, self._failed)

    @property
    def failure(self) -> Exception | None:
        """Why the clock has ended, which it should not."""
        return self._failure

    def wake(self) -> None:
        """Look at once whether the transport has started, stopped or jumped."""
        self._worker.wake()

    def close(self) -> None:
        """Send STOP if the song runs, and end the thread."""
        self._worker.stop()
        self._stop(self._clock.now_seconds())

    def _step(self, now_seconds: float) -> float:
        jumps = self._transport.jumps
        if jumps != self._jumps:
            self._jumps = jumps
            self._stop(now_seconds)
            if self._transport.is_playing:
                self._begin(now_seconds)
        elif self._is_running and not self._transport.is_playing:
            self._stop(now_seconds)
        if not self._is_running:
            return now_seconds + IDLE_SECONDS
        return self._tick(now_seconds)

    def _begin(self, now_seconds: float) -> None:
        position = max(0.0, self._transport.position(now_seconds))
        sixteenth = ceil(position * SIXTEENTHS_PER_BEAT - 1e-6)
        seconds = self._transport.seconds_at(sixteenth / SIXTEENTHS_PER_BEAT)
        if sixteenth > MAX_SONG_POSITION or seconds is None:
            return
        self._is_running = True
        self._next_tick = sixteenth * CLOCKS_PER_SIXTEENTH
        announced_seconds = max(now_seconds, seconds - BEFORE_TICK_SECONDS)
        messages = (bytes((START,)),) if sixteenth == 0 else (song_position(sixteenth), bytes((CONTINUE,)))
        self._scheduler.send(*(MidiEvent(announced_seconds, data) for data in messages))

    def _tick(self, now_seconds: float) -> float:
        """Hand on the next tick and ask to be called when it is due, or soon where that is far."""
        due_seconds = self._transport.seconds_at(self._next_tick / CLOCKS_PER_BEAT)
        if due_seconds is None or due_seconds > now_seconds + 2 * IDLE_SECONDS:
            return now_seconds + IDLE_SECONDS
        # After a change of tempo the tick before may still be on its way.
        self._last_seconds = max(due_seconds, self._last_seconds)
        self._scheduler.send(MidiEvent(self._last_seconds, bytes((CLOCK,))))
        self._next_tick += 1
        return max(now_seconds, self._last_seconds)

    def _stop(self, now_seconds: float) -> None:
        if self._is_running:
            self._scheduler.cancel_after(now_seconds)
            self._scheduler.send(MidiEvent(now_seconds, bytes((STOP,))))
            self._last_seconds = now_seconds
            self._is_running = False

    def _failed(self, error: Exception) -> None:
        self._failure = error
        self._stop(self._clock.now_seconds())
