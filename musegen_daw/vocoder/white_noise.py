"""White noise that is the same wherever a piece of it is asked for, so that chunks of audio fit together."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from musegen_daw.vocoder.mel import Floats

TABLE_VALUES = 1 << 16
MAX_PARTS = 1 << 14


def white_noise(first_step: int, steps: int, parts: int) -> Floats:
    """Noise (parts, steps) of unit variance from a step on, which may lie before 0; `parts` up to 16,384.

    Each step takes its values from one table, from a place that its number decides.
    """
    if not 0 < parts <= MAX_PARTS:
        raise ValueError(f"noise has 1 to {MAX_PARTS} parts, not {parts}")
    numbers = np.arange(first_step, first_step + steps, dtype=np.int64).astype(np.uint64)
    places = (_mixed(numbers) % np.uint64(TABLE_VALUES - parts)).astype(np.int64)
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(_table(), parts)[places].T)


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Numbers without order: the finalizer of SplitMix64 (Steele et al., OOPSLA 2014)."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@cache
def _table() -> Floats:
    return np.random.default_rng(0).standard_normal(TABLE_VALUES, np.float32)
