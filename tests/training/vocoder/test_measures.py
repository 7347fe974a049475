"""The distances are 0 for the reference, what the definitions give where that is known by hand, and ordered."""

from __future__ import annotations

from dataclasses import asdict, fields, replace

import numpy as np
import pytest
from scipy.signal import stft as scipy_stft

from musegen_daw.vocoder.griffin_lim import GriffinLim
from musegen_daw.vocoder.mel import MelConfig, log_mel
from tests.training.vocoder.audio_corpus import tone
from training.vocoder.measures import (
    Distances,
    Mean,
    distances,
    log_mel_distance,
    log_spectra,
    log_spectral_distance,
    means,
    stft_distance,
    valley_excess,
)
from training.vocoder.spectra import RESOLUTIONS

MEL = MelConfig()


def _noise(seconds: float, seed: int = 0, level: float = 0.1) -> np.ndarray:
    return (level * np.random.default_rng(seed).normal(size=round(seconds * 12_000))).astype(np.float32)


def _music(seconds: float = 2.0) -> np.ndarray:
    return tone(seconds, 220, 12_000) * 0.5 + tone(seconds, 331, 12_000) * 0.3 + _noise(seconds, 5, 1e-4)


def _onset(seconds: float = 2.0) -> np.ndarray:
    """Music over audible noise, with a tone that begins in the middle."""
    audio = _music(seconds) + _noise(seconds, 6, 1e-2)
    audio[len(audio) // 2 :] += tone(seconds / 2, 1777, 12_000)
    return audio


def test_nothing_is_away_from_itself() -> None:
    audio = _onset()
    found = distances(audio, audio.copy(), MEL)
    ratios = ("attack_reference_db", "attack_generated_db", "noise_modulation")
    assert all(
        value == pytest.approx(0, abs=1e-12) for name, value in asdict(found).items() if name not in ratios
    )
    assert found.attack_reference_db == found.attack_generated_db
    assert found.noise_modulation == 1.0


def test_a_gain_is_measured_as_what_it_is() -> None:
    audio = _noise(2)  # no bin near a floor
    found = distances(audio, audio * np.float32(0.5), MEL)
    assert found.stft == pytest.approx(0.5 + np.log(2), abs=1e-3)
    assert found.log_mel == pytest.approx(np.log(2), abs=1e-3)
    assert found.lsd_db == pytest.approx(20 * np.log10(2), abs=1e-2)


def test_the_stft_distance_is_that_of_another_implementation() -> None:
    reference, generated = _noise(1.5), _noise(1.5, seed=1)
    terms = []
    for n_fft, hop, window in RESOLUTIONS:
        magnitudes = []
        for audio in (reference, generated):
            padded = np.pad(audio.astype(np.float64), n_fft // 2, mode="reflect")
            hann = np.pad(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window), (n_fft - window) // 2)
            frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
            magnitudes.append(np.abs(np.fft.rfft(frames * hann)))
        there, here = magnitudes
        terms.append(np.linalg.norm(there - here) / np.linalg.norm(there))
        terms[-1] += np.abs(np.log(there) - np.log(here)).mean()
    assert stft_distance(reference, generated) == pytest.approx(np.mean(terms), rel=1e-4)


def test_the_log_spectral_distance_is_that_of_another_implementation() -> None:
    levels = []
    for audio in (_noise(1.5), _noise(1.5, seed=1)):
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
        *_, spectrum = scipy_stft(
            audio, window=hann, nperseg=2048, noverlap=2048 - 512, boundary=None, padded=False
        )
        levels.append(20 * np.log10(np.abs(spectrum) * hann.sum() + 1e-6))
    expected = np.sqrt(((levels[0] - levels[1]) ** 2).mean(axis=0)).mean()
    found = log_spectral_distance(log_spectra(_noise(1.5)), log_spectra(_noise(1.5, seed=1)))
    assert found == pytest.approx(expected, rel=1e-4)


def test_valley_excess_sees_noise_between_partials_and_nothing_else() -> None:
    reference = np.full((1025, 3), -50.0, np.float32)
    reference[100], reference[104], reference[110] = 0.0, -19.0, -15.0
    generated = reference.copy()
    generated[104] += 30  # no valley: 19 dB under its neighbour
    generated[500] += 30  # no valley: nothing is above it
    assert valley_excess(reference, generated) == 0
    generated[98] += 7
    valleys = [*range(92, 100), *range(101, 104), *range(105, 109), *range(109, 110), *range(111, 119)]
    assert valley_excess(reference, generated) == pytest.approx(7 / len(valleys))


def test_valleys_far_under_the_loudest_are_not_heard() -> None:
    reference = np.full((1025, 2), -120.0, np.float32)
    reference[100], reference[600] = 0.0, -70.0
    generated = reference + 10
    generated[600 - 8 : 600 + 9] += 100
    assert valley_excess(reference, generated) == pytest.approx(10)


def test_noise_raises_the_valleys_by_its_level() -> None:
    clean = _music()
    excess = [distances(clean, clean + _noise(2, 9, level), MEL).valley_db for level in (1e-4, 1e-3, 1e-2)]
    assert excess[0] < excess[1]
    assert excess[1] + 10 < excess[2]


def test_more_damage_is_more_distance() -> None:
    clean = _music()
    near, far = (distances(clean, clean + _noise(2, 9, level), MEL) for level in (1e-3, 3e-2))
    for name in ("stft", "log_mel", "lsd_db", "valley_db"):
        assert 0 < getattr(near, name) < getattr(far, name)


def test_griffin_lim_is_worse_than_a_little_noise_and_close_in_its_mel() -> None:
    clean = _music()
    made = GriffinLim(MEL).vocode(log_mel(clean, MEL))[: len(clean)]
    assert stft_distance(clean, made) > 2 * stft_distance(clean, clean + _noise(2, 9, 1e-4))
    assert log_mel_distance(clean, made, MEL) < 0.5 * log_mel_distance(clean, _noise(2, level=0.1), MEL)


@pytest.mark.parametrize("samples", [1, 100, 3000])
def test_silence_and_short_clips_have_finite_distances(samples) -> None:
    silence, sound = np.zeros(samples, np.float32), _noise(1)[:samples]
    for pair in ((silence, sound), (sound, silence), (silence, silence)):
        found = distances(*pair, MEL)
        assert np.isfinite([value for value in asdict(found).values() if value is not None]).all()


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="of one length"):
        distances(_noise(1), _noise(1)[:-1], MEL)


def test_the_interval_is_that_of_the_mean() -> None:
    random = np.random.default_rng(0)
    clips = [Distances(*values) for values in random.normal(1, 0.2, (60, len(fields(Distances))))]
    found = means(clips)
    assert list(found) == [field.name for field in fields(Distances)]
    for name, mean in found.items():
        values = np.array([getattr(each, name) for each in clips])
        assert mean is not None
        half = 1.96 * values.std() / np.sqrt(len(values))
        assert mean.mean == pytest.approx(values.mean())
        assert mean.low == pytest.approx(values.mean() - half, abs=0.2 * half)
        assert mean.high == pytest.approx(values.mean() + half, abs=0.2 * half)
    assert found == means(clips) != means(clips, seed=1)
    one = means(clips[:1])["stft"]
    assert one is not None
    assert one.low == pytest.approx(one.mean) == one.high
    with pytest.raises(ValueError, match="no clip"):
        means([])


def test_what_a_clip_has_nothing_of_is_left_out_of_the_mean() -> None:
    every = distances(_onset(), _onset() + _noise(2, 9, 1e-2), MEL)
    none = replace(every, attack_lost_db=None, noise_modulation=None)
    found = means([every, none, none])
    assert every.attack_lost_db is not None
    assert found["attack_lost_db"] == Mean(*[pytest.approx(every.attack_lost_db)] * 3)
    assert means([none])["noise_modulation"] is None
    assert distances(np.zeros(12_000, np.float32), _noise(1), MEL).phase_rad is None
