"""Acoustic fingerprints, pairs of spectral peaks, to find a recording that was encoded again.

A. Wang, An industrial-strength audio search algorithm, ISMIR 2003.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter

from training.common.duplicates import Words, mixed
from training.vocoder.recordings import Samples

WINDOW_SECONDS, HOP_SECONDS = 0.128, 0.032
LOW_HZ, HIGH_HZ = 150.0, 3000.0
BLOCK_SECONDS = 30.0
PEAKS_A_SECOND = 8
PARTNERS = 3
MIN_WORDS = 40
_AROUND = (11, 15)  # frames, bins: what a peak must stand out from


def words(audio: Samples, sample_rate_hz: int) -> Words:
    """The fingerprint (words,) of audio (samples,), without repetition; empty where there is too little of it."""
    window, hop = round(WINDOW_SECONDS * sample_rate_hz), round(HOP_SECONDS * sample_rate_hz)
    block = round(BLOCK_SECONDS * sample_rate_hz)
    found = [_block(audio[at : at + block + window], window, hop) for at in range(0, len(audio), block)]
    unique = np.unique(np.concatenate([np.zeros(0, np.uint64), *found]))
    return unique if len(unique) >= MIN_WORDS else unique[:0]


def _block(audio: Samples, window: int, hop: int) -> Words:
    if len(audio) < window:
        return np.zeros(0, np.uint64)
    frames = np.lib.stride_tricks.sliding_window_view(audio, window)[::hop]
    bins = slice(round(LOW_HZ * WINDOW_SECONDS), round(HIGH_HZ * WINDOW_SECONDS))
    power = np.log(np.abs(np.fft.rfft(frames * np.hanning(window).astype(np.float32))[:, bins]) + 1e-3)
    is_peak = (power == maximum_filter(power, size=_AROUND)) & (power > power.mean())
    time, pitch = np.nonzero(is_peak)
    strongest = np.argsort(-power[time, pitch], kind="stable")[
        : round(PEAKS_A_SECOND * len(audio) / hop * HOP_SECONDS)
    ]
    chosen = np.sort(strongest)  # np.nonzero gives them in order of time, then pitch
    time, pitch = time[chosen].astype(np.uint64), pitch[chosen].astype(np.uint64)
    pairs = [
        (pitch[:-ahead] << np.uint64(40)) | (pitch[ahead:] << np.uint64(20)) | (time[ahead:] - time[:-ahead])
        for ahead in range(1, PARTNERS + 1)
        if len(time) > ahead
    ]
    return mixed(np.concatenate([np.zeros(0, np.uint64), *pairs]))
