"""The output process does what a scheduler does, and ends its notes whatever becomes of the program."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from musegen_daw.devices.ports import PortDirectory, PortWatcher
from musegen_daw.errors import PortError
from musegen_daw.jam.events import ALL_NOTES_OFF, MidiEvent, TimedNote, control_change, note_off, note_on
from musegen_daw.jam.output.process import messages, remote
from musegen_daw.jam.output.process.messages import OutputAddress
from musegen_daw.jam.output.process.remote import RemoteScheduler
from tests.apart import run_apart
from tests.jack_server import once_there

WAIT_SECONDS = 60
TAKES, TAKE_SECONDS = 12, 5
HERE = Path(__file__).parent
DRUMS = OutputAddress("musegen drums", system="jack")
MARKER = control_change(15, 3, 1)
PITCHES = 36, 38, 42
ONS = [note_on(9, pitch, 100) for pitch in PITCHES]
OFFS = [note_off(9, pitch) for pitch in PITCHES]


class Heard:
    """What came in but for markers, and the wait for it."""

    def __init__(self):
        self.data, self.markers = [], 0
        self._changed = threading.Condition()

    def __call__(self, _seconds, data):
        with self._changed:
            if data == MARKER:
                self.markers += 1
            else:
                self.data.append(data)
            self._changed.notify_all()

    def wait_until_it_is(self, expected):
        with self._changed:
            assert self._changed.wait_for(lambda: self.data == expected, WAIT_SECONDS), self.data

    def until_it_is(self, expected, play):
        """Let notes be played until all are heard: what a busy computer would send too late is left out."""
        for _ in range(TAKES):
            self.data.clear()
            play()
            with self._changed:
                if self._changed.wait_for(lambda: self.data == expected, TAKE_SECONDS):
                    return
        raise AssertionError(self.data)

    def connect(self, mark):
        """Let markers be sent until one comes through: a connection takes effect in a later period."""
        end = time.monotonic() + WAIT_SECONDS
        with self._changed:
            while not self.markers:
                assert time.monotonic() < end, "nothing came through"
                mark()
                self._changed.wait(0.05)


class Told:
    """What a scheduler was said to have lost or found, and the wait for it."""

    def __init__(self):
        self.words = []
        self._changed = threading.Condition()

    def __call__(self, sentence):
        with self._changed:
            self.words.append(sentence)
            self._changed.notify_all()

    def wait(self, count):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.words) >= count, WAIT_SECONDS), self.words


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """On a busy computer an answer takes as long as it takes."""
    monkeypatch.setattr(remote, "ANSWER_SECONDS", WAIT_SECONDS)
    monkeypatch.setattr(remote, "END_SECONDS", WAIT_SECONDS)


@pytest.fixture
def daw(jack):
    with PortDirectory.open("jack") as directory:
        yield directory


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def scheduler(daw, heard, told):
    scheduler = RemoteScheduler(DRUMS, tell=told)
    once_there(lambda: daw.open_input("musegen drums", heard))
    heard.connect(lambda: scheduler.send(MidiEvent(0.0, MARKER)))
    yield scheduler
    scheduler.close()


def hits(start_seconds, length_seconds=600.0):
    return [TimedNote(start_seconds, start_seconds + length_seconds, 9, pitch, 100) for pitch in PITCHES]


def test_notes_are_played_in_their_order_and_ended(scheduler, heard):
    def play():
        now = time.perf_counter()
        scheduler.play(*hits(now + 0.1, 0.05), *hits(now + 0.05, 0.02))

    heard.until_it_is([*ONS, *OFFS, *ONS, *OFFS], play)
    assert scheduler.sounding == frozenset()
    lateness = scheduler.lateness
    assert lateness.sent >= 12
    assert 0 <= lateness.median_seconds <= lateness.p99_seconds <= lateness.worst_seconds
    assert scheduler.name == "musegen drums"
    assert not scheduler.is_lost


def test_a_note_must_have_its_end(scheduler):
    with pytest.raises(ValueError, match="cannot hang"):
        scheduler.send(MidiEvent(0.0, note_on(9, 36, 100)))


def test_what_is_cancelled_is_not_sent_and_what_sounds_is_released(scheduler, heard):
    now = time.perf_counter()
    scheduler.play(TimedNote(now + 500, now + 501, 9, 50, 100))
    heard.until_it_is(ONS, lambda: scheduler.play(*hits(time.perf_counter())))
    assert scheduler.sounding == {(9, pitch) for pitch in PITCHES}
    scheduler.cancel_after(now + 100)
    scheduler.offset_seconds = (
        -500.0
    )  # now the cancelled note would be due, and so are the ends of the others
    assert scheduler.offset_seconds == -500.0
    scheduler.release_all()
    assert scheduler.sounding == frozenset()
    heard.wait_until_it_is([*ONS, *OFFS])


def test_panic_says_so_on_the_channel_that_was_played(scheduler, heard):
    heard.until_it_is(ONS, lambda: scheduler.play(*hits(time.perf_counter())))
    scheduler.panic()
    heard.wait_until_it_is([*ONS, *OFFS, control_change(9, ALL_NOTES_OFF, 0)])


def test_closing_ends_what_sounds_and_the_process(scheduler, heard, told):
    heard.until_it_is(ONS, lambda: scheduler.play(*hits(time.perf_counter())))
    scheduler.close()
    heard.wait_until_it_is([*ONS, *OFFS])
    scheduler.close()
    scheduler.play(*hits(time.perf_counter()))
    scheduler.release_all()
    assert scheduler.sounding == frozenset()
    assert scheduler.is_lost
    assert told.words == []
    with pytest.raises(ProcessLookupError):
        os.kill(scheduler.process_id, 0)
    assert "musegen output replies" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_notes_end_when_the_program_is_killed(daw, heard, number):
    program = subprocess.Popen(
        [sys.executable, str(HERE / "killed.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip

    def order(what):
        program.stdin.write(f"{what}\n")
        program.stdin.flush()

    with program:
        sender = int(program.stdout.readline())
        once_there(lambda: daw.open_input("musegen drums", heard))
        heard.connect(lambda: order("mark"))
        heard.until_it_is(ONS, lambda: order("play"))
        program.send_signal(number)
        heard.wait_until_it_is([*ONS, *OFFS])
    wait_until_it_has_ended(sender)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_asked_to_end_ends_its_notes_and_is_started_again(
    daw, scheduler, heard, told, number
):
    heard.until_it_is(ONS, lambda: scheduler.play(*hits(time.perf_counter())))
    with PortWatcher(daw):  # the port's name comes free when the DAW lets go of it
        os.kill(scheduler.process_id, number)
        heard.wait_until_it_is([*ONS, *OFFS])
        told.wait(2)
    assert told.words == [
        "The output process has ended.",
        "The MIDI output 'musegen drums' is back.",
    ]
    scheduler.panic()


def test_a_crash_is_told_and_nothing_waits_for_the_process():
    said, stderr = run_apart("tests.jam.output.process.crashed")
    assert said == {
        "told": ["The output process has ended."],
        "failure": "The output process has ended.",
        "answer": None,
    }
    assert stderr == ""


def test_a_port_of_another_is_lost_and_found_again(daw, heard, told):
    own = daw.create_input("kit", heard)
    scheduler = RemoteScheduler(OutputAddress("kit", created=False, system="jack"), tell=told)
    try:
        heard.connect(lambda: scheduler.send(MidiEvent(0.0, MARKER)))
        own.close()
        end = time.monotonic() + WAIT_SECONDS
        while not told.words:
            assert time.monotonic() < end
            scheduler.send(MidiEvent(0.0, MARKER))
            time.sleep(0.05)
        assert "gone" in told.words[0]
        assert scheduler.is_lost
        while (again := daw.create_input("kit", heard)).name != "kit":
            again.close()  # what was connected to the one before is still being closed
            assert time.monotonic() < end
            time.sleep(0.05)
        told.wait(2)
        assert told.words[1:] == ["The MIDI output 'kit:kit' is back."]
        heard.markers = 0
        heard.connect(lambda: scheduler.send(MidiEvent(0.0, MARKER)))
        pairs = [each for pair in zip(ONS, OFFS, strict=True) for each in pair]
        heard.until_it_is(pairs, lambda: scheduler.play(*hits(time.perf_counter(), 0.0)))
    finally:
        scheduler.close()


def test_a_port_that_is_not_there_is_named(daw):
    daw.create_input("kit", lambda *_: None)
    with pytest.raises(PortError, match=r"no MIDI output 'nowhere'; there are: kit:kit\.$"):
        RemoteScheduler(OutputAddress("nowhere", created=False, system="jack"))


@pytest.mark.parametrize(
    "lines",
    [
        b"no message\n",
        messages.line(messages.CLOSE),
        messages.line(messages.OPEN, "musegen drums", True, "jack", 0.0, False, False)
        + b'["play",[[1,0,9,36,100]]]\n',
    ],
)
def test_a_process_that_cannot_read_a_message_says_so_and_ends(jack, lines):
    process = subprocess.run(
        [sys.executable, "-m", "musegen_daw.jam.output.process"], input=lines, capture_output=True, check=True
    )
    word, (sentence,) = messages.read(process.stdout.splitlines()[-1])
    assert word == messages.ENDED
    assert "cannot read a message" in sentence
    assert process.stderr == b""


def test_a_process_that_goes_first_and_never_waits_is_ended():
    code = """
import time
from musegen_daw.jam.output.process.process import run_in_real_time
is_urgent = run_in_real_time()
print(is_urgent, flush=True)
end = time.monotonic() + 60
while is_urgent and time.monotonic() < end:
    pass
"""
    program = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    was_urgent = program.stdout == "True\n"
    assert was_urgent or program.stdout == "False\n"
    assert program.returncode in ((-signal.SIGXCPU, -signal.SIGKILL) if was_urgent else (0,))


def wait_until_it_has_ended(process_id):
    end = time.monotonic() + WAIT_SECONDS
    while is_running(process_id):
        assert time.monotonic() < end
        time.sleep(0.02)


def is_running(process_id):
    """Whether it has not ended; one that nobody waits for, as in a container without init, stays listed."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"
