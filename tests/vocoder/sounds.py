"""Stereo sounds of known image, and what is measured of them."""

from __future__ import annotations

import numpy as np


def noise(samples: int, seed: int = 0):
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def plucks(rate_hz: int, seconds: float, pitch_hz: float, every_seconds: float):
    """An instrument: a note with overtones that decays, again and again."""
    time = np.arange(round(rate_hz * seconds)) / rate_hz
    tone = sum(np.sin(2 * np.pi * pitch_hz * k * time) / k for k in range(1, 5))
    return (0.15 * tone * np.exp(-5 * (time % every_seconds))).astype(np.float32)


def levels_db(audio):
    """The RMS level of both channels."""
    return 10 * np.log10(np.maximum((np.asarray(audio, np.float64) ** 2).mean(axis=0), 1e-18))


def balance_db(audio):
    left, right = levels_db(audio)
    return left - right


def correlation(audio):
    left, right = np.asarray(audio, np.float64).T
    return float((left * right).sum() / np.sqrt((left**2).sum() * (right**2).sum()))


def level_at_db(channel, rate_hz: int, hz: float):
    """The level around a frequency."""
    power = np.abs(np.fft.rfft(np.asarray(channel, np.float64))) ** 2
    at = np.arange(len(power)) * rate_hz / len(channel)
    return 10 * np.log10(power[abs(at - hz) < 30].sum() + 1e-18)


def vowel(rate_hz: int, seconds: float, pitch_hz: float, formants_hz=(700, 1200, 2600)):
    """A voice on one vowel: impulses through a low-pass and resonances of 120 Hz."""
    time = np.arange(round(rate_hz * seconds)) / rate_hz
    harmonics_hz = np.arange(pitch_hz, 0.49 * rate_hz, pitch_hz)
    gains = 1 / (1 + 1j * harmonics_hz / 500)
    for formant_hz in formants_hz:
        gains = gains * formant_hz**2 / (formant_hz**2 - harmonics_hz**2 + 120j * harmonics_hz)
    audio = np.zeros(len(time))
    for hz, gain in zip(harmonics_hz, gains, strict=True):
        audio += np.abs(gain) * np.cos(2 * np.pi * hz * time + np.angle(gain))
    return (0.02 * audio).astype(np.float32)
