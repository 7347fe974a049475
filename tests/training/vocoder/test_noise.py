"""The modulation of noise is 1 for noise like the reference, above it for streaks, below it for a haze."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from librosa import griffinlim

from training.vocoder.noise import kurtosis, noise_cells, noise_modulation
from training.vocoder.spectra import analysis_spectrum
from training.vocoder.tonal import partials


def _noise(seconds: float, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).normal(size=round(seconds * 12_000))).astype(np.float32)


def _modulation(reference: np.ndarray, generated: np.ndarray) -> float | None:
    there, here = (analysis_spectrum(audio, 12_000) for audio in (reference, generated))
    return noise_modulation(there, here, noise_cells(there, partials(there)))


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000), st.floats(0.01, 10))
def test_another_draw_of_the_noise_at_any_level_is_the_same(seed, gain) -> None:
    fading = np.linspace(0.05, 1, 60_000, dtype=np.float32)
    found = _modulation(fading * _noise(5, seed), gain * fading * _noise(5, seed + 1))
    assert found == pytest.approx(1, abs=0.04)


def test_the_kurtosis_of_gaussian_noise_is_two_and_of_an_even_magnitude_one() -> None:
    random = np.random.default_rng(0)
    gaussian = random.normal(size=(400, 400)) ** 2 + random.normal(size=(400, 400)) ** 2
    every = np.ones(gaussian.shape, bool)
    assert kurtosis(gaussian, every) == pytest.approx(2, abs=0.05)
    assert kurtosis(np.full((400, 400), 3.0), every) == pytest.approx(1)
    assert kurtosis(np.zeros((400, 400)), every) == 0
    # what is not flagged is not looked at
    dirty, flags = gaussian.copy(), every.copy()
    dirty[100:110], flags[100:110] = 1e9, False
    assert kurtosis(dirty, flags) == pytest.approx(2, abs=0.05)


def test_streaks_are_above_one_and_a_haze_is_below() -> None:
    noise = _noise(6)
    time = np.arange(len(noise)) / 12_000
    random = np.random.default_rng(4)
    streaks = np.zeros(len(noise))
    for hertz in np.arange(100, 5900, 120.0):
        streaks += np.sin(2 * np.pi * (hertz * time + random.random()))
    assert _modulation(noise, streaks.astype(np.float32)) > 1.4
    even = np.full((513, 1 + len(noise) // 128), 1.0)
    haze = griffinlim(even, n_iter=64, hop_length=128, n_fft=1024, random_state=0, length=len(noise))
    assert _modulation(noise, haze.astype(np.float32)) < 0.9
    assert _modulation(noise, np.zeros_like(noise)) == 0


def test_partials_are_no_noise_and_a_tone_has_none() -> None:
    time = np.arange(36_000) / 12_000
    tone = np.sin(2 * np.pi * 1000 * time).astype(np.float32)
    spectrum = analysis_spectrum(tone + _noise(3), 12_000)
    cells = noise_cells(spectrum, partials(spectrum))
    at = round(1000 * 1024 / 12_000)
    assert not cells[at - 3 : at + 4].any()
    assert cells[at + 40 :].mean() > 0.95
    assert _modulation(np.zeros(12_000, np.float32), _noise(1)) is None
