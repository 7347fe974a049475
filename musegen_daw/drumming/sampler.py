"""Seeded sampling with a temperature and a nucleus, one random stream per variation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

CANDIDATES = 96
DRAWS = 256


class Sampler:
    """Draws one token per row; row k draws the same for the same seed, however many rows there are."""

    def __init__(self, seed: int, rows: int, temperature: float, top_p: float) -> None:
        if not temperature >= 0:
            raise ValueError(f"a temperature cannot be negative, got {temperature}")
        if not 0 < top_p <= 1:
            raise ValueError(f"top-p must be within 0..1, got {top_p}")
        self._streams = [np.random.default_rng((seed % 2**63, row)) for row in range(rows)]
        self._draws = np.zeros((DRAWS, rows))
        self._at = DRAWS
        self._temperature, self._top_p = temperature, top_p

    def draw(
        self, logits: npt.NDArray[np.float32], allowed: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Tokens (rows,) among the allowed ones and their log-likelihoods, for logits (rows, tokens)."""
        scores = np.where(allowed, logits, np.float32(-1e9))
        top = scores.max(axis=1, keepdims=True)
        total = np.log(np.exp(scores - top).sum(axis=1)) + top[:, 0]
        if self._temperature == 0:
            chosen = scores.argmax(axis=1)
        else:
            chosen = self._nucleus(scores, top)
        rows = np.arange(len(scores))
        return chosen, (scores[rows, chosen] - total).astype(np.float64)

    def _nucleus(
        self, scores: npt.NDArray[np.float32], top: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.int64]:
        count = min(CANDIDATES, scores.shape[1])
        best = np.argpartition(scores, -count, axis=1)[:, -count:]
        values = np.take_along_axis(scores, best, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        best, values = np.take_along_axis(best, order, axis=1), np.take_along_axis(values, order, axis=1)
        weight = np.exp((values - top) / np.float32(self._temperature))
        cumulative = np.cumsum(weight, axis=1)
        cumulative /= cumulative[:, -1:]
        last = (cumulative < self._top_p).sum(axis=1)
        reach = cumulative[np.arange(len(last)), np.minimum(last, count - 1)]
        wanted = self._uniform() * reach
        index = np.minimum((cumulative <= wanted[:, None]).sum(axis=1), count - 1)
        return best[np.arange(len(index)), index]

    def _uniform(self) -> npt.NDArray[np.float64]:
        if self._at == DRAWS:
            self._draws = np.stack([stream.random(DRAWS) for stream in self._streams], axis=1)
            self._at = 0
        self._at += 1
        return self._draws[self._at - 1]
