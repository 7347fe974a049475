"""Imposing a mel brings audio nearer to it, leaves what has it already, and keeps silence and phases."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen_daw.vocoder.imposing import impose, spreading, step_samples
from musegen_daw.vocoder.mel import MelConfig, log_mel
from training.vocoder.mel_layers import Impose

MEL = MelConfig()
HIGH = MelConfig(44_100, 2048, 512, 128, 0.0, 22_050.0)


def noise(frames, gain, seed, config=MEL):
    random = np.random.default_rng(seed)
    return (gain * random.normal(size=frames * config.hop_length)).astype(np.float32)


def mel_of(audio, config=MEL):
    return log_mel(audio, config)[:, : len(audio) // config.hop_length]


def difference(audio, mel, config=MEL):
    edge = config.n_fft // config.hop_length
    return np.abs(mel_of(audio, config) - mel)[:, edge:-edge].mean()


@pytest.mark.parametrize("config", [MEL, HIGH])
def test_each_round_brings_the_mel_nearer(config):
    wanted = mel_of(noise(64, 0.1, 0, config), config)
    audio = noise(64, 0.02, 1, config)
    distances = [difference(impose(audio, wanted, config, rounds), wanted, config) for rounds in range(4)]
    assert distances[1] < distances[0] / 5
    assert distances[3] < distances[2] < distances[1]


def test_audio_that_has_the_mel_already_stays_as_it_is():
    audio = noise(40, 0.1, 2)
    assert np.abs(impose(audio, mel_of(audio), MEL, 3) - audio).max() < 1e-5


def test_a_tone_keeps_its_phase():
    time = np.arange(64 * MEL.hop_length) / MEL.sample_rate_hz
    tone = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    lifted = impose(0.1 * tone, mel_of(0.5 * tone), MEL, 2)
    inside = slice(2 * MEL.n_fft, -2 * MEL.n_fft)
    assert np.corrcoef(lifted[inside], tone[inside])[0, 1] > 0.999
    assert np.abs(lifted[inside]).max() == pytest.approx(0.5, rel=0.1)


def test_silence_is_silent():
    silence = np.full((MEL.n_mels, 40), MEL.floor, np.float32)
    audio = noise(40, 1e-6, 3)
    imposed = impose(audio, silence, MEL, 2)
    inside = slice(2 * MEL.n_fft, -2 * MEL.n_fft)
    assert np.abs(imposed).max() <= np.abs(audio).max() * 1.5
    assert 20 * np.log10(np.abs(imposed[inside]).max() / np.abs(audio[inside]).max()) < -100


@pytest.mark.parametrize("config", [MEL, HIGH, MelConfig(fmin_hz=200.0, fmax_hz=4000.0)])
def test_every_bin_is_changed_by_some_band(config):
    shares = spreading(config)
    assert shares.shape == (1 + config.n_fft // 2, config.n_mels)
    assert np.allclose(shares.sum(axis=1), 1)


def test_bands_at_the_floor_are_silent_and_the_others_are_not():
    audio = noise(60, 0.1, 9)
    wanted = mel_of(audio)
    wanted[60:] = MEL.floor
    levels = mel_of(impose(audio, wanted, MEL, 2))[:, 16:-16] - mel_of(audio)[:, 16:-16]
    assert np.abs(levels[:59]).max() < 0.5
    assert levels[62:].max() < -8


@pytest.mark.parametrize("frames", [0, 1, 7])
def test_audio_shorter_than_a_window_stays_as_it_is(frames):
    audio = noise(frames, 0.1, 4)
    mel = np.zeros((MEL.n_mels, frames), np.float32)
    assert np.array_equal(impose(audio, mel, MEL, 2), audio)


def test_the_input_is_not_changed():
    audio = noise(40, 0.1, 5)
    before = audio.copy()
    impose(audio, mel_of(noise(40, 0.3, 6)), MEL, 1)
    assert np.array_equal(audio, before)


@settings(max_examples=30, deadline=None)
@given(frames=st.integers(1, 60), rounds=st.integers(1, 3), seed=st.integers(0, 99))
def test_training_and_app_do_the_same(frames, rounds, seed):
    audio, mel = noise(frames, 0.05, seed), mel_of(noise(frames, 0.2, seed + 1))
    mel[seed % MEL.n_mels :, frames // 2 :] = MEL.floor
    trained = Impose(MEL, rounds)(torch.from_numpy(audio)[None], torch.from_numpy(mel)[None])[0].numpy()
    assert np.abs(impose(audio, mel, MEL, rounds) - trained).max() < 1e-4


def test_what_is_far_away_changes_nothing():
    audio, mel = noise(80, 0.05, 7), mel_of(noise(80, 0.2, 8))
    other, far = audio.copy(), 40 * MEL.hop_length
    other[far:] = 0
    reach = 2 * MEL.n_fft
    one, two = impose(audio, mel, MEL, 2), impose(other, mel, MEL, 2)
    assert np.array_equal(one[: far - reach], two[: far - reach])
    assert not np.array_equal(one[:far], two[:far])


def test_a_hop_that_does_not_fit_the_window_is_refused():
    with pytest.raises(ValueError, match="does not divide a quarter"):
        step_samples(MelConfig(hop_length=300))
