"""Repeats are found, and none crosses from one style into another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drums.events import HIT
from musegen_daw.drums.plan import REPEAT_LAGS, BarKind, BarPlan, Plan
from musegen_daw.drums.plan_repeats import is_written, repeat_lags, within_styles
from musegen_daw.drums.style import Style
from musegen_daw.music.kit import PIECES


def _style(code: int) -> Style:
    return Style(np.zeros((2, 16, len(PIECES)), np.float32), code=code)


def _bars(*kicks: list[int]) -> np.ndarray:
    return np.array([(bar, 6 + 12 * step, 0, 12) for bar, steps in enumerate(kicks) for step in steps], HIT)


def test_a_bar_repeats_the_nearest_one_that_is_the_same_and_a_rest_repeats_nothing() -> None:
    one, two = [0, 8], [0, 6]
    grid = _bars(one, two, one, one, [], two, [], two)
    assert repeat_lags(grid, 8).tolist() == [0, 0, 2, 1, 0, 4, 0, 2]
    assert is_written(grid, 8).tolist() == [True, True] + [False] * 6


@pytest.fixture
def repeats() -> Plan:
    groove = BarPlan()
    again = BarPlan(BarKind.REPEAT, 2)
    return Plan((groove, groove, again, again, again, again, again, again))


def test_a_repeat_within_a_style_stays_and_one_across_is_played_anew(repeats) -> None:
    verse, chorus = _style(3), _style(7)
    line = [verse] * 4 + [chorus] * 4
    found = within_styles(repeats, line)
    assert [bar.repeats for bar in found] == [0, 0, 2, 2, 0, 1, 2, 2]
    assert found[4].kind is BarKind.GROOVE
    assert found.bars[:4] == repeats.bars[:4]
    assert within_styles(repeats, [verse] * 8) == repeats


@given(st.lists(st.sampled_from([0, 1, 2, 4, 8]), min_size=1, max_size=24), st.data())
def test_no_repeat_ever_crosses_and_the_rest_of_a_plan_stays(lags, data) -> None:
    bars = [
        BarPlan(BarKind.REPEAT, lag, energy=0.3) if 0 < lag <= bar else BarPlan(crash=True)
        for bar, lag in enumerate(lags)
    ]
    styles = [_style(code) for code in range(3)]
    line = [styles[data.draw(st.integers(0, 2))] for _ in bars]
    found = within_styles(Plan(tuple(bars)), line)
    assert len(found) == len(bars)
    for index, (before, after) in enumerate(zip(bars, found, strict=True)):
        assert (after.crash, after.energy) == (before.crash, before.energy)
        if after.kind is BarKind.REPEAT:
            assert after.repeats in REPEAT_LAGS
            assert line[index - after.repeats].code == line[index].code
