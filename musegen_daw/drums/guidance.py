"""Leans the choice of tokens towards the hits that the parts alone let expect.

A token loses what its bad hits are worth and what the good hits are worth that it passes over, so long
tokens gain nothing by length. A hit is worth
the log-odds by which it is expected above a threshold: below one half, because for the F1 of a
prediction a hit should be played well before it is likelier than not (Lipton et al., 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR, POSITIONS_PER_FRAME
from musegen_daw.drums.grammar import Grammar, GrammarState
from musegen_daw.drums.tokens import DrumVocabulary
from musegen_daw.music.kit import PIECES

Floats = npt.NDArray[np.float32]

CELLS = FRAMES_PER_BAR * len(PIECES)
AGAIN = -4.0  # nats
SURE = 6.0  # log-odds beyond which an expectation counts no more


@dataclass(frozen=True, slots=True)
class Lean:
    """What one bar's expectations make of each token, wherever a sequence stands in the bar.

    `tokens` (tokens,): the worth of the hits after a token's first position, less all good hits up to its end.
    `again` (starting,): what changes where the sixteenth at which a token's first position lies is the present one.
    `places` (1 + 16, tokens): both, and the worth of the hits before the first position, which fall on the present
    sixteenth; before the bar's first position, then at each sixteenth. `passed` (cells + 1,): the worth of the good
    hits up to each cell, of which those before the present place are not to be paid again.
    """

    tokens: Floats
    again: Floats
    places: Floats
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
        open_tokens: list[int] = []
        open_frames: list[int] = []
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
            if frame >= 0 and piece < 0:
                open_tokens.append(token)
                open_frames.append(frame)
            cells += sorted(played)
            owners += [token] * len(played)
            if token == grammar.bar_token:
                self._end[token] = CELLS
            elif frame >= 0:
                stands = len(PIECES) if self.lingers[token] else piece + 1
                self._end[token] = frame * len(PIECES) + stands
            elif run:
                still.append(token)
        # Few tokens begin with pieces, and with few sets of them: a product this small wakes no thread of the BLAS.
        self._leads, kinds = np.unique(leads, axis=1, return_inverse=True)
        self._lead_of = kinds.ravel()
        self._cells, self._owners = np.array(cells, np.int64), np.array(owners, np.int64)
        self._still = np.array(still, np.int64)
        self._open, self._open_frames = np.array(open_tokens, np.int64), np.array(open_frames, np.int64)
        # The last piece that a token without position plays, or the one before it: (1 + pieces, still).
        pieces = np.arange(-1, len(PIECES))
        self._piece_after = 1 + np.maximum(grammar.last_piece[self._still], pieces[:, None])
        first_frame = grammar.first_position // POSITIONS_PER_FRAME
        self._is_first = self._cells // len(PIECES) == first_frame[self._owners]
        self._starting = np.flatnonzero(first_frame < FRAMES_PER_BAR)
        self._starting_frame = first_frame[self._starting]
        self._starting_place = (1 + self._starting_frame) * size + self._starting
        self._starting_end = self._end[self._starting]
        self._after_frame = (1 + np.arange(FRAMES_PER_BAR)) * len(PIECES)

    def lean(self, expected: Floats, threshold: float, strength: float) -> Lean:
        """What `expected` (16, pieces), probabilities of hits, make of the tokens of a bar.

        A token that ends with a position pays for the least bad hit there: one must follow. A second hit within a
        sixteenth earns nothing: it would be a flam for the sake of the score.
        """
        odds = np.log(np.maximum(expected, 1e-6)) - np.log(np.maximum(1 - expected, 1e-6))
        worth = strength * np.clip(odds - np.log(threshold / (1 - threshold)), -SURE, SURE)
        passed = np.concatenate([[0.0], np.cumsum(np.maximum(worth, 0))]).astype(np.float32)
        each, size = worth.ravel()[self._cells], len(self._end)
        own = np.bincount(self._owners, weights=each, minlength=size)
        again = np.bincount(self._owners, weights=np.maximum(each, 0) * self._is_first, minlength=size)
        tokens = (own - passed[self._end]).astype(np.float32)
        tokens[self._open] += np.minimum(worth.max(axis=1), 0)[self._open_frames]
        leaving = passed[self._after_frame]
        paid_already = np.minimum(passed[self._starting_end] - leaving[self._starting_frame], 0)
        changes = AGAIN - again[self._starting].astype(np.float32) + paid_already
        places = np.empty((1 + FRAMES_PER_BAR, size), np.float32)
        (worth.astype(np.float32) @ self._leads).take(self._lead_of, axis=1, out=places[1:])
        places[0] = places[1]
        places += tokens
        places.ravel()[self._starting_place] += changes
        return Lean(tokens, changes, places, passed)

    def lean_logits(
        self,
        logits: Floats,
        leans: Sequence[Lean | None],
        place: GrammarState,
        lingers: npt.NDArray[np.bool_],
    ) -> Floats:
        """The logits (rows, tokens) of sequences that stand at `place`, each drawn by its lean, None by nothing.

        `lingers` (rows,) marks sequences that have moved on within the sixteenth they stand at.
        """
        rows = [
            own
            if lean is None
            else own + (self._after_moving(lean, position) if has_moved else self._at(lean, position, piece))
            for own, lean, position, piece, has_moved in zip(
                logits, leans, place.position.tolist(), place.piece.tolist(), lingers.tolist(), strict=True
            )
        ]
        return rows[0][None] if len(rows) == 1 else np.stack(rows)

    def _at(self, lean: Lean, position: int, piece: int) -> Floats:
        frame = max(position, 0) // POSITIONS_PER_FRAME
        scores = lean.places[1 + frame if position >= 0 else 0].copy()
        scores[self._still] -= lean.passed[frame * len(PIECES) :].take(self._piece_after[1 + piece])
        return scores

    def _after_moving(self, lean: Lean, position: int) -> Floats:
        frame = max(position, 0) // POSITIONS_PER_FRAME
        scores = lean.tokens.copy()
        if position >= 0:
            here = self._starting_frame == frame
            scores[self._starting[here]] += lean.again[here]
        scores[self._still] -= lean.passed[self._after_frame[frame]]
        return scores
