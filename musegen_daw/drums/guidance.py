"""Guides the choice of tokens towards the hits that the network expects from parts and style.

A hit is worth its log-odds above a threshold. A token loses the worth of its bad hits and of the good hits that it
skips, so that long tokens gain nothing by their length. The threshold lies below one half: for the best F1 a hit is
played before it is more likely than not (Lipton et al., 2014).
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
SECOND_HIT_NATS = -4.0  # for a second position within a sixteenth
MAX_ODDS = 6.0  # log-odds beyond which a hit is worth no more


@dataclass(frozen=True, slots=True)
class BarGuidance:
    """The nats that the expected hits of one bar add to each token, by the state of the sequence.

    `tokens` (tokens,): the worth of the hits after a token's first position, less all good hits up to its end.
    `repeated` (starting,): the change where a token's first position lies in the current sixteenth.
    `places` (1 + 16, tokens): the sum of both and of the hits before the first position, which fall in the current
    sixteenth; row 0 is before the first position of the bar, the others are the sixteenths. `passed` (cells + 1,): the
    worth of the good hits up to each cell; those before the current place do not count again.
    """

    tokens: Floats
    repeated: Floats
    places: Floats
    passed: Floats


class Guidance:
    """Knows the cells (sixteenth, piece) that each token plays, and scores tokens by them.

    `lingers` (tokens,): whether a token has two positions within the last sixteenth it reaches.
    """

    def __init__(self, vocabulary: DrumVocabulary, grammar: Grammar) -> None:
        size = len(vocabulary)
        self.lingers = np.zeros(size, bool)
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
        # Few tokens begin with pieces, and few sets of them occur: this keeps the product below small.
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

    def of_bar(self, expected: Floats, threshold: float, strength: float) -> BarGuidance:
        """The guidance of a bar from the probabilities of its hits (16, pieces).

        A token that ends with a position pays for the least bad hit there, because one must follow. A second hit
        within a sixteenth earns nothing, so that the score does not ask for flams.
        """
        odds = np.log(np.maximum(expected, 1e-6)) - np.log(np.maximum(1 - expected, 1e-6))
        worth = strength * np.clip(odds - np.log(threshold / (1 - threshold)), -MAX_ODDS, MAX_ODDS)
        passed = np.concatenate([[0.0], np.cumsum(np.maximum(worth, 0))]).astype(np.float32)
        each, size = worth.ravel()[self._cells], len(self._end)
        own = np.bincount(self._owners, weights=each, minlength=size)
        repeated = np.bincount(self._owners, weights=np.maximum(each, 0) * self._is_first, minlength=size)
        tokens = (own - passed[self._end]).astype(np.float32)
        tokens[self._open] += np.minimum(worth.max(axis=1), 0)[self._open_frames]
        leaving = passed[self._after_frame]
        paid_already = np.minimum(passed[self._starting_end] - leaving[self._starting_frame], 0)
        changes = SECOND_HIT_NATS - repeated[self._starting].astype(np.float32) + paid_already
        places = np.empty((1 + FRAMES_PER_BAR, size), np.float32)
        (worth.astype(np.float32) @ self._leads).take(self._lead_of, axis=1, out=places[1:])
        places[0] = places[1]
        places += tokens
        places.ravel()[self._starting_place] += changes
        return BarGuidance(tokens, changes, places, passed)

    def apply(
        self,
        logits: Floats,
        bars: Sequence[BarGuidance | None],
        state: GrammarState,
        lingers: npt.NDArray[np.bool_],
    ) -> Floats:
        """The guided logits (rows, tokens) of sequences in `state`; None leaves a row as it is.

        `lingers` (rows,) marks sequences that have a second position within their current sixteenth.
        """
        rows = [
            own
            if bar is None
            else own + (self._after_moving(bar, position) if has_moved else self._at(bar, position, piece))
            for own, bar, position, piece, has_moved in zip(
                logits, bars, state.position.tolist(), state.piece.tolist(), lingers.tolist(), strict=True
            )
        ]
        return rows[0][None] if len(rows) == 1 else np.stack(rows)

    def _at(self, bar: BarGuidance, position: int, piece: int) -> Floats:
        frame = max(position, 0) // POSITIONS_PER_FRAME
        scores = bar.places[1 + frame if position >= 0 else 0].copy()
        scores[self._still] -= bar.passed[frame * len(PIECES) :].take(self._piece_after[1 + piece])
        return scores

    def _after_moving(self, bar: BarGuidance, position: int) -> Floats:
        frame = max(position, 0) // POSITIONS_PER_FRAME
        scores = bar.tokens.copy()
        if position >= 0:
            here = self._starting_frame == frame
            scores[self._starting[here]] += bar.repeated[here]
        scores[self._still] -= bar.passed[self._after_frame[frame]]
        return scores
