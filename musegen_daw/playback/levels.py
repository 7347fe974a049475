"""Levels: peaks, normalisation, and a meter."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import numpy as np

from musegen_daw.playback.source import Audio

FALL_DB_PER_SECOND = 20 / 1.7
"""Of the peak, as in IEC 60268-10, type I."""
RMS_SECONDS = 0.3
PEAK_DBFS = -1.0
KNEE = 0.8
"""Above this amplitude `soften` bends."""
_SILENCE = 1e-6
FLOOR_DB = -60.0
"""What meters show as silence."""


def peak_of(audio: Audio) -> float:
    """The highest amplitude, 0 for no samples."""
    return max(float(audio.max(initial=0.0)), float(-audio.min(initial=0.0)))


def gain_for(peak: float) -> float:
    """The gain that brings a peak to -1 dBFS; 1 for silence."""
    return 10 ** (PEAK_DBFS / 20) / peak if peak > _SILENCE else 1.0


def decibels(amplitude: float) -> float:
    """An amplitude in dB full scale, at least FLOOR_DB."""
    return max(FLOOR_DB, 20 * log10(amplitude)) if amplitude > 0 else FLOOR_DB


def soften(block: Audio, scratch: Audio) -> None:
    """Bend what is above KNEE, in place, so that it stays below 1; `scratch` has the shape of the block.

    The curve has no state: what is heard depends on the sample alone, so no level moves.
    """
    magnitude = np.abs(block, out=scratch)
    if magnitude.max(initial=0.0) <= KNEE:
        return
    np.maximum(magnitude, KNEE, out=magnitude)
    magnitude -= KNEE
    magnitude *= 1 / (1 - KNEE)
    np.tanh(magnitude, out=magnitude)
    magnitude *= 1 - KNEE
    np.clip(block, -KNEE, KNEE, out=block)
    block += np.copysign(magnitude, block, out=magnitude)


@dataclass(frozen=True, slots=True)
class Levels:
    """Peak and RMS of (left, right) as amplitudes, 1 at full scale."""

    peak: tuple[float, float] = (0.0, 0.0)
    rms: tuple[float, float] = (0.0, 0.0)


class PeakMeter:
    """Measures consecutive blocks (frames, 2); `levels` can be read from any thread."""

    def __init__(self, sample_rate_hz: int, max_frames: int) -> None:
        self.levels = Levels()
        self._sample_rate_hz = sample_rate_hz
        self._scratch = np.zeros((max_frames, 2), np.float32)

    def measure(self, block: Audio) -> None:
        """Measure the next block, of at most `max_frames`."""
        seconds = len(block) / self._sample_rate_hz
        fall = 10 ** (-FALL_DB_PER_SECOND * seconds / 20)
        share = min(1.0, seconds / RMS_SECONDS)
        scratch = np.abs(block, out=self._scratch[: len(block)])
        peaks = scratch.max(axis=0, initial=0.0)
        powers = np.square(scratch, out=scratch).mean(axis=0) if len(block) else peaks
        old = self.levels
        self.levels = Levels(
            (max(float(peaks[0]), old.peak[0] * fall), max(float(peaks[1]), old.peak[1] * fall)),
            (_blend(old.rms[0], float(powers[0]), share), _blend(old.rms[1], float(powers[1]), share)),
        )


def _blend(rms: float, power: float, share: float) -> float:
    return ((1 - share) * rms**2 + share * power) ** 0.5
