"""How loud a voice is over time: delay, attack, hold, decay, sustain and release."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from musegen_daw.playback.synth.zones import FULL_FALL_DB, ZoneShape

Audio = NDArray[np.float32]

_MIN_RELEASE_SECONDS = 0.006
_MIN_DECAY_SECONDS = 0.001
_E_FOLDS_PER_DB = math.log(10) / 20
_ROW = 256
_KEPT_SAMPLES = 1 << 16
_SAME_DB = 1e-6
_MOST_E_FOLDS = 40.0


@dataclass(frozen=True, slots=True)
class Envelope:
    """The envelope of a volume in samples: section 9.1.7 of the specification, the release no shorter than 6 ms."""

    delay_samples: float
    attack_samples: float
    hold_samples: float
    decay_samples: float
    sustain_db: float
    release_samples: float

    @staticmethod
    def of(shape: ZoneShape, sample_rate_hz: int) -> Envelope:
        """That of a zone."""
        return Envelope(
            shape.delay_seconds * sample_rate_hz,
            shape.attack_seconds * sample_rate_hz,
            shape.hold_seconds * sample_rate_hz,
            max(_MIN_DECAY_SECONDS, shape.decay_seconds) * sample_rate_hz,
            shape.sustain_db,
            max(_MIN_RELEASE_SECONDS, shape.release_seconds) * sample_rate_hz,
        )

    def end_samples(self, gate_samples: float) -> float:
        """Where it has fallen to silence when the key is let go at `gate_samples`."""
        ends = [math.inf]
        if self.sustain_db >= FULL_FALL_DB and self._decay_start + self.decay_samples <= gate_samples:
            ends.append(self._decay_start + self.decay_samples)
        if gate_samples < math.inf:
            left = 1 + self._held_db(gate_samples) / FULL_FALL_DB
            ends.append(gate_samples + max(0.0, left) * self.release_samples)
        return min(ends)

    def level(self, first: int, last: int, gate_samples: float) -> Audio | float:
        """The amplitude over samples [first, last) of the voice, (last - first,), or one number where it rests."""
        if last - 1 <= gate_samples:
            if first >= self._attack_end and not self.sustain_db:
                return 1.0
            if first >= self._sustain_start:
                return 10 ** (-self.sustain_db / 20)
        parts: list[Audio] = []
        gate = math.floor(min(gate_samples, 2**62)) + 1  # the first sample of the release
        at = first
        # Stretches in order; each begins where the one before it ended.
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

    def may_be_shared(self, gate_samples: float) -> bool:
        """Whether what a note let go at `gate_samples` has of its envelope is that of a held note, and a fall."""
        return gate_samples >= self._attack_end

    def fall(self, first: int, last: int, gate_samples: float) -> Audio:
        """What the release makes of the level of a held note over [first, last), all after `gate_samples`."""
        fall, decay = FULL_FALL_DB / self.release_samples, FULL_FALL_DB / self.decay_samples
        from_gate_db = self._held_db(gate_samples) + fall * gate_samples
        parts: list[Audio] = []
        at = first
        # The held note rests, decays and rests again; the one that was let go falls by so much less beside it.
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
        """Level in dB while the key is held, apart from the attack."""
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
    """Amplitudes over [first, last), times `scale`, of a level in dB along a straight line: `origin_db` at 0."""
    slope = slope_db * _E_FOLDS_PER_DB
    # One factor for every row and one for every place in it: two short exponentials for a long one.
    rows = -(-(last - first) // _ROW)
    of_rows = origin_db * _E_FOLDS_PER_DB + slope * (first + _ROW * np.arange(rows))
    within = slope * np.arange(_ROW)
    # What grows is cut from a last row that would overflow; no level that is asked for is so high.
    of_rows, within = (np.exp(np.minimum(part, _MOST_E_FOLDS)) for part in (of_rows, within))
    of_rows *= scale
    return np.multiply.outer(of_rows.astype(np.float32), within.astype(np.float32)).ravel()[: last - first]


def _from_gate(first: int, last: int, gate_samples: float, origin_db: float, slope_db: float) -> Audio:
    """Amplitudes of a level that falls by `slope_db` a sample; what begins in full at the gate is kept."""
    begins_full = abs(origin_db - slope_db * gate_samples) < _SAME_DB
    begin, end = first - gate_samples, last - gate_samples
    if slope_db > 0 and begins_full and begin == int(begin) and end <= _KEPT_SAMPLES:
        return _falling_from_one(slope_db)[int(begin) : int(end)]
    return _exponential(first, last, origin_db, -slope_db)


@lru_cache(maxsize=128)
def _falling_from_one(slope_db: float) -> Audio:
    """A fall from full level by so many dB a sample, which notes of one instrument have in common."""
    fall = _exponential(0, _KEPT_SAMPLES, 0.0, -slope_db)
    fall.flags.writeable = False
    return fall
