"""Time maps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.music.time import Bar, Tempo, TimeMap, TimeSignature
from tests.strategies import time_maps

TICKS = st.integers(0, 60_000)


@given(time_maps(), TICKS)
def test_seconds_and_ticks_are_inverse(time_map, ticks):
    seconds = time_map.seconds_at(ticks)
    assert time_map.ticks_at(seconds) == pytest.approx(ticks, rel=1e-6, abs=1e-3)
    assert time_map.seconds_at(time_map.ticks_at(seconds)) == pytest.approx(seconds, rel=1e-9, abs=1e-9)


@given(time_maps(), TICKS, st.integers(1, 1000))
def test_time_is_monotonic(time_map, ticks, step):
    assert time_map.seconds_at(ticks + step) > time_map.seconds_at(ticks)


@given(time_maps(), st.integers(0, 20_000))
def test_bars_tile_the_timeline(time_map, end_ticks):
    bars = time_map.bars(end_ticks)
    assert [bar.start_ticks for bar in bars] == [0, *(bar.end_ticks for bar in bars[:-1])][: len(bars)]
    assert all(bar.length_ticks > 0 and bar.start_ticks < end_ticks for bar in bars)
    assert not bars or bars[-1].end_ticks >= end_ticks
    assert bool(bars) == (end_ticks > 0)


@given(time_maps(), st.integers(1, 20_000))
def test_every_meter_change_starts_a_bar(time_map, end_ticks):
    starts = {bar.start_ticks for bar in time_map.bars(end_ticks)}
    changes = {s.start_ticks for s in time_map.time_signatures if s.start_ticks < end_ticks}
    assert changes <= starts


@given(time_maps())
def test_the_order_of_tempos_at_different_times_does_not_matter(time_map):
    by_ticks = {tempo.start_ticks: tempo for tempo in time_map.tempos}
    forwards = TimeMap(time_map.ppq, tuple(by_ticks.values()))
    assert forwards == TimeMap(time_map.ppq, tuple(reversed(by_ticks.values())))


def test_tempo_changes_add_up():
    time_map = TimeMap(480, (Tempo(480, 1_000_000), Tempo(960, 250_000)))
    assert [time_map.seconds_at(ticks) for ticks in (0, 480, 960, 1440)] == [0, 0.5, 1.5, 1.75]
    assert [time_map.bpm_at(ticks) for ticks in (0, 480, 2000)] == [120, 60, 240]


def test_a_meter_change_cuts_a_bar_short():
    time_map = TimeMap(4, (), (TimeSignature(0, 4, 4), TimeSignature(20, 3, 4)))
    assert time_map.bars(33) == (Bar(0, 16), Bar(16, 4), Bar(20, 12), Bar(32, 12))


@pytest.mark.parametrize(
    "make",
    [
        lambda: TimeMap(0),
        lambda: TimeMap(480, (Tempo(0, 0),)),
        lambda: TimeMap(480, (), (TimeSignature(0, 0, 4),)),
    ],
)
def test_an_invalid_time_map_is_rejected(make):
    with pytest.raises(ValueError, match=r"positive|not a time signature"):
        make()
