"""The log-mel is librosa's, however the audio is cut."""

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.vocoder import mel as module
from musegen_daw.vocoder.mel import (
    MelConfig,
    inverse_basis,
    log_mel,
    log_mel_blocks,
    mel_basis,
    prior_magnitude,
)
from tests.vocoder.tiny_vocoder import SMALL

DEFAULT = MelConfig()


def noise(samples, seed=0):
    return np.random.default_rng(seed).normal(0, 0.2, samples).astype(np.float32)


@pytest.mark.parametrize("config", [DEFAULT, SMALL, MelConfig(44_100, 2048, 512, 128, 20.0, 20_000.0)])
@pytest.mark.parametrize("samples", [5_000, 180_000])
def test_it_is_librosas(config, samples):
    audio = noise(samples)
    power = librosa.feature.melspectrogram(
        y=audio, sr=config.sample_rate_hz, n_fft=config.n_fft, hop_length=config.hop_length,
        n_mels=config.n_mels, fmin=config.fmin_hz, fmax=config.fmax_hz, pad_mode="constant",
    )  # fmt: skip
    ours = log_mel(audio, config)
    assert ours.dtype == np.float32
    assert ours.shape == power.shape == (config.n_mels, config.frames(samples))
    assert np.max(np.abs(ours - np.log(np.maximum(power, config.floor_power)))) < 1e-4


def test_15_seconds_at_12_khz_are_96_by_704():
    assert log_mel(noise(180_000), DEFAULT).shape == (96, 704)


@given(
    samples=st.integers(0, 3_000),
    cuts=st.lists(st.integers(0, 3_000), max_size=8),
    block_frames=st.integers(1, 40),
)
def test_it_does_not_depend_on_how_the_audio_is_cut(samples, cuts, block_frames):
    audio = noise(samples)
    whole = log_mel(audio, SMALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_FRAMES", block_frames)
        blocks = [*log_mel_blocks(np.split(audio, sorted(min(cut, samples) for cut in cuts)), SMALL)]
        assert np.array_equal(log_mel(audio, SMALL).shape, whole.shape)
    joined = np.concatenate(blocks, axis=1)
    assert joined.shape == whole.shape
    assert np.allclose(joined, whole, atol=1e-4)
    assert max(block.shape[1] for block in blocks) <= block_frames


def test_silence_is_the_floor_and_a_sine_stands_in_its_band():
    assert np.all(log_mel(np.zeros(3_000, np.float32), DEFAULT) == np.float32(DEFAULT.floor))
    sine = np.sin(2 * np.pi * 1_000 * np.arange(12_000) / 12_000).astype(np.float32)
    centres_hz = librosa.mel_frequencies(98, fmin=0, fmax=6_000)[1:-1]
    band = int(np.argmax(log_mel(sine, DEFAULT)[:, 20]))
    assert band == int(np.argmin(np.abs(centres_hz - 1_000)))


def test_the_prior_has_the_mel_that_it_was_made_of():
    mel = log_mel(noise(12_000), DEFAULT)
    prior = prior_magnitude(mel, DEFAULT)
    assert prior.shape == (1025, mel.shape[1])
    again = np.log(np.maximum(mel_basis(DEFAULT) @ prior**2, DEFAULT.floor_power))
    assert np.mean(np.abs(again - mel)) < 0.1
    assert np.allclose(mel_basis(DEFAULT) @ inverse_basis(DEFAULT), np.eye(96), atol=1e-3)


def test_a_configuration_comes_back_from_its_values():
    assert MelConfig.from_dict(SMALL.to_dict()) == SMALL
    assert MelConfig.from_dict({**SMALL.to_dict(), "n_mels": 8.0, "fmin_hz": 0}) == SMALL


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_mels": 0}, "n_mels must be positive"),
        ({"n_fft": 63}, "n_fft must be even"),
        ({"hop_length": 128}, "at least the hop"),
        ({"n_mels": 5_000}, "at most"),
        ({"fmax_hz": 5_000.0}, "fmin and fmax"),
        ({"fmax_hz": float("nan")}, "fmax_hz|fmin and fmax"),
        ({"hop_length": 16.5}, "hop_length must be a number of type int"),
        ({"n_mels": "8"}, "n_mels must be a number"),
        ({"n_mels": True}, "n_mels must be a number"),
        ({"power": 2}, "has the fields"),
    ],
)
def test_an_impossible_configuration_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        MelConfig.from_dict({**SMALL.to_dict(), **change})


def test_stereo_is_refused():
    with pytest.raises(ValueError, match="mono"):
        log_mel(np.zeros((100, 2), np.float32), SMALL)
