"""Which of several takes comes first: the likeliest, or the one that most others agree with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from musegen_daw.core.drums import PIECES
from musegen_daw.drumming.events import FRAMES_PER_BAR, Array
from musegen_daw.drumming.features import frame_of


def agreement(takes: Sequence[Array], bars: int) -> npt.NDArray[np.float64]:
    """Mean F1 of the hits (HIT, by sixteenth and piece) of each take with those of every other: (takes,).

    The take with the highest value is the minimum-risk choice among them (Kumar and Byrne, 2004).
    """
    if len(takes) < 2:
        return np.zeros(len(takes))
    played = np.zeros((len(takes), bars * FRAMES_PER_BAR * len(PIECES)), np.float32)
    for row, hits in enumerate(takes):
        step = hits["bar"].astype(np.int64) * FRAMES_PER_BAR + frame_of(hits["position"])
        played[row, step * len(PIECES) + hits["piece"]] = 1
    shared = (played @ played.T).astype(np.float64)
    count = np.diag(shared)
    f1 = 2 * shared / np.maximum(count[:, None] + count[None], 1)
    return (f1.sum(axis=1) - np.diag(f1)) / (len(takes) - 1)
