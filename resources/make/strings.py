"""Struck and plucked sounds: pianos, guitars and basses, as the modes of a string.

A plucked string is the solution that a Karplus-Strong loop approximates: harmonics whose levels follow
from where the string is plucked and whose decays follow from the loss in the loop. Written as modes it is
in tune at every pitch and can be looped without a seam.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from resources.make.sf2 import SAMPLE_RATE_HZ, Instrument, Sample, Zone
from resources.make.tones import (
    DB_PER_TIME_CONSTANT,
    Audio,
    Mode,
    add,
    filtered,
    key_hz,
    levelled,
    looped,
    noise,
    without_clicks,
)

_FALL_DB = 100.0
"""How far the decay of a volume envelope falls, and where its sound counts as over."""


@dataclass(frozen=True, slots=True)
class String:
    """How a string is set in motion and how it loses its energy.

    `pluck` is where it is struck, as a share of its length. `loss` is how much faster the high modes decay.
    `corner_hz` is where the finger, pick or hammer stops exciting. `stretch` is the inharmonicity B in
    f_n = n f (1 + B n²)^½. `drive` bends the wave as an overdriven amplifier does (0: not at all).
    """

    name: str
    pluck: float
    corner_hz: float
    decay_seconds: float
    loss: float
    attack_noise: float
    target: float
    keys: tuple[int, ...]
    stretch: float = 0.0
    tilt: float = 1.0
    drive: float = 0.0
    attack_seconds: float = 0.26
    loop_seconds: float = 0.09
    release_seconds: float = 0.25
    body: Callable[[float], float] | None = None


def _modes(string: String, hz: float) -> list[Mode]:
    count = max(1, min(70, int(14_000 / hz)))
    rng = np.random.default_rng([*string.name.encode(), round(hz)])
    decay_seconds = string.decay_seconds * (110 / hz) ** 0.45
    modes: list[Mode] = []
    for n in range(1, count + 1):
        frequency = n * hz * np.sqrt(1 + string.stretch * (n * n - 1))
        level = abs(np.sin(np.pi * n * string.pluck)) / n**string.tilt + 0.02 / n
        level /= 1 + (frequency / string.corner_hz) ** 2
        if string.body is not None:
            level *= string.body(frequency)
        decay = decay_seconds / (1 + string.loss * (frequency / 1_000) ** 1.3)
        modes.append(Mode(frequency, level, decay, float(rng.uniform(0, 2 * np.pi)) if n > 1 else 0.0))
    return modes


def string_sample(string: String, key: int) -> tuple[Sample, float]:
    """The sample for one key, and the time constant of the decay that its envelope has to play."""
    hz = key_hz(key)
    modes = _modes(string, hz)
    tail_seconds = max(mode.decay_seconds for mode in modes)
    if string.drive:
        modes = [Mode(m.hz, m.amplitude, m.decay_seconds * 1.5, m.phase) for m in modes]
        tail_seconds *= 3.0
    audio, loop = looped(modes, string.attack_seconds, string.loop_seconds, tail_seconds)
    if string.drive:
        audio = _amplified(audio / np.max(np.abs(audio)), loop, string.drive)
    elif string.attack_noise:
        rng = np.random.default_rng([*string.name.encode(), key])
        burst = noise(rng, 0.06, 0.008, 0.8 * hz, min(12_000.0, 2.5 * string.corner_hz))
        audio = add(audio, string.attack_noise * float(np.std(audio[:2_000])) * burst)
    audio = without_clicks(levelled(audio, string.target), attack_seconds=0.0012, fade_seconds=0.0)
    return Sample(f"{string.name} {key}", audio, key, loop), tail_seconds


def _amplified(audio: Audio, loop: tuple[int, int], drive: float) -> Audio:
    """A valve stage and a guitar speaker; asymmetry adds the even harmonics.

    The loop is copied out of a long periodic continuation, so that the filters have settled in it.
    """
    start, end = loop
    cycle = audio[start:end]
    repeats = 1 + round(0.2 * SAMPLE_RATE_HZ) // len(cycle)
    long = np.concatenate([audio[:end], *[cycle] * (repeats + 1)])
    driven = np.tanh(drive * long + 0.25) - np.tanh(0.25)
    speaker = filtered(filtered(driven, 75, 4_600, order=3), 0, 5_600, order=4)
    speaker -= 0.35 * filtered(speaker, 350, 700, order=1)
    settled = speaker[end : end + len(cycle)]
    return np.concatenate([speaker[:start], settled, settled[:8]])


def zones_of(string: String) -> tuple[Zone, ...]:
    """One sample every few keys, spread over the whole keyboard; softer strokes are darker."""
    made = [string_sample(string, key) for key in string.keys]
    zones: list[Zone] = []
    for index, (sample, tail_seconds) in enumerate(made):
        low = 0 if index == 0 else (string.keys[index - 1] + string.keys[index]) // 2 + 1
        high = 127 if index + 1 == len(made) else (string.keys[index] + string.keys[index + 1]) // 2
        hz = key_hz(string.keys[index])
        for velocities, brightness in (((0, 50), 2.2), ((51, 88), 5.0), ((89, 127), None)):
            zones.append(
                Zone(
                    sample,
                    keys=(low, high),
                    velocities=velocities,
                    decay_seconds=_FALL_DB / DB_PER_TIME_CONSTANT * tail_seconds,
                    sustain_db=_FALL_DB,
                    release_seconds=string.release_seconds,
                    cutoff_hz=None if brightness is None else min(18_000.0, brightness * (hz + 250)),
                )
            )
    return tuple(zones)


def wooden_body(frequency: float) -> float:
    """The resonances of a guitar's box: the air, the top, and a fall above."""
    air = 0.8 * np.exp(-(((frequency - 110) / 40) ** 2))
    top = 0.9 * np.exp(-(((frequency - 215) / 60) ** 2)) + 0.5 * np.exp(-(((frequency - 430) / 120) ** 2))
    return float(0.7 + air + top)


