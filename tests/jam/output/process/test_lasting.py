"""A scheduler that outlives its process: another on the same port, what may sound ended, and on from the next bar."""

from __future__ import annotations

import threading
import time

import pytest

from musegen_daw.errors import PortError
from musegen_daw.jam.events import TimedNote
from musegen_daw.jam.output.process import lasting
from musegen_daw.jam.output.process.lasting import MAX_DEATHS, LastingScheduler
from musegen_daw.jam.output.process.messages import OutputPlace
from musegen_daw.jam.output.process.remote import SenderLost

WAIT_SECONDS = 60
PLACE = OutputPlace("musegen drums", system="jack")


class Remote:
    """A sending process in memory, that dies when it is told to."""

    def __init__(self, place, *, offset_seconds, lost, found, ended, in_real_time, again):
        if again and Remote.refusal:
            raise PortError(Remote.refusal)
        if again and Remote.killed:
            Remote.killed -= 1
            raise SenderLost("The process that sends notes has ended.")
        self.place, self.offset_seconds, self.again = place, offset_seconds, again
        self.port_name = "musegen drums 2"
        self.failure = None
        self.played, self.ended_keys, self.is_closed = [], [], False
        self._ended = ended
        Remote.all.append(self)

    def die(self):
        self.failure = PortError("The process that sends notes has ended.")
        self._ended("The process that sends notes has ended.")

    def play(self, *notes):
        self.played += notes

    def end(self, *keys):
        self.ended_keys.append(sorted(keys))

    def release_all(self):
        pass

    def close(self):
        self.is_closed = True


class Lasting:
    def __init__(self):
        self.found, self.failures = threading.Semaphore(0), []
        self.has_failed = threading.Event()
        self.resumes = time.perf_counter() + 100
        self.scheduler = LastingScheduler(
            PLACE,
            resumes=lambda: self.resumes,
            lost=lambda sentence: None,
            found=self.found.release,
            failed=self._failed,
        )

    def _failed(self, sentence):
        self.failures.append(sentence)
        self.has_failed.set()

    def back(self):
        assert self.found.acquire(timeout=WAIT_SECONDS)
        return Remote.all[-1]


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr(lasting, "RemoteScheduler", Remote)
    Remote.all, Remote.refusal, Remote.killed = [], "", 0
    made = Lasting()
    yield made
    made.scheduler.close()
    assert "musegen sending again" not in {thread.name for thread in threading.enumerate()}


def note(pitch, start_seconds, length_seconds=0.5):
    return TimedNote(start_seconds, start_seconds + length_seconds, 9, pitch, 100)


def test_another_process_takes_the_port_ends_what_may_sound_and_goes_on_at_the_next_bar(made):
    now = time.perf_counter()
    made.scheduler.offset_seconds = -0.02
    made.scheduler.play(note(35, now - 60), note(36, now, 500), note(38, now, 500))
    Remote.all[0].die()
    after = made.back()
    assert after.place == OutputPlace("musegen drums 2", system="jack")
    assert after.again
    assert after.offset_seconds == -0.02
    assert Remote.all[0].is_closed
    assert after.ended_keys == [[(9, 36), (9, 38)]]
    made.scheduler.play(note(42, made.resumes - 0.1), note(46, made.resumes))
    assert [each.pitch for each in after.played] == [46]


def test_what_was_released_before_is_not_ended_again(made):
    made.scheduler.play(note(36, time.perf_counter(), 500))
    made.scheduler.release_all()
    made.scheduler._ends = {key: end - 10 for key, end in made.scheduler._ends.items()}  # some time later
    Remote.all[0].die()
    after = made.back()
    assert after.ended_keys == [[]]


def test_where_no_other_process_begins_it_is_said_in_one_sentence(made):
    Remote.refusal = "The MIDI output 'musegen drums' does not come free."
    Remote.all[0].die()
    assert made.has_failed.wait(WAIT_SECONDS)
    assert made.failures == [f"The process that sends notes ended and cannot begin again: {Remote.refusal}"]


def test_one_that_is_killed_while_it_begins_is_begun_again(made):
    Remote.killed = 2
    Remote.all[0].die()
    assert made.back() is Remote.all[1]
    assert made.failures == []


def test_those_that_are_always_killed_while_they_begin_are_given_up(made):
    Remote.killed = 1000
    Remote.all[0].die()
    assert made.has_failed.wait(WAIT_SECONDS)
    assert "again and again" in made.failures[0]
    assert Remote.killed == 1000 - MAX_DEATHS


def test_one_that_is_killed_as_soon_as_it_has_its_port_is_begun_again(made):
    made.scheduler.play(note(36, time.perf_counter(), 500))
    Remote.all[0].die()
    Remote.all[0].die()  # told while the next begins
    made.back()
    after = made.back()
    assert after.ended_keys == [[(9, 36)]]
    made.scheduler.play(note(46, made.resumes))
    assert [each.pitch for each in after.played] == [46]


def test_a_process_that_ends_again_and_again_is_given_up(made):
    for _ in range(MAX_DEATHS):
        Remote.all[-1].die()
        made.back()
    Remote.all[-1].die()
    assert made.has_failed.wait(WAIT_SECONDS)
    assert "again and again" in made.failures[0]
    assert len(Remote.all) == 1 + MAX_DEATHS


def test_a_process_that_ends_with_the_jam_is_not_begun_again(made):
    made.scheduler.close()
    Remote.all[0].die()
    assert len(Remote.all) == 1
