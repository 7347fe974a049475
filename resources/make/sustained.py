"""Sounds made of exact loops: electric piano, bells, organ, strings, voices, winds, brass and synthesizers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from resources.make.sf2 import Instrument, Sample, Zone
from resources.make.tones import DB_PER_TIME_CONSTANT, Mode, key_hz, levelled, looped, without_clicks

Partials = Callable[[float], list[tuple[float, float]]]
"""From the fundamental in hertz to (ratio, level) pairs."""


@dataclass(frozen=True, slots=True)
class Tone:
    """A steady or slowly decaying sound.

    `ensemble` spreads every overtone into three, that share of its frequency apart. `decay_seconds` of None
    holds for ever; `high_loss` makes upper partials die first.
    """

    name: str
    partials: Partials
    attack_seconds: float
    release_seconds: float
    target: float
    keys: tuple[int, ...] = (38, 50, 62, 74, 86)
    ensemble: float = 0.0
    decay_seconds: float | None = None
    high_loss: float = 0.0
    settle_seconds: float = 0.02
    loop_seconds: float = 0.15


def _harmonics(count: int, level: Callable[[int, float], float]) -> Partials:
    def partials(hz: float) -> list[tuple[float, float]]:
        last = max(1, min(count, int(12_000 / hz)))
        return [(float(n), level(n, n * hz)) for n in range(1, last + 1)]

    return partials


def _formants(*peaks: tuple[float, float, float]) -> Callable[[int, float], float]:
    """Levels under resonances given as (hertz, bandwidth, level): a voice or a wooden body."""
    return lambda n, hz: (0.05 + sum(a * np.exp(-(((hz - f) / b) ** 2)) for f, b, a in peaks)) / n**0.5


def _fixed(*pairs: tuple[float, float]) -> Partials:
    return lambda hz: [(ratio, level) for ratio, level in pairs if ratio * hz < 12_000]


ELECTRIC_PIANO = Tone(
    "Electric Piano",
    _fixed((1, 1.0), (2, 0.22), (3, 0.10), (4, 0.08), (7, 0.12), (14, 0.07)),
    0.002, 0.2, 0.085, (34, 46, 58, 70, 84),
    decay_seconds=1.6, high_loss=0.5, settle_seconds=0.28,
)  # fmt: skip
BELL = Tone(
    "Bell", _fixed((1, 1.0), (2.76, 0.35), (4, 0.25), (5.4, 0.25), (8.93, 0.12)),
    0.001, 0.6, 0.07, (48, 60, 72, 84, 96),
    decay_seconds=0.8, high_loss=0.35, settle_seconds=0.25,
)  # fmt: skip
MARIMBA = Tone(
    "Marimba", _fixed((1, 1.0), (3.93, 0.3), (9.5, 0.1)), 0.001, 0.3, 0.075, (36, 48, 60, 72, 84),
    decay_seconds=0.22, high_loss=0.8, settle_seconds=0.15,
)  # fmt: skip
ORGAN = Tone(
    "Organ", _fixed((1, 1.0), (2, 0.7), (3, 0.45), (4, 0.35), (6, 0.16), (8, 0.2)), 0.008, 0.06, 0.06
)
STRINGS = Tone(
    "Strings", _harmonics(36, lambda n, hz: 1 / n**1.1 / (1 + (hz / 4_500) ** 2)), 0.09, 0.35, 0.06,
    ensemble=0.004, loop_seconds=0.4,
)  # fmt: skip
CHOIR = Tone(
    "Choir", _harmonics(30, _formants((550, 220, 1.0), (1_050, 260, 0.6), (2_700, 500, 0.2))), 0.12, 0.4, 0.06,
    ensemble=0.004, loop_seconds=0.4,
)  # fmt: skip
BRASS = Tone(
    "Brass",
    _harmonics(30, _formants((700, 650, 1.0), (1_700, 900, 0.7), (3_200, 1_200, 0.25))),
    0.04,
    0.12,
    0.06,
)
REED = Tone(
    "Reed",
    _harmonics(24, lambda n, hz: (1.0 if n % 2 else 0.35) / n / (1 + (hz / 3_800) ** 2)),
    0.03,
    0.1,
    0.06,
)
FLUTE = Tone("Flute", _fixed((1, 1.0), (2, 0.28), (3, 0.12), (4, 0.03)), 0.05, 0.12, 0.06)
LEAD = Tone(
    "Saw Lead",
    _harmonics(40, lambda n, hz: 1 / n / (1 + (hz / 6_000) ** 2)),
    0.006,
    0.1,
    0.055,
    ensemble=0.007,
)
SQUARE = Tone(
    "Square Lead", _harmonics(40, lambda n, hz: (n % 2) / n / (1 + (hz / 5_000) ** 2)), 0.006, 0.1, 0.055
)
PAD = Tone(
    "Pad", _harmonics(24, lambda n, hz: 1 / n**1.4 / (1 + (hz / 2_500) ** 2)), 0.25, 0.8, 0.06,
    ensemble=0.004, loop_seconds=0.4,
)  # fmt: skip
SYNTH_BASS = Tone(
    "Synth Bass", _harmonics(30, lambda n, hz: 1 / n / (1 + (hz / 1_400) ** 2)), 0.004, 0.1, 0.10, (24, 36, 48, 60),
    decay_seconds=1.4,
)  # fmt: skip


def _sample(tone: Tone, key: int) -> Sample:
    hz = key_hz(key)
    rng = np.random.default_rng([*tone.name.encode(), key])
    tail_seconds = tone.decay_seconds or 1e9
    modes: list[Mode] = []
    for ratio, level in tone.partials(hz):
        if level <= 0:
            continue
        decay_seconds = tail_seconds / (1 + tone.high_loss * (ratio - 1))
        spread = (0.0, -tone.ensemble, tone.ensemble) if tone.ensemble and ratio > 1 else (0.0,)
        for share in spread:
            phase = float(rng.uniform(0, 2 * np.pi)) if modes else 0.0
            modes.append(Mode(ratio * hz * (1 + share), level / len(spread), decay_seconds, phase))
    audio, loop = looped(modes, tone.settle_seconds, tone.loop_seconds, tail_seconds)
    return Sample(f"{tone.name} {key}", without_clicks(levelled(audio, tone.target), 0.001, 0.0), key, loop)


def instrument(tone: Tone) -> Instrument:
    """The playable instrument: one sample an octave, darker when played softly."""
    zones: list[Zone] = []
    for index, key in enumerate(tone.keys):
        low = 0 if index == 0 else (tone.keys[index - 1] + key) // 2 + 1
        high = 127 if index + 1 == len(tone.keys) else (key + tone.keys[index + 1]) // 2
        sample = _sample(tone, key)
        for velocities, brightness in (((0, 60), 4.0), ((61, 127), None)):
            decays = tone.decay_seconds is not None
            zones.append(
                Zone(
                    sample,
                    keys=(low, high),
                    velocities=velocities,
                    attack_seconds=tone.attack_seconds,
                    decay_seconds=100 / DB_PER_TIME_CONSTANT * tone.decay_seconds
                    if tone.decay_seconds
                    else None,
                    sustain_db=100.0 if decays else 0.0,
                    release_seconds=2.5 * tone.release_seconds,
                    cutoff_hz=None if brightness is None else min(18_000.0, brightness * (key_hz(key) + 250)),
                )
            )
    return Instrument(tone.name, tuple(zones))
