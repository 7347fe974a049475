"""The numbers that the planner's network is given, beside the plan so far: for training and the app."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.bar_features import CONTENT
from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.style import STYLE_BARS
from musegen_daw.music.kit import PIECES, VOICE_OF_PIECE, VOICES

Floats = npt.NDArray[np.float32]

BEFORE, AFTER = 1, 2
WINDOW = BEFORE + 1 + AFTER
"""The bars of the part that are read for a bar: that before, its own and the two to come."""
WINDOW_INPUT = WINDOW * (CONTENT + 1)
STYLE_INPUT = STYLE_BARS * FRAMES_PER_BAR * len(VOICES) + 2
TEMPO_INPUT = 3

_POOL = np.array(
    [[voice == VOICE_OF_PIECE[piece] for voice in range(len(VOICES))] for piece in range(len(PIECES))],
    np.float32,
)


def windows(content: npt.NDArray[np.floating], heard: npt.NDArray[np.bool_]) -> Floats:
    """For each bar the content of the bars around it, each with whether it is heard: (bars, WINDOW_INPUT)."""
    bars = len(content)
    known = np.concatenate([content, np.ones((bars, 1))], axis=1, dtype=np.float32) * heard[:, None]
    padded = np.zeros((bars + WINDOW - 1, CONTENT + 1), np.float32)
    padded[BEFORE : BEFORE + bars] = known
    return np.concatenate([padded[step : step + bars] for step in range(WINDOW)], axis=1)


def style_input(pattern: npt.NDArray[np.floating], triplets: float) -> Floats:
    """A style as the planner reads it: (STYLE_INPUT,); zeros stand for no style."""
    voices = np.minimum(pattern.astype(np.float32) @ _POOL, 1)
    return np.concatenate([voices.ravel(), [triplets, 1.0]], dtype=np.float32)


def tempo_input(bpm: float | None) -> Floats:
    """A tempo in quarter notes a minute as the planner reads it: (TEMPO_INPUT,)."""
    if bpm is None:
        return np.zeros(TEMPO_INPUT, np.float32)
    octaves = float(np.clip(np.log2(bpm / 110), -1.5, 1.5))
    return np.array([1.0, octaves, octaves * octaves], np.float32)
