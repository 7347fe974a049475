"""From a recording and a pitch to sound: along the sample, around its loop, between its values."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from musegen_daw.playback.synth.envelope import Envelope
from musegen_daw.playback.synth.pitch import Pitch

Audio = NDArray[np.float32]
Loop = tuple[int, int]

LEAD, TRAIL = 1, 3
"""Samples before and after a recording, so that interpolation never leaves the array."""
_CHUNK = 8_192
"""Positions that are read at once: what is computed from them stays in the cache of a processor."""


class Reader(Protocol):
    """What gives a voice its sound before its envelope."""

    def read(self, first: int, last: int) -> Audio:
        """The sound over samples [first, last) of the voice, not to be written to; stretches follow one another."""
        ...


def padded(samples: Audio, loop: Loop | None, *, loops_until_release: bool) -> Audio:
    """The array that is read: a zero before; after it zeros, or where it loops to its end, how the loop goes on."""
    if loop is not None and not loops_until_release:
        samples = samples[: loop[1]]
    out = np.zeros(LEAD + len(samples) + TRAIL, np.float32)
    out[LEAD : LEAD + len(samples)] = samples
    if loop is not None and loop[1] == len(samples):
        start, end = loop
        out[LEAD + end :] = samples[start + np.arange(TRAIL) % (end - start)]
    return out


class Glide:
    """A recording read at a pitch that may move.

    `loop` repeats until `gate_samples` where `loops_until_release`, else for ever.
    """

    def __init__(
        self,
        audio: Audio,
        loop: Loop | None,
        pitch: Pitch,
        gate_samples: float = math.inf,
        position: float = 0.0,
    ) -> None:
        self._audio = audio
        self._loop = loop
        self._pitch = pitch
        self._gate_samples = gate_samples
        self._position = position
        self._done = 0
        self._length = len(audio) - LEAD - TRAIL

    @property
    def is_over(self) -> bool:
        """Whether the recording has been read to its end."""
        return self._position >= self._length

    def read(self, first: int, last: int) -> Audio:
        """The sound over [first, last); `first` is where the last stretch ended, or later in silence."""
        out = np.empty(last - first, np.float32)
        self._done = first
        while self._done < last:
            stop = min(last, self._done + _CHUNK)
            if self._done < self._gate_samples < stop:
                stop = math.ceil(self._gate_samples)
            out[self._done - first : stop - first] = self._chunk(self._done, stop)
            self._done = stop
        return out

    def _chunk(self, first: int, last: int) -> Audio:
        if self.is_over:
            return np.zeros(last - first, np.float32)
        ratios = self._pitch.ratios(first, last)
        if isinstance(ratios, float):
            places = self._position + ratios * np.arange(last - first + 1)
        else:
            places = np.empty(last - first + 1)
            places[0] = 0.0
            np.cumsum(ratios, out=places[1:])
            places += self._position
        if self._loop is not None and first < self._gate_samples and places[-1] >= self._loop[1]:
            _wrap(places, self._loop)
        self._position = float(places[-1])
        places = places[:-1]
        if places[-1] > self._length:
            np.minimum(places, self._length, out=places)
        return _cubic(self._audio, places)


class KeptReading:
    """What a voice whose pitch rests reads, kept for the next one that reads the same; with `envelope`, as if held."""

    def __init__(
        self, audio: Audio, loop: Loop | None, pitch: Pitch, envelope: Envelope | None = None
    ) -> None:
        self._glide = Glide(audio, loop, pitch)
        self._envelope = envelope
        self._sound = np.zeros(0, np.float32)

    @property
    def samples(self) -> int:
        """How much is kept."""
        return len(self._sound)

    def read(self, first: int, last: int) -> Audio:
        """The sound over [first, last)."""
        known = len(self._sound)
        if last > known:
            longer = np.empty(max(last, min(2 * known, last + 2 * _CHUNK)), np.float32)
            longer[:known] = self._sound
            longer[known:] = self._glide.read(known, len(longer))
            if self._envelope is not None:
                longer[known:] *= self._envelope.level(known, len(longer), math.inf)
            self._sound = longer
        return self._sound[first:last]


class KeptUntilRelease:
    """A loop that is left when its key is let go: what is kept until then, and from there on the rest.

    `envelope` is that of `kept`: the rest has it, too, as if the note were held.
    """

    def __init__(
        self,
        kept: KeptReading,
        audio: Audio,
        loop: Loop,
        ratio: float,
        gate_samples: int,
        envelope: Envelope | None,
    ) -> None:
        self._kept = kept
        self._gate_samples = gate_samples
        self._envelope = envelope
        place = np.array([gate_samples * ratio])
        if place[0] >= loop[1]:
            _wrap(place, loop)
        self._rest = Glide(audio, None, Pitch(ratio, 0), position=float(place[0]))

    def read(self, first: int, last: int) -> Audio:
        """The sound over [first, last)."""
        gate = self._gate_samples
        if last <= gate:
            return self._kept.read(first, last)
        begin = max(first, gate)
        rest = self._rest.read(begin - gate, last - gate)
        if self._envelope is not None:
            rest *= self._envelope.level(begin, last, math.inf)
        return np.concatenate([self._kept.read(first, gate), rest]) if first < gate else rest


def _wrap(places: NDArray[np.floating], loop: Loop) -> None:
    start, end = loop
    length = end - start
    late = places >= end
    places[late] -= length * np.floor((places[late] - start) / length)


def _cubic(audio: Audio, places: NDArray[np.floating]) -> Audio:
    """Values between the samples by a cubic Hermite (Catmull-Rom) spline through four neighbours."""
    whole = places.astype(np.intp)
    fraction = (places - whole).astype(np.float32)
    before, at = audio[:-3].take(whole, mode="clip"), audio[1:-2].take(whole, mode="clip")
    after, later = audio[2:-1].take(whole, mode="clip"), audio[3:].take(whole, mode="clip")
    half = np.float32(0.5)
    cube = later
    cube -= before
    cube *= half
    cube += np.float32(1.5) * (at - after)
    slope = after - before
    slope *= half
    # At the next sample the spline is there: cube + square + slope + at = after.
    square = after
    square -= at
    square -= slope
    square -= cube
    cube *= fraction
    cube += square
    cube *= fraction
    cube += slope
    cube *= fraction
    cube += at
    return cube
