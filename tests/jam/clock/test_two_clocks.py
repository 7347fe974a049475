"""Of two clocks at one port one is followed; one clock, whatever it does, is never taken for two."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.senders import ClockSource
from musegen_daw.jam.clock.midi_clock import ClockFollower
from musegen_daw.jam.clock.two_clocks import LOOKED_AT_TICKS, two_clocks
from musegen_daw.jam.events import CLOCK, START

TICK = bytes((CLOCK,))
PERIODS = (64 / 48_000, 128 / 48_000, 256 / 48_000, 512 / 48_000, 1024 / 48_000)


def comb(bpm, begin, end, random, jitter=0.0, phase=0.0):
    """When the ticks of a clock come within [begin, end) seconds."""
    period = 60 / bpm / 24
    ticks = begin + (np.arange(int((end - begin) / period)) + phase) * period
    return np.sort(ticks + random.uniform(-jitter, jitter, len(ticks)))


def merged(*clocks, words=()):
    """What comes in, in order of time: ticks, and (seconds, message)."""
    sent = [(float(at), TICK) for clock in clocks for at in clock]
    return sorted([*sent, *words], key=lambda message: message[0])


def follow(messages, each=lambda seconds, follower: None):
    follower = ClockFollower()
    for seconds, data in messages:
        follower.feed(data, seconds)
        each(seconds, follower)
    return follower


def check_followed(messages, bpm, is_looked_at):
    """The clock of `bpm` that began at 10 s is followed whenever `is_looked_at` says that it must be."""
    off = []

    def each(seconds, follower):
        if is_looked_at(seconds):
            beat = (seconds - 10) * bpm / 60
            off.append((follower.tempo_bpm - bpm, (follower.position(seconds) - beat) * 60 / bpm))

    follow(messages, each)
    tempo, late = np.abs(np.array(off)).T
    assert np.median(tempo) < 0.5
    assert tempo.max() < 6
    assert np.median(late) < 0.004
    assert late.max() < 0.02


@pytest.mark.parametrize("jitter", [0.0, 0.001, 0.003])
@pytest.mark.parametrize(
    ("bpm", "other"), [(120, 97), (97, 120), (140, 70.3), (90, 170), (120, 124), (174, 128)]
)
def test_of_two_from_the_start_that_which_told_to_start_is_followed(bpm, other, jitter):
    random = np.random.default_rng(1)
    one = comb(bpm, 10.0, 26.0, random, jitter)
    messages = merged(
        one, comb(other, 10.0, 26.0, random, jitter, 0.5), words=[(10.0 - jitter - 1e-4, bytes((START,)))]
    )
    check_followed(messages, bpm, lambda seconds: seconds > 14)


@pytest.mark.parametrize("jitter", [0.0, 0.001, 0.003])
@pytest.mark.parametrize(("bpm", "other"), [(120, 97), (97, 120), (140, 70.3), (120, 124)])
def test_one_that_comes_beside_another_is_passed_over(bpm, other, jitter):
    random = np.random.default_rng(2)
    one = comb(bpm, 10.0, 40.0, random, jitter)
    beside = comb(other, 20.0, 34.0, random, jitter, 0.4)
    messages = merged(one, beside, words=[(9.99, bytes((START,)))])
    check_followed(messages, bpm, lambda seconds: 23 < seconds < 33.5 or seconds > 37)


def test_one_as_fast_that_comes_between_the_ticks_of_another_is_passed_over():
    random = np.random.default_rng(2)
    one, beside = comb(120, 10.0, 36.0, random, 0.001), comb(120.02, 20.0, 36.0, random, 0.001, 0.4)
    follower = follow(merged(one, beside, words=[(9.99, bytes((START,)))]))
    assert follower.tempo_bpm == pytest.approx(120, abs=0.3)
    assert follower.position(35.9) == pytest.approx(25.9 * 2, abs=0.04)


def test_the_other_is_followed_once_it_tells_to_start():
    random = np.random.default_rng(3)
    one, other = comb(120, 10.0, 30.0, random, 0.001), comb(97, 10.0, 30.0, random, 0.001, 0.3)
    told = float(other[other > 20][0])
    messages = merged(one, other, words=[(9.99, bytes((START,))), (told - 0.0005, bytes((START,)))])
    follower = follow(messages)
    assert follower.tempo_bpm == pytest.approx(97, abs=0.5)
    assert follower.position(29.5) == pytest.approx((29.5 - told) * 97 / 60, abs=0.03)


def test_that_which_goes_on_is_followed_where_the_other_ends():
    random = np.random.default_rng(4)
    messages = merged(
        comb(120, 10, 20, random, 0.001),
        comb(97, 10, 30, random, 0.001, 0.3),
        words=[(9.99, bytes((START,)))],
    )
    follower = follow(messages)
    assert follower.tempo_bpm == pytest.approx(97, abs=0.5)


def test_two_through_a_driver_that_rounds_to_its_periods_are_two():
    random = np.random.default_rng(5)
    one, other = comb(120, 10, 24, random, 0.0005), comb(97, 10, 24, random, 0.0005, 0.3)
    period = 256 / 48_000
    rounded = [
        np.ceil(clock / period) * period + random.uniform(0, 2e-4, len(clock)) for clock in (one, other)
    ]
    follower = follow(merged(*rounded, words=[(9.99, bytes((START,)))]))
    assert follower.tempo_bpm == pytest.approx(120, abs=1)
    assert follower.position(23.9) == pytest.approx(13.9 * 2, abs=0.04)


def one_clock(kind, random):
    """The times of `LOOKED_AT_TICKS` ticks of a single clock, and a few before."""
    bpm, jitter = random.uniform(40, 300), random.choice([0.0, 0.0005, 0.002, 0.004])
    count = LOOKED_AT_TICKS + 8
    period = 60 / bpm / 24
    periods = np.full(count, period)
    if kind == "ramp":
        periods = np.linspace(period, period * random.uniform(0.7, 1.4), count)
    elif kind == "jump":
        periods[random.integers(4, count - 4) :] *= random.choice(
            [0.5, 2.0, 2 / 3, 1.5, 1.1, 0.9, 1 / 3, 3.0]
        )
    elif kind == "drop-out":
        periods[random.integers(4, count - 4)] += random.choice([0.02, 0.07, 0.2, period / 2])
    times = np.cumsum(np.clip(periods, 60 / 300 / 24, 60 / 20 / 24))
    times += random.uniform(-jitter, jitter, count)
    if kind == "rounded":
        step = random.choice(PERIODS)
        times = np.ceil(times / step) * step + random.uniform(0, 2e-4, count)
    elif kind == "late":
        times += (random.random(count) < 0.06) * random.uniform(0, 0.03, count)
    elif kind == "twice":
        times = np.concatenate([times[::2], times[::2] + random.uniform(0.0005, 0.3) * period])
    return np.sort(times)[-LOOKED_AT_TICKS:]


@pytest.mark.parametrize("kind", ["steady", "ramp", "jump", "drop-out", "rounded", "late", "twice"])
def test_one_clock_is_never_two(kind):
    random = np.random.default_rng(6)
    assert not [number for number in range(100) if two_clocks(one_clock(kind, random)) is not None]


@pytest.mark.parametrize("jitter", [0.0, 0.001, 0.004])
def test_two_clocks_are_nearly_always_found(jitter):
    random = np.random.default_rng(7)
    found = 0
    for _ in range(60):
        bpm, other = random.uniform(60, 180, 2)
        if abs(bpm - other) < 3:
            other = bpm + 5
        times = np.sort(
            np.concatenate(
                [comb(bpm, 0, 9, random, jitter), comb(other, 0, 9, random, jitter, random.random())]
            )
        )
        found += two_clocks(times[20 : 20 + LOOKED_AT_TICKS]) is not None
    assert found >= (50 if jitter > 0.003 else 59)


@pytest.mark.parametrize("jitter", [0.0, 0.004])
@pytest.mark.parametrize(("before", "after"), [(100, 200), (70, 140), (120, 60), (150, 300)])
def test_a_clock_that_doubles_or_halves_is_followed(before, after, jitter):
    sender = ClockSource(3, jitter)
    sender.start()
    sender.play(before, beats=16)
    sender.play(after, beats=16)
    follower = ClockFollower()
    for event, _ in sender.messages:
        follower.feed(event.data, event.time_seconds)
    assert follower.tempo_bpm == pytest.approx(after, abs=1.5)
    assert follower.position(sender.now_seconds) == pytest.approx(32, abs=0.05)