GUITAR_KEYS = (40, 48, 56, 64, 72, 82)
BASS_KEYS = (28, 34, 40, 46, 54)
PIANO_KEYS = tuple(range(24, 104, 7))

PIANO = String(
    "Piano", 1 / 8.3, 1_900, 2.4, 0.22, 0.35, 0.115, PIANO_KEYS,
    stretch=2.5e-4, tilt=0.75, attack_seconds=0.45, loop_seconds=0.1, release_seconds=0.35,
)  # fmt: skip
NYLON = String("Nylon Guitar", 0.23, 1_500, 1.1, 0.9, 0.35, 0.115, GUITAR_KEYS, body=wooden_body)
STEEL = String(
    "Steel Guitar", 0.14, 4_200, 1.5, 0.35, 0.6, 0.115, GUITAR_KEYS, stretch=3e-5, tilt=0.85, body=wooden_body
)
CLEAN = String("Clean Guitar", 0.17, 3_200, 1.9, 0.35, 0.25, 0.115, GUITAR_KEYS, stretch=3e-5, tilt=0.9)
JAZZ = String("Jazz Guitar", 0.25, 1_100, 1.5, 0.6, 0.3, 0.115, GUITAR_KEYS[:-1], tilt=1.0)
MUTED = String(
    "Muted Guitar",
    0.12,
    2_300,
    0.11,
    0.5,
    0.8,
    0.115,
    GUITAR_KEYS[:-1],
    attack_seconds=0.25,
    release_seconds=0.08,
)
OVERDRIVEN = String(
    "Overdriven Guitar", 0.16, 3_500, 2.0, 0.3, 0.0, 0.105, GUITAR_KEYS[:-1], drive=2.5, attack_seconds=0.3
)
DISTORTION = String(
    "Distortion Guitar", 0.13, 4_200, 2.4, 0.25, 0.0, 0.105, GUITAR_KEYS[:-1], drive=9.0, attack_seconds=0.3
)
UPRIGHT_BASS = String("Acoustic Bass", 0.27, 800, 0.9, 1.6, 0.5, 0.11, BASS_KEYS, body=wooden_body)
FINGERED_BASS = String("Fingered Bass", 0.2, 1_100, 1.6, 0.9, 0.3, 0.11, BASS_KEYS, tilt=0.9)
PICKED_BASS = String("Picked Bass", 0.1, 2_900, 1.6, 0.5, 0.8, 0.105, BASS_KEYS, tilt=0.8)
HARPSICHORD = String("Harpsichord", 0.07, 6_000, 1.0, 0.3, 0.8, 0.1, (36, 48, 60, 72, 84), tilt=0.6)


def instrument(string: String) -> Instrument:
    """The playable instrument of one kind of string."""
    return Instrument(string.name, zones_of(string))
