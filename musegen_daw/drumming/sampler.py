"""Seeded sampling with a temperature and a nucleus, one random stream per variation."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

CANDIDATES = 96
DRAWS = 256
COLDEST = 1e-4  # below, the likeliest token is drawn


class Sampler:
    """Draws one token per row; row k draws the same for the same seed, however many rows there are."""

    def __init__(self, seed: int, rows: int, temperature: float, top_p: float) -> None:
        if not 0 <= temperature < math.inf:
            raise ValueError(f"a temperature must be finite and not negative, got {temperature}")
        if not 0 < top_p <= 1:
            raise ValueError(f"top-p must be within 0..1, got {top_p}")
        self._streams = [np.random.default_rng((seed % 2**63, row)) for row in range(rows)]
        self._draws = np.zeros((rows, DRAWS))
        self._at = np.full(rows, DRAWS)
        self._temperature, self._top_p = temperature, top_p

    def draw(
        self,
        logits: npt.NDArray[np.float32],
        allowed: npt.NDArray[np.bool_],
        active: npt.NDArray[np.bool_] | None = None,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Tokens (rows,) among the allowed ones and their log-likelihoods, for logits (rows, tokens).

        Only the random streams of `active` rows (None: all) move on.
        """
        scores = np.where(allowed, logits, np.float32(-np.inf))
        top = scores.max(axis=1, keepdims=True)
        total = np.log(np.exp(scores - top).sum(axis=1)) + top[:, 0]
        if self._temperature < COLDEST:
            chosen = scores.argmax(axis=1)
        else:
            chosen = self._nucleus(scores, top, active)
        rows = np.arange(len(scores))
        return chosen, (scores[rows, chosen] - total).astype(np.float64)

    def _nucleus(
        self,
        scores: npt.NDArray[np.float32],
        top: npt.NDArray[np.float32],
        active: npt.NDArray[np.bool_] | None,
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
        wanted = self._uniform(active) * reach
        index = np.minimum((cumulative <= wanted[:, None]).sum(axis=1), count - 1)
        return best[np.arange(len(index)), index]

    def _uniform(self, active: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.float64]:
        for row in np.flatnonzero(self._at == DRAWS):
            self._draws[row] = self._streams[row].random(DRAWS)
            self._at[row] = 0
        drawn = self._draws[np.arange(len(self._at)), self._at]
        self._at += 1 if active is None else active
        return drawn
