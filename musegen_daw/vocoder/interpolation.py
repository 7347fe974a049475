"""Reads a mel between its frames and between its bands."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from musegen_daw.vocoder.mel import Floats


def interpolated(rows: Floats, positions: npt.NDArray[np.float64]) -> Floats:
    """The rows (rows, columns) interpolated at `positions`, clamped to the first and last: (positions, columns)."""
    positions = np.clip(positions, 0, len(rows) - 1)
    below = np.floor(positions).astype(np.intp)
    above = np.minimum(below + 1, len(rows) - 1)
    share = (positions - below).astype(np.float32)[:, np.newaxis]
    start = rows[below]
    return (start + (rows[above] - start) * share).astype(np.float32, copy=False)  # exact between equals
