"""One sounding zone: its place in the sample, its pitch and its volume envelope, at any moment."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musegen_daw.render.soundfont import Zone

Audio = NDArray[np.float32]

FALL_DB = 100.0
"""What an envelope's decay and release times are measured over, and where a sound is over."""

CHOKE_SECONDS = 0.012
_MIN_RELEASE_SECONDS = 0.006
_LEAD = 1
"""Zeros before the sample, and two after it, so that interpolation never leaves the array."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A zone played by one note; all positions are samples of the output, counted from `start_samples`.

    `audio` is the zone's sample (samples,), padded by `padded`. `ratio` is how fast it is read.
    `gate_samples` is when the key is let go. `choke_samples` is when it is silenced by another voice.
    """

    zone: Zone
    audio: Audio
    ratio: float
    gains: tuple[float, float]
    start_samples: int
    gate_samples: int
    sample_rate_hz: int
    choke_samples: float = math.inf

    @property
    def end_samples(self) -> int:
        """First output sample, counted from the start of the song, at which it is silent."""
        zone, rate = self.zone, self.sample_rate_hz
        ends = [self.choke_samples + CHOKE_SECONDS * rate]
        length = len(self.audio) - 3
        if zone.loop is None:
            ends.append(length / self.ratio)
        elif zone.loops_until_release:
            ends.append(self.gate_samples + (length - zone.loop[0]) / self.ratio)
        if zone.sustain_db >= FALL_DB:
            ends.append(self._decay_start_seconds * rate + zone.decay_seconds * rate)
        gate_seconds = self.gate_samples / rate
        left = 1 - self._held_db(np.array([gate_seconds]))[0] / -FALL_DB
        ends.append(self.gate_samples + max(_MIN_RELEASE_SECONDS, left * zone.release_seconds) * rate)
        return self.start_samples + max(1, math.ceil(min(ends)))

    def choked_at(self, samples: int) -> Voice:
        """The same voice, silenced at an output sample counted from the start of the song."""
        return replace(self, choke_samples=min(self.choke_samples, max(0, samples - self.start_samples)))

    def mono(self, first: int, last: int) -> Audio:
        """Its sound over output samples [first, last), counted from its own start; (last - first,)."""
        index = np.arange(first, last)
        out = self._read(index) * self._level(index)
        return out.astype(np.float32)

    def _read(self, index: NDArray[np.int64]) -> NDArray[np.floating]:
        zone = self.zone
        if self.ratio == 1.0 and zone.loop is None:
            first = int(index[0]) + _LEAD
            out = self.audio[first : first + len(index)]
            return np.pad(out, (0, len(index) - len(out)))
        position = index * self.ratio
        if zone.loop is not None:
            start, end = zone.loop
            if zone.loops_until_release and index[-1] >= self.gate_samples:
                gate = self.gate_samples * self.ratio
                wrapped_gate = gate if gate < end else start + (gate - start) % (end - start)
                after = index >= self.gate_samples
                held = np.where(position < end, position, start + (position - start) % (end - start))
                position = np.where(after, wrapped_gate + position - gate, held)
            elif position[-1] >= end:
                position = np.where(position < end, position, start + (position - start) % (end - start))
        return _cubic(self.audio, np.minimum(position, len(self.audio) - 3))

    @property
    def _decay_start_seconds(self) -> float:
        return self.zone.delay_seconds + self.zone.attack_seconds + self.zone.hold_seconds

    def _held_db(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Level in dB while the key is held, apart from the attack."""
        zone = self.zone
        if not zone.sustain_db:
            return np.zeros_like(seconds)
        slope = FALL_DB / max(zone.decay_seconds, 1e-3)
        return -np.minimum(zone.sustain_db, np.maximum(0.0, seconds - self._decay_start_seconds) * slope)

    def _level(self, index: NDArray[np.int64]) -> NDArray[np.float64] | float:
        """Amplitude over time: section 9.1.7 of the specification, the release no shorter than 6 ms."""
        zone, rate = self.zone, self.sample_rate_hz
        is_released = index[-1] > self.gate_samples
        release_seconds = max(_MIN_RELEASE_SECONDS, zone.release_seconds)
        attack_end_seconds = zone.delay_seconds + zone.attack_seconds
        is_attacking = attack_end_seconds > 0 and index[0] < attack_end_seconds * rate
        if not is_released and not zone.sustain_db and not is_attacking and index[-1] <= self.choke_samples:
            return 1.0
        seconds = index / rate
        gate_seconds = self.gate_samples / rate
        level_db = self._held_db(np.minimum(seconds, gate_seconds))
        if is_released:
            level_db = level_db - FALL_DB / release_seconds * np.maximum(0.0, seconds - gate_seconds)
        level = 10 ** (level_db / 20)
        if is_attacking:
            rise = np.minimum(seconds, gate_seconds) - zone.delay_seconds
            level = level * np.clip(rise / max(zone.attack_seconds, 1e-6), 0.0, 1.0)
        if index[-1] > self.choke_samples:
            level = level * np.clip(1 - (index - self.choke_samples) / (CHOKE_SECONDS * rate), 0.0, 1.0)
        return level


def padded(samples: Audio) -> Audio:
    """The array that a voice reads: one zero before, two after."""
    return np.pad(samples, (_LEAD, 2)).astype(np.float32)


def low_passed(samples: Audio, rate_hz: int, cutoff_hz: float, resonance_db: float) -> Audio:
    """The samples through a two-pole low-pass filter; its response is applied to the spectrum."""
    size = len(samples) + rate_hz // 20
    relative = np.fft.rfftfreq(size, 1 / rate_hz) / cutoff_hz
    quality = 10 ** ((resonance_db - 3.01) / 20)
    # Half of the resonance is taken back from the whole, as section 8.1.3 says of initialFilterQ.
    response = 10 ** (-resonance_db / 40) / (1 - relative**2 + 1j * relative / quality)
    return np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)].astype(np.float32)


def _cubic(audio: Audio, position: NDArray[np.float64]) -> NDArray[np.floating]:
    """Values between the samples by a cubic Hermite (Catmull-Rom) spline through four neighbours."""
    whole = position.astype(np.int64)
    fraction = (position - whole).astype(np.float32)
    before, at = audio[whole], audio[whole + 1]
    after = audio[np.minimum(whole + 2, len(audio) - 1)]
    later = audio[np.minimum(whole + 3, len(audio) - 1)]
    slope = 0.5 * (after - before)
    square = before - 2.5 * at + 2 * after - 0.5 * later
    cube = 0.5 * (later - before) + 1.5 * (at - after)
    return ((cube * fraction + square) * fraction + slope) * fraction + at
