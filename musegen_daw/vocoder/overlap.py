"""Windows of a spectrum that overlap by three quarters, analysed and resynthesised with Hann's."""

from __future__ import annotations

import numpy as np

from musegen_daw.vocoder.mel import Floats

OVERLAP = 4
WINDOW_GAIN = 1.5
"""The sum of squared Hann windows."""


def overlap_add(windows: Floats) -> Floats:
    """The sum of windows (count, OVERLAP * step), each `step` samples after the one before: a signal (samples,)."""
    count, length = windows.shape
    step = length // OVERLAP
    total = np.zeros((count + OVERLAP - 1, step), np.float32)
    for part in range(OVERLAP):
        total[part : part + count] += windows[:, part * step : (part + 1) * step]
    return total.ravel()
