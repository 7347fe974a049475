"""Straight or in triplets: what the parts say, and what may then be played."""

from __future__ import annotations

import numpy as np
import pytest

from musegen_daw.drums.events import ONSET
from musegen_daw.drums.feel import Feels, end_of, heard_triplets
from musegen_daw.drums.grammar import Grammar


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
def test_triplets_are_heard_beat_by_beat(positions, share) -> None:
    assert heard_triplets(_onsets(*positions)) == share


def test_what_may_be_played_follows_the_style_and_a_part_that_is_sure(vocabulary) -> None:
    feels = Feels(Grammar(vocabulary), vocabulary.to_runs(), vocabulary.POSITION)
    assert (feels.usable(0.0, 0.0) == feels.straight).all()
    assert (feels.usable(0.9, 0.0) == feels.triplets).all()
    assert (feels.usable(0.0, 0.9) == feels.triplets).all()
    assert (feels.usable(0.4, 0.2) == feels.mixed).all()
    assert (feels.straight <= feels.mixed).all()
    assert feels.straight.sum() < feels.mixed.sum()


def test_a_bar_ends_after_its_sixteenths() -> None:
    assert [end_of(frames) for frames in (16, 12, 1)] == [192, 144, 12]
