"""The times of messages that are read later than they came, at moments that vary."""

import threading

import numpy as np
import pytest

from musegen_daw.devices.queue_reader import LATEST_SECONDS, Arrivals, QueueReader


def test_times_are_those_of_arrival_however_late_the_reading():
    generator = np.random.default_rng(3)
    came = 100 + np.cumsum(generator.uniform(1e-3, 40e-3, 2000))
    delays = generator.uniform(0.1e-3, 5e-3, len(came))
    read = np.maximum.accumulate(came + delays)
    arrivals = Arrivals()
    deltas = np.diff(came, prepend=came[0])
    stamps = np.array([arrivals.stamp(delta, now) for delta, now in zip(deltas, read, strict=True)])
    assert np.all(stamps <= read)
    errors = stamps[200:] - came[200:]
    assert np.all(errors >= 0)
    assert np.max(errors) < 0.3e-3
    assert np.ptp(errors) < 0.2e-3


def test_times_begin_anew_when_the_driver_lost_count():
    arrivals = Arrivals()
    assert arrivals.stamp(0.0, 10.0) == 10.0
    assert arrivals.stamp(0.5, 11.0) == 11.0  # half a second was not told
    assert arrivals.stamp(0.5, 11.6) == 11.5
    assert arrivals.stamp(0.5, 11.7) == 11.7  # it tells more than has passed
    assert arrivals.stamp(LATEST_SECONDS, 11.7 + 2 * LATEST_SECONDS) == pytest.approx(11.7 + LATEST_SECONDS)


def test_the_reader_hands_on_in_order_and_leaves_no_thread():
    class Port:
        def __init__(self):
            self.queue = [([0x90, 60, number], 0.0) for number in range(100)]

        def get_message(self):
            return self.queue.pop(0) if self.queue else None

    before = set(threading.enumerate())
    heard, done = [], threading.Event()

    def received(seconds, message):
        heard.append(message[2])
        if len(heard) == 100:
            done.set()

    reader = QueueReader(Port(), received)
    assert done.wait(30)
    reader.close()
    reader.close()
    assert heard == list(range(100))
    assert set(threading.enumerate()) <= before
