"""When the next bar begins, for what has to wait for it."""

import pytest

from musegen_daw.jam.clock.clock import ManualClock
from musegen_daw.jam.output.outputs import Outputs
from musegen_daw.jam.patterns import LEAD_BEATS
from musegen_daw.jam.settings import RigSettings
from musegen_daw.jam.timekeeper import Timekeeper

BAR_SECONDS = 2.0  # at 120 BPM


def test_the_next_bar_begins_with_the_hits_that_come_before_its_line() -> None:
    clock = ManualClock(10.0)
    keeper = Timekeeper(RigSettings(tempo_bpm=120.0, count_in_bars=0), clock, Outputs(), None, lambda: None)
    assert keeper.next_bar_seconds(10.0) == 10.0
    keeper.start()
    begin = keeper.transport.seconds_at(0.0)
    assert begin is not None
    lead_seconds = LEAD_BEATS * 0.5
    for now, bar in ((0.1, 1), (1.9, 1), (2.0 - lead_seconds / 2, 2), (2.1, 2), (7.0, 4)):
        expected = begin + bar * BAR_SECONDS - lead_seconds
        assert keeper.next_bar_seconds(begin + now) == pytest.approx(expected)
    keeper.close()
