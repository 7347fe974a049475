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
