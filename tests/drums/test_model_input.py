"""A request in model bars: what is heard, given, asked for, and what the parts are like there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from musegen_daw.drums.model_input import ModelInput
from musegen_daw.drums.part import PART_SUMMARY
from musegen_daw.drums.request import DrumRequest
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.time import TimeMap, TimeSignature

PPQ = 480


def _request(bars: int = 16, meter: tuple[int, int] = (4, 4), first: int = 0, **options) -> DrumRequest:
    """Two sections: long low notes on the beats, then short high ones on every eighth."""
    length = PPQ * 4 * meter[0] // meter[1]
    every = TimeMap(PPQ, time_signatures=(TimeSignature(0, *meter),)).bars(bars * length)
    notes: list[Note] = []
    for number, bar in enumerate(every):
        later = number >= bars // 2
        step = PPQ // 2 if later else PPQ
        for start in range(bar.start_ticks, bar.end_ticks, step):
            if number >= first:
                notes.append(Note(76 + number % 3 if later else 40, 90, start, step))
    part = Clip(tuple(notes), every[-1].end_ticks, PPQ, program=33)
    return DrumRequest((part,), every, PPQ, bpm=100.0, **options)


def test_sections_cover_all_bars_and_the_first_holds_what_is_before_it() -> None:
    inputs = ModelInput.of(_request(first=2))
    bars = [bar for section in inputs.sections for bar in section]
    assert bars == list(range(16))
    assert [section.start for section in inputs.sections] == [0, 8]
    marked = ModelInput.of(_request(sections=(4, 12)))
    assert [section.start for section in marked.sections][-1] == 12


def test_a_summary_is_of_the_bars_that_are_heard() -> None:
    inputs = ModelInput.of(_request())
    whole, first, second = inputs.summary(100.0), *(inputs.summary(100.0, each) for each in inputs.sections)
    assert whole is not None
    assert first is not None
    assert second is not None
    assert whole.shape == first.shape == second.shape == (PART_SUMMARY,)
    assert np.abs(first - second).max() > 0.5
    live = ModelInput.of(_request(heard_until_ticks=8 * 4 * PPQ))
    heard = live.summary(100.0)
    assert heard is not None
    assert np.array_equal(heard, first)


def test_where_nothing_is_heard_there_is_nothing_to_say() -> None:
    silent = replace(_request(), parts=(Clip((), 16 * 4 * PPQ, PPQ),))
    assert ModelInput.of(silent).summary(100.0) is None
    inputs = ModelInput.of(_request(first=8))
    assert inputs.summary(100.0, range(4)) is None


def test_rests_before_the_part_are_no_matter_of_the_summary() -> None:
    late, whole = ModelInput.of(_request(first=4)), ModelInput.of(_request())
    one, other = late.summary(100.0, range(8)), whole.summary(100.0, range(4, 8))
    assert one is not None
    assert other is not None
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("meter", "name"), [((4, 4), "4/4"), ((3, 4), "3/4"), ((6, 8), "6/8"), ((12, 8), "6/8")]
)
def test_the_meter_is_that_of_most_bars_and_another_can_be_supposed(meter, name) -> None:
    inputs = ModelInput.of(_request(meter=meter))
    assert inputs.meter == name
    own, supposed = inputs.summary(100.0), inputs.summary(100.0, meter=1)
    assert own is not None
    assert supposed is not None
    assert (np.flatnonzero(own != supposed).size == 0) == (name == "4/4")
