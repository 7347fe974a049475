"""The drum kit: kick, snare, hats, toms and cymbals, each struck softly, firmly and hard."""

from __future__ import annotations

import numpy as np

from resources.make.sf2 import SAMPLE_RATE_HZ, Sample
from resources.make.tones import (
    Audio,
    Mode,
    add,
    filtered,
    levelled,
    loudness,
    metal_noise,
    noise,
    ring,
    time_axis,
    without_clicks,
)

FORCES = (0.0, 0.5, 1.0)
"""How hard a layer is struck; the layers cover the velocities from soft to loud."""

_LAYER_PEAK = 0.85

LAYER_VELOCITIES = ((0, 55), (56, 95), (96, 127))


def _rng(name: str, force: float) -> np.random.Generator:
    return np.random.default_rng([*name.encode(), round(10 * force)])


def kick(force: float) -> Audio:
    """A 22 inch drum: a falling tone, and a beater that clicks more the harder it hits."""
    time = time_axis(0.42)
    hz = 50 + (60 + 70 * force) * np.exp(-time / (0.022 - 0.006 * force)) + 12 * np.exp(-time / 0.12)
    body = np.sin(2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ) * np.exp(-time / 0.13)
    skin = 0.25 * np.sin(2 * np.pi * 2.1 * np.cumsum(hz) / SAMPLE_RATE_HZ) * np.exp(-time / 0.03)
    rng = _rng("kick", force)
    click = (0.10 + 0.55 * force) * noise(rng, 0.03, 0.0045, 1_000, 2_500 + 4_500 * force)
    thump = 0.25 * noise(rng, 0.08, 0.02, 60, 400 + 300 * force)
    return np.tanh((1.1 + 0.9 * force) * add(body, skin, click, thump))


def snare(force: float) -> Audio:
    """A 14 inch drum: two shell modes and wires that rattle brighter and longer when hit hard."""
    time = time_axis(0.38)
    bend = 1 + (0.08 + 0.14 * force) * np.exp(-time / 0.012)
    turns = 2 * np.pi * np.cumsum(bend) / SAMPLE_RATE_HZ
    shell = 0.85 * np.sin(186 * turns) * np.exp(-time / 0.075) + 0.45 * np.sin(333 * turns) * np.exp(
        -time / 0.05
    )
    shell += 0.18 * np.sin(513 * turns) * np.exp(-time / 0.03)
    rng = _rng("snare", force)
    wires = noise(rng, 0.38, 0.07 + 0.035 * force, 1_100, 5_000 + 8_000 * force)
    stick = (0.3 + 0.9 * force) * noise(rng, 0.02, 0.003, 1_800, 6_000 + 9_000 * force)
    return np.tanh((0.9 + 0.7 * force) * add(0.8 * shell, (0.30 + 0.22 * force) * wires, stick))


def side_stick(force: float) -> Audio:
    """The stick's shoulder on the rim: a short wooden crack."""
    modes = [
        Mode(hz, level, decay)
        for hz, level, decay in ((412, 0.5, 0.02), (1_690, 1.0, 0.012), (2_480, 0.5, 0.008))
    ]
    crack = noise(_rng("side stick", force), 0.02, 0.0025, 1_500, 7_000 + 5_000 * force)
    return add(ring(modes, 0.14), (0.3 + 0.5 * force) * crack)


def clap(force: float) -> Audio:
    """Several hands that do not quite meet, and the room after them."""
    rng = _rng("clap", force)
    out = np.zeros(round(0.32 * SAMPLE_RATE_HZ))
    for start_seconds, level in ((0.0, 0.7), (0.011, 0.8), (0.021, 0.9), (0.032, 1.0)):
        burst = level * noise(rng, 0.3 - start_seconds, 0.004, 900, 4_000 + 5_000 * force)
        start = round(start_seconds * SAMPLE_RATE_HZ)
        out[start : start + len(burst)] += burst
    tail = 0.35 * noise(rng, 0.32, 0.06, 900, 3_000 + 2_000 * force)
    tail[: round(0.03 * SAMPLE_RATE_HZ)] = 0
    return filtered(out + tail, 800, 12_000)


