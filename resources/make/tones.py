"""The building blocks of every synthesised sound: modes, shaped noise, filters and seamless loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resources.make.sf2 import SAMPLE_RATE_HZ

Audio = NDArray[np.float64]

DB_PER_TIME_CONSTANT = 20 / np.log(10)
"""Decibels that an exponential decay falls in one time constant."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One decaying sinusoid; `decay_seconds` is the time constant of its amplitude."""

    hz: float
    amplitude: float
    decay_seconds: float
    phase: float = 0.0


def time_axis(seconds: float) -> Audio:
    """Sample times in seconds from 0 up to `seconds`."""
    return np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ


def key_hz(key: float) -> float:
    """Frequency of a MIDI key in equal temperament, A4 (69) = 440 Hz."""
    return 440.0 * 2 ** ((key - 69) / 12)


def ring(modes: Sequence[Mode], seconds: float) -> Audio:
    """The sum of freely decaying modes; those above 20 kHz are left out."""
    time = time_axis(seconds)
    out = np.zeros_like(time)
    for mode in modes:
        if mode.hz < 20_000:
            decay = np.exp(-time / mode.decay_seconds)
            out += mode.amplitude * decay * np.sin(2 * np.pi * mode.hz * time + mode.phase)
    return out


def loop_length(hz: float, seconds: float) -> int:
    """A loop of about `seconds` that holds a whole number of cycles of `hz` as nearly as possible."""
    lengths = np.arange(round(seconds * SAMPLE_RATE_HZ), round(1.4 * seconds * SAMPLE_RATE_HZ))
    cycles = lengths * hz / SAMPLE_RATE_HZ
    error = np.abs(np.rint(cycles) / cycles - 1)
    return int(lengths[np.argmin(error)])


def looped(
    modes: Sequence[Mode], attack_seconds: float, loop_seconds: float, tail_seconds: float
) -> tuple[Audio, tuple[int, int]]:
    """A tone that decays for `attack_seconds` and then repeats exactly; returns audio and its loop.

    The first mode is the fundamental. Every mode is moved to the nearest frequency that fits the loop, so
    that there is no seam. What decays faster than the volume envelope (time constant `tail_seconds`)
    does so before the loop; the envelope does the rest.
    """
    length = loop_length(modes[0].hz, loop_seconds)
    start = round(attack_seconds * SAMPLE_RATE_HZ)
    guard = 8
    index = np.arange(start + length + guard)
    aging_seconds = np.minimum(index, start) / SAMPLE_RATE_HZ
    out = np.zeros(len(index))
    for mode in modes:
        cycles = round(mode.hz * length / SAMPLE_RATE_HZ)
        if mode.hz < 18_000 and cycles:
            rate = max(0.0, 1 / mode.decay_seconds - 1 / tail_seconds)
            phase = 2 * np.pi * cycles / length * index + mode.phase
            out += mode.amplitude * np.exp(-rate * aging_seconds) * np.sin(phase)
    return out, (start, start + length)


def filtered(audio: Audio, low_hz: float = 0.0, high_hz: float = 1e6, order: int = 2) -> Audio:
    """Band-pass of `order` on both sides, without phase shift (the response is applied to the spectrum)."""
    padded = len(audio) + 4096
    hz = np.fft.rfftfreq(padded, 1 / SAMPLE_RATE_HZ)
    response = 1 / np.sqrt(1 + (hz / high_hz) ** (2 * order))
    if low_hz > 0:
        response *= 1 / np.sqrt(1 + (low_hz / np.maximum(hz, 1e-3)) ** (2 * order))
    return np.fft.irfft(np.fft.rfft(audio, padded) * response, padded)[: len(audio)]


def noise(
    rng: np.random.Generator,
    seconds: float,
    decay_seconds: float,
    low_hz: float = 20.0,
    high_hz: float = 18_000.0,
) -> Audio:
    """Noise within a band, of RMS 1 at its start, decaying with the given time constant."""
    white = filtered(rng.standard_normal(round(seconds * SAMPLE_RATE_HZ)), low_hz, high_hz)
    white /= np.sqrt(np.mean(white**2))
    return white * np.exp(-time_axis(seconds) / decay_seconds)


def metal_noise(
    rng: np.random.Generator, seconds: float, bands: Sequence[tuple[float, float, float, float, float]]
) -> Audio:
    """Noise in bands, each (low Hz, high Hz, level, rise in seconds, decay in seconds): a cymbal's wash."""
    time = time_axis(seconds)
    out = np.zeros_like(time)
    for low_hz, high_hz, level, rise_seconds, decay_seconds in bands:
        swell = 1 - np.exp(-time / rise_seconds)
        out += level * swell * noise(rng, seconds, decay_seconds, low_hz, high_hz)
    return out


def add(*parts: Audio) -> Audio:
    """The sum of sounds that start together, as long as the longest."""
    out = np.zeros(max(map(len, parts)))
    for part in parts:
        out[: len(part)] += part
    return out


def without_clicks(audio: Audio, attack_seconds: float = 0.0003, fade_seconds: float = 0.02) -> Audio:
    """The sound rising from and ending in silence."""
    out = audio.copy()
    rise, fall = (
        min(len(out) // 2, round(seconds * SAMPLE_RATE_HZ)) for seconds in (attack_seconds, fade_seconds)
    )
    if rise:
        out[:rise] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise)
    if fall:
        out[-fall:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, fall + 1) / fall)
    return out


def loudness(audio: Audio, seconds: float = 0.35) -> float:
    """RMS of the first part, weighted half as strongly (in dB) as by the A curve of IEC 61672."""
    part = audio[: round(seconds * SAMPLE_RATE_HZ)]
    window = round(seconds * SAMPLE_RATE_HZ)
    hz = np.fft.rfftfreq(window, 1 / SAMPLE_RATE_HZ)
    square = hz**2
    a_curve = 1.259 * 12194**2 * square**2 / (
        (square + 20.6**2)
        * np.sqrt((square + 107.7**2) * (square + 737.9**2))
        * (square + 12194**2)
    )  # fmt: skip
    spectrum = np.abs(np.fft.rfft(part, window)) ** 2 * a_curve
    return float(np.sqrt(2 * spectrum.sum()) / window)


def levelled(audio: Audio, target: float, peak: float = 0.97) -> Audio:
    """The sound at a loudness of `target`, or less where its peak would pass `peak`."""
    gain = min(target / loudness(audio), peak / float(np.max(np.abs(audio))))
    return audio * gain
