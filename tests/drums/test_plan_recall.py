"""A part that comes again is heard with the drums that it had before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drums.events import ONSET
from musegen_daw.drums.part import PartBars, bar_features
from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from musegen_daw.drums.plan_repeats import with_recall
from musegen_daw.drums.style import Style
from musegen_daw.music.kit import PIECES

GROOVE, VARIATION, FILL, STOP = (
    BarPlan(kind) for kind in (BarKind.GROOVE, BarKind.VARIATION, BarKind.FILL, BarKind.STOP)
)
RIFFS = {"a": ((0, 3, 6, 8), 40), "b": ((2, 5, 10, 13), 47), "c": ((1, 4, 7, 15), 54)}


def part_of(letters: str, **kwargs) -> PartBars:
    """A bar for each letter, of one of three riffs that have nothing in common; "-" is a rest."""
    rows = [
        (bar, 6 + 12 * frame, RIFFS[letter][1] + index, 10, 12, 0, 0)
        for bar, letter in enumerate(letters)
        if letter in RIFFS
        for index, frame in enumerate(RIFFS[letter][0])
    ]
    return bar_features(np.array(rows, ONSET), len(letters), **kwargs)


def style(code: int = 0) -> Style:
    return Style(np.zeros((2, 16, len(PIECES)), np.float32), code=code)


def recalled(plan: list[BarPlan], letters: str, line: list[Style] | None = None, **kwargs) -> list[int]:
    bars = len(plan)
    found = with_recall(
        Plan(tuple(plan)),
        part_of(letters),
        line or [style()] * bars,
        kwargs.pop("fixed", [False] * bars),
        **kwargs,
    )
    return [bar.repeats for bar in found]


def test_a_riff_that_returns_has_its_drums_again_and_a_new_one_is_new() -> None:
    assert recalled([GROOVE] * 8, "aabbaaca") == [0, 1, 0, 1, 4, 4, 0, 2]


def test_of_bars_that_are_alike_the_one_at_the_same_place_of_the_phrase_is_taken() -> None:
    assert recalled([GROOVE] * 6, "abcabb")[5] == 4
    assert recalled([GROOVE, *[STOP] * 4, VARIATION], "aaaaaa")[5] == 5


def test_a_repeat_is_taken_from_where_the_part_was_the_same() -> None:
    again = BarPlan(BarKind.REPEAT, 1)
    assert recalled([GROOVE, GROOVE, again, again], "abab") == [0, 0, 2, 2]
    assert recalled([GROOVE, GROOVE, again], "aaa") == [0, 1, 1]


def test_what_is_played_in_a_fill_or_a_rest_is_not_recalled_and_they_stay() -> None:
    assert recalled([FILL, STOP, GROOVE, FILL, GROOVE], "aaaaa") == [0, 0, 0, 0, 2]
    again = BarPlan(BarKind.REPEAT, 2)
    assert recalled([GROOVE, FILL, GROOVE, again], "abab") == [0, 0, 2, 2]


def test_nothing_is_recalled_from_another_style_or_meter_or_place_in_a_bar() -> None:
    assert recalled([GROOVE] * 3, "aaa", [style(1), style(2), style(1)]) == [0, 0, 2]
    assert recalled([GROOVE] * 4, "aaaa", places=np.array([0, 1, 0, 1])) == [0, 0, 2, 2]
    part = part_of("aaa", frames=[16, 14, 16])
    found = with_recall(Plan((GROOVE,) * 3), part, [style()] * 3, [False] * 3)
    assert [bar.repeats for bar in found] == [0, 0, 2]


def test_bars_of_which_nothing_is_heard_and_those_that_are_fixed_stay() -> None:
    assert recalled([GROOVE] * 4, "a--a") == [0, 0, 0, 3]
    assert recalled([GROOVE] * 3, "aaa", fixed=[False, True, False]) == [0, 0, 1]
    unheard = part_of("aaa", heard=np.array([True, True, False]))
    found = with_recall(Plan((GROOVE,) * 3), unheard, [style()] * 3, [False] * 3)
    assert [bar.repeats for bar in found] == [0, 1, 0]


def test_a_bar_keeps_its_crash_and_energy_and_has_the_rest_of_what_it_repeats() -> None:
    first = BarPlan(density=0.2)
    second = replace(VARIATION, crash=True, energy=0.9, density=0.7)
    found = with_recall(Plan((first, second)), part_of("aa"), [style()] * 2, [False] * 2)
    assert found[1] == BarPlan(BarKind.REPEAT, 1, crash=True, energy=0.9, density=0.2)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc-"), st.sampled_from([GROOVE, VARIATION, FILL, STOP]), st.integers(0, 1)
        ),
        min_size=1,
        max_size=40,
    )
)
def test_every_repeat_leads_to_a_groove_of_the_same_riff_in_the_same_style(bars) -> None:
    letters, kinds, codes = (
        "".join(each) if index == 0 else each for index, each in enumerate(zip(*bars, strict=True))
    )
    line = [style(code) for code in codes]
    found = with_recall(Plan(tuple(kinds)), part_of(letters), line, [False] * len(bars))
    for bar, own in enumerate(found):
        if own.kind is not BarKind.REPEAT:
            assert own == kinds[bar]
            continue
        source = bar - own.repeats
        assert source >= 0
        assert (letters[source], codes[source]) == (letters[bar], codes[bar])
        while found[source].repeats:
            source -= found[source].repeats
        assert found[source].kind in (BarKind.GROOVE, BarKind.VARIATION)


@pytest.mark.parametrize("bars", [0, 1])
def test_short_plans_are_fine(bars) -> None:
    plan = Plan((GROOVE,) * bars)
    assert with_recall(plan, part_of("a" * bars), [style()] * bars, [False] * bars) == plan
