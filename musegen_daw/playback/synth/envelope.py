"""The volume envelope and the pitch of a voice over time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from musegen_daw.playback.synth.channel import Curve, StepCurve
from musegen_daw.playback.synth.zones import FULL_FALL_DB, LfoSettings, ZoneShape

Audio = NDArray[np.float32]

_MIN_RELEASE_SECONDS = 0.006
_MIN_DECAY_SECONDS = 0.001
_E_FOLDS_PER_DB = math.log(10) / 20
_ROW = 256
_CACHED_SAMPLES = 1 << 16
_SAME_DB = 1e-6
_MOST_E_FOLDS = 40.0
Values = NDArray[np.float64]

RESTING = Curve(StepCurve([0], [0.0]))
_MAX_CENTS = 12_700
_GRID_SAMPLES = 32
"""LFOs are exact at this spacing and linear between."""
_BETWEEN = np.arange(_GRID_SAMPLES) / _GRID_SAMPLES


@dataclass(frozen=True, slots=True)
class Envelope:
    """A volume envelope in samples (section 9.1.7 of the specification), its release at least 6 ms."""

    delay_samples: float
    attack_samples: float
    hold_samples: float
    decay_samples: float
    sustain_db: float
    release_samples: float

    @staticmethod
    def of(shape: ZoneShape, sample_rate_hz: int) -> Envelope:
        return Envelope(
            shape.delay_seconds * sample_rate_hz,
            shape.attack_seconds * sample_rate_hz,
            shape.hold_seconds * sample_rate_hz,
            max(_MIN_DECAY_SECONDS, shape.decay_seconds) * sample_rate_hz,
            shape.sustain_db,
            max(_MIN_RELEASE_SECONDS, shape.release_seconds) * sample_rate_hz,
        )

    def end_samples(self, gate_samples: float) -> float:
        """Where it reaches silence, for a key released at `gate_samples`."""
        ends = [math.inf]
        if self.sustain_db >= FULL_FALL_DB and self._decay_start + self.decay_samples <= gate_samples:
            ends.append(self._decay_start + self.decay_samples)
        if gate_samples < math.inf:
            left = 1 + self._held_db(gate_samples) / FULL_FALL_DB
            ends.append(gate_samples + max(0.0, left) * self.release_samples)
        return min(ends)

    def level(self, first: int, last: int, gate_samples: float) -> Audio | float:
        """The amplitude over samples [first, last) of the voice, (last - first,), or one number if it is constant."""
        if last - 1 <= gate_samples:
            if first >= self._attack_end and not self.sustain_db:
                return 1.0
            if first >= self._sustain_start:
                return 10 ** (-self.sustain_db / 20)
        parts: list[Audio] = []
        gate = math.floor(min(gate_samples, 2**62)) + 1  # the first sample of the release
        at = first
        # Stages in order; each begins where the one before ends.
        for end, fill in (
            (math.ceil(min(self.delay_samples, gate)), self._silent),
            (math.ceil(min(self._attack_end, gate)), self._rising),
            (math.ceil(min(self._decay_start, gate)), self._full),
            (math.ceil(min(self._sustain_start, gate)), self._falling),
            (gate, self._sustained),
        ):
            stop = min(last, end)
            if stop > at:
                parts.append(fill(at, stop))
                at = stop
        if at < last:
            fall = FULL_FALL_DB / self.release_samples
            gate_db = self._held_db(gate_samples) + fall * gate_samples
            parts.append(_exponential(at, last, gate_db, -fall, self._rise(gate_samples)))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def can_be_shared(self, gate_samples: float) -> bool:
        """Whether the envelope of a note released at `gate_samples` is that of a held note times `fall`."""
        return gate_samples >= self._attack_end

    def fall(self, first: int, last: int, gate_samples: float) -> Audio:
        """The factor of the release to the level of a held note over [first, last), all after `gate_samples`."""
        fall, decay = FULL_FALL_DB / self.release_samples, FULL_FALL_DB / self.decay_samples
        from_gate_db = self._held_db(gate_samples) + fall * gate_samples
        parts: list[Audio] = []
        at = first
        # While the held note decays itself, the factor falls by that much less.
        for end, origin_db, slope_db in (
            (self._decay_start, from_gate_db, fall),
            (self._sustain_start, from_gate_db - decay * self._decay_start, fall - decay),
            (math.inf, from_gate_db + self.sustain_db, fall),
        ):
            stop = last if end >= last else max(at, math.ceil(end))
            if stop > at:
                parts.append(_from_gate(at, stop, gate_samples, origin_db, slope_db))
                at = stop
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    @property
    def _attack_end(self) -> float:
        return self.delay_samples + self.attack_samples

    @property
    def _decay_start(self) -> float:
        return self._attack_end + self.hold_samples

    @property
    def _sustain_start(self) -> float:
        return self._decay_start + self.decay_samples * self.sustain_db / FULL_FALL_DB

    def _held_db(self, sample: float) -> float:
        """The level in dB while the key is held, without the attack."""
        fallen = max(0.0, sample - self._decay_start) * FULL_FALL_DB / self.decay_samples
        return -min(self.sustain_db, fallen)

    def _rise(self, sample: float) -> float:
        if sample >= self._attack_end:
            return 1.0
        return max(0.0, sample - self.delay_samples) / max(1e-9, self.attack_samples)

    def _silent(self, first: int, last: int) -> Audio:
        return np.zeros(last - first, np.float32)

    def _rising(self, first: int, last: int) -> Audio:
        return ((np.arange(first, last) - self.delay_samples) / self.attack_samples).astype(np.float32)

    def _full(self, first: int, last: int) -> Audio:
        return np.ones(last - first, np.float32)

    def _falling(self, first: int, last: int) -> Audio:
        slope = FULL_FALL_DB / self.decay_samples
        return _exponential(first, last, self._decay_start * slope, -slope)

    def _sustained(self, first: int, last: int) -> Audio:
        return np.full(last - first, 10 ** (-self.sustain_db / 20), np.float32)


def _exponential(first: int, last: int, origin_db: float, slope_db: float, scale: float = 1.0) -> Audio:
    """Amplitudes over [first, last), times `scale`, of a linear level in dB with `origin_db` at sample 0."""
    slope = slope_db * _E_FOLDS_PER_DB
    # Two short exponentials, by row and within the row, in place of a long one.
    rows = -(-(last - first) // _ROW)
    of_rows = origin_db * _E_FOLDS_PER_DB + slope * (first + _ROW * np.arange(rows))
    within = slope * np.arange(_ROW)
    # Limited, because the unused end of the last row could overflow.
    of_rows, within = (np.exp(np.minimum(part, _MOST_E_FOLDS)) for part in (of_rows, within))
    of_rows *= scale
    return np.multiply.outer(of_rows.astype(np.float32), within.astype(np.float32)).ravel()[: last - first]


def _from_gate(first: int, last: int, gate_samples: float, origin_db: float, slope_db: float) -> Audio:
    """Amplitudes of a level that falls by `slope_db` a sample, cached where it begins at 0 dB at the gate."""
    begins_full = abs(origin_db - slope_db * gate_samples) < _SAME_DB
    begin, end = first - gate_samples, last - gate_samples
    if slope_db > 0 and begins_full and begin == int(begin) and end <= _CACHED_SAMPLES:
        return _falling_from_one(slope_db)[int(begin) : int(end)]
    return _exponential(first, last, origin_db, -slope_db)


@lru_cache(maxsize=128)
def _falling_from_one(slope_db: float) -> Audio:
    """A fall from 0 dB, which the notes of one instrument share."""
    fall = _exponential(0, _CACHED_SAMPLES, 0.0, -slope_db)
    fall.flags.writeable = False
    return fall


@dataclass(frozen=True, slots=True)
class Lfo:
    """A running LFO, in samples from the start of its voice; `depth` in cents over the song."""

    delay_samples: float
    cycles_per_sample: float
    depth: Curve

    @staticmethod
    def of(oscillator: LfoSettings, depth: Curve, sample_rate_hz: int) -> Lfo:
        return Lfo(oscillator.delay_seconds * sample_rate_hz, oscillator.rate_hz / sample_rate_hz, depth)

    def triangle(self, first: int, last: int) -> Values:
        """Its value -1..1 over samples [first, last) of its voice, rising from 0 (section 9.1.6)."""
        low, high = first // _GRID_SAMPLES, last // _GRID_SAMPLES + 2
        cycles = np.arange(low, high) * _GRID_SAMPLES - self.delay_samples
        cycles = np.maximum(0.0, cycles) * self.cycles_per_sample
        knots = np.abs((cycles - 0.25) % 1.0 * 4 - 2) - 1
        between = np.multiply.outer(np.diff(knots), _BETWEEN)
        between += knots[:-1, np.newaxis]
        offset = first - low * _GRID_SAMPLES
        return between.ravel()[offset : offset + last - first]


@dataclass(frozen=True, slots=True)
class Pitch:
    """The playback speed of a voice that starts at `start_samples`: a ratio, the cents of the channel, and LFOs."""

    ratio: float
    start_samples: int
    cents: Curve = RESTING
    lfos: tuple[Lfo, ...] = ()

    @property
    def slowest_ratio(self) -> float:
        """The lowest ratio that the LFOs of a resting pitch reach."""
        return self.ratio * 2.0 ** (-sum(abs(lfo.depth.constant or 0.0) for lfo in self.lfos) / 1200)

    def resting(self) -> Pitch:
        """The pitch fixed as it is at the start."""
        depths = ((lfo, lfo.depth.at(self.start_samples)) for lfo in self.lfos)
        cents = min(_MAX_CENTS, max(-_MAX_CENTS, self.cents.at(self.start_samples)))
        return Pitch(
            self.ratio * 2.0 ** (cents / 1200),
            0,
            lfos=tuple(replace(lfo, depth=Curve(StepCurve([0], [depth]))) for lfo, depth in depths if depth),
        )

    def rests(self, first: int, last: int) -> bool:
        """Whether only LFOs of constant depth move it over samples [first, last) of the voice."""
        first, last = first + self.start_samples, last + self.start_samples
        return self.cents.rests(first, last) and all(lfo.depth.rests(first, last) for lfo in self.lfos)

    def ratios(self, first: int, last: int) -> NDArray[np.floating] | float:
        """Recording samples per output sample, over samples [first, last) of the voice."""
        begin, end = first + self.start_samples, last + self.start_samples
        cents: NDArray[np.floating] | float = (
            self.cents.at(begin) if self.cents.rests(begin, end) else self.cents.over(begin, end)
        )
        for lfo in self.lfos:
            if lfo.depth.rests(begin, end):
                depth = lfo.depth.at(begin)
                if depth:
                    cents = cents + depth * lfo.triangle(first, last)
            else:
                cents = cents + lfo.depth.over(begin, end) * lfo.triangle(first, last)
        if isinstance(cents, float):
            return self.ratio * 2.0 ** (min(_MAX_CENTS, max(-_MAX_CENTS, cents)) / 1200)
        return self.ratio * np.exp2(np.clip(cents, -_MAX_CENTS, _MAX_CENTS) / 1200)
