"""The sampler draws what it should as often as it should, and each row by itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drums.sampler import DRAWS, Sampler

TOKENS = 40


def _logits(seed: int, rows: int, tokens: int = TOKENS) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 2, (rows, tokens)).astype(np.float32)


def _draw_many(sampler: Sampler, logits: np.ndarray, allowed: np.ndarray, times: int) -> np.ndarray:
    return np.stack([sampler.draw(logits, allowed)[0] for _ in range(times)])


@given(seed=st.integers(-(2**70), 2**70), rows=st.integers(1, 5))
def test_the_same_seed_draws_the_same(seed, rows) -> None:
    logits, allowed = _logits(1, rows), np.ones((rows, TOKENS), bool)
    first = _draw_many(Sampler(seed, rows, 1.0, 0.9), logits, allowed, 8)
    assert np.array_equal(_draw_many(Sampler(seed, rows, 1.0, 0.9), logits, allowed, 8), first)


def test_another_seed_draws_something_else() -> None:
    logits, allowed = _logits(1, 1), np.ones((1, TOKENS), bool)
    draws = {tuple(_draw_many(Sampler(seed, 1, 1.0, 1.0), logits, allowed, 20)[:, 0]) for seed in range(20)}
    assert len(draws) == 20


def test_a_row_draws_the_same_however_many_rows_there_are() -> None:
    logits, allowed = np.repeat(_logits(2, 1), 6, axis=0), np.ones((6, TOKENS), bool)
    six = _draw_many(Sampler(5, 6, 1.0, 0.95), logits, allowed, DRAWS + 10)
    two = _draw_many(Sampler(5, 2, 1.0, 0.95), logits[:2], allowed[:2], DRAWS + 10)
    assert np.array_equal(six[:, :2], two)
    assert not np.array_equal(six[:, 0], six[:, 1])


def test_a_row_at_rest_does_not_move_on() -> None:
    logits, allowed = _logits(2, 2), np.ones((2, TOKENS), bool)
    alone = _draw_many(Sampler(5, 2, 1.0, 0.95), logits, allowed, 2 * DRAWS)
    sampler = Sampler(5, 2, 1.0, 0.95)
    rests = np.random.default_rng(0).random(4 * DRAWS) < 0.5
    drawn = [sampler.draw(logits, allowed, np.array([True, not rest]))[0] for rest in rests]
    kept = [tokens[1] for tokens, rest in zip(drawn, rests, strict=True) if not rest]
    assert kept[: 2 * DRAWS] == alone[: len(kept), 1].tolist()


@given(st.integers(0, 10**6), st.floats(0.05, 50), st.floats(0.01, 1))
def test_what_is_forbidden_is_never_drawn(seed, temperature, top_p) -> None:
    logits = _logits(seed, 3, 300) + np.array([[0], [500], [-500]], np.float32)
    allowed = np.random.default_rng(seed).random(logits.shape) < 0.02
    allowed[:, 7] = True
    logits[:, 9], allowed[:, 9] = 1e4, False
    sampler = Sampler(seed, 3, temperature, top_p)
    for _ in range(20):
        tokens, likelihood = sampler.draw(logits, allowed)
        assert allowed[np.arange(3), tokens].all()
        assert np.isfinite(likelihood).all()
        assert (likelihood <= 1e-5).all()


@given(st.integers(0, 10**6))
@pytest.mark.parametrize(
    ("temperature", "top_p"), [(0, 1.0), (1e-12, 1.0), (1e-3, 1.0), (1.0, 1e-9), (5.0, 1e-9)]
)
def test_no_temperature_or_a_tiny_nucleus_is_the_likeliest(temperature, top_p, seed) -> None:
    logits = np.random.default_rng(seed).permuted(
        np.tile(np.arange(TOKENS, dtype=np.float32), (4, 1)), axis=1
    )
    allowed = np.random.default_rng(seed + 1).random(logits.shape) < 0.5
    allowed[:, 0] = True
    tokens, _ = Sampler(seed, 4, temperature, top_p).draw(logits, allowed)
    assert np.array_equal(tokens, np.where(allowed, logits, -np.inf).argmax(axis=1))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
def test_draws_follow_the_softmax(temperature) -> None:
    logits, allowed = _logits(3, 1, 12), np.ones((1, 12), bool)
    allowed[0, [2, 5]] = False
    times = 6000
    counts = np.bincount(
        _draw_many(Sampler(11, 1, temperature, 1.0), logits, allowed, times)[:, 0], minlength=12
    )
    weight = np.where(allowed[0], np.exp(logits[0].astype(float) / temperature), 0)
    expected = times * weight / weight.sum()
    usual = expected >= 5
    chi_square = ((counts - expected)[usual] ** 2 / expected[usual]).sum()
    # chi-square with 9 degrees of freedom exceeds 27.9 once in a thousand times
    assert chi_square < 27.9
    assert counts[~allowed[0]].sum() == 0


def test_the_nucleus_is_the_fewest_that_reach_its_share() -> None:
    weight = np.array([0.4, 0.3, 0.2, 0.06, 0.04])
    logits, allowed = np.log(weight)[None].astype(np.float32), np.ones((1, 5), bool)
    draws = _draw_many(Sampler(0, 1, 1.0, 0.65), logits, allowed, 2000)[:, 0]
    assert set(draws.tolist()) == {0, 1}
    assert abs((draws == 0).mean() - 4 / 7) < 0.04


def test_the_likelihood_is_that_of_the_model_at_temperature_one() -> None:
    logits, allowed = _logits(4, 3), np.random.default_rng(4).random((3, TOKENS)) < 0.5
    tokens, likelihood = Sampler(0, 3, 0.3, 0.5).draw(logits, allowed)
    weight = np.where(allowed, np.exp(logits.astype(float)), 0)
    expected = np.log(weight[np.arange(3), tokens] / weight.sum(axis=1))
    assert np.allclose(likelihood, expected, atol=1e-5)


def test_one_allowed_token_is_certain() -> None:
    logits = _logits(5, 1, 300)
    allowed = np.zeros(logits.shape, bool)
    allowed[0, 200] = True
    tokens, likelihood = Sampler(0, 1, 1.0, 1.0).draw(logits, allowed)
    assert tokens.tolist() == [200]
    assert likelihood[0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("temperature", "top_p"), [(-0.1, 0.9), (math.nan, 0.9), (math.inf, 0.9), (1, 0), (1, 1.1), (1, math.nan)]
)
def test_what_makes_no_sense_is_refused(temperature, top_p) -> None:
    with pytest.raises(ValueError, match="temperature|top-p"):
        Sampler(0, 1, temperature, top_p)
