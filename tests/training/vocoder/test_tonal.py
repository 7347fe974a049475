"""Partials are found where they are and in noise are none; the tonal distance looks at them alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.vocoder.measures import stft_distance
from training.vocoder.spectra import RESOLUTIONS, analysis_n_fft, analysis_spectrum, resolution_magnitudes
from training.vocoder.tonal import partials, tonal_bins, tonal_stft_distance


def _noise(seconds: float, seed: int = 0, level: float = 0.1, rate: int = 12_000) -> np.ndarray:
    return (level * np.random.default_rng(seed).normal(size=round(seconds * rate))).astype(np.float32)


def _sine(hertz: float, seconds: float, rate: int = 12_000, level: float = 0.3) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def _tonal_distance(reference: np.ndarray, generated: np.ndarray, rate: int = 12_000) -> float | None:
    flags = tonal_bins(partials(analysis_spectrum(reference, rate)), rate, len(reference))
    return tonal_stft_distance(resolution_magnitudes(reference), resolution_magnitudes(generated), flags)


@settings(deadline=None, max_examples=15)
@given(st.floats(150, 5000), st.sampled_from([12_000, 44_100]), st.integers(0, 9))
def test_a_tone_in_noise_is_one_partial_at_its_frequency(hertz, rate, seed) -> None:
    peaks = partials(analysis_spectrum(_sine(hertz, 1, rate) + _noise(1, seed, 0.01, rate), rate))
    bins, frames = np.nonzero(peaks[:, 8:-8])
    assert len(set(frames)) == peaks.shape[1] - 16
    found_hz = bins * rate / analysis_n_fft(rate)
    near = np.abs(found_hz - hertz) < 3 * rate / analysis_n_fft(rate)
    assert near.mean() > 0.9
    assert set(frames[near]) == set(frames)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000))
def test_noise_and_clicks_have_no_partials(seed) -> None:
    assert partials(analysis_spectrum(_noise(3, seed), 12_000)).mean() < 1e-4
    clicks = np.zeros(36_000, np.float32)
    clicks[:: 36_000 // 7] = 1
    assert not partials(analysis_spectrum(clicks, 12_000)).any()


def test_a_short_blip_does_not_go_on_and_a_glide_does() -> None:
    blip = _noise(2, level=1e-3)
    blip[12_000:12_200] += _sine(900, 200 / 12_000)
    assert not partials(analysis_spectrum(blip, 12_000)).any()
    hertz = np.linspace(800, 1400, 24_000)
    glide = (0.3 * np.sin(2 * np.pi * np.cumsum(hertz) / 12_000)).astype(np.float32)
    peaks = partials(analysis_spectrum(glide + _noise(2, level=1e-3), 12_000))
    assert peaks.any(axis=0)[4:-4].all()


def test_tonal_bins_hold_the_tone_in_every_resolution() -> None:
    audio = _sine(1000, 1)
    flags = tonal_bins(partials(analysis_spectrum(audio, 12_000)), 12_000, len(audio))
    for (n_fft, _, window), each, magnitude in zip(
        RESOLUTIONS, flags, resolution_magnitudes(audio), strict=True
    ):
        assert each.shape == magnitude.shape
        column = each[:, each.shape[1] // 2]
        assert column[round(1000 * n_fft / 12_000)]
        assert column.sum() == pytest.approx(2 * n_fft / window + 1, abs=2)


def test_only_damage_at_the_partials_counts() -> None:
    reference = _sine(700, 1) + _sine(1900, 1) + _noise(1, level=1e-3)
    other_noise = _sine(700, 1) + _sine(1900, 1) + _noise(1, 7, level=1e-3)
    quieter = 0.5 * (_sine(700, 1) + _sine(1900, 1)) + _noise(1, level=1e-3)
    assert stft_distance(reference, other_noise) > 0.5
    assert _tonal_distance(reference, other_noise) < 0.1
    assert _tonal_distance(reference, reference) == 0
    assert _tonal_distance(reference, quieter) == pytest.approx(0.5 + np.log(2), rel=0.05)
    assert _tonal_distance(_noise(1), quieter) is None