def _bronze(
    name: str, force: float, seconds: float, low_hz: float, decay_seconds: float, count: int
) -> Audio:
    """A cloud of inharmonic modes; the high ones die first and a soft stroke hardly wakes them."""
    rng = _rng(name + " modes", 0.0)
    hz = low_hz * (14_000 / low_hz) ** rng.uniform(0, 1, count)
    phases = rng.uniform(0, 2 * np.pi, count)
    levels = rng.uniform(0.4, 1.0, count)
    corner_hz = 2_500 + 9_000 * force
    modes = [
        Mode(f, a / np.sqrt(1 + (f / corner_hz) ** 4), decay_seconds * (2_000 / (2_000 + f)) ** 0.7, p)
        for f, a, p in zip(hz, levels, phases, strict=True)
    ]
    return ring(modes, seconds) / np.sqrt(count)


def closed_hat(force: float) -> Audio:
    """Two cymbals pressed together: a tick that opens a little when hit hard."""
    decay = 0.022 + 0.02 * force
    bronze = 0.5 * _bronze("closed hat", force, 0.2, 600, 2.2 * decay, 60)
    rng = _rng("closed hat", force)
    wash = noise(rng, 0.2, decay, 3_000 + 3_000 * force, 6_500 + 9_500 * force)
    tick = (0.2 + 0.8 * force) * noise(rng, 0.012, 0.002, 3_000, 8_000 + 8_000 * force)
    return filtered(add(bronze, 0.55 * wash, tick), 900 - 300 * force, 17_000)


def pedal_hat(force: float) -> Audio:
    """The hats shut by the foot: a short, dull chick."""
    rng = _rng("pedal hat", force)
    chick = metal_noise(rng, 0.16, [(2_500, 5_000 + 4_000 * force, 1.0, 0.002, 0.03)])
    return add(chick, 0.5 * _bronze("pedal hat", 0.3 * force, 0.16, 500, 0.06, 40))


def open_hat(force: float) -> Audio:
    """The hats hanging loose: sizzle until they are shut."""
    rng = _rng("open hat", force)
    bands = [
        (2_500, 6_000, 0.6, 0.001, 0.26),
        (6_500, 9_000 + 7_000 * force, 0.2 + 0.65 * force, 0.001, 0.2),
    ]
    sizzle = metal_noise(rng, 0.85, bands)
    tick = (0.1 + 0.8 * force) * noise(rng, 0.012, 0.003, 3_000, 9_000 + 7_000 * force)
    return filtered(add(sizzle, 0.9 * _bronze("open hat", force, 0.85, 500, 0.45, 90), tick), 600, 17_000)


def tom(hz: float, force: float) -> Audio:
    """A two-headed drum of fundamental `hz`; the pitch bends more when it is hit hard."""
    time = time_axis(0.48)
    turns = 2 * np.pi * np.cumsum(1 + (0.06 + 0.24 * force) * np.exp(-time / 0.035)) * hz / SAMPLE_RATE_HZ
    membrane = (
        (1.0, 1.0, 0.16),
        (1.59, 0.35, 0.09),
        (2.14, 0.18, 0.06),
        (2.65, 0.1, 0.04),
        (3.5, 0.06, 0.03),
    )
    body = np.zeros_like(time)
    for ratio, level, decay in membrane:
        weight = level if ratio == 1 else level * (0.4 + 0.9 * force)
        body += weight * np.sin(ratio * turns) * np.exp(-time / (decay * (110 / hz) ** 0.35))
    rng = _rng("tom", force)
    stick = (0.08 + 0.6 * force) * noise(rng, 0.03, 0.004, 900, 2_500 + 5_500 * force)
    air = 0.12 * noise(rng, 0.2, 0.05, 120, 900 + 900 * force)
    return np.tanh((1.0 + 0.6 * force) * add(body, stick, air))


