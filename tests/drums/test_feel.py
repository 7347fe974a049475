"""Straight or in triplets: the share in the parts, and the tokens that fit it."""

from __future__ import annotations

import numpy as np
import pytest

from musegen_daw.drums.events import ONSET
from musegen_daw.drums.grammar import Grammar
from musegen_daw.drums.part import heard_triplets
from musegen_daw.drums.take_writer import FeelMasks


def _onsets(*positions: int) -> np.ndarray:
    found = np.zeros(len(positions), ONSET)
    found["position"] = [6 + position for position in positions]
    return found


@pytest.mark.parametrize(
    ("positions", "share"),
    [
        ((), 0.0),
        ((0, 48, 96, 144), 0.0),
        ((0, 24, 48, 72), 0.0),
        ((0, 12, 24, 36), 0.0),
        ((0, 16, 32, 48, 64, 80), 1.0),
        ((32, 80, 128, 176), 1.0),
        ((24, 80), 0.5),
    ],
)
def test_triplets_are_counted_by_beat(positions, share) -> None:
    assert heard_triplets(_onsets(*positions)) == share


def test_the_mask_follows_the_style_unless_the_part_is_clear(vocabulary) -> None:
    masks = FeelMasks(Grammar(vocabulary), vocabulary)
    assert (masks.usable(0.0, 0.0) == masks.straight).all()
    assert (masks.usable(0.9, 0.0) == masks.triplets).all()
    assert (masks.usable(0.0, 0.9) == masks.triplets).all()
    assert (masks.usable(0.4, 0.2) == masks.mixed).all()
    assert (masks.straight <= masks.mixed).all()
    assert masks.straight.sum() < masks.mixed.sum()
