"""Stretching changes how long a mel lasts and nothing else, pitch which bands it stands in and nothing else."""

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.vocoder.formants import transpose
from musegen_daw.vocoder.griffin_lim import GriffinLim
from musegen_daw.vocoder.mel import MelConfig, log_mel
from musegen_daw.vocoder.stretching import stretch

CONFIG = MelConfig()
CENTRES_HZ = librosa.mel_frequencies(CONFIG.n_mels + 2, fmin=CONFIG.fmin_hz, fmax=CONFIG.fmax_hz)[1:-1]


def sine_mel(hz, samples=12_000):
    return log_mel((0.3 * np.sin(2 * np.pi * hz * np.arange(samples) / 12_000)).astype(np.float32), CONFIG)


def nearest_band(hz):
    return int(np.argmin(np.abs(CENTRES_HZ - hz)))


@given(frames=st.integers(1, 200), factor=st.floats(0.1, 10))
def test_a_stretched_mel_lasts_so_many_times_as_long(frames, factor):
    mel = np.broadcast_to(np.arange(frames, dtype=np.float32), (3, frames))
    out = stretch(mel, factor)
    assert out.dtype == np.float32
    assert frames * factor - 1e-5 <= out.shape[1] < frames * factor + 1
    # A ramp stays a ramp, of another slope, up to its last frame.
    expected = np.minimum(np.arange(out.shape[1]) / factor, frames - 1)
    assert np.allclose(out, expected, atol=1e-4)


def test_no_stretch_and_no_pitch_change_nothing():
    mel = sine_mel(500)
    assert np.array_equal(stretch(mel, 1.0), mel)
    assert np.allclose(transpose(mel, 0.0, CONFIG), mel, atol=1e-4)


def test_an_exact_factor_gives_no_frame_too_many():
    assert stretch(np.zeros((2, 100), np.float32), 1.1).shape == (2, 110)


def test_onsets_move_with_the_stretch_and_pitch_stays():
    audio = np.zeros(36_000, np.float32)
    audio[12_000:] = 0.3 * np.sin(2 * np.pi * 800 * np.arange(24_000) / 12_000)
    mel = stretch(log_mel(audio, CONFIG), 1.5)
    band = nearest_band(800)
    assert np.all(np.argmax(mel[:, 80:200], axis=0) == band)
    steepest = int(np.argmax(np.diff(mel[band])))
    assert abs(steepest * CONFIG.hop_length - 1.5 * 12_000) < 8 * CONFIG.hop_length


@pytest.mark.parametrize("hz", [300, 700, 1_500])
@pytest.mark.parametrize("semitones", [-12, -7.5, -1, 1, 3, 12, 19])
def test_a_sine_moves_by_the_semitones_asked_for(hz, semitones):
    moved = transpose(sine_mel(hz), semitones, CONFIG)[:, 5:40]
    target_hz = hz * 2 ** (semitones / 12)
    assert np.all(np.abs(np.argmax(moved, axis=0) - nearest_band(target_hz)) <= 1)
    again = log_mel(GriffinLim(CONFIG, 8).vocode(moved), CONFIG)[:, 5:25]
    assert abs(int(np.argmax(again.mean(axis=1))) - nearest_band(target_hz)) <= 1


@pytest.mark.parametrize("semitones", [-12, -5, 5, 12])
def test_the_power_is_kept(semitones):
    noise = np.random.default_rng(0).normal(0, 0.1, 60_000)
    spectrum, hz = np.fft.rfft(noise), np.fft.rfftfreq(60_000, 1 / 12_000)
    spectrum[(hz < 700) | (hz > 2_500)] = 0
    mel = log_mel(np.fft.irfft(spectrum).astype(np.float32), CONFIG)
    widths_hz = np.gradient(CENTRES_HZ)[:, np.newaxis]

    def power(log):
        return np.sum(np.exp(log) * widths_hz)

    assert abs(10 * np.log10(power(transpose(mel, semitones, CONFIG)) / power(mel))) < 0.7


def test_bands_that_nothing_moves_into_are_silent():
    mel = np.zeros((CONFIG.n_mels, 4), np.float32)
    down = transpose(mel, -12, CONFIG)
    assert np.all(down[CENTRES_HZ > 3_000] == np.float32(CONFIG.floor))
    assert np.all(down[CENTRES_HZ < 2_900] > 0)
    high = MelConfig(fmin_hz=1_000.0)
    centres_hz = librosa.mel_frequencies(98, fmin=1_000, fmax=6_000)[1:-1]
    up = transpose(mel, 12, high)
    assert np.all(up[centres_hz < 2_000] == np.float32(high.floor))
    assert np.all(up[centres_hz > 2_100] > -1)
    assert transpose(np.full((96, 3), CONFIG.floor, np.float32), 5, CONFIG).min() == np.float32(CONFIG.floor)


@pytest.mark.parametrize("factor", [0, -1, 0.05, 11, float("nan")])
def test_an_impossible_stretch_is_refused(factor):
    with pytest.raises(ValueError, match="factor"):
        stretch(np.zeros((2, 5), np.float32), factor)


@pytest.mark.parametrize("semitones", [-49, 49, float("nan"), float("inf")])
def test_an_impossible_pitch_is_refused(semitones):
    with pytest.raises(ValueError, match="semitones"):
        transpose(np.zeros((96, 5), np.float32), semitones, CONFIG)
