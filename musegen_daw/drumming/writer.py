"""Writes one bar of drums, token by token, for all variations at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drumming.events import HIT, POSITIONS_PER_BAR, Array
from musegen_daw.drumming.grammar import AFTER_BAR, Grammar, Place
from musegen_daw.drumming.guidance import Guidance, Lean
from musegen_daw.drumming.sampler import Sampler
from musegen_daw.drumming.tokens import BOS, DrumVocabulary
from musegen_daw.models.session import Graph, zeros

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

    `context` (rows, 16, width) is handed to the decoder, and `lean` draws it towards what the parts let
    expect. `forced` are the tokens, the bar line first, of a bar that is given. `kept` are hits (HIT, in
    order) that must stand, of pieces that are not written anew (`kept_pieces`, (pieces,)). No hit lies
    at or after `end_position`; a bar that `must_play` has at least one.
    """

    context: Floats
    forced: list[int] | None
    kept: Array
    kept_pieces: Bools
    end_position: int
    on_grid: bool
    must_play: bool
    lean: Lean | None


@dataclass(frozen=True, slots=True)
class WrittenBar:
    """The hits of one bar (HIT, bar 0) and the tokens that say them, the bar line first."""

    hits: Array
    tokens: tuple[int, ...]


class BarWriter:
    """Steps the decoder through bars within the grammar."""

    def __init__(
        self,
        step: Graph,
        grammar: Grammar,
        guidance: Guidance,
        vocabulary: DrumVocabulary,
        state_shape: tuple[int, int],
    ) -> None:
        self._step, self._grammar, self._guidance = step, grammar, guidance
        self._layers, self._width = state_shape
        self._runs = vocabulary.to_runs()
        self._single = {
            (run[0][0], run[0][1]): token for token, run in enumerate(self._runs) if len(run) == 1
        }

    def start(self, context: Floats) -> State:
        """The state before the first bar; `context` (rows, 16, width) is that of the first bar."""
        rows = len(context)
        shape = self._layers, rows, self._width
        return self._read(np.full(rows, BOS, np.int64), context[:, 0], State(zeros(*shape), zeros(*shape)))[1]

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
        kept = _Kept(task.kept, self._runs, self._single, rows) if task.kept_pieces.any() else None
        last = np.full(rows, bar, np.int64)
        place = self._grammar.advance(Place.start(rows), last)
        done, some_are_done = np.zeros(rows, bool), False
        lingers = np.zeros(rows, bool)
        gained = np.zeros(rows)
        written: list[list[int]] = [[] for _ in range(rows)]
        frame = self._grammar.frame(place)
        while True:
            logits, following = self._read(last, task.context[index, frame], state)
            if task.lean is not None:
                logits = logits + self._guidance.scores(task.lean, place, lingers)
            allowed = self._grammar.allowed(place)
            allowed &= usable
            if task.must_play:
                allowed[place.phase == AFTER_BAR, bar] = False
            chosen, likelihood = sampler.draw(logits, allowed, ~done)
            if kept is not None:
                kept.respect(place, chosen, likelihood, ~done)
            if some_are_done:
                state = _where(done, state, following)
                gained += np.where(done, 0.0, likelihood)
                chosen[done] = bar
            else:
                state = following
                gained += likelihood
            tokens = chosen.tolist()
            for row, token in enumerate(tokens):
                if token != bar:
                    written[row].append(token)
            if bar in tokens:
                some_are_done = True
                done |= chosen == bar
                if done.all():
                    bars = [WrittenBar(self._hits(own), (bar, *own)) for own in written]
                    return bars, state, gained
            left, place, last = place, self._grammar.advance(place, chosen), chosen
            left_frame, frame = frame, self._grammar.frame(place)
            moves = (place.position != left.position) & (left.position >= 0)
            lingers = ((frame == left_frame) & (lingers | moves)) | self._guidance.lingers[chosen]

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
    """Puts hits that must stand between what the model chooses."""

    def __init__(
        self, hits: Array, runs: list[list[list[int]]], single: dict[tuple[int, int], int], rows: int
    ) -> None:
        self._hits = [(int(hit["position"]), int(hit["piece"]), int(hit["level"])) for hit in hits]
        self._runs, self._single = runs, single
        self._next = [0] * rows
        self._queues: list[list[int]] = [[] for _ in range(rows)]

    def respect(self, place: Place, chosen: Ints, likelihood: npt.NDArray[np.float64], active: Bools) -> None:
        """Change `chosen` in place: a token that would pass a kept hit comes piece by piece, the hit within it."""
        for row in np.flatnonzero(active):
            if self._queues[row]:
                likelihood[row] = 0.0
            else:
                self._queues[row] = self._around(int(row), int(chosen[row]), int(place.position[row]))
            chosen[row] = self._queues[row].pop(0)

    def _around(self, row: int, token: int, here: int) -> list[int]:
        """The tokens to write in place of `token`, when the row stands at position `here`."""
        events: list[tuple[int, int]] = []
        first = self._next[row]
        for kind, value in self._runs[token]:
            if kind == DrumVocabulary.VELOCITY:
                events.append((kind, value))
                continue
            if kind == DrumVocabulary.PIECE:
                there = (here, value)
            else:
                there = (value if kind == DrumVocabulary.POSITION else POSITIONS_PER_BAR, -1)
            while self._next[row] < len(self._hits) and self._hits[self._next[row]][:2] < there:
                position, piece, level = self._hits[self._next[row]]
                if position != here:
                    events.append((DrumVocabulary.POSITION, position))
                    here = position
                events += [(DrumVocabulary.PIECE, piece), (DrumVocabulary.VELOCITY, level)]
                self._next[row] += 1
            events.append((kind, value))
            if kind == DrumVocabulary.POSITION:
                here = value
        return [token] if self._next[row] == first else [self._single[event] for event in events]


def _where(done: Bools, old: State, new: State) -> State:
    mask = done[None, :, None]
    return State(np.where(mask, old.hidden, new.hidden), np.where(mask, old.cell, new.cell))
