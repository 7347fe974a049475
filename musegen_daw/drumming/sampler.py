"""Seeded sampling with a temperature and a nucleus, one random stream per variation."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

TAIL_NATS = 16.0  # what is this much less likely than the best, at the temperature, is never drawn
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
            wanted = self._uniform(active)
            chosen = np.array(
                [self._pick(*row) for row in zip(scores, top[:, 0], wanted, strict=True)], np.int64
            )
        likelihood = scores[np.arange(len(scores)), chosen] - total
        return chosen, likelihood.astype(np.float64)

    def _pick(self, scores: npt.NDArray[np.float32], top: np.float32, wanted: float) -> int:
        """The token of one row (tokens,) that lies at the share `wanted` of its nucleus."""
        candidates = np.flatnonzero(scores > top - TAIL_NATS * self._temperature)
        values = scores[candidates]
        order = np.argsort(-values, kind="stable")
        reached = np.cumsum(np.exp((values[order] - top) / self._temperature, dtype=np.float64))
        last = min(int(np.searchsorted(reached, self._top_p * reached[-1])), len(order) - 1)
        index = int(np.searchsorted(reached, wanted * reached[last], side="right"))
        return int(candidates[order[min(index, last)]])

    def _uniform(self, active: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.float64]:
        for row in np.flatnonzero(self._at == DRAWS):
            self._draws[row] = self._streams[row].random(DRAWS)
            self._at[row] = 0
        drawn = self._draws[np.arange(len(self._at)), self._at]
        self._at += 1 if active is None else active
        return drawn
