"""The times of messages that are read later than they came, at moments that vary."""

import threading
import time

import numpy as np
import pytest

from musegen_daw.devices.queue_reader import LATEST_SECONDS, UNANSWERED_SECONDS, Arrivals, QueueReader


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


def test_what_the_driver_kept_back_moves_no_time():
    """It counts from the last message, which it kept back with a cut SysEx, as if nothing had come before that."""
    queue, heard, done = [], [], threading.Event()

    class Port:
        def get_message(self):
            return queue.pop(0) if queue else None

    def received(seconds, message):
        heard.append((seconds, message))
        if message == b"\xfc":
            done.set()

    reader = QueueReader(Port(), received)
    queue.append(([0xFA], 0.0))
    time.sleep(0.1)
    kept_seconds = time.perf_counter()
    queue.extend([([0xF0, 1, 0x90, 60, 100, 0xF7], 0.01), ([0xFC], 0.001)])
    assert done.wait(30)
    reader.close()
    assert [message for _, message in heard] == [b"\xfa", b"\x90\x3c\x64", b"\xfc"]
    assert all(kept_seconds <= seconds <= time.perf_counter() for seconds, _ in heard[1:])


class Deaf:
    """A driver that keeps all back until an end of SysEx comes."""

    def __init__(self):
        self.kept = [0xF0, 1, 0xFA, 0x90, 60, 100]
        self.queue, self.ends = [], 0

    def end_sysex(self):
        self.ends += 1
        self.queue.append(([*self.kept, 0xF7], 0.0))
        self.kept = []

    def get_message(self):
        return self.queue.pop(0) if self.queue else None


def test_what_a_cut_sysex_keeps_back_is_asked_for():
    port, heard, done = Deaf(), [], threading.Event()

    def received(_, message):
        heard.append(message)
        if message[0] == 0x90:
            done.set()

    reader = QueueReader(port, received)
    reader.heal_with(port.end_sysex)
    assert done.wait(30)
    reader.close()
    assert heard == [b"\xfa", b"\x90\x3c\x64"]


def test_a_server_that_stands_still_is_not_asked_without_end():
    class Still:
        def get_message(self):
            return None

    asked = []
    reader = QueueReader(Still(), lambda *_: None)
    begun = time.perf_counter()
    reader.heal_with(lambda: asked.append(time.perf_counter()))
    while len(asked) < 3:
        time.sleep(0.01)
    reader.close()
    assert asked[2] - asked[0] >= 2 * UNANSWERED_SECONDS
    assert asked[0] >= begun


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
