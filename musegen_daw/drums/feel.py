"""Which positions of a bar may be played: those of the meter, straight or in triplets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import (
    LEAD_POSITIONS,
    POSITIONS_PER_BEAT,
    POSITIONS_PER_FRAME,
    STRAIGHT_STEP,
    TRIPLET_STEP,
    Array,
)
from musegen_daw.drums.grammar import Grammar

STRAIGHT_BELOW, TRIPLETS_ABOVE = 0.15, 0.6


def heard_triplets(onsets: Array) -> float:
    """The share of beats with notes off the beat that are played in triplets: ONSET of the parts."""
    away = onsets["position"].astype(np.int64) - LEAD_POSITIONS
    beat = onsets["bar"].astype(np.int64) * 4 + np.maximum(away, 0) // POSITIONS_PER_BEAT
    within = np.maximum(away, 0) % POSITIONS_PER_BEAT
    off = (within > 5) & (within < POSITIONS_PER_BEAT - 5)
    if not off.any():
        return 0.0
    beats, owner = np.unique(beat[off], return_inverse=True)

    def missed(step: int) -> npt.NDArray[np.float64]:
        near = (2 * within[off] + step) // (2 * step) * step
        return np.bincount(owner, weights=np.square(near - within[off])).astype(np.float64)

    return float((missed(TRIPLET_STEP) + 4 < missed(STRAIGHT_STEP)).sum() / len(beats))


class Feels:
    """The tokens that may come in straight bars, in bars of triplets and in those that mix both: (tokens,) each."""

    def __init__(self, grammar: Grammar, runs: list[list[list[int]]], position_kind: int) -> None:
        self.straight = grammar.on_grid & grammar.is_straight
        self.mixed = grammar.on_grid
        self.triplets = np.array(
            [
                all(
                    (value - LEAD_POSITIONS) % TRIPLET_STEP == 0
                    or (value - LEAD_POSITIONS) % POSITIONS_PER_BEAT == 0
                    for kind, value in run
                    if kind == position_kind
                )
                for run in runs
            ]
        )

    def usable(self, style_triplets: float, part_triplets: float) -> npt.NDArray[np.bool_]:
        """The tokens for a style and parts with these shares of triplets; the parts decide where they are sure."""
        share = part_triplets if part_triplets > TRIPLETS_ABOVE else style_triplets
        if share > TRIPLETS_ABOVE:
            return self.triplets
        return self.straight if share < STRAIGHT_BELOW and part_triplets < STRAIGHT_BELOW else self.mixed


def end_of(frames: int) -> int:
    """The first position behind a bar of so many sixteenths."""
    return frames * POSITIONS_PER_FRAME
