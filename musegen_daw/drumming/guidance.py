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


@dataclass(frozen=True, slots=True)
class Lean:
    """What one bar's expectations make of each token.

    The worth of its hits that have a position of their own (tokens,), that of a hit at the present
    sixteenth (16, pieces), and that of all good hits up to each cell (cells + 1,).
    """

    tokens: Floats
    here: Floats
    passed: Floats


class Guidance:
    """The tables that tell which cells (sixteenth, piece) each token plays."""

    def __init__(self, vocabulary: DrumVocabulary, grammar: Grammar) -> None:
        size = len(vocabulary)
        self._plays = np.zeros((size, CELLS), np.float32)
        self._leads = np.zeros((size, len(PIECES)), np.float32)
        self._end = np.zeros(size, np.int64)
        still: list[int] = []
        for token, run in enumerate(vocabulary.to_runs()):
            frame = piece = -1
            for kind, value in run:
                if kind == DrumVocabulary.POSITION:
                    frame, piece = value // POSITIONS_PER_FRAME, -1
                elif kind == DrumVocabulary.PIECE:
                    piece = value
                    if frame < 0:
                        self._leads[token, piece] = 1
                    else:
                        self._plays[token, frame * len(PIECES) + piece] = 1
            if token == grammar.bar_token:
                self._end[token] = CELLS
            elif frame >= 0:
                self._end[token] = frame * len(PIECES) + piece + 1
            elif run:
                still.append(token)
        self._still = np.array(still, np.int64)
        self._last_piece = grammar.last_piece[self._still]
        self._first_frame = grammar.first_position // POSITIONS_PER_FRAME

    def lean(self, expected: Floats, threshold: float, strength: float) -> Lean:
        """What `expected` (16, pieces), probabilities of hits, make of the tokens of a bar."""
        odds = np.log(np.maximum(expected, 1e-6)) - np.log(np.maximum(1 - expected, 1e-6))
        worth = strength * np.clip(odds - np.log(threshold / (1 - threshold)), -SURE, SURE)
        good = np.maximum(worth, 0)
        passed = np.concatenate([[0.0], np.cumsum(good)]).astype(np.float32)
        played = worth.astype(np.float32)
        return Lean(self._plays @ played.ravel() - passed[self._end], played, passed)

    def scores(self, lean: Lean, place: Place) -> Floats:
        """What to add to the logits (rows, tokens) of sequences that stand at `place`."""
        frame = np.maximum(place.position, 0) // POSITIONS_PER_FRAME
        scores = lean.tokens + lean.here[frame] @ self._leads.T
        piece = np.maximum(self._last_piece[None], place.piece[:, None])
        # a second hit within the sixteenth earns nothing: it would be a flam for the sake of the score
        again = (self._first_frame[None] == frame[:, None]) & (place.position >= 0)[:, None]
        stands = lean.passed[frame * len(PIECES) + place.piece + 1]
        scores = np.where(again, AGAIN - stands[:, None], scores)
        scores[:, self._still] -= lean.passed[frame[:, None] * len(PIECES) + piece + 1]
        return scores.astype(np.float32, copy=False)
