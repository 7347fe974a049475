"""A process that dies is started again on its port, ends what may sound, and plays on from the next bar."""

from __future__ import annotations

import threading
import time

import pytest

from musegen_daw.errors import PortError
from musegen_daw.jam.events import TimedNote
from musegen_daw.jam.output.process import messages, remote
from musegen_daw.jam.output.process.messages import OutputAddress
from musegen_daw.jam.output.process.remote import MAX_DEATHS, RemoteScheduler, SenderLost

WAIT_SECONDS = 60
PLACE = OutputAddress("musegen drums", system="jack")


class Process:
    """An output process in memory, which dies on demand."""

    def __init__(self, place, *, offset_seconds, lost, found, ended, in_real_time, again):
        if again and Process.refusal:
            raise PortError(Process.refusal)
        if again and Process.killed:
            Process.killed -= 1
            raise SenderLost("The output process has ended.")
        self.place, self.offset_seconds, self.again = place, offset_seconds, again
        self.port_name, self.process_id, self.is_lost = "musegen drums 2", 1, False
        self.written, self.is_closed = [], False
        self._ended = ended
        Process.all.append(self)

    def die(self):
        self._ended()

    def write(self, word, *values):
        self.written.append((word, *values))

    def ask(self, word):
        return None

    def values(self, word):
        return [values for each, *values in self.written if each == word]

    @property
    def played(self):
        return [note for (notes,) in self.values(messages.PLAY) for note in messages.notes_of(notes)]

    def close(self):
        self.is_closed = True


class Made:
    def __init__(self):
        self.found, self.failures = threading.Semaphore(0), []
        self.has_failed = threading.Event()
        self.resumes = time.perf_counter() + 100
        self.scheduler = RemoteScheduler(
            PLACE,
            resumes=lambda: self.resumes,
            tell=self._told,
            failed=self._failed,
        )

    def _told(self, sentence):
        if sentence.endswith("is back."):
            self.found.release()

    def _failed(self, sentence):
        self.failures.append(sentence)
        self.has_failed.set()

    def back(self):
        assert self.found.acquire(timeout=WAIT_SECONDS)
        return Process.all[-1]


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr(remote, "SenderProcess", Process)
    Process.all, Process.refusal, Process.killed = [], "", 0
    made = Made()
    yield made
    made.scheduler.close()
    assert "musegen output restart" not in {thread.name for thread in threading.enumerate()}


def note(pitch, start_seconds, length_seconds=0.5):
    return TimedNote(start_seconds, start_seconds + length_seconds, 9, pitch, 100)


def test_another_process_takes_the_port_ends_what_may_sound_and_goes_on_at_the_next_bar(made):
    now = time.perf_counter()
    made.scheduler.offset_seconds = -0.02
    made.scheduler.play(note(35, now - 60), note(36, now, 500), note(38, now, 500))
    Process.all[0].die()
    after = made.back()
    assert after.place == OutputAddress("musegen drums 2", system="jack")
    assert after.again
    assert after.offset_seconds == -0.02
    assert Process.all[0].is_closed
    assert after.values(messages.END) == [[[(9, 36), (9, 38)]]]
    made.scheduler.play(note(42, made.resumes - 0.1), note(46, made.resumes))
    assert [each.pitch for each in after.played] == [46]


def test_what_was_released_before_is_not_ended_again(made):
    made.scheduler.play(note(36, time.perf_counter(), 500))
    made.scheduler.release_all()
    made.scheduler._ends = {key: end - 10 for key, end in made.scheduler._ends.items()}  # some time later
    Process.all[0].die()
    after = made.back()
    assert after.values(messages.END) == []


def test_where_no_other_process_begins_it_is_said_in_one_sentence(made):
    Process.refusal = "The MIDI output 'musegen drums' is still in use."
    Process.all[0].die()
    assert made.has_failed.wait(WAIT_SECONDS)
    assert made.failures == [f"The output process ended and cannot restart: {Process.refusal}"]


def test_one_that_is_killed_while_it_begins_is_begun_again(made):
    Process.killed = 2
    Process.all[0].die()
    assert made.back() is Process.all[1]
    assert made.failures == []


def test_those_that_are_always_killed_while_they_begin_are_given_up(made):
    Process.killed = 1000
    Process.all[0].die()
    assert made.has_failed.wait(WAIT_SECONDS)
    assert "keeps crashing" in made.failures[0]
    assert Process.killed == 1000 - MAX_DEATHS


def test_one_that_is_killed_as_soon_as_it_has_its_port_is_begun_again(made):
    made.scheduler.play(note(36, time.perf_counter(), 500))
    Process.all[0].die()
    Process.all[0].die()  # told while the next begins
    made.back()
    after = made.back()
    assert after.values(messages.END) == [[[(9, 36)]]]
    made.scheduler.play(note(46, made.resumes))
    assert [each.pitch for each in after.played] == [46]


def test_a_process_that_ends_again_and_again_is_given_up(made):
    for _ in range(MAX_DEATHS):
        Process.all[-1].die()
        made.back()
    Process.all[-1].die()
    assert made.has_failed.wait(WAIT_SECONDS)
    assert "keeps crashing" in made.failures[0]
    assert len(Process.all) == 1 + MAX_DEATHS


def test_a_process_that_ends_with_the_jam_is_not_begun_again(made):
    made.scheduler.close()
    Process.all[0].die()
    assert len(Process.all) == 1
