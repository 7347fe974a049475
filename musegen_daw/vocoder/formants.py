"""Another pitch at the same length, with the formants moved along as on tape."""

from __future__ import annotations

import math

import numpy as np

from musegen_daw.vocoder.interpolation import interpolated
from musegen_daw.vocoder.mel import Floats, MelConfig, hz_to_mel, mel_to_hz

MAX_SEMITONES = 48.0


def transpose(mel: Floats, semitones: float, config: MelConfig) -> Floats:
    """The log-mel (n_mels, frames) with all frequencies moved by `semitones`; its power stays the same.

    Bands are interpolated linearly in the logarithm. As on tape, formants move along, and bands from outside
    fmin_hz..fmax_hz are silent. Raises ValueError beyond 48 semitones.
    """
    if not abs(semitones) <= MAX_SEMITONES:
        raise ValueError(f"semitones must lie within ±{MAX_SEMITONES:g}, got {semitones:g}")
    ratio = 2.0 ** (semitones / 12)
    edges = hz_to_mel(np.array([config.fmin_hz, config.fmax_hz]))
    band_mels = np.linspace(edges[0], edges[1], config.n_mels + 2)
    source_mels = hz_to_mel(mel_to_hz(band_mels[1:-1]) / ratio)
    inside = ((source_mels >= edges[0]) & (source_mels <= edges[1]))[:, np.newaxis]
    positions = np.interp(source_mels, band_mels, np.arange(-1, config.n_mels + 1))
    # The same power spreads over a range `ratio` times as wide.
    moved = interpolated(mel, positions) - np.float32(math.log(ratio))
    moved = np.where(inside, moved, np.float32(config.floor))
    return np.maximum(moved, np.float32(config.floor))
