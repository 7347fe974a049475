"""What the hand does with what its network says, on a network that is written down here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musegen_daw.drums.events import HIT
from musegen_daw.drums.hand import STEP_FEATURES, Hand, Noise, read_steps
from musegen_daw.music.kit import PIECES

SHARES = Noise(0.1, 0.6, 0.2, 0.2, 0.4, 0.9)


def graph(velocity=0.6, spread=0.1, offset_ms=4.0, width_ms=8.0, noise=SHARES):
    def run(features: Any) -> list[Any]:
        values = np.array([velocity, spread, offset_ms, width_ms], np.float32)[:, None]
        shape = (len(features), 4, len(PIECES))
        return [np.broadcast_to(values, shape), np.array(noise, np.float32)]

    return run


def beat(bars: int) -> np.ndarray:
    """Hats on eighths, kick on 1 and 3, snare on 2 and 4."""
    rows = [
        (bar, 6 + 24 * eighth, piece, 8)
        for bar in range(bars)
        for eighth in range(8)
        for piece in ((0, 4) if eighth % 4 == 0 else (2, 4) if eighth % 4 == 2 else (4,))
    ]
    return np.array(rows, HIT)


def play(bars=4, seed=0, spread=1.0, bpm=120.0, **values):
    return Hand(graph(**values)).play(
        beat(bars), bars=bars, energy=np.full(bars, 0.5), bpm=bpm, seed=seed, spread=spread
    )


def test_the_same_seed_plays_the_same_and_another_does_not() -> None:
    first, again, other = play(seed=5), play(seed=5), play(seed=6)
    assert np.array_equal(first.velocity, again.velocity)
    assert np.array_equal(first.offset_beats, again.offset_beats)
    assert not np.array_equal(first.velocity, other.velocity)
    assert not np.array_equal(first.offset_beats, other.offset_beats)


def test_without_spread_the_mean_is_played() -> None:
    touch = play(spread=0.0, bpm=90.0)
    assert set(touch.velocity.tolist()) == {76}
    assert touch.offset_beats == pytest.approx(np.full(len(touch.velocity), 4 * 90 / 60_000))


def test_a_take_varies_as_much_as_it_is_told_to() -> None:
    touches = [play(bars=16, seed=seed, offset_ms=0.0, width_ms=6.0) for seed in range(40)]
    velocity = np.concatenate([each.velocity for each in touches])
    offset_ms = np.concatenate([each.offset_beats for each in touches]) * 500
    assert velocity.std() == pytest.approx(12.7, rel=0.1)
    assert offset_ms.std() == pytest.approx(6.0, rel=0.12)


def test_bars_that_repeat_keep_their_accents_and_are_never_the_same() -> None:
    alike: list[float] = []
    for seed in range(30):
        bars = play(bars=8, seed=seed).velocity.reshape(8, -1)
        assert all(not np.array_equal(bars[0], bar) for bar in bars[1:])
        alike += [np.corrcoef(bars[0], bar)[0, 1] for bar in bars[1:]]
    assert np.mean(alike) == pytest.approx(0.7, abs=0.12)  # the share of take and place


def test_hits_that_sound_together_stay_together() -> None:
    touch = play(bars=32, width_ms=40.0)
    hits = beat(32)
    place = hits["bar"].astype(int) * 192 + hits["position"]
    together = np.flatnonzero(np.diff(place) == 0)
    apart_ms = np.abs(touch.offset_beats[together] - touch.offset_beats[together + 1]) * 500
    assert apart_ms.max() <= 16
    assert apart_ms.mean() > 1


@pytest.mark.parametrize("step", [4, 8, 12])
def test_no_hit_overtakes_another(step: int) -> None:
    hits = np.array([(0, 6 + at, 2, 8) for at in range(0, 180, step)], HIT)
    hand = Hand(graph(offset_ms=0.0, width_ms=200.0))
    touch = hand.play(hits, bars=1, energy=np.ones(1), bpm=200.0, seed=1)
    played = hits["position"] / 48 + touch.offset_beats
    assert (np.diff(played) > 0).all()
    assert np.abs(touch.offset_beats).max() <= 0.125


def test_loud_hits_still_differ() -> None:
    touch = play(bars=32, velocity=0.95)
    assert touch.velocity.max() <= 127
    assert np.mean(touch.velocity >= 126) < 0.02
    assert touch.velocity.std() > 4
    assert set(play(velocity=3.0, spread=0.0).velocity.tolist()) == {127}


def test_soft_hits_are_heard_and_still_differ() -> None:
    touch = play(bars=32, velocity=0.05)
    assert touch.velocity.min() >= 6
    assert np.mean(touch.velocity == 6) < 0.02
    assert touch.velocity.std() > 3
    assert set(play(velocity=-3.0, spread=0.0).velocity.tolist()) == {6}


def test_what_sounds_together_is_one_step() -> None:
    steps = read_steps(beat(2), np.array([0.2, 0.7]), 120.0)
    assert steps.features.shape == (16, STEP_FEATURES)
    assert steps.features.dtype == np.float32
    assert steps.step.tolist()[:6] == [0, 0, 1, 2, 2, 3]
    assert np.flatnonzero(steps.features[0, :18]).tolist() == [0, 4]
    assert not np.array_equal(steps.features[0], steps.features[8])  # another energy


def test_what_the_network_reads_tells_place_tempo_and_energy_apart() -> None:
    straight, triplet = (np.array([(0, 6, 4, 8), (0, at, 4, 8)], HIT) for at in (30, 38))
    energy = np.full(1, 0.5)
    read = [
        read_steps(straight, energy, 120.0),
        read_steps(triplet, energy, 120.0),
        read_steps(straight, energy, 90.0),
        read_steps(straight, energy + 0.1, 120.0),
    ]
    assert len({each.features.tobytes() for each in read}) == 4


def test_no_hits_are_no_touch() -> None:
    touch = Hand(graph()).play(np.zeros(0, HIT), bars=0, energy=np.zeros(0), bpm=120.0, seed=0)
    assert len(touch.velocity) == len(touch.offset_beats) == 0


def test_what_cannot_be_played_is_said() -> None:
    hand = Hand(graph())
    with pytest.raises(ValueError, match="one value for each of 2 bars"):
        hand.play(beat(2), bars=2, energy=np.ones(3), bpm=120.0, seed=0)
    with pytest.raises(ValueError, match="tempo must be positive"):
        hand.play(beat(2), bars=2, energy=np.ones(2), bpm=0.0, seed=0)


@pytest.mark.parametrize("energy", [-3.0, 0.0, 1.0, 9.0])
def test_any_energy_and_any_piece_is_played(energy: float) -> None:
    hits = np.array([(0, 6 + 8 * at, at, 8) for at in range(len(PIECES))], HIT)
    touch = Hand(graph()).play(hits, bars=1, energy=np.full(1, energy), bpm=60.0, seed=0)
    assert touch.velocity.dtype == np.int64
    assert ((touch.velocity >= 6) & (touch.velocity <= 127)).all()


@pytest.mark.parametrize("apart", [6, 8, 12])
def test_two_hits_of_a_piece_that_are_a_32nd_apart_stay_so(apart: int) -> None:
    hits = np.array([(0, 6 + apart * step, 0, 12) for step in range(16)], HIT)
    for seed in range(10):
        touch = Hand(graph(width_ms=40.0)).play(hits, bars=1, energy=np.full(1, 0.5), bpm=120.0, seed=seed)
        beats = hits["position"] / 48 + touch.offset_beats
        assert np.diff(beats).min() >= 1 / 8 - 1e-9
