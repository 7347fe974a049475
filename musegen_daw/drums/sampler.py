"""Seeded sampling with temperature and nucleus (top-p), one random stream for every bar of every take."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

TAIL_NATS = 16.0  # below the best, at the temperature; tokens beyond are neither drawn nor counted
DRAWS = 256
COLDEST = 1e-4  # below this temperature the likeliest token is drawn


class Sampler:
    """Draws one token per row.

    Row k draws the same for a seed, however many rows there are, and a bar draws the same whatever the bars before
    drew. Rows count from `first_row`.
    """

    def __init__(self, seed: int, rows: int, temperature: float, top_p: float, *, first_row: int = 0) -> None:
        if not 0 <= temperature < math.inf:
            raise ValueError(f"a temperature must be finite and not negative, got {temperature}")
        if not 0 < top_p <= 1:
            raise ValueError(f"top-p must be within 0..1, got {top_p}")
        self._seed, self._rows = seed % 2**63, range(first_row, first_row + rows)
        self._streams: list[_Uniform] = []
        self.begin_bar(0)
        self._temperature, self._top_p = temperature, top_p
        self._tail = TAIL_NATS * max(1.0, temperature)

    def begin_bar(self, bar: int) -> None:
        """Draw from the random streams of a bar."""
        self._streams = [_Uniform((self._seed, row, bar)) for row in self._rows]

    def draw(
        self,
        logits: npt.NDArray[np.float32],
        allowed: npt.NDArray[np.bool_],
        active: npt.NDArray[np.bool_] | None = None,
        rows: npt.NDArray[np.int64] | None = None,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Tokens (rows,) among the allowed ones (rows, tokens) and their log-likelihoods, for logits (rows, tokens).

        Only `active` rows (None: all) draw; the others get token 0 and likelihood 0. `rows` (None: from 0 on) are the
        random streams to use.
        """
        chosen = np.zeros(len(logits), np.int64)
        likelihood = np.zeros(len(logits))
        for row in range(len(logits)):
            if active is not None and not active[row]:
                continue
            stream = self._streams[row if rows is None else int(rows[row])]
            scores = np.where(allowed[row], logits[row], -np.inf)
            top = scores.max()
            (tokens,) = (scores > top - self._tail).nonzero()
            below = scores[tokens] - top
            odds = np.exp(below, dtype=np.float64)
            if self._temperature < COLDEST:
                index = int(below.argmax())
            else:
                index = self._pick(below, odds, stream.next())
            chosen[row] = tokens[index]
            likelihood[row] = float(below[index]) - math.log(odds.sum())
        return chosen, likelihood

    def _pick(self, below: npt.NDArray[np.float32], odds: npt.NDArray[np.float64], wanted: float) -> int:
        """The index into `below`, logits less their maximum, at the share `wanted` of the nucleus.

        `odds` are the exponentials of `below`.
        """
        order = (-below).argsort()
        if self._temperature != 1:
            odds = np.exp(below / self._temperature, dtype=np.float64)
        reached = odds[order].cumsum()
        last = min(int(reached.searchsorted(self._top_p * reached[-1])), len(order) - 1)
        index = int(reached.searchsorted(wanted * reached[last], side="right"))
        return int(order[min(index, last)])


class _Uniform:
    """Uniform numbers from 0 to 1, drawn in blocks for speed; the generator is made when it is first needed."""

    def __init__(self, key: tuple[int, ...]) -> None:
        self._key = key
        self._random: np.random.Generator | None = None
        self._waiting: list[float] = []

    def next(self) -> float:
        if not self._waiting:
            if self._random is None:
                self._random = np.random.default_rng(self._key)
            self._waiting = self._random.random(DRAWS)[::-1].tolist()
        return self._waiting.pop()
