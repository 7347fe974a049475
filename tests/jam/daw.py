"""A DAW at the other end of real ports: plays chords and clock into the program, and hears its drums."""

from __future__ import annotations

import threading
import time

from musegen_daw.errors import PortError
from musegen_daw.jam.events import (
    CLOCK,
    CLOCKS_PER_BEAT,
    START,
    STOP,
    MidiEvent,
    control_change,
    note_off,
    note_on,
)

WAIT_SECONDS = 300
CHORD = 48, 52, 55
MARKER = control_change(15, 3, 1)


class Daw:
    """Connected to `musegen in` and `musegen drums` of a program that runs, or is about to, by real ports."""

    def __init__(self, directory, in_name="musegen in", out_name="musegen drums"):
        self.directory = directory
        self.heard: list[MidiEvent] = []
        self.struck: list[float] = []  # seconds of the chords
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._player: threading.Thread | None = None
        self.drums = self._once_there(lambda: directory.open_input(out_name, self._hear))
        self.keys = self._once_there(lambda: directory.open_output(in_name))

    def _once_there(self, open_port):
        end = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                return open_port()
            except PortError:
                assert time.monotonic() < end
                time.sleep(0.05)

    def _hear(self, seconds, data):
        with self._changed:
            self.heard.append(MidiEvent(seconds, data))
            self._changed.notify_all()

    def wait_for(self, what):
        """Until `what` holds of the events heard so far."""
        with self._changed:
            assert self._changed.wait_for(lambda: what(self.heard), WAIT_SECONDS), self.heard[-20:]

    def wait_for_hits(self, count):
        self.wait_for(lambda heard: sum(event.is_note_on for event in heard) >= count)

    def play(self, bpm=240.0, clock=False):
        """Play chords on the beats from now on, with clock where it is asked for, until `stop`."""
        self._ended.clear()
        self._player = threading.Thread(target=self._play, args=(bpm, clock))
        self._player.start()

    def stop(self):
        self._ended.set()
        if self._player is not None:
            self._player.join()

    def close(self):
        self.stop()
        self.keys.close()
        self.drums.close()

    def _play(self, bpm, clock):
        tick_seconds = 60 / bpm / CLOCKS_PER_BEAT
        if clock:
            self.keys.send(bytes((START,)))
        start_seconds = time.perf_counter() + 0.01
        tick = 0
        while not self._ended.wait(max(0.0, start_seconds + tick * tick_seconds - time.perf_counter())):
            if clock:
                self.keys.send(bytes((CLOCK,)))
            if tick % CLOCKS_PER_BEAT == 0:
                self.struck.append(time.perf_counter())
            for pitch in CHORD:
                if tick % CLOCKS_PER_BEAT == 0:
                    self.keys.send(note_on(0, pitch, 90))
                elif tick % CLOCKS_PER_BEAT == CLOCKS_PER_BEAT // 2:
                    self.keys.send(note_off(0, pitch))
            tick += 1
        if clock:
            self.keys.send(bytes((STOP,)))

    @property
    def hits(self):
        return [event for event in self.heard if event.is_note_on]

    @property
    def sounding(self):
        return sounding(self.heard)


def sounding(events):
    """What sounds after `events`; every note is struck when it does not sound and ended once."""
    keys = set()
    for event in events:
        key = event.channel, event.data[1]
        if event.is_note_on:
            assert key not in keys, f"{key} was struck while it sounds"
            keys.add(key)
        elif event.is_note_off:
            assert key in keys, f"{key} was ended twice"
            keys.remove(key)
    return keys
