"""What a clock that comes through JACK is recorded as."""

import pytest

from benchmarks.recording import recorded
from tests.jam.doubles import Drummer

TAKES = 5
LATE_MS = 4.0
"""On an idle computer nothing comes as late; two ticks of the file are 1.3 ms at 96 BPM."""


def undisturbed(song):
    """The recording of a song whose clock came in time; again where a busy computer held it up."""
    for _ in range(TAKES):
        row = recorded(song, Drummer())
        if row["ms_max"] < LATE_MS:
            break
    return row


@pytest.mark.parametrize("bpm", [40.0, 96.0, 120.0, 174.0, 300.0])
def test_a_steady_clock_through_jack_is_recorded_at_its_tempo(jack, bpm):
    beats = max(4, bpm // 20)
    row = undisturbed(((bpm, bpm, beats),))
    assert row["tempi"] == 1
    # What came late on a busy computer moves the tempo by as much at either end.
    late = 2 * row["ms_max"] / 1e3 / (60 / bpm * beats)
    assert row["first_bpm"] == pytest.approx(bpm, abs=0.1 + late * bpm)


def test_tempi_that_change_are_recorded_as_they_were_played(jack):
    row = recorded(((120.0, 120.0, 6), (120.0, 150.0, 8), (90.0, 90.0, 6)), Drummer())
    assert 4 <= row["tempi"] <= 10
    assert row["last_bpm"] == pytest.approx(90, abs=0.2)
    assert row["bpm_p50"] < 1
    assert row["notes"] == 20
    assert row["ms_p50"] < 8
