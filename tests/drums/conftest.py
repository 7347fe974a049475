"""The vocabularies of the drums: plain, and with a byte pair encoding trained on random beats."""

from __future__ import annotations

import numpy as np
import pytest

from musegen_daw.drums.events import HIT
from musegen_daw.drums.tokens import DrumTokenizer


def _random_hits(bars: int) -> np.ndarray:
    """Bars in which few places and pieces come again and again, so that there are pairs to learn."""
    random = np.random.default_rng(0)
    places = {
        (bar, int(position), int(piece)): int(level)
        for bar in range(bars)
        for position, piece, level in zip(
            6 + 12 * random.integers(0, 16, 14) + random.choice([0, 0, 0, -2, 3], 14),
            random.choice([0, 2, 4, 7, 11], 14),
            random.choice([5, 9, 12, 15], 14),
            strict=True,
        )
    }
    return np.array([(*place, level) for place, level in sorted(places.items())], HIT)


@pytest.fixture(scope="session")
def plain_tokenizer() -> DrumTokenizer:
    return DrumTokenizer.untrained()


@pytest.fixture(scope="session")
def trained_tokenizer(plain_tokenizer) -> DrumTokenizer:
    tokenizer = DrumTokenizer.train(plain_tokenizer.beat_strings(_random_hits(300), 300), 900)
    assert len(tokenizer) == 900
    return tokenizer


@pytest.fixture(scope="session", params=["plain", "trained"])
def tokenizer(request, plain_tokenizer, trained_tokenizer) -> DrumTokenizer:
    return {"plain": plain_tokenizer, "trained": trained_tokenizer}[request.param]


@pytest.fixture(scope="session")
def vocabulary(tokenizer):
    return tokenizer.vocabulary()
