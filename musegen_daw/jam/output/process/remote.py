"""RemoteScheduler: a `Scheduler` and its port in a process of their own, which is started again when it dies."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from musegen_daw import logs
from musegen_daw.errors import PortError
from musegen_daw.jam.events import NOTE_OFF, NOTE_ON, MidiEvent, TimedNote
from musegen_daw.jam.output.process import messages
from musegen_daw.jam.output.process.messages import OutputAddress, SenderState
from musegen_daw.jam.output.scheduler import Lateness
from musegen_daw.subprocesses import AS_SENDER, command_of, end

START_SECONDS = 60.0
ANSWER_SECONDS = 2.0
END_SECONDS = 20.0
"""A JACK server waits for a program that is killed in every period, so it is given time to end by itself."""
SLACK_SECONDS = 1.0
MAX_DEATHS, DEATHS_SECONDS = 8, 60.0

_ENDED = "The output process has ended."
_SILENT = SenderState(frozenset(), Lateness(0, 0, 0.0, 0.0, 0.0))

_log = logging.getLogger(__name__)


class SenderLost(PortError):
    """The process ended before it had its port, without a word."""


class RemoteScheduler:
    """Sends like a `Scheduler`, from a process whose interpreter nothing else holds up.

    When this program ends, however it ends, the pipe does too, and the process ends every note that sounds. When the
    process dies, another opens the same port and ends what may sound; notes that start before `resumes`, in seconds of
    `time.perf_counter` and asked once the port is back, are left out.

    `tell` is given sentences about a port that is lost or back, and `failed` one when no process can be had any more:
    nothing is sent from then on. Both are called on threads of this object. Raises PortError where the port cannot be
    opened. Every method may be called from any thread.
    """

    def __init__(
        self,
        address: OutputAddress,
        *,
        tell: Callable[[str], None] = lambda sentence: None,
        failed: Callable[[str], None] | None = None,
        resumes: Callable[[], float] = lambda: float("-inf"),
        in_real_time: bool = True,
    ) -> None:
        self._tell, self._failed, self._resumes = tell, failed or tell, resumes
        self._in_real_time = in_real_time
        self._guard = threading.Lock()
        self._restarting = threading.Lock()  # one process at a time, each in the place of the one that died
        self._is_closing = threading.Event()
        self._ends: dict[tuple[int, int], float] = {}  # when the last note of a key ends
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS)
        self._resume_seconds = float("-inf")
        self._restarts: list[threading.Thread] = []
        self._offset_seconds = 0.0
        self.name = address.name
        self._process = self._started(address)
        self.name = self._process.port_name
        self._address = OutputAddress(
            self.name if address.created else address.name, address.created, address.system
        )

    @property
    def is_lost(self) -> bool:
        return self._process.is_lost

    @property
    def offset_seconds(self) -> float:
        return self._offset_seconds

    @offset_seconds.setter
    def offset_seconds(self, seconds: float) -> None:
        self._offset_seconds = seconds
        self._process.write(messages.OFFSET, seconds)

    @property
    def sounding(self) -> frozenset[tuple[int, int]]:
        return self._state().sounding

    @property
    def lateness(self) -> Lateness:
        return self._state().lateness

    @property
    def process_id(self) -> int:
        return self._process.process_id

    def play(self, *notes: TimedNote) -> None:
        with self._guard:
            notes = tuple(note for note in notes if note.start_seconds >= self._resume_seconds)
            for note in notes:
                key = note.channel, note.pitch
                self._ends[key] = max(note.end_seconds, self._ends.get(key, note.end_seconds))
            process = self._process
        if notes:
            process.write(messages.PLAY, messages.note_values(notes))

    def send(self, *events: MidiEvent) -> None:
        if any(event.kind in (NOTE_ON, NOTE_OFF) for event in events):
            raise ValueError("a note has to be played with its end, so that it cannot hang")
        self._process.write(messages.SEND, messages.event_values(events))

    def send_now(self, data: bytes) -> None:
        """Send one message other than a note now."""
        self.send(MidiEvent(time.perf_counter(), data))

    def cancel_after(self, time_seconds: float) -> None:
        self._process.write(messages.CANCEL, time_seconds)

    def release_all(self) -> None:
        self._process.ask(messages.RELEASE)
        self._released()

    def panic(self) -> None:
        self._process.ask(messages.PANIC)
        self._released()

    def close(self) -> None:
        """End everything that sounds, close the port and end the process; a second call does nothing."""
        self._is_closing.set()
        self._process.close()
        with self._guard:
            threads = tuple(self._restarts)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join()
        self._process.close()

    def _state(self) -> SenderState:
        values = self._process.ask(messages.TELL)
        return _SILENT if values is None else messages.state_of(values)

    def _started(self, address: OutputAddress, *, again: bool = False) -> SenderProcess:
        return SenderProcess(
            address,
            offset_seconds=self._offset_seconds,
            lost=self._tell,
            found=self._found,
            ended=self._died,
            in_real_time=self._in_real_time,
            again=again,
        )

    def _found(self) -> None:
        self._tell(f"The MIDI output {self.name!r} is back.")

    def _released(self) -> None:
        now_seconds = time.perf_counter()
        with self._guard:
            self._ends = {key: min(end, now_seconds) for key, end in self._ends.items()}

    def _died(self) -> None:
        now_seconds = time.perf_counter()
        with self._guard:
            if self._is_closing.is_set():
                return
            self._resume_seconds = float("inf")
            thread = threading.Thread(
                target=self._restart, args=(now_seconds,), name="musegen output restart", daemon=True
            )
            self._restarts = [each for each in self._restarts if each.is_alive()] + [thread]
            thread.start()

    def _restart(self, died_seconds: float) -> None:
        with self._restarting:
            self._process.close()
            owed = self._may_sound(died_seconds)
            try:
                process = self._another(died_seconds)
            except PortError as error:
                if not self._is_closing.is_set():
                    _log.error("The output process for %r is not restarted: %s", self.name, error)
                    self._failed(str(error))
                return
            process.write(messages.OFFSET, self._offset_seconds)  # it may have been set meanwhile
            resume_seconds = self._resumes()
            with self._guard:
                self._process = process
                self._resume_seconds = resume_seconds
            if owed:
                process.write(messages.END, sorted(owed))
            _log.info("Output process for %r restarted as %d", self.name, process.process_id)
            self._found()

    def _another(self, died_seconds: float) -> SenderProcess:
        while True:
            full = len(self._deaths) == MAX_DEATHS
            if full and died_seconds - self._deaths[0] < DEATHS_SECONDS:
                raise PortError("The output process keeps crashing; the jam has stopped.")
            self._deaths.append(died_seconds)
            try:
                return self._started(self._address, again=True)
            except SenderLost as error:
                if self._is_closing.is_set():
                    raise error
                died_seconds = time.perf_counter()
            except PortError as error:
                raise PortError(f"The output process ended and cannot restart: {error}") from error

    def _may_sound(self, died_seconds: float) -> frozenset[tuple[int, int]]:
        with self._guard:
            return frozenset(
                key
                for key, end_seconds in self._ends.items()
                if end_seconds + self._offset_seconds > died_seconds - SLACK_SECONDS
            )


class SenderProcess:
    """One output process, with the pipe to it and the port that it has opened.

    `lost` and `found` are called when the port goes and when it is back, `ended` when the process has ended without
    being asked to, all on a thread of this object. `again` is for the port of a process that died: its name is waited
    for until it is free. Raises PortError where the port cannot be opened, SenderLost where the process was killed
    before that.
    """

    def __init__(
        self,
        address: OutputAddress,
        *,
        offset_seconds: float = 0.0,
        lost: Callable[[str], None] | None = None,
        found: Callable[[], None] | None = None,
        ended: Callable[[], None] | None = None,
        in_real_time: bool = True,
        again: bool = False,
    ) -> None:
        self._lost, self._found, self._told_when_ended = lost, found, ended
        self.failure: PortError | None = None
        self.is_lost = True
        self._is_closing = self._is_open = False
        self._writing = threading.Lock()
        self._numbers = count()
        self._answers: dict[int, SimpleQueue[Any]] = {}
        self._opened: SimpleQueue[str | PortError] = SimpleQueue()
        self._process = _popen()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipe, self._replies = self._process.stdin, self._process.stdout
        self._reader = threading.Thread(target=self._read, name="musegen output replies", daemon=True)
        self._reader.start()
        self.write(
            messages.OPEN, address.name, address.created, address.system, offset_seconds, in_real_time, again
        )
        try:
            opened = self._opened.get(timeout=START_SECONDS)
        except Empty:
            opened = PortError("The output process does not start; the computer may be too busy.")
        if isinstance(opened, PortError):
            self.close()
            raise opened
        self.port_name = opened
        _log.info("Output process %d has opened %r", self.process_id, opened)

    @property
    def process_id(self) -> int:
        return self._process.pid

    def write(self, word: str, *values: Any) -> bool:
        """Send one message (see `messages`); returns False where the process has ended."""
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

    def ask(self, word: str) -> Any:
        """The answer to a message, None where there is none within `ANSWER_SECONDS`."""
        number, answer = next(self._numbers), SimpleQueue[Any]()
        self._answers[number] = answer
        try:
            if self.failure is not None or not self.write(word, number):
                return None
            return answer.get(timeout=ANSWER_SECONDS)
        except Empty:
            return None
        finally:
            self._answers.pop(number, None)

    def close(self) -> None:
        """End everything that sounds, close the port and end the process; a second call does nothing."""
        self._is_closing = True
        self.write(messages.CLOSE)
        with self._writing, suppress(OSError):
            self._pipe.close()
        end(self._process, END_SECONDS)
        if threading.current_thread() is not self._reader:
            self._reader.join()

    def _read(self) -> None:
        sentence = ""
        for data in self._replies:
            word, values = messages.read(data)
            if word == messages.ANSWER:
                answer = self._answers.get(values[0])
                if answer is not None:
                    answer.put(values[1])
            elif word == messages.OPENED:
                self.is_lost, self._is_open = False, True
                self._opened.put(values[0])
            elif word == messages.FOUND:
                self.is_lost = False
                if self._found is not None:
                    self._found()
            elif word == messages.LOST:
                self.is_lost = True
                if self._lost is not None:
                    self._lost(values[0])
            else:
                sentence = str(values[0])
        self._replies.close()
        self._has_ended(sentence)

    def _has_ended(self, sentence: str) -> None:
        was_lost, self.is_lost = self.is_lost, True
        self._opened.put(PortError(sentence) if sentence else SenderLost(_ENDED))
        is_unasked = not self._is_closing
        if is_unasked:
            self.failure = PortError(sentence or _ENDED)
            _log.warning("Output process %d died: %s", self.process_id, self.failure)
            if not was_lost and self._lost is not None:
                self._lost(str(self.failure))
        for answer in tuple(self._answers.values()):
            answer.put(None)
        if is_unasked and self._is_open and self._told_when_ended is not None:
            self._told_when_ended()


def _popen() -> subprocess.Popen[bytes]:
    """Start the process out of reach of the terminal's signals: it ends with its pipe."""
    flags = 0
    if sys.platform == "win32":
        flags = (
            subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW | subprocess.HIGH_PRIORITY_CLASS
        )
    return subprocess.Popen(
        (*command_of("musegen_daw.jam.output.process", AS_SENDER), *logs.options_of_a_process()),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=sys.platform != "win32",
        creationflags=flags,
    )
