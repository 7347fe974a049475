"""Leans the choice of tokens towards the hits that the parts alone let expect.

A token loses what its bad hits are worth and what the good hits are worth that it passes over, so long
tokens gain nothing by length. A hit is worth
the log-odds by which it is expected above a threshold: below one half, because for the F1 of a
prediction a hit should be played well before it is likelier than not (Lipton et al., 2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.core.drums import PIECES
from musegen_daw.drumming.events import FRAMES_PER_BAR, POSITIONS_PER_FRAME
from musegen_daw.drumming.grammar import Grammar, Place
from musegen_daw.drumming.tokens import DrumVocabulary

Floats = npt.NDArray[np.float32]

CELLS = FRAMES_PER_BAR * len(PIECES)
AGAIN = -4.0  # nats
SURE = 6.0  # log-odds beyond which an expectation counts no more


def repeated(groove: Floats, bars: int) -> Floats:
    """What a groove (groove bars, 16, pieces) of hits, 0 or 1, lets expect of the `bars` after it: that it goes on."""
    return groove[np.arange(bars) % len(groove)]


@dataclass(frozen=True, slots=True)
class Lean:
    """What one bar's expectations make of each token, wherever a sequence stands in the bar.

    `tokens` (tokens,): the worth of the hits after a token's first position, less all good hits up to its end.
    `leads` (16, tokens): that of the hits before it, which fall on the present sixteenth. `again` (tokens,): the
    good hits at its first sixteenth, which earn nothing where that is the present one. `passed` (cells + 1,):
    the worth of the good hits up to each cell, of which those before the present place are not to be paid again.
    """

    tokens: Floats
    leads: Floats
    again: Floats
    passed: Floats


class Guidance:
    """The tables that tell which cells (sixteenth, piece) each token plays."""

    def __init__(self, vocabulary: DrumVocabulary, grammar: Grammar) -> None:
        size = len(vocabulary)
        self.lingers = np.zeros(size, bool)  # whether a token moves on within the last sixteenth it reaches
        cells: list[int] = []
        owners: list[int] = []
        leads = np.zeros((len(PIECES), size), np.float32)
        self._end = np.zeros(size, np.int64)
        still: list[int] = []
        for token, run in enumerate(vocabulary.to_runs()):
            frame = piece = -1
            played: set[int] = set()
            for kind, value in run:
                if kind == DrumVocabulary.POSITION:
                    self.lingers[token] = frame == value // POSITIONS_PER_FRAME
                    frame, piece = value // POSITIONS_PER_FRAME, -1
                elif kind == DrumVocabulary.PIECE:
                    piece = value
                    if frame < 0:
                        leads[piece, token] = 1
                    else:
                        played.add(frame * len(PIECES) + piece)
            cells += sorted(played)
            owners += [token] * len(played)
            if token == grammar.bar_token:
                self._end[token] = CELLS
            elif frame >= 0:
                self._end[token] = frame * len(PIECES) + piece + 1
            elif run:
                still.append(token)
        # Few tokens begin with pieces, and with few sets of them: a product this small wakes no thread of the BLAS.
        self._leads, kinds = np.unique(leads, axis=1, return_inverse=True)
        self._lead_of = kinds.ravel()
        self._cells, self._owners = np.array(cells, np.int64), np.array(owners, np.int64)
        self._still = np.array(still, np.int64)
        self._last_piece = grammar.last_piece[self._still]
        first_frame = grammar.first_position // POSITIONS_PER_FRAME
        self._is_first = self._cells // len(PIECES) == first_frame[self._owners]
        self._starting = [np.flatnonzero(first_frame == frame) for frame in range(FRAMES_PER_BAR)]

    def lean(self, expected: Floats, threshold: float, strength: float) -> Lean:
        """What `expected` (16, pieces), probabilities of hits, make of the tokens of a bar."""
        odds = np.log(np.maximum(expected, 1e-6)) - np.log(np.maximum(1 - expected, 1e-6))
        worth = strength * np.clip(odds - np.log(threshold / (1 - threshold)), -SURE, SURE)
        passed = np.concatenate([[0.0], np.cumsum(np.maximum(worth, 0))]).astype(np.float32)
        each, size = worth.ravel()[self._cells], len(self._end)
        own = np.bincount(self._owners, weights=each, minlength=size)
        again = np.bincount(self._owners, weights=np.maximum(each, 0) * self._is_first, minlength=size)
        return Lean(
            (own - passed[self._end]).astype(np.float32),
            (worth.astype(np.float32) @ self._leads).take(self._lead_of, axis=1),
            again.astype(np.float32),
            passed,
        )

    def scores(self, lean: Lean, place: Place, lingers: npt.NDArray[np.bool_]) -> Floats:
        """What to add to the logits (rows, tokens) of sequences that stand at `place`.

        A second hit within a sixteenth earns nothing: it would be a flam for the sake of the score. `lingers`
        (rows,) marks sequences that have moved on within the sixteenth they stand at.
        """
        frames = np.maximum(place.position, 0) // POSITIONS_PER_FRAME
        scores = lean.leads[frames]
        scores[lingers] = 0
        scores += lean.tokens
        for row, frame in enumerate(frames.tolist()):
            here, leaving = frame * len(PIECES) + 1, lean.passed[(frame + 1) * len(PIECES)]
            if place.position[row] >= 0:
                starting = self._starting[frame]
                paid_already = np.minimum(lean.passed[self._end[starting]] - leaving, 0)
                scores[row, starting] += AGAIN - lean.again[starting] + paid_already
            if lingers[row]:
                scores[row, self._still] -= leaving
            else:
                scores[row, self._still] -= lean.passed[here + np.maximum(self._last_piece, place.piece[row])]
        return scores
