"""The hand percussion of General MIDI: one stroke each, from a few modes and some noise."""

from __future__ import annotations

import numpy as np

from resources.make.sf2 import SAMPLE_RATE_HZ
from resources.make.tones import Audio, Mode, add, filtered, metal_noise, noise, ring, time_axis


def _rng(name: str) -> np.random.Generator:
    return np.random.default_rng(list(name.encode()))


def _skin(hz: float, decay_seconds: float, slap: float, name: str) -> Audio:
    """A small drum played by hand: a bent tone, one overtone, and the slap of the fingers."""
    time = time_axis(min(0.5, 5 * decay_seconds))
    turns = 2 * np.pi * np.cumsum(1 + 0.1 * np.exp(-time / 0.01)) * hz / SAMPLE_RATE_HZ
    tone = np.sin(turns) * np.exp(-time / decay_seconds)
    overtone = 0.35 * np.sin(1.83 * turns) * np.exp(-time / (0.4 * decay_seconds))
    return add(tone, overtone, slap * noise(_rng(name), 0.03, 0.004, 800, 6_000))


def _bar(hz: float, decay_seconds: float, seconds: float, ratios: tuple[float, ...]) -> Audio:
    modes = [
        Mode(hz * ratio, 1 / (1 + index), decay_seconds / (1 + 0.5 * index))
        for index, ratio in enumerate(ratios)
    ]
    return ring(modes, seconds)


def tambourine() -> Audio:
    """A shake of small jingles."""
    jingles = _bar(5_210, 0.08, 0.32, (1.0, 1.29, 1.57, 1.83, 2.12))
    return add(0.5 * jingles, metal_noise(_rng("tambourine"), 0.32, [(5_000, 14_000, 0.7, 0.003, 0.07)]))


def cowbell() -> Audio:
    """Two modes a little more than a fifth apart."""
    body = _bar(562, 0.09, 0.32, (1.0, 1.504, 2.63, 3.7))
    return add(body, 0.3 * noise(_rng("cowbell"), 0.01, 0.002, 1_000, 8_000))


def shaker() -> Audio:
    """Seeds thrown against the shell."""
    return metal_noise(_rng("shaker"), 0.16, [(4_000, 13_000, 1.0, 0.012, 0.03)])


def maracas() -> Audio:
    """Like a shaker, sharper."""
    return metal_noise(_rng("maracas"), 0.1, [(5_500, 15_000, 1.0, 0.004, 0.016)])


def cabasa() -> Audio:
    """Beads turned on a cylinder."""
    return metal_noise(_rng("cabasa"), 0.14, [(6_000, 14_000, 1.0, 0.02, 0.025)])


def hand_drum(name: str, hz: float, decay_seconds: float, slap: float) -> Audio:
    """A bongo, conga or timbale of the given fundamental."""
    return _skin(hz, decay_seconds, slap, name)


def agogo(hz: float) -> Audio:
    """A small bell."""
    return _bar(hz, 0.14, 0.45, (1.0, 1.46, 2.51, 3.9))


def whistle(seconds: float) -> Audio:
    """A referee's whistle: a trill and breath."""
    time = time_axis(seconds)
    pitch = 2_350 + 60 * np.sin(2 * np.pi * 28 * time)
    tone = np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ)
    swell = np.minimum(1, time / 0.02) * np.minimum(1, (seconds - time) / 0.04)
    return swell * add(tone, 0.12 * noise(_rng("whistle"), seconds, 10.0, 1_500, 6_000))


def guiro(seconds: float) -> Audio:
    """A stick drawn over notches."""
    time = time_axis(seconds)
    notches = np.maximum(0, np.sin(2 * np.pi * (45 * time + 60 * time**2 / seconds / 2))) ** 6
    return (
        notches * noise(_rng("guiro"), seconds, 10.0, 1_500, 8_000) * np.minimum(1, (seconds - time) / 0.05)
    )


def wood(hz: float) -> Audio:
    """Claves and wood blocks."""
    return _bar(hz, 0.022, 0.14, (1.0, 2.71, 4.3))


def cuica(low_hz: float, high_hz: float) -> Audio:
    """A friction drum gliding from one pitch to the other."""
    time = time_axis(0.22)
    pitch = low_hz + (high_hz - low_hz) * time / 0.22
    tone = np.tanh(2 * np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ))
    return filtered(tone * np.sin(np.pi * time / 0.22) ** 0.5, 200, 3_000)


def triangle(decay_seconds: float) -> Audio:
    """A steel rod, damped or free."""
    rod = _bar(2_480, decay_seconds, min(1.2, 4 * decay_seconds), (1.0, 1.94, 2.63, 3.37, 4.61))
    return add(rod, 0.2 * noise(_rng("triangle"), 0.01, 0.002, 4_000, 15_000))


def click(hz: float) -> Audio:
    """A metronome's tick; also stands for the rare effects below the kit."""
    return add(_bar(hz, 0.012, 0.09, (1.0, 2.4)), 0.3 * noise(_rng("click"), 0.02, 0.003, 1_500, 9_000))
