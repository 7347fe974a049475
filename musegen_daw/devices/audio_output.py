"""Samples of a drum kit on the sound device, through PortAudio, each on time."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Hashable, Mapping
from itertools import count
from math import pi, sqrt
from typing import Any

from musegen_daw.devices.mixer import Audio, Mixer, Start
from musegen_daw.devices.output_stream import open_output

BLOCK_SAMPLES = 256
SETTLING_HZ = 0.5
LOST_SECONDS = 0.05

_NOTE_ON, _CONTROL_CHANGE = 0x90, 0xB0
_SILENCING_CONTROLS = (120, 123)


class StreamTimes:
    """When the samples of a stream are heard: a delay-locked loop over the driver's jittering times.

    After F. Adriaensen, "Using a DLL to filter time" (2005).
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self.sample_seconds = 1 / sample_rate_hz
        self._next_seconds: float | None = None

    def block(self, frames: int, told_seconds: float) -> float:
        """When the first sample of the next block is heard, from the time the driver reports."""
        expected = self._next_seconds
        if expected is None or abs(told_seconds - expected) > LOST_SECONDS:
            start = told_seconds
        else:
            error = told_seconds - expected
            omega = 2 * pi * SETTLING_HZ * frames * self.sample_seconds
            start = expected + sqrt(2) * omega * error
            self.sample_seconds += omega**2 * error / frames
        self._next_seconds = start + frames * self.sample_seconds
        return start


class SamplePlayer:
    """Plays `pieces`, arrays of (samples, 2), each at its time in seconds of `time.perf_counter`.

    Pieces of one group in `groups` choke each other. `device` is a name (None: the system default); `library` stands
    for sounddevice. Raises AudioError where nothing can be played.
    """

    def __init__(
        self,
        pieces: Mapping[Hashable, Audio],
        sample_rate_hz: int,
        groups: Mapping[Hashable, Hashable] | None = None,
        device: str | None = None,
        library: Any = None,
    ) -> None:
        self._mixer = Mixer(pieces, sample_rate_hz, groups)
        self._times = StreamTimes(sample_rate_hz)
        self._asked: deque[tuple[float, Hashable, float] | None] = deque()
        self._waiting: list[tuple[float, int, Hashable, float]] = []
        self._order = count()
        self.late = 0
        self.underflows = 0
        self._stream = open_output(
            self._fill, sample_rate_hz, device, block_samples=BLOCK_SAMPLES, latency="low", library=library
        )

    @property
    def latency_seconds(self) -> float:
        """How early a piece must be requested to be heard on time."""
        return float(self._stream.latency) + 2 * BLOCK_SAMPLES * self._times.sample_seconds

    def play(self, piece: Hashable, gain: float, due_seconds: float) -> None:
        """Play `piece` at `due_seconds`, or at once if that is past, counted in `late`; raises KeyError."""
        if piece not in self._mixer.pieces:
            raise KeyError(piece)
        self._asked.append((due_seconds, piece, gain))

    def silence(self) -> None:
        """Fade out what sounds and drop what is scheduled."""
        self._asked.append(None)

    def close(self) -> None:
        self._stream.close()

    def _fill(self, out: Audio, frames: int, times: Any, status: Any) -> None:
        # Called by PortAudio on its own thread: nothing here may wait.
        now_seconds = time.perf_counter()
        self.underflows += bool(status.output_underflow)
        start_seconds = self._times.block(
            frames, now_seconds + max(0.0, times.outputBufferDacTime - times.currentTime)
        )
        self._take_what_is_asked()
        self._mixer.mix(out, self._starts(start_seconds, frames))

    def _take_what_is_asked(self) -> None:
        while self._asked:
            asked = self._asked.popleft()
            if asked is None:
                self._waiting.clear()
                self._mixer.silence()
            else:
                due_seconds, piece, gain = asked
                heapq.heappush(self._waiting, (due_seconds, next(self._order), piece, gain))

    def _starts(self, start_seconds: float, frames: int) -> list[Start]:
        starts: list[Start] = []
        while self._waiting:
            offset = round((self._waiting[0][0] - start_seconds) / self._times.sample_seconds)
            if offset >= frames:
                break
            _, _, piece, gain = heapq.heappop(self._waiting)
            self.late += offset < 0
            starts.append(Start(max(0, offset), piece, gain))
        return starts


class KitOutput:
    """A MIDI output that plays drum notes on the sound device, each with the same short latency.

    `player` has a piece for each of `pitches`; other notes are left out. All sound off and all notes off silence it.
    """

    def __init__(self, player: SamplePlayer, pitches: frozenset[int]) -> None:
        self.name, self.is_lost = "sound device", False
        self._player = player
        self._pitches = pitches

    @property
    def latency_seconds(self) -> float:
        """The time from `send` to sound."""
        return self._player.latency_seconds

    def send(self, data: bytes) -> None:
        """Play a note-on; velocity v has the gain (v/127)², as General MIDI recommends."""
        if len(data) != 3:
            return
        kind, first, second = data[0] & 0xF0, data[1], data[2]
        if kind == _NOTE_ON and second and first in self._pitches:
            due_seconds = time.perf_counter() + self._player.latency_seconds
            self._player.play(first, (second / 127) ** 2, due_seconds)
        elif kind == _CONTROL_CHANGE and first in _SILENCING_CONTROLS:
            self._player.silence()

    def close(self) -> None:
        self._player.close()
