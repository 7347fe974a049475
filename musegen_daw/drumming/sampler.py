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
        self._streams = [_Uniform(np.random.default_rng((seed % 2**63, row))) for row in range(rows)]
        self._temperature, self._top_p = temperature, top_p

    def draw(
        self,
        logits: npt.NDArray[np.float32],
        allowed: npt.NDArray[np.bool_],
        active: npt.NDArray[np.bool_] | None = None,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Tokens (rows,) among the allowed ones and their log-likelihoods, for logits (rows, tokens).

        Only `active` rows (None: all) draw; the others get token 0 and likelihood 0.
        """
        chosen = np.zeros(len(logits), np.int64)
        likelihood = np.zeros(len(logits))
        for row, stream in enumerate(self._streams):
            if active is not None and not active[row]:
                continue
            tokens = np.flatnonzero(allowed[row])
            scores = logits[row, tokens]
            top = scores.max()
            if self._temperature < COLDEST:
                index = int(scores.argmax())
            else:
                index = self._pick(scores, top, stream.next())
            chosen[row] = tokens[index]
            likelihood[row] = float(scores[index] - top) - math.log(
                np.exp(scores - top).sum(dtype=np.float64)
            )
        return chosen, likelihood

    def _pick(self, scores: npt.NDArray[np.float32], top: np.float32, wanted: float) -> int:
        """The index (into `scores`) that lies at the share `wanted` of the nucleus."""
        candidates = np.flatnonzero(scores > top - TAIL_NATS * self._temperature)
        values = scores[candidates]
        order = np.argsort(-values)
        reached = np.cumsum(np.exp((values[order] - top) / self._temperature, dtype=np.float64))
        last = min(int(reached.searchsorted(self._top_p * reached[-1])), len(order) - 1)
        index = int(reached.searchsorted(wanted * reached[last], side="right"))
        return int(candidates[order[min(index, last)]])


class _Uniform:
    """Numbers from 0 to 1, drawn in blocks."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._waiting: list[float] = []

    def next(self) -> float:
        if not self._waiting:
            self._waiting = self._random.random(DRAWS)[::-1].tolist()
        return self._waiting.pop()
