"""A latency offset is half of what notes take around a loop, and no note of it is left sounding."""

import pytest

from musegen_daw.devices.drivers import open_drivers
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.errors import PortError
from musegen_daw.jam import offset
from musegen_daw.jam.offset import NOTES, measure_offset
from musegen_daw.jam.settings import RigSettings
from tests.jam.daw import sounding
from tests.jam.doubles import at
from tests.jam.loop import LOOP_SECONDS, Loop


@pytest.fixture
def measured(monkeypatch):
    monkeypatch.setattr(offset, "SHORTEST_GAP_SECONDS", 0.0)
    monkeypatch.setattr(offset, "SPREAD_GAP_SECONDS", 0.0)

    def measure(loop, settings=None, return_seconds=0.3, **how):
        monkeypatch.setattr(offset, "RETURN_SECONDS", return_seconds)
        told = []
        with PortDirectory(open_drivers(loop, lambda api: api.key)) as directory:
            try:
                found = measure_offset(settings or RigSettings(), directory, told=told.append, **how)
            finally:
                for timer, _ in loop.timers:
                    timer.join()
                assert directory.in_use == ()
        return found, told

    return measure


def test_half_of_the_way_is_the_offset(measured):
    loop = Loop()
    found, told = measured(loop, return_seconds=30.0)
    assert (found.port_name, found.sent, found.returned) == ("musegen drums", NOTES, NOTES)
    assert found.round_trip_seconds >= LOOP_SECONDS
    assert found.offset_seconds == -found.round_trip_seconds / 2
    assert found.spread_seconds >= 0
    assert "'musegen drums'" in told[0]
    assert "'musegen in'" in told[0]
    sent = loop.timers[0][1].sent
    assert len(sent) == 2 * (NOTES + 1)
    assert not sounding([at(0.0, data) for data in sent])


def test_where_nothing_comes_back_it_says_so(measured):
    with pytest.raises(PortError, match="No note that was sent to 'musegen drums' came back"):
        measured(Loop(keeps=0.0), wait_seconds=0.2)


def test_it_gives_up_when_told_to(measured):
    with pytest.raises(PortError, match="nothing was measured"):
        measured(Loop(keeps=0.0), is_over=lambda: True)


def test_it_needs_both_ways(measured):
    with pytest.raises(PortError, match="a MIDI input and a MIDI output are needed"):
        measured(Loop(), RigSettings(output_name=None, audio=True))
