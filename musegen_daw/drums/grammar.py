"""Which token can follow which: tokens sampled within these masks always decode to complete, ordered bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import LEAD_POSITIONS, POSITIONS_PER_BAR, POSITIONS_PER_FRAME
from musegen_daw.drums.tokens import DrumVocabulary
from musegen_daw.music.kit import PIECES

Mask = npt.NDArray[np.bool_]

AT_START, AFTER_BAR, AFTER_POSITION, AFTER_HIT = range(4)
NONE = 255


@dataclass(frozen=True, slots=True)
class GrammarState:
    """The state of sequences (rows,): phase, position in the bar and last piece there (-1: none yet)."""

    phase: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]
    piece: npt.NDArray[np.int64]

    @classmethod
    def start(cls, rows: int) -> GrammarState:
        return cls(np.full(rows, AT_START), np.full(rows, -1), np.full(rows, -1))


class Grammar:
    """The automaton of bars, positions and pieces over byte pair encoded tokens.

    Public arrays describe the tokens (tokens,): `first_position` and `last_position` (NONE and -1: none), `on_grid` and
    `is_straight` (all positions on the grid, or on it without triplets), `has_piece` (tokens, pieces).
    """

    def __init__(self, vocabulary: DrumVocabulary) -> None:
        size = len(vocabulary)
        self.bar_token = vocabulary.bar_token
        self.starts = np.zeros((4, size), bool)
        self.first_position = np.full(size, NONE, np.int64)
        self.last_position = np.full(size, -1, np.int64)
        self.first_piece = np.full(size, NONE, np.int64)
        self.last_piece = np.full(size, -1, np.int64)
        self.end_phase = np.zeros(size, np.int64)
        self.on_grid = np.ones(size, bool)
        self.is_straight = np.ones(size, bool)
        self.has_piece = np.zeros((size, len(PIECES)), bool)
        for token, run in enumerate(vocabulary.to_runs()):
            if run and _is_ordered(run):
                self._add(token, run)
        self._moves = self.last_position >= 0
        self._moves[self.bar_token] = True
        positions = np.arange(-1, POSITIONS_PER_BAR)
        self._after_position: Mask = self.first_position[None] > positions[:, None]
        pieces = np.arange(-1, len(PIECES))
        self._after_piece: Mask = self.first_piece[None] > pieces[:, None]

    def _add(self, token: int, run: list[list[int]]) -> None:
        kinds = [kind for kind, _ in run]
        first = kinds[0]
        if first == DrumVocabulary.BAR:
            self.starts[[AT_START, AFTER_BAR, AFTER_HIT], token] = True
        elif first == DrumVocabulary.POSITION:
            self.starts[[AFTER_BAR, AFTER_HIT], token] = True
        else:
            self.starts[[AFTER_POSITION, AFTER_HIT], token] = True
        positions = [value for kind, value in run if kind == DrumVocabulary.POSITION]
        if positions:
            if positions[-1] >= POSITIONS_PER_BAR:
                raise ValueError(f"position {positions[-1]} lies outside the bar")
            self.first_position[token], self.last_position[token] = positions[0], positions[-1]
            away = np.array(positions) - LEAD_POSITIONS
            self.on_grid[token] = bool(((away % 12 == 0) | (away % 8 == 0)).all())
            self.is_straight[token] = bool((away % 12 == 0).all())
        before = kinds.index(DrumVocabulary.POSITION) if positions else len(kinds)
        leading = [value for kind, value in run[:before] if kind == DrumVocabulary.PIECE]
        if leading:
            self.first_piece[token] = leading[0]
        after = max((at for at, kind in enumerate(kinds) if kind == DrumVocabulary.POSITION), default=0)
        trailing = [value for kind, value in run[after:] if kind == DrumVocabulary.PIECE]
        if trailing:
            self.last_piece[token] = trailing[-1]
        self.end_phase[token] = {
            DrumVocabulary.BAR: AFTER_BAR,
            DrumVocabulary.POSITION: AFTER_POSITION,
            DrumVocabulary.PIECE: AFTER_HIT,
        }[kinds[-1]]
        for kind, value in run:
            if kind == DrumVocabulary.PIECE:
                self.has_piece[token, value] = True

    def allowed(self, state: GrammarState) -> Mask:
        """The tokens that can come next (rows, tokens)."""
        allowed = self.starts[state.phase]
        allowed &= self._after_position[state.position + 1]
        allowed &= self._after_piece[state.piece + 1]
        return allowed

    def advance(self, state: GrammarState, tokens: npt.NDArray[np.int64]) -> GrammarState:
        """The state after `tokens` (rows,)."""
        moves = self._moves[tokens]
        piece = self.last_piece[tokens]
        return GrammarState(
            self.end_phase[tokens],
            np.where(moves, self.last_position[tokens], state.position),
            np.where(moves, piece, np.maximum(piece, state.piece)),
        )

    def frame(self, state: GrammarState) -> npt.NDArray[np.int64]:
        """The current sixteenth of each sequence, 0..15 (rows,)."""
        return np.maximum(state.position, 0) // POSITIONS_PER_FRAME


def _is_ordered(run: list[list[int]]) -> bool:
    position, piece = -1, -1
    previous = 0
    follows = {0: (1, 2, 3), 1: (2,), 2: (3,), 3: (2, 3)}
    for kind, value in run:
        if kind not in follows[previous]:
            return False
        if kind == DrumVocabulary.POSITION:
            if value <= position:
                return False
            position, piece = value, -1
        elif kind == DrumVocabulary.PIECE:
            if value <= piece:
                return False
            piece = value
        previous = kind
    return True
