"""Another pitch at the same length, with the formants moved along as on tape or left where they are."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from musegen_daw.vocoder.interpolation import interpolated
from musegen_daw.vocoder.mel import Floats, MelConfig, band_edges, band_frequencies, hz_to_mel, mel_to_hz

MAX_SEMITONES = 48.0
ENVELOPE_HZ = 200.0
"""How far to either side an envelope is averaged: it has no gaps between harmonics at most twice as far apart."""
ENVELOPE_BANDS = 2.0  # at least, where the bands are wide
ROUNDS = 2
_NATS_A_DB = math.log(10.0) / 10.0
LIMIT = 25.0 * _NATS_A_DB
LOST, WHOLE = -16.0 * _NATS_A_DB, -8.0 * _NATS_A_DB
"""A frame is not filtered where its filter would leave less of it than the one, wholly where it leaves the other."""
LEVEL_LIMIT = 10.0 * _NATS_A_DB


def transpose(mel: Floats, semitones: float, config: MelConfig, keep_formants: bool = False) -> Floats:
    """The log-mel (n_mels, frames) with all frequencies moved by `semitones`; its power stays the same.

    Bands are interpolated linearly in the logarithm. As on tape, formants move along, and bands from outside
    fmin_hz..fmax_hz are silent. With `keep_formants` harmonics move and the spectral envelope stays: as in a channel
    vocoder (H. Dudley, The Vocoder, 1939), what has moved is filtered until the power around each frequency is what it
    was, and bands from outside are as they were. That holds for harmonics up to some 300 Hz apart. Where they are much
    farther, the envelope has gaps that a moved harmonic could vanish in, and the frame is transposed as on tape.
    Raises ValueError beyond 48 semitones.
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
    moved = np.where(inside, moved, mel if keep_formants else np.float32(config.floor))
    moved = np.maximum(moved, np.float32(config.floor))
    if not keep_formants:
        return moved
    kept = _with_envelope(moved, np.maximum(mel, np.float32(config.floor)), config)
    return np.maximum(kept, np.float32(config.floor))


def _with_envelope(moved: Floats, mel: Floats, config: MelConfig) -> Floats:
    """The log-mel `moved` with the envelope and the power of `mel`."""
    wanted = _envelope(mel, config)
    gain = wanted - _envelope(moved, config)
    left = _level(moved + np.minimum(gain, 0), config) - _level(moved, config)
    gain = _limited(gain, LIMIT)
    # Averaging takes from a steep slope what it gives to its foot, which further rounds make up for.
    for _ in range(ROUNDS - 1):
        gain = _limited(gain + wanted - _envelope(moved + gain, config), LIMIT)
    gain *= np.clip((left - LOST) / (WHOLE - LOST), 0, 1)
    kept = moved + gain
    return kept + _limited(_level(mel, config) - _level(kept, config), LEVEL_LIMIT)


def _envelope(mel: Floats, config: MelConfig) -> Floats:
    """The logarithm of the mean power around each band: (n_mels, frames)."""
    return np.log(_averaging(config) @ np.exp(mel))


def _limited(gain: Floats, limit: float) -> Floats:
    return np.clip(gain, np.float32(-limit), np.float32(limit))


def _level(mel: Floats, config: MelConfig) -> Floats:
    """The logarithm of the power of each frame: (frames,)."""
    return np.log(_widths_hz(config) @ np.exp(mel))


@cache
def _widths_hz(config: MelConfig) -> Floats:
    edges_hz = band_edges(config.n_mels, config.fmin_hz, config.fmax_hz)
    widths_hz = ((edges_hz[2:] - edges_hz[:-2]) / 2).astype(np.float32)
    widths_hz.setflags(write=False)
    return widths_hz


@cache
def _averaging(config: MelConfig) -> Floats:
    """The share of each band in the power around each band: (n_mels, n_mels), rows add up to 1."""
    bands_hz, widths_hz = band_frequencies(config), _widths_hz(config)
    reach_hz = np.maximum(ENVELOPE_HZ, ENVELOPE_BANDS * widths_hz)[:, np.newaxis]
    shares = np.maximum(0.0, 1 - np.abs(bands_hz - bands_hz[:, np.newaxis]) / reach_hz) * widths_hz
    shares = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    shares.setflags(write=False)
    return shares
