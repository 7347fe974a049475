"""Bars of any meter are cut at whole beats into what the model can write, and nothing is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drums.events import model_bars
from musegen_daw.music.time import Bar, TimeMap, TimeSignature


@given(
    ppq=st.sampled_from([1, 24, 96, 480]),
    meters=st.lists(
        st.tuples(st.integers(0, 4000), st.integers(1, 20), st.sampled_from([2, 4, 8, 16])), max_size=4
    ),
    end_ticks=st.integers(1, 6000),
)
def test_model_bars_cover_the_bars_and_fit_the_model(ppq, meters, end_ticks) -> None:
    bars = TimeMap(ppq, (), tuple(TimeSignature(*meter) for meter in meters)).bars(end_ticks)
    cut, owners = model_bars(bars, ppq)
    assert all(0 < each.length_ticks <= 4 * ppq for each in cut)
    for index, bar in enumerate(bars):
        own = [each for each, owner in zip(cut, owners, strict=True) if owner == index]
        assert own[0].start_ticks == bar.start_ticks
        assert own[-1].end_ticks == bar.end_ticks
        assert all(each.end_ticks == after.start_ticks for each, after in pairwise(own))
    assert list(owners) == sorted(owners)


@pytest.mark.parametrize(
    ("beats", "parts"),
    [
        (4, [4]),
        (3, [3]),
        (5, [3, 2]),
        (7, [4, 3]),
        (6, [3, 3]),
        (4.5, [3, 1.5]),
        (3.5, [3.5]),
        (9, [3, 3, 3]),
    ],
)
def test_the_longer_part_comes_first(beats, parts) -> None:
    cut, _ = model_bars([Bar(0, int(beats * 480))], 480)
    assert [each.length_ticks / 480 for each in cut] == parts
