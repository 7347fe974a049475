"""Whether audio has treble: measured, because a sample rate only says how much there could be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from musegen_daw.vocoder.mel import Floats, hann

WINDOW_SAMPLES = 4096
PIECE_SECONDS = 10.0
LEAST_SHARE_DB = -70.0
"""Of treble in the power of a piece: soft music with few overtones has more, what was resampled has -130."""
LEAST_LEVEL_DBFS = -90.0
"""Of treble: the noise of 16 bits is lower."""
GUARD = 1.05
"""Filters of resamplers and encoders leak a little beyond the frequency where they should end."""


def reaches_above(blocks: Iterable[Floats], rate_hz: int, frequency_hz: float) -> bool:
    """Whether audio in blocks (samples, channels) has sound above a frequency, in one of its pieces of ten seconds.

    Reads only as far as needed to know; memory is bounded by a block.
    """
    lowest = int(np.ceil(frequency_hz * GUARD * WINDOW_SAMPLES / rate_hz))
    if lowest > WINDOW_SAMPLES // 2:
        return False
    windows_a_piece = max(1, round(PIECE_SECONDS * rate_hz / WINDOW_SAMPLES))
    total, treble, windows = 0.0, 0.0, 0
    for power in _powers(blocks):
        total += float(power.sum())
        treble += float(power[lowest:].sum())
        windows += 1
        if windows == windows_a_piece:
            if _is_heard(treble, total, windows):
                return True
            total, treble, windows = 0.0, 0.0, 0
    return _is_heard(treble, total, windows)


def _is_heard(treble: float, total: float, windows: int) -> bool:
    if not windows:
        return False
    level = 10 ** (LEAST_LEVEL_DBFS / 10)
    return treble / windows > level and treble > total * 10 ** (LEAST_SHARE_DB / 10)


def _powers(blocks: Iterable[Floats]) -> Iterable[Floats]:
    """The mean square of windows, by frequency: (1 + WINDOW_SAMPLES // 2,), the mean of the channels.

    What is left in the end is left out, for a window cut short has all frequencies; only audio shorter than one is
    padded.
    """
    from scipy.fft import rfft

    window = hann(WINDOW_SAMPLES)
    # Parseval: twice, for the negative frequencies.
    scale = 2.0 / (WINDOW_SAMPLES * float((window**2).sum()))

    def power(samples: Floats) -> Floats:
        spectrum: Any = rfft(samples * window[:, None], axis=0)
        return scale * (spectrum.real**2 + spectrum.imag**2).mean(axis=1)

    waiting: Floats | None = None
    is_short = True
    for block in blocks:
        waiting = block if waiting is None else np.concatenate([waiting, block])
        while len(waiting) >= WINDOW_SAMPLES:
            is_short = False
            yield power(waiting[:WINDOW_SAMPLES])
            waiting = waiting[WINDOW_SAMPLES:]
    if is_short and waiting is not None:
        yield power(np.pad(waiting, ((0, WINDOW_SAMPLES - len(waiting)), (0, 0))))
