"""What a plan asks of the model, bar by bar."""

from __future__ import annotations

import numpy as np
import pytest

from musegen_daw.drums.density import asked_density, meter_factors, planned_density, with_density
from musegen_daw.drums.features import CRASH, CYMBAL, KIND, METER, TEMPO, tempo_level
from musegen_daw.drums.model_input import ModelInput
from musegen_daw.drums.plan import BarKind, BarPlan, Cymbal, Plan
from musegen_daw.drums.plan_reading import PlanScale
from musegen_daw.drums.request import DrumRequest
from musegen_daw.drums.style import Style
from musegen_daw.drums.take_writer import plan_controls
from musegen_daw.music.clip import Clip
from musegen_daw.music.kit import PIECES
from musegen_daw.music.time import Bar

PPQ = 480
SCALE = PlanScale.learn(np.arange(1, 31), np.linspace(4, 15, 30))
_NAMES = [piece.name for piece in PIECES]


def _request(bars: int = 4, **options) -> DrumRequest:
    every = tuple(Bar(4 * PPQ * bar, 4 * PPQ) for bar in range(bars))
    return DrumRequest((Clip((), 4 * PPQ * bars, PPQ),), every, PPQ, bpm=150.0, **options)


def _style(*keepers: str) -> Style:
    pattern = np.zeros((2, 16, len(PIECES)), np.float32)
    for name in keepers:
        pattern[:, ::2, _NAMES.index(name)] = 0.8
    return Style(pattern)


def test_a_busier_bar_is_asked_for_more_and_the_whole_is_as_busy_as_the_style() -> None:
    plan = Plan(tuple(BarPlan(density=density) for density in (0.2, 0.5, 0.5, 0.8)))
    found = planned_density(_request(), plan, SCALE)
    assert found[0] < found[1] == found[2] < found[3]
    flat = planned_density(_request(), Plan((BarPlan(density=0.9),) * 4), SCALE)
    assert flat == pytest.approx(planned_density(_request(), Plan((BarPlan(density=0.1),) * 4), SCALE))


def test_a_person_asks_for_more_or_less_by_the_control_or_by_an_edit_of_the_plan() -> None:
    plan = Plan(tuple(BarPlan(density=density) for density in (0.2, 0.5, 0.5, 0.8)))
    assert (asked_density(_request(), plan, None, SCALE) == 1).all()
    assert (asked_density(_request(density=0.1), plan, None, SCALE) < 1).all()
    assert (asked_density(_request(density=0.9), plan, None, SCALE) > 1).all()
    edited = Plan((*plan.bars[:2], BarPlan(density=0.1), BarPlan(density=1.0)))
    found = asked_density(_request(plan=edited), edited, plan, SCALE)
    assert found[:2].tolist() == [1, 1]
    assert found[2] < 1 < found[3]


def test_the_least_likely_hits_go_first_and_the_likeliest_come_first() -> None:
    expected = np.zeros((16, len(PIECES)), np.float32)
    expected[:8, 0] = np.linspace(0.9, 0.6, 8)
    expected[8:12, 1] = np.linspace(0.4, 0.1, 4)
    assert with_density(expected, 0.5, 1.0) is expected
    fewer = with_density(expected, 0.5, 0.5) > 0.5
    assert fewer.sum() == 4
    assert fewer[:4, 0].all()
    more = with_density(expected, 0.5, 1.25) > 0.5
    assert more.sum() == 10
    assert more[8:10, 1].all()
    assert (with_density(expected, 0.5, 9.0) > 0.5).sum() == 12


def test_short_bars_are_as_busy_as_four_quarters_and_those_are_left_alone() -> None:
    expected = np.zeros((2, 3, 16, len(PIECES)), np.float32)
    expected[0, ..., 0], expected[1, ..., 0] = 0.2, 0.9
    found = meter_factors(expected, np.array([16, 12, 8]), 0.5)
    assert found[:, 0].tolist() == [1, 1]
    assert (found[0, 1:] > 1).all()
    assert (found[1, 1:] < 1).all()
    assert found[:, 1] == pytest.approx(found[:, 2])
    assert (meter_factors(expected, np.array([16, 16, 16]), 0.5) == 1).all()
    assert meter_factors(0 * expected, np.array([12, 12, 12]), 0.5).max() == 2.0


def test_controls_say_what_the_bars_are_and_the_cymbal_only_where_the_style_knows_it() -> None:
    request = _request()
    inputs = ModelInput.of(request)
    plan = Plan(
        (
            BarPlan(cymbal=Cymbal.RIDE, crash=True),
            BarPlan(BarKind.FILL),
            BarPlan(BarKind.VARIATION, cymbal=Cymbal.RIDE),
            BarPlan(BarKind.STOP, cymbal=Cymbal.NONE),
        )
    )
    hats, ride = _style("closed hat"), _style("ride")
    found = plan_controls(request, inputs, [(ride, ride, hats, hats)], [plan])[0]
    assert found[:, KIND].tolist() == [1, 3, 2, 0]
    assert found[:, CRASH].tolist() == [2, 1, 1, 1]
    assert (found[:, CYMBAL] > 0).tolist() == [True, False, False, False]
    assert set(found[:, METER]) == {1}
    assert set(found[:, TEMPO]) == {tempo_level(150.0)}
    edited = plan_controls(_request(plan=plan), inputs, [(hats,) * 4], [plan])[0]
    assert (edited[:, CYMBAL] > 0).all()
