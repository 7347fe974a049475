"""The bands are those of librosa, to the last bit that counts."""

import librosa
import numpy as np
import pytest

from musegen_daw.vocoder.mel import MelConfig, band_frequencies, hz_to_mel, mel_basis, mel_to_hz

CONFIGS = [
    MelConfig(),
    MelConfig(44_100, 2048, 512, 128, 0.0, 22_050.0),
    MelConfig(22_050, 1024, 256, 80, 50.0, 8000.0),
    MelConfig(8000, 256, 64, 8, 0.0, 4000.0),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_the_bands_are_librosas(config):
    expected = librosa.filters.mel(
        sr=config.sample_rate_hz,
        n_fft=config.n_fft,
        n_mels=config.n_mels,
        fmin=config.fmin_hz,
        fmax=config.fmax_hz,
    )
    assert mel_basis(config).dtype == np.float32
    assert np.allclose(mel_basis(config), expected, rtol=1e-5, atol=1e-9)
    edges = librosa.mel_frequencies(config.n_mels + 2, fmin=config.fmin_hz, fmax=config.fmax_hz)
    assert np.allclose(band_frequencies(config), edges[1:-1])


def test_the_scale_is_librosas_and_goes_both_ways():
    hz = np.geomspace(0.1, 22_050, 500)
    assert np.allclose(hz_to_mel(hz), librosa.hz_to_mel(hz))
    assert np.allclose(mel_to_hz(hz_to_mel(hz)), hz)
