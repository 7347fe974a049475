"""Edits of a plan: which bars change, and that the others stay what they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.clips import plan_edits
from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from tests.clips.strategies import plans

GROOVE, FILL, STOP, REPEAT = BarKind.GROOVE, BarKind.FILL, BarKind.STOP, BarKind.REPEAT


def song():
    """Two sections of four bars, a fill before the second and a crash at its start."""
    rows = [
        (GROOVE, 0),
        (REPEAT, 1),
        (REPEAT, 2),
        (FILL, 0),
        (GROOVE, 0),
        (REPEAT, 1),
        (REPEAT, 4),
        (REPEAT, 2),
    ]
    return Plan(
        tuple(
            BarPlan(kind, lag, bar == 4, density=0.2 + 0.1 * bar, energy=0.5, section=bar // 4)
            for bar, (kind, lag) in enumerate(rows)
        )
    )


def test_sections_are_runs_of_bars_and_have_letters():
    assert plan_edits.sections_of(song()) == (range(4), range(4, 8))
    assert plan_edits.section_at(song(), 5) == range(4, 8)
    assert [plan_edits.section_name(song(), bar) for bar in (0, 7)] == ["A", "B"]
    many = Plan(tuple(BarPlan(section=bar) for bar in range(30)))
    assert [plan_edits.section_name(many, bar) for bar in (25, 26, 27)] == ["Z", "AA", "AB"]
    with pytest.raises(IndexError):
        plan_edits.section_at(song(), 8)


@pytest.mark.parametrize(("density", "energy"), [(0.0, 1.0), (0.1, 0.9), (0.5, 0.5), (0.9, 0.1), (1.0, 0.0)])
def test_feel_moves_the_mean_of_a_section_and_nothing_else(density, energy):
    before = song()
    edit = plan_edits.with_feel(before, range(4, 8), density, energy)
    assert edit.bars == set(range(4, 8))
    assert plan_edits.feel_of(edit.plan, range(4, 8)) == pytest.approx((density, energy))
    assert edit.plan.bars[:4] == before.bars[:4]
    own = [edit.plan[bar].density for bar in range(4, 8)]
    assert own == sorted(own)


def test_feel_can_be_given_back():
    before = song()
    softer = plan_edits.with_feel(before, range(8), 0.1, 0.1).plan
    back = plan_edits.with_feel_of(softer, before, range(8)).plan
    assert [(bar.density, bar.energy) for bar in back] == [(bar.density, bar.energy) for bar in before]


def test_what_is_written_again_repeats_nothing_outside():
    edit = plan_edits.again(song(), range(4, 8))
    assert [(own.kind, own.repeats) for own in edit.plan.bars[4:]] == [
        (GROOVE, 0),
        (REPEAT, 1),
        (REPEAT, 1),
        (REPEAT, 2),
    ]
    first = plan_edits.again(song(), range(4))
    assert first.plan[6].kind is GROOVE  # repeated bar 3, which has other hits now


def test_a_fill_comes_and_goes():
    before = song()
    edit = plan_edits.with_kind(before, 6, FILL)
    assert edit.bars == {6}
    assert edit.plan[6].kind is FILL
    assert edit.plan[6].repeats == 0
    back = plan_edits.with_kind(edit.plan, 6, GROOVE)
    assert (back.plan[6].kind, back.plan[6].repeats) == (REPEAT, 1)
    alone = Plan((BarPlan(FILL),))
    assert plan_edits.with_kind(alone, 0, GROOVE).plan[0].kind is GROOVE


def test_a_stop_has_no_crash_and_gets_none():
    edit = plan_edits.with_kind(song(), 4, STOP)
    assert edit.plan[4].kind is STOP
    assert not edit.plan[4].crash
    assert plan_edits.with_crash(edit.plan, 4, True).bars == frozenset()
    assert plan_edits.with_crash(song(), 0, True).plan[0].crash


def test_sections_begin_and_are_joined_without_other_hits():
    edit = plan_edits.with_section_start(song(), 6)
    assert edit.bars == frozenset()
    assert plan_edits.sections_of(edit.plan) == (range(4), range(4, 6), range(6, 8))
    joined = plan_edits.joined_before(edit.plan, 7)
    assert plan_edits.sections_of(joined.plan) == (range(4), range(4, 8))
    assert plan_edits.with_section_start(song(), 4).plan == song()
    assert plan_edits.joined_before(song(), 2).plan == song()


@pytest.mark.parametrize(("there", "changed"), [(6, {3, 4, 5, 6}), (2, {1, 2, 3, 4})])
def test_an_edge_takes_its_fill_and_its_crash_along(there, changed):
    edit = plan_edits.with_edge(song(), 4, there)
    assert plan_edits.sections_of(edit.plan) == (range(there), range(there, 8))
    assert edit.bars <= changed | {3, there - 1}
    assert edit.plan[there - 1].kind is FILL
    assert edit.plan[there].crash
    assert sum(own.kind is FILL for own in edit.plan) == 1
    assert sum(own.crash for own in edit.plan) == 1


def test_an_edge_stops_before_the_next():
    assert plan_edits.sections_of(plan_edits.with_edge(song(), 4, 0).plan) == (range(1), range(1, 8))
    assert plan_edits.sections_of(plan_edits.with_edge(song(), 4, 99).plan) == (range(7), range(7, 8))
    assert plan_edits.with_edge(song(), 2, 3).plan == song()


@given(plans(8), st.data())
def test_any_edit_of_any_plan_leaves_the_other_bars_and_repeats_what_is_there(plan, data):
    if not len(plan):
        return
    bar = data.draw(st.integers(0, 7))
    own = plan_edits.section_at(plan, bar)
    edit = data.draw(
        st.sampled_from(
            [
                plan_edits.with_kind(plan, bar, FILL),
                plan_edits.with_kind(plan, bar, GROOVE),
                plan_edits.with_crash(plan, bar, True),
                plan_edits.with_feel(plan, own, 0.3, 0.7),
                plan_edits.with_style(plan, own, "funk"),
                plan_edits.with_section_start(plan, bar),
                *([plan_edits.with_edge(plan, own.start, bar)] if own.start else []),
            ]
        )
    )
    for index, (before, after) in enumerate(zip(plan, edit.plan, strict=True)):
        assert after.repeats <= index
        if index not in edit.bars:
            assert (after.density, after.energy, after.style) == (before.density, before.energy, before.style)
