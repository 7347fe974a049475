"""Writes one bar of drums, token by token, for all variations at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drumming.events import HIT, Array
from musegen_daw.drumming.grammar import AFTER_BAR, AFTER_HIT, AFTER_POSITION, Grammar, Place
from musegen_daw.drumming.sampler import Sampler
from musegen_daw.drumming.tokens import BOS, DrumVocabulary
from musegen_daw.models.session import OnnxGraph, zeros

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class State:
    """The decoder's LSTM state, each (layers, rows, width); it has read all that is written."""

    hidden: Floats
    cell: Floats


@dataclass(frozen=True, slots=True)
class BarTask:
    """One bar to write.

    `context` (rows, 16, width) is handed to the decoder; `forced` are the tokens, the bar line first,
    of a bar that is given; `kept` are hits (HIT, in order) that must stand, of pieces that are not
    written anew (`kept_pieces`, (pieces,)); no hit lies at or after `end_position`.
    """

    context: Floats
    forced: list[int] | None
    kept: Array
    kept_pieces: Bools
    end_position: int
    on_grid: bool


@dataclass(frozen=True, slots=True)
class WrittenBar:
    """The hits of one bar (HIT, bar 0) and the tokens that say them, the bar line first."""

    hits: Array
    tokens: tuple[int, ...]


class BarWriter:
    """Steps the decoder through bars within the grammar."""

    def __init__(
        self, step: OnnxGraph, grammar: Grammar, vocabulary: DrumVocabulary, state_shape: tuple[int, int]
    ) -> None:
        self._step, self._grammar = step, grammar
        self._layers, self._width = state_shape
        self._runs = vocabulary.to_runs()
        self._single = {
            (run[0][0], run[0][1]): token for token, run in enumerate(self._runs) if len(run) == 1
        }

    def start(self, context: Floats) -> State:
        """The state at the beginning, before the first bar; `context` (rows, 16, width) is that of the first bar."""
        rows = len(context)
        empty = State(zeros(self._layers, rows, self._width), zeros(self._layers, rows, self._width))
        return self._read(np.full(rows, BOS, np.int64), context[:, 0], empty)[1]

    def write(
        self, task: BarTask, state: State, sampler: Sampler
    ) -> tuple[list[WrittenBar], State, npt.NDArray[np.float64]]:
        """The bar of each row, the state after it, and the log-likelihoods (rows,) of what was chosen freely."""
        if task.forced is not None:
            return self._give(task.forced, task.context, state)
        rows = len(task.context)
        index = np.arange(rows)
        bar = self._grammar.bar_token
        usable = self._usable(task)
        kept = _Kept(task.kept, self._grammar, self._single, rows) if task.kept_pieces.any() else None
        last = np.full(rows, bar, np.int64)
        place = self._grammar.advance(Place.start(rows), last)
        done = np.zeros(rows, bool)
        gained = np.zeros(rows)
        written: list[list[int]] = [[] for _ in range(rows)]
        while True:
            logits, following = self._read(last, task.context[index, self._grammar.frame(place)], state)
            allowed = self._grammar.allowed(place)
            allowed &= usable
            chosen, likelihood = sampler.draw(logits, allowed)
            if kept is not None:
                kept.respect(place, allowed, logits, chosen, likelihood, ~done)
            if done.any():
                state = _where(done, state, following)
                gained += np.where(done, 0.0, likelihood)
                chosen[done] = bar
            else:
                state = following
                gained += likelihood
            for row in index:
                if chosen[row] != bar:
                    written[row].append(int(chosen[row]))
            done |= chosen == bar
            if done.all():
                return [WrittenBar(self._hits(tokens), (bar, *tokens)) for tokens in written], state, gained
            place = self._grammar.advance(place, chosen)
            last = chosen

    def _usable(self, task: BarTask) -> Bools:
        usable = self._grammar.last_position < task.end_position
        if task.on_grid:
            usable &= self._grammar.on_grid
        if task.kept_pieces.any():
            usable &= ~self._grammar.has_piece[:, task.kept_pieces].any(axis=1)
        return usable

    def _give(
        self, tokens: list[int], context: Floats, state: State
    ) -> tuple[list[WrittenBar], State, npt.NDArray[np.float64]]:
        rows = len(context)
        place = Place.start(rows)
        for token in tokens:
            column = np.full(rows, token, np.int64)
            place = self._grammar.advance(place, column)
            _, state = self._read(column, context[:, self._grammar.frame(place)[0]], state)
        given = [WrittenBar(self._hits(tokens[1:]), tuple(tokens)) for _ in range(rows)]
        return given, state, np.zeros(rows)

    def _read(self, tokens: Ints, aligned: Floats, state: State) -> tuple[Floats, State]:
        logits, hidden, cell = self._step(tokens, aligned, state.hidden, state.cell)
        return logits, State(hidden, cell)

    def _hits(self, tokens: list[int]) -> Array:
        hits: list[tuple[int, int, int, int]] = []
        position = piece = -1
        for token in tokens:
            for kind, value in self._runs[token]:
                if kind == DrumVocabulary.POSITION:
                    position = value
                elif kind == DrumVocabulary.PIECE:
                    piece = value
                else:
                    hits.append((0, position, piece, value))
        return np.array(hits, HIT)


class _Kept:
    """Puts hits that must stand into the bar just before the model would pass them."""

    def __init__(self, hits: Array, grammar: Grammar, single: dict[tuple[int, int], int], rows: int) -> None:
        self._hits = [(int(hit["position"]), int(hit["piece"]), int(hit["level"])) for hit in hits]
        self._grammar, self._single = grammar, single
        self._next = [0] * rows
        self._queues: list[list[int]] = [[] for _ in range(rows)]

    def respect(
        self,
        place: Place,
        allowed: Bools,
        logits: Floats,
        chosen: Ints,
        likelihood: npt.NDArray[np.float64],
        active: Bools,
    ) -> None:
        """Change `chosen` and `likelihood` in place where a choice would pass the next kept hit of its row."""
        keys = self._grammar.end_key(place)
        for row in np.flatnonzero(active):
            queue = self._queues[row]
            if not queue and self._next[row] < len(self._hits):
                position, piece, level = self._hits[self._next[row]]
                passes = keys[row] >= position * 32 + piece
                if not passes[chosen[row]]:
                    continue
                phase, here = int(place.phase[row]), int(place.position[row])
                short_of_it = allowed[row] & ~passes
                between_hits = phase in (AFTER_BAR, AFTER_HIT)
                if between_hits or (phase == AFTER_POSITION and here == position and not short_of_it.any()):
                    if here != position:
                        queue.append(self._single[DrumVocabulary.POSITION, position])
                    queue.append(self._single[DrumVocabulary.PIECE, piece])
                    queue.append(self._single[DrumVocabulary.VELOCITY, level])
                    self._next[row] += 1
                else:
                    chosen[row] = int(np.where(short_of_it, logits[row], -np.inf).argmax())
                    likelihood[row] = 0.0
            if queue:
                chosen[row] = queue.pop(0)
                likelihood[row] = 0.0


def _where(done: Bools, old: State, new: State) -> State:
    mask = done[None, :, None]
    return State(np.where(mask, old.hidden, new.hidden), np.where(mask, old.cell, new.cell))
