"""The inputs of the planner's network, shared by training and the app."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.part import CONTENT
from musegen_daw.drums.plan import REPEAT_LAGS
from musegen_daw.drums.plan_reading import CYMBALS, FILL, FIRST_REPEAT, KINDS, LEVELS, NO_CYMBAL, STOP
from musegen_daw.drums.style import STYLE_BARS
from musegen_daw.music.kit import PIECES, VOICE_OF_PIECE, VOICES

Floats = npt.NDArray[np.float32]

BEFORE, AFTER = 1, 2
WINDOW = BEFORE + 1 + AFTER
"""Bars of the part around each bar: the one before, its own and the next two."""
WINDOW_INPUT = WINDOW * (CONTENT + 1)
STYLE_INPUT = STYLE_BARS * FRAMES_PER_BAR * len(VOICES) + 2
TEMPO_INPUT = 3

_POOL = np.array(
    [[voice == VOICE_OF_PIECE[piece] for voice in range(len(VOICES))] for piece in range(len(PIECES))],
    np.float32,
)


def windows(content: npt.NDArray[np.floating], heard: npt.NDArray[np.bool_]) -> Floats:
    """The content of the bars around each bar, each with whether it is known: (bars, WINDOW_INPUT)."""
    bars = len(content)
    known = np.concatenate([content, np.ones((bars, 1))], axis=1, dtype=np.float32) * heard[:, None]
    padded = np.zeros((bars + WINDOW - 1, CONTENT + 1), np.float32)
    padded[BEFORE : BEFORE + bars] = known
    return np.concatenate([padded[step : step + bars] for step in range(WINDOW)], axis=1)


def style_input(pattern: npt.NDArray[np.floating], triplets: float) -> Floats:
    """A style (STYLE_INPUT,); all zeros stand for no style."""
    voices = np.minimum(pattern.astype(np.float32) @ _POOL, 1)
    return np.concatenate([voices.ravel(), [triplets, 1.0]], dtype=np.float32)


def tempo_input(bpm: float | None) -> Floats:
    """A tempo in quarter notes a minute (TEMPO_INPUT,)."""
    if bpm is None:
        return np.zeros(TEMPO_INPUT, np.float32)
    octaves = float(np.clip(np.log2(bpm / 110), -1.5, 1.5))
    return np.array([1.0, octaves, octaves * octaves], np.float32)


Ints = npt.NDArray[np.int64]

_LAGS = np.array(REPEAT_LAGS)
_SPAN = 16
_OF_A_LAG = 8
_NO_BAR = KINDS
SYMBOLS = KINDS + 1 + 1 + len(CYMBALS) + LEVELS + LEVELS + 1
HISTORY = SYMBOLS + len(REPEAT_LAGS) * _OF_A_LAG + 6


@dataclass(frozen=True, eq=False)
class PlanHistory:
    """Plans so far, one a row: all arrays are (rows, bars).

    `origin`: the kind (groove, variation, fill or stop) of the bar that a bar repeats, its own if it is new; `pattern`:
    the index of that bar. `energy` is a level, `LEVELS` where it is unknown.
    """

    kind: Ints
    origin: Ints
    pattern: Ints
    crash: npt.NDArray[np.bool_]
    cymbal: Ints
    density: Ints
    energy: Ints

    @classmethod
    def empty(cls, rows: int, bars: int) -> PlanHistory:
        def full(value: int) -> Ints:
            return np.full((rows, bars), value, np.int64)

        return cls(
            full(STOP),
            full(STOP),
            full(-1),
            np.zeros((rows, bars), bool),
            full(NO_CYMBAL),
            full(0),
            full(LEVELS),
        )

    def source(self, bar: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """The bars 1, 2, 4 and 8 before (lags,), and which of them can be repeated (rows, lags)."""
        index = bar - _LAGS
        there = np.maximum(index, 0)
        return there, (index >= 0) & (self.origin[:, there] != STOP)

    def settle(self, bar: int, kind: Ints, crash: Ints, cymbal: Ints, density: Ints, energy: Ints) -> None:
        """Set the symbols of a bar, (rows,) each; a repeat takes crash, cymbal and density from the bar it repeats."""
        rows = np.arange(len(kind))
        is_repeat = kind >= FIRST_REPEAT
        source = np.where(is_repeat, bar - _LAGS[np.maximum(kind - FIRST_REPEAT, 0)], bar)
        source = np.maximum(source, 0)
        self.kind[:, bar], self.energy[:, bar] = kind, energy
        self.origin[:, bar] = np.where(is_repeat, self.origin[rows, source], kind)
        self.pattern[:, bar] = np.where(is_repeat, self.pattern[rows, source], bar)
        self.crash[:, bar] = np.where(is_repeat, self.crash[rows, source], crash)
        self.cymbal[:, bar] = np.where(is_repeat, self.cymbal[rows, source], cymbal)
        self.density[:, bar] = np.where(is_repeat, self.density[rows, source], density)

    def features(self, bar: int) -> Floats:
        """The features of the bars before `bar`: (rows, HISTORY)."""
        rows = len(self.kind)
        found = np.zeros((rows, HISTORY), np.float32)
        if bar == 0:
            found[:, _NO_BAR] = 1
            found[:, SYMBOLS - 1] = 1
            return found
        row, last = np.arange(rows), bar - 1
        found[row, self.kind[:, last]] = 1
        found[:, KINDS + 1] = self.crash[:, last]
        offset = KINDS + 2
        for values, size in (
            (self.cymbal, len(CYMBALS)),
            (self.density, LEVELS),
            (self.energy, LEVELS + 1),
        ):
            found[row, offset + values[:, last]] = 1
            offset += size
        there, usable = self.source(bar)
        first = max(0, bar - _SPAN)
        recent, origins = self.pattern[:, first:bar], self.origin[:, first:bar]
        played = origins != STOP
        pattern = self.pattern[:, there]
        again = (recent[:, None] == pattern[:, :, None]) & played[:, None]
        half = again[:, :, -8:]
        each = np.stack(
            [
                usable,
                self.origin[:, there] == FILL,
                self.origin[:, there] == 1,
                self.crash[:, there],
                pattern == pattern[:, :1],
                half.sum(axis=2) / 8,
                again.sum(axis=2) / _SPAN,
                self.density[:, there] / LEVELS,
            ],
            axis=2,
        )
        found[:, SYMBOLS:-6] = (each * usable[:, :, None]).reshape(rows, -1)
        repeats = self.kind[:, first:bar] >= FIRST_REPEAT
        found[:, -6] = repeats[:, -4:].mean(axis=1)
        found[:, -5] = repeats.mean(axis=1)
        found[:, -4] = played.mean(axis=1)
        found[:, -3] = _since(origins == FILL)
        found[:, -2] = _since(self.crash[:, first:bar])
        found[:, -1] = min(bar, 8) / 8
        return found


def _since(happened: npt.NDArray[np.bool_]) -> Floats:
    """The recency of an event (rows,): 1 for the bar before, falling to 0."""
    back = happened[:, ::-1]
    ago = np.where(back.any(axis=1), back.argmax(axis=1), _SPAN)
    return (1 - ago / _SPAN).astype(np.float32)
