"""Changes of a log-mel that are heard as changes of tempo and of pitch."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from musegen_daw.vocoder.mel import Floats, MelConfig
from musegen_daw.vocoder.mel_scale import hz_to_mel, mel_to_hz

MIN_STRETCH, MAX_STRETCH = 0.1, 10.0
MAX_SEMITONES = 48.0


def stretch(mel: Floats, factor: float) -> Floats:
    """The log-mel (n_mels, frames) lasting `factor` times as long at the same pitch: (n_mels, ceil(frames * factor)).

    Frames in between are interpolated linearly in the logarithm. Raises ValueError for a factor that is not
    within 0.1..10.
    """
    if not MIN_STRETCH <= factor <= MAX_STRETCH:
        raise ValueError(f"factor must lie within {MIN_STRETCH:g}..{MAX_STRETCH:g}, got {factor:g}")
    frames = mel.shape[1]
    # Rounded first, so that the error of a product like 100 * 1.1 adds no frame.
    positions = np.arange(math.ceil(round(frames * factor, 6))) / factor
    return _between(mel.T, positions).T


def pitch(mel: Floats, semitones: float, config: MelConfig) -> Floats:
    """The log-mel (n_mels, frames) with every frequency moved by `semitones`, formants included, as on tape.

    Bands are interpolated linearly in the logarithm; those whose sound would come from outside
    fmin_hz..fmax_hz are silent. The power is kept. Raises ValueError beyond 48 semitones.
    """
    if not abs(semitones) <= MAX_SEMITONES:
        raise ValueError(f"semitones must lie within ±{MAX_SEMITONES:g}, got {semitones:g}")
    ratio = 2.0 ** (semitones / 12)
    edges = hz_to_mel(np.array([config.fmin_hz, config.fmax_hz]))
    band_mels = np.linspace(edges[0], edges[1], config.n_mels + 2)
    source_mels = hz_to_mel(mel_to_hz(band_mels[1:-1]) / ratio)
    inside = (source_mels >= edges[0]) & (source_mels <= edges[1])
    positions = np.interp(source_mels, band_mels, np.arange(-1, config.n_mels + 1))
    # The same power over a `ratio` times wider range: less in each Hz of it.
    moved = _between(mel, positions) - np.float32(math.log(ratio))
    return np.maximum(np.where(inside[:, np.newaxis], moved, config.floor), config.floor).astype(np.float32)


def _between(rows: Floats, positions: npt.NDArray[np.float64]) -> Floats:
    """The rows (rows, columns) at fractional `positions`, held beyond the first and the last: (positions, columns)."""
    positions = np.clip(positions, 0, len(rows) - 1)
    below = np.floor(positions).astype(np.intp)
    above = np.minimum(below + 1, len(rows) - 1)
    share = (positions - below).astype(np.float32)[:, np.newaxis]
    return (rows[below] * (1 - share) + rows[above] * share).astype(np.float32, copy=False)
