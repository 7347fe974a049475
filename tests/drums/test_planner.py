"""Plans from a network that is made up: whatever it says, they can be played, and keep to what is asked."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from musegen_daw.drums.events import ONSET
from musegen_daw.drums.part import PartBars, bar_features
from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from musegen_daw.drums.plan_reading import FILL, GROOVE, KINDS, STOP, VARIATION, PlanScale
from musegen_daw.drums.planner import Planner, Steering, warped
from musegen_daw.drums.style import Style
from musegen_daw.music.kit import PIECES

SCALE = PlanScale.learn(np.arange(1, 31), np.linspace(4, 15, 30))
FACTS = {
    "width": 4,
    "scale": asdict(SCALE),
    "kind_nats": [0.0] * KINDS,
    "sharpness": [1.0, 1.0],
    "crash_nats": [0.0, 0.0],
}
STYLES = [Style(np.full((2, 16, len(PIECES)), share, np.float32)) for share in (0.1, 0.2, 0.3)]
BARS = 32


def planner(likes: dict[int, float] | None = None, crash: float = -2.0) -> Planner:
    """A planner whose network always says the same."""
    kind = np.zeros(KINDS, np.float32)
    for index, value in (likes or {}).items():
        kind[index] = value

    def graph(window, place, style, history, hidden, cell):
        rows = len(history)
        wide = np.zeros((rows, KINDS, 10), np.float32)
        return [
            np.tile(kind, (rows, 1)),
            np.full((rows, KINDS), crash, np.float32),
            np.zeros((rows, KINDS, 5), np.float32),
            wide,
            wide,
            hidden,
            cell,
        ]

    return Planner(graph, FACTS)


def part(
    bars: int = BARS,
    rests: tuple[int, ...] = (),
    loud_from: int | None = None,
    sections: tuple[int, ...] = (),
    **kwargs,
) -> PartBars:
    rows = [
        (bar, 6 + 12 * frame, 40 + frame, 14 if loud_from is not None and bar >= loud_from else 6, 12, 2, 0)
        for bar in range(bars)
        if bar not in rests
        for frame in ((0, 3, 6) if loud_from is None or bar < loud_from else (0, 2, 4, 6, 8, 10, 12))
    ]
    return bar_features(np.array(rows, ONSET), bars, sections=sections, **kwargs)


def share(plans: list[Plan], kind: BarKind) -> float:
    return float(np.mean([bar.kind is kind for plan in plans for bar in plan]))


def is_fill(plan: Plan, number: int) -> bool:
    """Whether a bar is a fill or plays one again."""
    bar = plan[number]
    return is_fill(plan, number - bar.repeats) if bar.repeats else bar.kind is BarKind.FILL


def seeds(writer: Planner, heard: PartBars, **kwargs) -> list[Plan]:
    return [plan for seed in range(8) for plan in writer.write(heard, STYLES, seed=seed, **kwargs)]


def test_every_repeat_plays_a_bar_again_that_is_played():
    for plan in seeds(planner(), part(rests=(10, 11, 12))):
        assert len(plan) == BARS
        assert Plan.from_list(plan.to_list()).to_list() == plan.to_list()
        for number, bar in enumerate(plan):
            if bar.kind is BarKind.REPEAT:
                source = plan[number - bar.repeats]
                assert number >= bar.repeats
                assert source.kind is not BarKind.STOP
                assert (bar.crash, bar.cymbal, bar.density) == (source.crash, source.cymbal, source.density)
            if bar.kind is BarKind.VARIATION:
                assert any(plan[each].kind is not BarKind.STOP for each in range(max(0, number - 4), number))


def test_a_row_is_the_same_however_many_there_are_and_another_seed_is_another_plan():
    writer, heard = planner(), part()
    three = writer.write(heard, STYLES, seed=5)
    assert writer.write(heard, STYLES[:1], seed=5) == three[:1]
    assert writer.write(heard, STYLES, seed=6) != three
    assert three[0] != three[1]


def test_no_seed_repeats_far_more_than_another():
    writer = planner({GROOVE: 1.5, VARIATION: 1.5})
    shares = [share(writer.write(part(64), STYLES[:1], seed=seed), BarKind.REPEAT) for seed in range(24)]
    alone = np.sqrt(
        np.mean(shares) * (1 - np.mean(shares)) / 64
    )  # the spread of 64 draws that know nothing of each other
    assert np.std(shares) < 0.75 * alone


def test_long_rests_and_what_lies_outside_the_part_are_stops_but_for_a_fill_before_it_enters():
    rests = (0, 1, 2, 9, 15, 16, 17, 30, 31)
    plans = seeds(planner(), part(rests=rests))
    for plan in plans:
        kinds = [bar.kind for bar in plan]
        assert all(kinds[bar] is BarKind.STOP for bar in (0, 1, 15, 16, 30, 31))
        assert {kinds[2], kinds[17]} <= {BarKind.STOP, BarKind.FILL}
    assert any(plan[2].kind is BarKind.FILL for plan in plans)
    assert any(plan[9].kind not in (BarKind.STOP, BarKind.FILL) for plan in plans)  # one bar is played on


def test_given_bars_stay_as_they_are():
    given = {
        0: BarPlan(BarKind.GROOVE, crash=True),
        3: BarPlan(BarKind.REPEAT, 2, density=0.3),
        4: BarPlan(BarKind.STOP),
    }
    for plan in seeds(planner(), part(), given=given):
        assert all(plan[bar] == wanted for bar, wanted in given.items())
        assert plan[5].repeats != 1  # the bar before is silent


def test_no_fills_and_no_crashes_at_nought():
    given = {0: BarPlan(BarKind.FILL, crash=True)}
    for plan in seeds(planner({FILL: 3.0}, 2.0), part(), steering=Steering(fills=0, crashes=0), given=given):
        own = plan.bars[1:]
        assert not any(bar.kind is BarKind.FILL or bar.crash for bar in own)
        assert not any(
            bar.repeats == number for number, bar in enumerate(plan) if number
        )  # nor that fill again


def test_all_fills_and_crashes_stand_at_phrases():
    asked = Steering(fills=1, crashes=1)
    for plan in seeds(planner({FILL: -3.0, STOP: -50.0}), part(sections=(0, 16)), steering=asked):
        assert [number for number in range(BARS) if is_fill(plan, number)] == list(range(3, BARS, 4))
        assert [number for number, bar in enumerate(plan) if bar.crash] == list(range(0, BARS, 4))


def test_more_fills_are_asked_for_than_people_play_and_less():
    counts = [
        share(seeds(planner({FILL: -2.0}), part(), steering=Steering(fills=f)), BarKind.FILL)
        for f in (0.1, 0.5, 0.8)
    ]
    assert counts[0] < counts[1] < counts[2]


def test_complexity_moves_repeats():
    few, many = (
        share(seeds(planner(), part(), steering=Steering(complexity=c)), BarKind.REPEAT) for c in (1.0, 0.0)
    )
    assert few < many - 0.2


@pytest.mark.parametrize("name", ["density", "energy"])
def test_density_and_energy_move_over_the_range(name):
    def mean(value: float | None) -> float:
        plans = seeds(planner({STOP: -50.0}), part(), steering=Steering(**{name: value}))
        return float(np.mean([getattr(bar, name) for plan in plans for bar in plan]))

    assert mean(0.0) < 0.2 < 0.4 < mean(None) < 0.6 < 0.8 < mean(1.0)
    assert mean(0.5) == mean(None)


def test_a_louder_and_busier_section_is_played_louder():
    for plan in seeds(planner({STOP: -50.0}), part(loud_from=16)):
        energy = [bar.energy for bar in plan]
        assert np.mean(energy[16:]) > np.mean(energy[:16])


def test_a_marked_section_begins_with_something_new_where_the_part_does():
    plans = seeds(planner(), part(loud_from=13, sections=(0, 13)))
    assert {bar.section for bar in plans[0].bars[13:]} == {1}
    for plan in plans:
        assert plan[13].kind is not BarKind.REPEAT
        crossing = [bar for number, bar in enumerate(plan) if number >= 13 > number - bar.repeats]
        assert not crossing
    fills = np.mean([is_fill(plan, 12) for plan in plans])
    crashes = np.mean([plan[13].crash for plan in plans])
    assert fills > 0.6
    assert crashes > 0.5


def test_fills_that_are_asked_for_are_fills():
    assert all(plan[6].kind is BarKind.FILL for plan in seeds(planner({FILL: -9.0}), part(), fills=(6,)))


def test_without_a_part_all_bars_may_be_played():
    deaf = part(heard=np.zeros(BARS, bool))
    assert share(seeds(planner({STOP: -50.0}), deaf), BarKind.STOP) == 0


def test_nothing_asked_nothing_written():
    assert planner().write(part(0), STYLES) == [Plan(())] * 3
    assert planner().write(part(), []) == []


def test_controls_outside_their_range_are_refused():
    with pytest.raises(ValueError, match=r"fills must be within 0\.\.1"):
        Steering(fills=1.5)
    assert warped(np.array([0.5]), 0.5) == 0.5


@pytest.mark.parametrize(
    "facts", [{}, FACTS | {"kind_nats": [0.0]}, FACTS | {"scale": {"density": [], "energy": []}}]
)
def test_facts_of_another_model_are_refused(facts):
    with pytest.raises((ValueError, KeyError)):
        Planner(lambda *_: [], facts)
