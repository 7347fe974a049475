"""Integrated loudness after ITU-R BS.1770-5, Algorithms to measure audio programme loudness (2023), of mono audio."""

from __future__ import annotations

import math

import numpy as np
import soxr

from training.vocoder.spectra import Floats

RATE_HZ = 48_000
SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585)
HIGH_PASS = (1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621)
"""The two stages of the K-weighting at 48 kHz, as Recommendation's tables 1 and 2 give them (b0 to b2, a0 to a2)."""
BLOCK_SECONDS, STEP_SECONDS = 0.4, 0.1
OFFSET_DB = -0.691
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0


def loudness_lufs(audio: Floats, sample_rate_hz: int) -> float:
    """The integrated loudness of mono audio (samples,) at any rate, resampled to 48 kHz; -inf for silence.

    K-weighted, in blocks of 400 ms every 100 ms, gated at -70 LUFS and at 10 LU under the mean of what that leaves.
    Audio shorter than a block is one block, which the Recommendation leaves open.
    """
    from scipy.signal import sosfilt

    if len(audio) == 0:
        return -math.inf
    wide = soxr.resample(audio.astype(np.float64), sample_rate_hz, RATE_HZ)
    weighted = sosfilt(np.array([SHELF, HIGH_PASS]), wide)
    total = np.concatenate([[0.0], np.cumsum(np.square(weighted))])
    block = min(round(BLOCK_SECONDS * RATE_HZ), len(weighted))
    starts = np.arange(0, len(weighted) - block + 1, round(STEP_SECONDS * RATE_HZ))
    powers = (total[starts + block] - total[starts]) / block
    powers = powers[powers > _power(ABSOLUTE_GATE_LUFS)]
    if not len(powers):
        return -math.inf
    powers = powers[powers > powers.mean() * 10 ** (RELATIVE_GATE_LU / 10)]
    return OFFSET_DB + 10 * math.log10(float(powers.mean()))


def _power(lufs: float) -> float:
    return 10 ** ((lufs - OFFSET_DB) / 10)
