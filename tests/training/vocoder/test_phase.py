"""The phase error is 0 for the reference, pi / 2 by chance, and told apart for a delay and an offset of phase."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from librosa import griffinlim, stft
from scipy.signal import hilbert

from musegen_daw.vocoder.griffin_lim import GriffinLim
from musegen_daw.vocoder.mel import MelConfig, log_mel
from tests.training.vocoder.audio_corpus import melody
from training.vocoder.phase import BINS_APART, PhaseError, phase_error
from training.vocoder.spectra import analysis_n_fft, analysis_spectrum


def _noise(seconds: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=round(seconds * 12_000)).astype(np.float32)


def _of(reference: np.ndarray, generated: np.ndarray) -> PhaseError:
    found = phase_error(analysis_spectrum(reference, 12_000), analysis_spectrum(generated, 12_000))
    assert found is not None
    return found


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000), st.floats(0, 2 * np.pi), st.floats(0.01, 100))
def test_an_offset_of_phase_and_a_gain_change_nothing(seed, offset, gain) -> None:
    spectrum = analysis_spectrum(_noise(1, seed), 12_000)
    found = phase_error(spectrum, (spectrum * gain * np.exp(1j * offset)).astype(np.complex64))
    assert found is not None
    assert found.mean_rad == pytest.approx(0, abs=1e-5)


def test_a_hilbert_transform_of_the_audio_changes_next_to_nothing() -> None:
    audio = melody([60, 64, 67, 72], 0.5)
    assert _of(audio, np.imag(hilbert(audio)).astype(np.float32)).mean_rad < 0.1
    assert _of(audio, -audio).mean_rad == pytest.approx(0, abs=1e-6)


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 1000))
def test_unrelated_phases_are_half_pi_apart(seed) -> None:
    found = _of(_noise(3, seed), _noise(3, seed + 1))
    assert found.frequency_rad == pytest.approx(np.pi / 2, abs=0.08)
    assert found.delay_rad == pytest.approx(np.pi / 2, abs=0.08)


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 12), st.floats(300, 4000))
def test_a_delay_is_told_as_group_delay_and_leaves_a_tone_its_frequency(delay, hertz) -> None:
    tone = np.sin(2 * np.pi * hertz * np.arange(24_000) / 12_000).astype(np.float32)
    expected = 2 * np.pi * BINS_APART * delay / analysis_n_fft(12_000)
    for audio in (tone, _noise(2, delay)):
        # without the frames at the ends, where audio is reflected
        there, here = (
            analysis_spectrum(each, 12_000)[:, 8:-8] for each in (audio[delay:], audio[: len(audio) - delay])
        )
        found = phase_error(there, here)
        assert found is not None
        if audio is tone:  # no instant of it differs from another
            assert found.mean_rad < 0.02
        else:
            assert found.delay_rad == pytest.approx(expected, rel=0.15)


def test_griffin_lim_is_between_the_reference_and_chance() -> None:
    config = MelConfig()
    clean = np.resize(melody([57, 60, 64, 69], 0.5), 24_000) + 1e-3 * _noise(2, 3)
    magnitude = np.abs(stft(clean, n_fft=2048, hop_length=256))
    known = griffinlim(magnitude, n_iter=32, hop_length=256, n_fft=2048, random_state=0, length=len(clean))
    mel = GriffinLim(config).vocode(log_mel(clean, config))[: len(clean)]
    spectrum = analysis_spectrum(clean, 12_000)
    turned = np.exp(2j * np.pi * np.random.default_rng(0).random(spectrum.shape))
    chance = phase_error(spectrum, (np.abs(spectrum) * turned).astype(np.complex64))
    assert chance is not None
    assert chance.mean_rad == pytest.approx(np.pi / 2, abs=0.03)
    assert 0.1 < _of(clean, known).mean_rad < 0.9 * chance.mean_rad
    assert _of(clean, known).mean_rad < _of(clean, mel).mean_rad < chance.mean_rad
    assert chance.mean_rad == (chance.frequency_rad + chance.delay_rad) / 2


def test_silence_is_chance_and_has_no_phase_itself() -> None:
    noise = _noise(1, 0)
    assert _of(noise, np.zeros_like(noise)).mean_rad == pytest.approx(np.pi / 2)
    silence = analysis_spectrum(np.zeros(12_000, np.float32), 12_000)
    assert phase_error(silence, silence) is None
