"""RemoteScheduler: sends like a `Scheduler`, from a process whose interpreter nothing else holds up."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from musegen_daw.errors import PortError
from musegen_daw.jam.events import NOTE_OFF, NOTE_ON, MidiEvent, TimedNote
from musegen_daw.jam.output.process import messages
from musegen_daw.jam.output.process.messages import OutputPlace, SenderState
from musegen_daw.jam.output.scheduler import Lateness
from musegen_daw.subprocesses import AS_SENDER, command_of, end

START_SECONDS = 60.0
ANSWER_SECONDS = 2.0
END_SECONDS = 20.0
"""A JACK server waits for a program that is killed in every period: it is let end by itself while that can be."""

_ENDED = "The process that sends notes has ended."
_SILENT = SenderState(frozenset(), Lateness(0, 0, 0.0, 0.0, 0.0))


class SenderLost(PortError):
    """The process ended before it had its port, without a word."""


class RemoteScheduler:
    """A `Scheduler` and its port in a process of their own, told what to send over a pipe.

    When this program ends, however it ends, the pipe does too, and the process ends every note that sounds.
    A port that is lost is opened again there; `lost` and `found` are told, on a thread of this object, and so is
    `ended`, why the process has ended without being asked to. `again` is for the port of a process that died: its
    name is waited for until it is free.
    Raises PortError where the port cannot be opened, SenderLost where the process was killed before that. Every method
    may be called from any thread.
    """

    def __init__(
        self,
        place: OutputPlace,
        *,
        offset_seconds: float = 0.0,
        lost: Callable[[str], None] | None = None,
        found: Callable[[], None] | None = None,
        ended: Callable[[str], None] | None = None,
        in_real_time: bool = True,
        again: bool = False,
    ) -> None:
        self._lost, self._found, self._told_when_ended = lost, found, ended
        self._offset_seconds = offset_seconds
        self._failure: Exception | None = None
        self._is_closing = False
        self._port_is_there = self._is_open = False
        self._writing = threading.Lock()
        self._numbers = count()
        self._answers: dict[int, SimpleQueue[Any]] = {}
        self._opened: SimpleQueue[str | PortError] = SimpleQueue()
        self._process = _started()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipe, self._replies = self._process.stdin, self._process.stdout
        self._reader = threading.Thread(target=self._read, name="musegen sending replies", daemon=True)
        self._reader.start()
        self._say(messages.OPEN, place.name, place.created, place.system, offset_seconds, in_real_time, again)
        try:
            opened = self._opened.get(timeout=START_SECONDS)
        except Empty:
            opened = PortError("The process that sends notes does not start; the computer may be too busy.")
        if isinstance(opened, PortError):
            self.close()
            raise opened
        self._name = opened

    # What is asked of it

    def play(self, *notes: TimedNote) -> None:
        """Send each note-on and its note-off when they are due."""
        if notes:
            self._say(messages.PLAY, messages.note_values(notes))

    def send(self, *events: MidiEvent) -> None:
        """Send messages other than notes when they are due; raises ValueError for a note, which `play` is for."""
        if any(event.kind in (NOTE_ON, NOTE_OFF) for event in events):
            raise ValueError("a note has to be played with its end, so that it cannot hang")
        self._say(messages.SEND, messages.event_values(events))

    def cancel_after(self, time_seconds: float) -> None:
        """Drop what is due from `time_seconds` on and not sent; what sounds keeps its end."""
        self._say(messages.CANCEL, time_seconds)

    def release_all(self) -> None:
        """Drop everything that is not sent and end everything that sounds, before this returns."""
        self._ask(messages.RELEASE)

    def panic(self) -> None:
        """`release_all`, and all notes off on every channel that was played, for a receiver that missed one."""
        self._ask(messages.PANIC)

    def end(self, *keys: tuple[int, int]) -> None:
        """Send the ends of notes, each a (channel, pitch), that another process struck on this port."""
        if keys:
            self._say(messages.END, sorted(keys))

    def close(self) -> None:
        """End everything that sounds, give the port back and end the process; a second call does nothing."""
        self._is_closing = True
        self._say(messages.CLOSE)
        with self._writing, suppress(OSError):
            self._pipe.close()
        end(self._process, END_SECONDS)
        if threading.current_thread() is not self._reader:
            self._reader.join()

    # What it tells

    @property
    def offset_seconds(self) -> float:
        """What is added to every time."""
        return self._offset_seconds

    @offset_seconds.setter
    def offset_seconds(self, seconds: float) -> None:
        self._offset_seconds = seconds
        self._say(messages.OFFSET, seconds)

    @property
    def port_name(self) -> str | None:
        """The name of the port, None while there is none."""
        return self._name if self._port_is_there else None

    @property
    def sounding(self) -> frozenset[tuple[int, int]]:
        """The (channel, pitch) of every note that sounds, or did when the port was lost."""
        return self._state().sounding

    @property
    def failure(self) -> Exception | None:
        """Why the process has ended, which it should not."""
        return self._failure

    @property
    def lateness(self) -> Lateness:
        """How late messages left so far."""
        return self._state().lateness

    @property
    def process_id(self) -> int:
        """The number by which the system knows the process."""
        return self._process.pid

    # The pipe

    def _state(self) -> SenderState:
        values = self._ask(messages.TELL)
        return _SILENT if values is None else messages.state_of(values)

    def _say(self, word: str, *values: Any) -> bool:
        data = messages.line(word, *values)
        with self._writing:
            if self._pipe.closed:
                return False
            try:
                self._pipe.write(data)
                self._pipe.flush()
            except OSError:
                return False  # the reader tells why
        return True

    def _ask(self, word: str) -> Any:
        """The answer, None where there is none in time."""
        number, answer = next(self._numbers), SimpleQueue[Any]()
        self._answers[number] = answer
        try:
            if self._failure is not None or not self._say(word, number):
                return None
            return answer.get(timeout=ANSWER_SECONDS)
        except Empty:
            return None
        finally:
            self._answers.pop(number, None)

    def _read(self) -> None:
        sentence = ""
        for data in self._replies:
            word, values = messages.read(data)
            if word == messages.ANSWER:
                answer = self._answers.get(values[0])
                if answer is not None:
                    answer.put(values[1])
            elif word == messages.OPENED:
                self._port_is_there = self._is_open = True
                self._opened.put(values[0])
            elif word == messages.FOUND:
                self._port_is_there = True
                if self._found is not None:
                    self._found()
            elif word == messages.LOST:
                self._port_is_there = False
                if self._lost is not None:
                    self._lost(values[0])
            else:
                sentence = str(values[0])
        self._replies.close()
        self._ended(sentence)

    def _ended(self, sentence: str) -> None:
        was_there, self._port_is_there = self._port_is_there, False
        self._opened.put(PortError(sentence) if sentence else SenderLost(_ENDED))
        sentence = sentence or _ENDED
        is_unasked = not self._is_closing
        if is_unasked:
            self._failure = PortError(sentence)
            if was_there and self._lost is not None:
                self._lost(sentence)
        for answer in tuple(self._answers.values()):
            answer.put(None)
        if is_unasked and self._is_open and self._told_when_ended is not None:
            self._told_when_ended(sentence)


def _started() -> subprocess.Popen[bytes]:
    """The process, out of reach of what a terminal sends to the program: it ends with the pipe alone."""
    flags = 0
    if sys.platform == "win32":
        flags = (
            subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW | subprocess.HIGH_PRIORITY_CLASS
        )
    return subprocess.Popen(
        command_of("musegen_daw.jam.output.process", AS_SENDER),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=sys.platform != "win32",
        creationflags=flags,
    )