def crash(force: float) -> Audio:
    """A 16 inch crash: the harder the stroke, the faster and brighter it blooms."""
    rise = 0.02 - 0.018 * force
    bands = [
        (400, 1_500, 0.35, rise, 0.7),
        (1_500, 4_500, 0.6, rise, 0.55),
        (4_500, 9_000, 0.25 + 0.6 * force, rise, 0.40),
        (9_000, 16_000, 0.08 + 0.5 * force, rise / 2, 0.28),
    ]
    wash = metal_noise(_rng("crash", force), 1.6, bands)
    return filtered(add(wash, 0.9 * _bronze("crash", force, 1.6, 350, 0.8, 120)), 250, 17_000)


def ride(force: float) -> Audio:
    """A 20 inch ride: a ping above a wash that grows with the stroke."""
    upper = 0.3 + 1.1 * force
    pings = ((2_730, 0.30), (3_910, 0.35 * upper), (5_170, 0.25 * upper), (6_890, 0.2 * upper))
    ping_modes = [Mode(hz, level, 0.35) for hz, level in pings]
    rng = _rng("ride", force)
    wash = metal_noise(
        rng, 1.15, [(600, 3_000, 0.12, 0.01, 0.6), (3_000, 6_000 + 6_000 * force, 0.16, 0.01, 0.5)]
    )
    stick = (0.3 + 1.7 * force) * noise(rng, 0.015, 0.0025, 3_000, 6_000 + 10_000 * force)
    bronze = (0.6 + 0.5 * force) * _bronze("ride", force, 1.15, 400, 0.8, 100)
    return add(0.8 * ring(ping_modes, 1.15), wash, stick, bronze)


def ride_bell(force: float) -> Audio:
    """The ride's cup: clear partials, little wash."""
    modes = [
        Mode(hz, level, decay)
        for hz, level, decay in (
            (823, 0.7, 0.5), (1_310, 0.4, 0.45), (2_117, 0.8, 0.4), (3_233, 0.6, 0.35),
            (4_609, 0.5, 0.3), (6_451, 0.3, 0.2),
        )
    ]  # fmt: skip
    stick = (0.3 + 0.6 * force) * noise(_rng("ride bell", force), 0.012, 0.002, 2_500, 12_000)
    return add(ring(modes, 1.0), stick, 0.3 * _bronze("ride bell", force, 1.0, 400, 0.5, 60))


def china(force: float) -> Audio:
    """A cymbal with a turned-up edge: trashy, with strong low mids."""
    bands = [
        (350, 1_200, 0.9, 0.004, 0.35),
        (1_200, 4_000, 0.8, 0.002, 0.3),
        (4_000, 6_000 + 8_000 * force, 0.15 + 0.7 * force, 0.002, 0.2),
    ]
    return add(metal_noise(_rng("china", force), 1.0, bands), _bronze("china", force, 1.0, 280, 0.45, 100))


def splash(force: float) -> Audio:
    """A 10 inch cymbal: bright and soon gone."""
    bands = [(1_500, 5_000, 0.5, 0.001, 0.16), (5_000, 9_000 + 6_000 * force, 0.7, 0.001, 0.14)]
    return add(metal_noise(_rng("splash", force), 0.7, bands), _bronze("splash", force, 0.7, 900, 0.3, 80))


def layers(name: str, audio_of: dict[float, Audio], root_key: int, target: float) -> tuple[Sample, ...]:
    """One sample a force, in the order given, all as loud as the one that its peak limits most."""
    reached = min(loudness(levelled(audio, target, _LAYER_PEAK)) for audio in audio_of.values())
    return tuple(
        Sample(
            f"{name} {index}",
            without_clicks(levelled(audio, reached), fade_seconds=0.4 * len(audio) / SAMPLE_RATE_HZ),
            root_key,
        )
        for index, audio in enumerate(audio_of.values(), start=1)
    )
