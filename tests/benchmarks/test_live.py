"""The benchmarks of playing live measure what they say: here on few notes, elsewhere on many."""

import threading

import numpy as np
import pytest

from benchmarks import clock_bound, drift, session_fuzz
from benchmarks.jack_peer import Message
from benchmarks.live import PERIOD_SECONDS, WAYS, SendingMode, to_callback, to_wire, wire_row
from benchmarks.loads import looping
from musegen_daw.jam.events import TimedNote, note_off, note_on
from musegen_daw.jam.output.scheduler import Lateness

TAKES = 5


def test_a_note_is_late_by_what_is_between_due_time_and_its_period():
    notes = [TimedNote(10.0 + index, 10.05 + index, 9, 36, 100 - index) for index in range(2)]
    # The first note in the first period after it was due, its end a period later than that, the second note lost.
    heard = [
        Message(10.004, 9.999, note_on(9, 36, 100)),
        Message(10.06, 10.0547, note_off(9, 36)),
        Message(11.06, 11.05, note_off(9, 36)),
        Message(12.0, 11.0, b"\xfe"),
    ]
    row = wire_row(notes, heard, Lateness(4, 0, 0.0, 0.0, 0.0))
    assert row["lost"] == 2
    assert row["wire_max_ms"] == pytest.approx(10.0)
    assert row["beyond_max_ms"] == pytest.approx(4.7)


def whole(measure):
    """What is measured where nothing is lost; again where a busy computer came too late for a note."""
    for _ in range(TAKES):
        row = measure()
        if not row["lost"]:
            break
    return row


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_every_note_passes_the_port_after_it_was_due(jack, way: SendingMode):
    row = whole(lambda: to_wire(way, 40, seed=1))
    assert row["lost"] == 0
    assert row["sent"] == 40
    assert 0 <= row["driver_p50_ms"] <= row["driver_max_ms"]
    # A period in progress takes what comes before its end here.
    assert -1e3 * PERIOD_SECONDS < row["wire_p50_ms"] <= row["wire_max_ms"]


def test_every_note_that_is_played_to_the_program_is_told(jack):
    row = whole(lambda: to_callback(40, seed=1))
    assert row["lost"] == 0
    assert 0 < row["delay_p50_ms"] <= row["delay_max_ms"]


def test_turns_are_taken_again_and_again_until_the_end():
    before = set(threading.enumerate())
    turns = threading.Semaphore(0)
    with looping(turns.release):
        for _ in range(3):
            assert turns.acquire(timeout=30)
    assert set(threading.enumerate()) <= before


def test_a_clock_that_is_sent_does_not_drift():
    row = drift.simulated(0.2, seed=0)
    assert row["ticks"] == pytest.approx(0.2 * drift.BPM * 24, abs=8)  # it sets in a moment later
    assert row["max_ms"] < 1e-3
    assert row["followed_max_ms"] < 3


def test_no_estimate_of_the_tempo_is_better_than_the_best():
    errors = clock_bound.errors_bpm(12, seed=0)
    deviation = {name: np.sqrt((each**2).mean(axis=0)) for name, each in errors.items()}
    best = deviation["best possible"]
    assert (np.diff(best) < 0).all()
    assert (best[1:] < deviation["least squares"][1:]).all()
    assert (best[1:] < deviation["this follower"][1:]).all()


def test_the_fuzz_counts_its_sequences(capsys):
    rows, status = session_fuzz.benchmark(4)
    assert status == 0
    assert [row["passed"] for row in rows] == [2, 2]
    assert "| 2 | 0 |" in capsys.readouterr().out
