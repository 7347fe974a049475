"""Senders of MIDI clock in simulated time: steady, late, doubled or stalled, with the true times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from musegen_daw.jam.clock.midi_clock import ClockFollower, ClockState
from musegen_daw.jam.events import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    CLOCK,
    CLOCKS_PER_BEAT,
    CONTINUE,
    START,
    STOP,
    MidiEvent,
    control_change,
    song_position,
)


@dataclass(frozen=True, slots=True)
class Truth:
    """When a tick was meant to come, on which beat of the song, and at which tempo the song goes on."""

    seconds: float
    beat: float
    bpm: float


@dataclass(frozen=True, slots=True)
class Measure:
    """What a follower said at the moment of a tick, beside the truth."""

    truth: Truth
    phase_error_seconds: float
    tempo_error_bpm: float
    state: ClockState


class ClockSource:
    """A DAW that sends clock: what it did is in `messages`, every one as (event, truth or None)."""

    def __init__(self, seed: int = 0, jitter_seconds: float = 0.0, now_seconds: float = 100.0) -> None:
        self._random = np.random.default_rng(seed)
        self._jitter_seconds = jitter_seconds
        self.now_seconds = now_seconds
        self.beat = 0.0
        self.messages: list[tuple[MidiEvent, Truth | None]] = []

    def say(self, data: bytes) -> None:
        """Send a message on time."""
        self.messages.append((MidiEvent(self.now_seconds, data), None))

    def start(self) -> None:
        self.beat = 0.0
        self.say(bytes((START,)))

    def stop(self) -> None:
        self.say(bytes((STOP,)))

    def go_on(self) -> None:
        self.say(bytes((CONTINUE,)))

    def place(self, beat: float) -> None:
        """Song position; `beat` is a whole number of sixteenths."""
        self.beat = beat
        self.say(song_position(round(beat * 4)))

    def reset_channels(self) -> None:
        """The controllers 120 and 123 on all channels that REAPER sends at play."""
        for channel in range(16):
            self.say(control_change(channel, ALL_SOUND_OFF, 0))
            self.say(control_change(channel, ALL_NOTES_OFF, 0))

    def wait(self, seconds: float) -> None:
        """Send nothing for a while."""
        self.now_seconds += seconds

    def play(self, *bpms: float, beats: float = 8, copies_seconds: tuple[float, ...] = ()) -> None:
        """Send clock for `beats` beats at one tempo, or ramping through several; `copies_seconds` after every
        tick it is sent again."""
        ticks = round(beats * CLOCKS_PER_BEAT)
        copies: list[MidiEvent] = []
        tempi = np.interp(np.arange(ticks), np.linspace(0, max(1, ticks - 1), len(bpms)), bpms)
        for bpm in tempi:
            self._tick(float(bpm), self._random.uniform(-1, 1) * self._jitter_seconds)
            event, _ = self.messages[-1]
            copies += [MidiEvent(event.time_seconds + seconds, event.data) for seconds in copies_seconds]
            self._pass(float(bpm))
        self.messages += [(copy, None) for copy in copies]
        self.messages.sort(key=lambda message: message[0].time_seconds)

    def hold_back(self, bpm: float, ticks: int) -> None:
        """Go on for some ticks that all come at once, at the end."""
        late_seconds = ticks * 60 / (bpm * CLOCKS_PER_BEAT) - 1e-4
        for index in range(ticks):
            self._tick(bpm, late_seconds * (1 - index / ticks))
            self._pass(bpm)

    def _tick(self, bpm: float, late_seconds: float) -> None:
        earliest_seconds = self.messages[-1][0].time_seconds if self.messages else 0.0
        event = MidiEvent(max(self.now_seconds + late_seconds, earliest_seconds), bytes((CLOCK,)))
        self.messages.append((event, Truth(self.now_seconds, self.beat, bpm)))

    def _pass(self, bpm: float) -> None:
        self.now_seconds += 60 / (bpm * CLOCKS_PER_BEAT)
        self.beat += 1 / CLOCKS_PER_BEAT


def follow(sender: ClockSource, follower: ClockFollower | None = None) -> list[Measure]:
    """Feed all that was sent and compare after every tick that has a truth; a missing answer is an endless error."""
    follower = ClockFollower() if follower is None else follower
    measures: list[Measure] = []
    for event, truth in sender.messages:
        follower.feed(event.data, event.time_seconds)
        if truth is not None:
            beat, bpm = follower.position(truth.seconds), follower.tempo_bpm
            measures.append(
                Measure(
                    truth,
                    float("inf") if beat is None else (beat - truth.beat) * 60 / truth.bpm,
                    float("inf") if bpm is None else bpm - truth.bpm,
                    follower.state(event.time_seconds),
                )
            )
    return measures
