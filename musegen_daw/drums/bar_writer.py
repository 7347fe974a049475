"""Writes one bar of drums token by token, for several takes at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import HIT, POSITIONS_PER_BAR, Array
from musegen_daw.drums.grammar import AFTER_BAR, Grammar, GrammarState
from musegen_daw.drums.guidance import BarGuidance, Guidance
from musegen_daw.drums.sampler import Sampler
from musegen_daw.drums.tokens import BOS, WRITTEN_LEVEL, DrumVocabulary
from musegen_daw.models.session import Graph, zeros

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DecoderState:
    """The decoder's LSTM state, each (layers, rows, width), after all tokens written so far."""

    hidden: Floats
    cell: Floats

    def of(self, rows: Ints) -> DecoderState:
        return DecoderState(self.hidden[:, rows], self.cell[:, rows])

    def put(self, rows: Ints, state: DecoderState) -> None:
        """Replace the state of some rows, in place."""
        self.hidden[:, rows], self.cell[:, rows] = state.hidden, state.cell


@dataclass(frozen=True, slots=True)
class BarTask:
    """One bar to write, for `rows` takes.

    `context` (rows, 16, width) is the input of the decoder beside the tokens, `guidance` (rows) shifts its logits.
    `usable` (rows, tokens) masks the tokens that can occur at all. `locked` are hits (HIT, sorted) to write as they
    are, of pieces that are not written anew (`locked_pieces`, (pieces,)). A bar that `must_play` has at least one hit.
    """

    context: Floats
    guidance: tuple[BarGuidance | None, ...]
    usable: Bools
    locked: Array
    locked_pieces: Bools
    must_play: bool


@dataclass(frozen=True, slots=True)
class WrittenBar:
    """The hits of one bar (HIT, bar 0) and their tokens, the bar line first."""

    hits: Array
    tokens: tuple[int, ...]


class BarWriter:
    """Samples the tokens of bars from the decoder, within the grammar."""

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

    def start(self, context: Floats) -> DecoderState:
        """The state before the first bar, whose `context` is (rows, 16, width)."""
        rows = len(context)
        shape = self._layers, rows, self._width
        return self._read(
            np.full(rows, BOS, np.int64), context[:, 0], DecoderState(zeros(*shape), zeros(*shape))
        )[1]

    def write(
        self, task: BarTask, state: DecoderState, sampler: Sampler, rows: Ints
    ) -> tuple[list[WrittenBar], DecoderState, npt.NDArray[np.float64]]:
        """The bar of each take, the state after it, and the log-likelihoods (rows,) of the sampled tokens.

        `rows` (rows,) are the random streams of `sampler` to use.
        """
        count = len(task.context)
        index = np.arange(count)
        bar = self._grammar.bar_token
        locked = (
            _LockedHits(task.locked, self._runs, self._single, count) if task.locked_pieces.any() else None
        )
        last = np.full(count, bar, np.int64)
        place = self._grammar.advance(GrammarState.start(count), last)
        done, some_are_done = np.zeros(count, bool), False
        lingers = np.zeros(count, bool)
        gained = np.zeros(count)
        written: list[list[int]] = [[] for _ in range(count)]
        frame = self._grammar.frame(place)
        while True:
            logits, following = self._read(last, task.context[index, frame], state)
            logits = self._guidance.apply(logits, task.guidance, place, lingers)
            allowed = self._grammar.allowed(place)
            allowed &= task.usable
            if task.must_play:
                allowed[place.phase == AFTER_BAR, bar] = False
            chosen, likelihood = sampler.draw(logits, allowed, ~done, rows)
            if locked is not None:
                locked.insert(place, chosen, likelihood, ~done)
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

    def _read(self, tokens: Ints, aligned: Floats, state: DecoderState) -> tuple[Floats, DecoderState]:
        logits, hidden, cell = self._step(tokens, aligned, state.hidden, state.cell)
        return logits, DecoderState(hidden, cell)

    def _hits(self, tokens: list[int]) -> Array:
        hits: list[tuple[int, int, int, int]] = []
        position = -1
        for token in tokens:
            for kind, value in self._runs[token]:
                if kind == DrumVocabulary.POSITION:
                    position = value
                else:
                    hits.append((0, position, value, WRITTEN_LEVEL))
        return np.array(hits, HIT)


class _LockedHits:
    """Inserts locked hits between the tokens that the model chooses."""

    def __init__(
        self, hits: Array, runs: list[list[list[int]]], single: dict[tuple[int, int], int], rows: int
    ) -> None:
        self._hits = [(int(hit["position"]), int(hit["piece"])) for hit in hits]
        self._runs, self._single = runs, single
        self._next = [0] * rows
        self._queues: list[list[int]] = [[] for _ in range(rows)]

    def insert(
        self, place: GrammarState, chosen: Ints, likelihood: npt.NDArray[np.float64], active: Bools
    ) -> None:
        """Change `chosen` in place: a token that would skip a locked hit is split into base tokens around the hit."""
        for row in np.flatnonzero(active):
            if self._queues[row]:
                likelihood[row] = 0.0
            else:
                self._queues[row] = self._around(int(row), int(chosen[row]), int(place.position[row]))
            chosen[row] = self._queues[row].pop(0)

    def _around(self, row: int, token: int, here: int) -> list[int]:
        """The tokens to write in place of `token`, from position `here` on."""
        events: list[tuple[int, int]] = []
        first = self._next[row]
        for kind, value in self._runs[token]:
            if kind == DrumVocabulary.PIECE:
                there = (here, value)
            else:
                there = (value if kind == DrumVocabulary.POSITION else POSITIONS_PER_BAR, -1)
            while self._next[row] < len(self._hits) and self._hits[self._next[row]] < there:
                position, piece = self._hits[self._next[row]]
                if position != here:
                    events.append((DrumVocabulary.POSITION, position))
                    here = position
                events.append((DrumVocabulary.PIECE, piece))
                self._next[row] += 1
            events.append((kind, value))
            if kind == DrumVocabulary.POSITION:
                here = value
        return [token] if self._next[row] == first else [self._single[event] for event in events]


def _where(done: Bools, old: DecoderState, new: DecoderState) -> DecoderState:
    mask = done[None, :, None]
    return DecoderState(np.where(mask, old.hidden, new.hidden), np.where(mask, old.cell, new.cell))
