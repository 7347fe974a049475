"""Reads recordings at a pitch, around their loops, and caches what several notes share."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Protocol, cast

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from musegen_daw.playback.synth.envelope import Envelope, Pitch
from musegen_daw.playback.synth.soundfont import SoundFont
from musegen_daw.playback.synth.zones import Zone, ZoneShape

Audio = NDArray[np.float32]
Loop = tuple[int, int]

LEAD, TRAIL = 1, 3
"""Padding before and after a recording, so that interpolation stays within the array."""
_CHUNK = 8_192
"""Positions read at once: few enough for the processor cache."""
_PEAK_STRIDE = 3
_SKIPPED = 1 << 16
"""Positions passed over at once."""
MAX_CACHED_SAMPLES = 1 << 26
"""In total between blocks: 256 MiB."""


class Reader(Protocol):
    """The sound of a voice before its envelope."""

    def read(self, first: int, last: int) -> Audio:
        """The sound over samples [first, last) of the voice, read-only; ranges are read in order."""
        ...


def padded(samples: Audio, loop: Loop | None, *, loops_until_release: bool) -> Audio:
    """The samples with padding: zeros, or after a loop that reaches the end, the start of the loop."""
    if loop is not None and not loops_until_release:
        samples = samples[: loop[1]]
    out = np.zeros(LEAD + len(samples) + TRAIL, np.float32)
    out[LEAD : LEAD + len(samples)] = samples
    if loop is not None and loop[1] == len(samples):
        start, end = loop
        out[LEAD + end :] = samples[start + np.arange(TRAIL) % (end - start)]
    return out


class PitchedReader:
    """A recording read at a moving pitch; `loop` repeats until `gate_samples`."""

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
        """Whether the recording is read to its end."""
        return self._position >= self._length

    def read(self, first: int, last: int) -> Audio:
        """The sound over [first, last); `first` is the end of the last range, or later after the end."""
        out = np.empty(last - first, np.float32)
        self._done = first
        while self._done < last:
            stop = min(last, self._done + _CHUNK)
            if self._done < self._gate_samples < stop:
                stop = math.ceil(self._gate_samples)
            out[self._done - first : stop - first] = self._chunk(self._done, stop)
            self._done = stop
        return out

    def skip(self, samples: int) -> None:
        """Go on, from the start, as if [0, samples) had been read."""
        at = 0
        while at < samples and not self.is_over:
            stop = min(samples, at + _SKIPPED)
            if at < self._gate_samples < stop:
                stop = math.ceil(self._gate_samples)
            ratios = self._pitch.ratios(at, stop)
            moved = ratios * (stop - at) if isinstance(ratios, float) else float(np.sum(ratios))
            place = np.array([self._position + moved])
            if self._loop is not None and at < self._gate_samples and place[0] >= self._loop[1]:
                _wrap(place, self._loop)
            self._position = float(place[0])
            at = stop
        self._done = samples

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


class CachedReading:
    """A recording at a resting pitch, cached for voices that read the same; with the `envelope` of a held note."""

    def __init__(
        self, audio: Audio, loop: Loop | None, pitch: Pitch, envelope: Envelope | None = None
    ) -> None:
        self._reader_of_pitch = PitchedReader(audio, loop, pitch)
        self._envelope = envelope
        self._sound = np.zeros(0, np.float32)

    @property
    def samples(self) -> int:
        return len(self._sound)

    def read(self, first: int, last: int) -> Audio:
        """The sound over [first, last)."""
        known = len(self._sound)
        if last > known:
            longer = np.empty(max(last, min(2 * known, last + 2 * _CHUNK)), np.float32)
            longer[:known] = self._sound
            longer[known:] = self._reader_of_pitch.read(known, len(longer))
            if self._envelope is not None:
                longer[known:] *= self._envelope.level(known, len(longer), math.inf)
            self._sound = longer
        return self._sound[first:last]


class CachedUntilRelease:
    """A recording that leaves its loop at release: `cached` until then, the rest of the sample after that.

    `envelope` is that of `cached`, applied to the rest, too, as for a held note.
    """

    def __init__(
        self,
        cached: CachedReading,
        audio: Audio,
        loop: Loop,
        ratio: float,
        gate_samples: int,
        envelope: Envelope | None,
    ) -> None:
        self._cached = cached
        self._gate_samples = gate_samples
        self._envelope = envelope
        place = np.array([gate_samples * ratio])
        if place[0] >= loop[1]:
            _wrap(place, loop)
        self._rest = PitchedReader(audio, None, Pitch(ratio, 0), position=float(place[0]))

    def read(self, first: int, last: int) -> Audio:
        """The sound over [first, last)."""
        gate = self._gate_samples
        if last <= gate:
            return self._cached.read(first, last)
        begin = max(first, gate)
        rest = self._rest.read(begin - gate, last - gate)
        if self._envelope is not None:
            rest *= self._envelope.level(begin, last, math.inf)
        return np.concatenate([self._cached.read(first, gate), rest]) if first < gate else rest


def _wrap(places: NDArray[np.floating], loop: Loop) -> None:
    start, end = loop
    length = end - start
    late = places >= end
    places[late] -= length * np.floor((places[late] - start) / length)


def _cubic(audio: Audio, places: NDArray[np.floating]) -> Audio:
    """Interpolation with a cubic Hermite (Catmull-Rom) spline through four neighbours."""
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
    # The spline passes through the next sample: cube + square + slope + at = after.
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


class Recordings:
    """A cache of filtered recordings and of voices at resting pitches, which drops the least recently used."""

    def __init__(self, soundfont: SoundFont) -> None:
        self.soundfont = soundfont
        self._audio: OrderedDict[tuple[object, ...], Audio] = OrderedDict()
        self._cached: OrderedDict[tuple[object, ...], CachedReading] = OrderedDict()
        self._peaks: dict[tuple[int, int], float] = {}

    def peak(self, zone: Zone) -> float:
        """The highest amplitude of a zone's sample, estimated from some of it."""
        place = zone.start, zone.end
        if place not in self._peaks:
            some = self.soundfont.samples[zone.start : zone.end : _PEAK_STRIDE].astype(np.float32)
            self._peaks[place] = float(np.abs(some).max(initial=0.0)) / 32_768
        return self._peaks[place]

    def of(self, zone: Zone, shape: ZoneShape) -> Audio:
        """The sample of a zone, filtered and padded."""
        key = _key(zone, shape)
        if key not in self._audio:
            samples = self.soundfont.samples[zone.start : zone.end].astype(np.float32)
            samples *= np.float32(1 / 32_768)
            if shape.cutoff_hz < 0.45 * zone.rate_hz:
                samples = low_passed(samples, zone.rate_hz, shape.cutoff_hz, shape.resonance_db)
            self._audio[key] = padded(samples, zone.loop, loops_until_release=zone.loops_until_release)
        self._audio.move_to_end(key)
        return self._audio[key]

    def cached(self, zone: Zone, shape: ZoneShape, pitch: Pitch, envelope: Envelope | None) -> CachedReading:
        """The sound of a zone at a resting pitch, with the envelope of a held note if given."""
        lfos = tuple((lfo.delay_samples, lfo.cycles_per_sample, lfo.depth.constant) for lfo in pitch.lfos)
        key = (*_key(zone, shape), pitch.ratio, lfos, envelope)
        if key not in self._cached:
            self._cached[key] = CachedReading(self.of(zone, shape), zone.loop, pitch, envelope)
        self._cached.move_to_end(key)
        return self._cached[key]

    def trim(self, most_samples: int = MAX_CACHED_SAMPLES) -> None:
        """Drop the least recently used beyond `most_samples`."""
        size = sum(len(audio) for audio in self._audio.values()) + sum(
            cached.samples for cached in self._cached.values()
        )
        for shelf in (self._cached, self._audio):
            while size > most_samples and shelf:
                _, gone = shelf.popitem(last=False)
                size -= gone.samples if isinstance(gone, CachedReading) else len(cast("Audio", gone))


def _key(zone: Zone, shape: ZoneShape) -> tuple[object, ...]:
    return zone.start, zone.end, zone.loop, zone.loops_until_release, shape.cutoff_hz, shape.resonance_db


def low_passed(samples: Audio, rate_hz: int, cutoff_hz: float, resonance_db: float) -> Audio:
    """The samples through a two-pole low-pass filter, applied to the spectrum."""
    size = int(scipy.fft.next_fast_len(len(samples) + rate_hz // 20, real=True) or 0)
    relative = np.fft.rfftfreq(size, 1 / rate_hz) / cutoff_hz
    quality = 10 ** ((resonance_db - 3.01) / 20)
    # Section 8.1.3, initialFilterQ: the gain drops by half of the resonance.
    response: NDArray[np.complex128] = 10 ** (-resonance_db / 40) / (
        1 - relative**2 + 1j * relative / quality
    )
    return np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)].astype(np.float32)
