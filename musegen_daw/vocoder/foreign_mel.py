"""Mels of other tools as log-mels of a model: from magnitude to power, from bands to bands, from frames to frames.

A mel of magnitudes does not say the power of its bands: that depends on how evenly a band is filled, which is estimated
from the mel around. From bands to bands goes a spectrum on the bins of the model, found by multiplicative
updates that keep it positive and true to every band: W. H. Richardson, Bayesian-based iterative method of image
restoration (1972).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from musegen_daw.vocoder.mel import (
    Floats,
    MelConfig,
    Numbers,
    band_edges,
    mel_basis,
    triangles,
)
from musegen_daw.vocoder.mel_scales import MelBands, MelForm

ROUNDS = 12
BLOCK_FRAMES = 1024
UNEVEN_A_NAT, WIDTH_BINS = 1.27, 3.0
PATCH_CELLS = 5  # bands, and frames
_TINY = 1e-30


def log_mel_of(values: Floats, form: MelForm, config: MelConfig) -> Floats:
    """The log-mel (n_mels, frames) of `config` that values (bands, frames) of another form stand for.

    Not limited by the floor of `config`. Silent where the other mel has no bands.
    """
    if form.bands is None and form.scale.is_power and not form.is_htk:
        return _logarithms(values, form)
    bands = form.bands or _bands_of(config, is_htk=form.is_htk)
    weights = _triangles(bands)
    density = _density(_logarithms(values, form), weights, is_power=form.scale.is_power)
    if _has_bands_of(bands, config):
        mel = density + _logarithm(mel_basis(config).sum(axis=1))[:, None]
    else:
        mel = _moved(density, bands, config)
    return _at_frames(mel, bands, config).astype(np.float32, copy=False)


def _logarithms(values: Floats, form: MelForm) -> Floats:
    nats = form.scale.nats
    if nats is None:
        return np.log(np.maximum(values, np.finfo(np.float32).tiny))
    return values * np.float32(nats) + np.float32(form.scale.offset_nats)


def _density(logarithms: Floats, weights: Floats, *, is_power: bool) -> Floats:
    """The natural logarithm of the mean power of a bin in each band."""
    mean = logarithms - _logarithm(weights.sum(axis=1))[:, None]
    return mean if is_power else 2 * mean + _unevenness(mean, weights)


def _unevenness(mean: Floats, weights: Floats) -> Floats:
    """The estimated logarithm of mean square over squared mean, given the logarithm of the mean magnitude.

    Between partials the mel itself is uneven from band to band, in noise hardly, and what is so between bands is so
    within them, the more the wider they are. The factor was fitted to music, tones and noise in mels of four tools.
    """
    from scipy.ndimage import uniform_filter

    bins = np.maximum(weights.sum(axis=1) ** 2 / np.maximum((weights**2).sum(axis=1), _TINY), 1)
    share = ((bins - 1) / (bins + WIDTH_BINS)).astype(np.float32)[:, None]
    wide = np.pad(mean, ((2, 2), (0, 0)), mode="edge")
    around = (wide[:-4] + wide[1:-3] + wide[3:-1] + wide[4:]) / 4
    uneven = uniform_filter(np.minimum(np.abs(mean - around), 1.5), PATCH_CELLS, mode="nearest")
    return UNEVEN_A_NAT * share * np.minimum(uneven, 1)


def _bands_of(config: MelConfig, *, is_htk: bool) -> MelBands:
    return MelBands(
        config.sample_rate_hz,
        config.n_fft,
        config.hop_length,
        config.n_mels,
        config.fmin_hz,
        config.fmax_hz,
        is_htk=is_htk,
        is_area=not is_htk,
    )


def _has_bands_of(bands: MelBands, config: MelConfig) -> bool:
    """Whether the bands are those of `config`, but for their height."""
    return not bands.is_htk and (
        (bands.sample_rate_hz, bands.n_fft, bands.n_mels, bands.fmin_hz, bands.fmax_hz)
        == (config.sample_rate_hz, config.n_fft, config.n_mels, config.fmin_hz, config.fmax_hz)
    )


def _edges(bands: MelBands) -> Numbers:
    if not bands.is_htk:
        return band_edges(bands.n_mels, bands.fmin_hz, bands.fmax_hz)
    lowest, highest = (2595 * math.log10(1 + hz / 700) for hz in (bands.fmin_hz, bands.fmax_hz))
    return 700 * (10 ** (np.linspace(lowest, highest, bands.n_mels + 2) / 2595) - 1)


def _triangles(bands: MelBands) -> Floats:
    """The weights (n_mels, 1 + n_fft // 2) that the bands were made with."""
    edges_hz = _edges(bands)
    weights = triangles(bands.sample_rate_hz, bands.n_fft, edges_hz)
    return (
        weights
        if bands.is_area
        else weights * ((edges_hz[2:] - edges_hz[:-2]) / 2)[:, None].astype(np.float32)
    )


def _moved(density: Floats, bands: MelBands, config: MelConfig) -> Floats:
    """The log-mel in the bands of `config`, in the frames as they are."""
    # Powers of bins grow with the sum of the squared window, which is n_fft by a constant.
    gain = np.float32(config.n_fft * config.sample_rate_hz / (bands.n_fft * bands.sample_rate_hz))
    edges_hz = _edges(bands)
    has_bins = _triangles(bands).sum(axis=1) > 0
    means = triangles(config.sample_rate_hz, config.n_fft, edges_hz)
    bin_hz = np.arange(1 + config.n_fft // 2) * config.sample_rate_hz / config.n_fft
    nearest = np.abs(bin_hz[None] - edges_hz[1:-1, None]).argmin(axis=1)
    narrow = means.sum(axis=1) <= 0  # bands between two bins of the model
    means[narrow, nearest[narrow]] = 1
    used = has_bins & (edges_hz[1:-1] <= config.sample_rate_hz / 2)
    means = means[used] / means[used].sum(axis=1, keepdims=True)
    centres_hz = edges_hz[1:-1][used]
    place = np.interp(bin_hz, centres_hz, np.arange(len(centres_hz)))
    first = np.maximum(1 - np.abs(place[None] - np.arange(len(centres_hz))[:, None]), 0).astype(np.float32)
    first[:, (bin_hz < edges_hz[0]) | (bin_hz > edges_hz[-1])] = 0
    back = means.T / np.maximum(means.sum(axis=0)[:, None], 1e-9)
    mel = np.empty((config.n_mels, density.shape[1]), np.float32)
    for start in range(0, density.shape[1], BLOCK_FRAMES):
        wanted = np.exp(density[used, start : start + BLOCK_FRAMES])
        spectrum = first.T @ wanted
        for _ in range(ROUNDS):
            spectrum *= back @ (wanted / np.maximum(means @ spectrum, _TINY))
        mel[:, start : start + BLOCK_FRAMES] = _logarithm(gain * (mel_basis(config) @ spectrum))
    return mel


def _at_frames(mel: Floats, bands: MelBands, config: MelConfig) -> Floats:
    """The mel at the frames of `config`, smoothed where its windows are the longer ones."""
    if bands.hop_length * config.sample_rate_hz == config.hop_length * bands.sample_rate_hz:
        return mel  # frames half a hop off are not worth interpolating
    hop_seconds = bands.hop_length / bands.sample_rate_hz
    length_seconds = mel.shape[1] * hop_seconds
    frames = max(1, math.ceil(length_seconds * config.frames_per_second - 1e-6))
    at = np.arange(frames) / config.frames_per_second / hop_seconds - (0 if bands.is_centred else 0.5)
    own, other = config.n_fft / config.sample_rate_hz, bands.n_fft / bands.sample_rate_hz
    window = _Smoothing.of(math.sqrt(max(own**2 - other**2, 0)) / hop_seconds)
    return window.apply(mel, at)


@dataclass(frozen=True, slots=True, eq=False)
class _Smoothing:
    """Means of power around places between frames."""

    half_width: float  # frames; 1: linear interpolation

    @classmethod
    def of(cls, window_frames: float) -> _Smoothing:
        """Weights as a squared Hann window of so many frames has."""
        return cls(max(window_frames / 2, 1.0))

    def apply(self, mel: Floats, at: Numbers) -> Floats:
        """(bands, frames), places (new frames,) -> (bands, new frames); the outermost frames go on."""
        reach = math.ceil(self.half_width)
        nearest = np.floor(at).astype(np.intp)
        offsets = np.arange(-reach, reach + 2)
        away = np.abs(nearest[:, None] + offsets - at[:, None]) / self.half_width
        shares = (
            np.maximum(1 - away, 0) if self.half_width == 1 else np.where(away < 1, _squared_hann(away), 0)
        )
        shares = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
        power = np.exp(mel)
        total = np.zeros((len(mel), len(at)), np.float32)
        for offset, share in zip(offsets, shares.T, strict=True):
            total += power[:, np.clip(nearest + offset, 0, mel.shape[1] - 1)] * share
        return _logarithm(total)


def _squared_hann(away: Any) -> Any:
    return np.cos(np.pi / 2 * away) ** 4


def _logarithm(power: Any) -> Floats:
    return np.log(np.maximum(power, _TINY)).astype(np.float32)
