"""Worker: calls tasks in a process of its own, which is started when needed and again when it is lost."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from musegen_daw import logs
from musegen_daw.errors import MusegenError
from musegen_daw.progress import Cancelled, IsCancelled
from musegen_daw.subprocesses import AS_COMPUTER, command_of, end
from musegen_daw.workers import messages

LOOK_SECONDS = 0.05  # between two looks at whether a call is still wanted
END_SECONDS = 2.0
SILENT_SECONDS = 300.0
"""What is asked for tells its progress more often; what does not is stuck in a library, such as in a graph."""
PATIENT_NICENESS = 5
TRIES = 2
_LOST = "lost"

_log = logging.getLogger(__name__)


class _Lost(Exception):
    """The process ended in the middle of a task."""


class Worker:
    """One process for tasks of one kind; `does` completes "The process that ..." in messages. A patient one has a lower
    priority. Calls may come from any thread.

    When this program ends, however it ends, the pipe closes and the process ends too.
    """

    def __init__(
        self, does: str, *, is_patient: bool = False, silent_seconds: float = SILENT_SECONDS
    ) -> None:
        self._does, self._is_patient, self._silent_seconds = does, is_patient, silent_seconds
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._is_closed = False

    @property
    def process_id(self) -> int | None:
        """The id of the process, None while there is none."""
        process = self._process
        return None if process is None or process.is_over else process.process_id

    def call(
        self,
        task: str | Callable[..., Any],
        *arguments: Any,
        progress: Callable[..., None] | None = None,
        cancelled: IsCancelled | None = None,
    ) -> Any:
        """What a task returns for `arguments`: one of `tasks`, by name, or a function of a module that is called with
        `progress` and `cancelled`, too. What it raises is raised here.

        `progress` is called with what the task tells: how much is done of how much, or parts of the result.

        Where `cancelled` returns true or `progress` raises, the task is cancelled; when it has ended, Cancelled is
        raised, or what `progress` raised. If the process dies, another repeats the task, once, for the task may be the
        cause. Raises MusegenError where that one dies, too, or where one has reported neither progress nor a result
        for `silent_seconds` and was killed; the next call starts another.
        """
        for _ in range(TRIES):
            try:
                return self._called(task, arguments, progress, cancelled)
            except _Lost:
                _log.warning("The worker process that %s died", self._does)
                continue
        raise MusegenError(f"The process that {self._does} has ended unexpectedly; try it again.")

    def close(self) -> None:
        """End the process and what it does; a second call does nothing, and later calls raise MusegenError."""
        with self._lock:
            self._is_closed = True
            process, self._process = self._process, None
        if process is not None:
            process.close()

    def _called(
        self,
        task: str | Callable[..., Any],
        arguments: tuple[Any, ...],
        progress: Callable[..., None] | None,
        cancelled: IsCancelled | None,
    ) -> Any:
        """What one process returns; raises _Lost where it ends before."""
        process = self._running()
        number, answers = process.ask(task, arguments)
        given_up: BaseException | None = None
        silent_until_seconds = time.monotonic() + self._silent_seconds
        try:
            while True:
                if given_up is None and cancelled is not None and cancelled():
                    given_up = Cancelled()
                    process.say(messages.CANCEL, number)
                try:
                    word, value = answers.get(timeout=LOOK_SECONDS)
                except Empty:
                    if time.monotonic() > silent_until_seconds:
                        process.give_up()
                        _log.error("Worker process %d gave no sign and was killed", process.process_id)
                        raise MusegenError(
                            f"The process that {self._does} gave no sign for {self._silent_seconds:g} s and was ended."
                        ) from None
                    continue
                silent_until_seconds = time.monotonic() + self._silent_seconds
                if word == messages.PROGRESS:
                    if progress is not None and given_up is None:
                        try:
                            progress(*value)
                        except BaseException as error:  # noqa: BLE001 - raised as soon as the task has ended
                            given_up = error
                            process.say(messages.CANCEL, number)
                elif given_up is not None:
                    raise given_up
                elif word == messages.RETURNED:
                    return value
                elif word == messages.RAISED:
                    raise value
                else:
                    raise _Lost
        finally:
            process.forget(number)

    def _running(self) -> _Process:
        with self._lock:
            if self._is_closed:
                raise MusegenError(f"The process that {self._does} has been closed.")
            if self._process is None or self._process.is_over:
                what = "started"
                if self._process is not None:
                    what = "restarted"
                    self._process.close()
                try:
                    self._process = _Process(self._is_patient)
                except OSError as error:
                    raise MusegenError(
                        f"The process that {self._does} cannot be started: {error}; end other programs and try again."
                    ) from error
                _log.info("Worker process %d that %s %s", self._process.process_id, self._does, what)
            return self._process


class _Process:
    """One worker process, its pipe, and the calls that wait for answers."""

    def __init__(self, is_patient: bool) -> None:
        self._process = subprocess.Popen(
            (*command_of("musegen_daw.workers", AS_COMPUTER), *logs.options_of_a_process()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=sys.platform != "win32",
            creationflags=_flags(is_patient),
        )
        if is_patient and sys.platform != "win32":
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, PATIENT_NICENESS)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipe, self._replies = self._process.stdin, self._process.stdout
        self._writing = threading.Lock()
        self._waiting_lock = threading.Lock()
        self._waiting: dict[int, SimpleQueue[tuple[str, Any]]] = {}
        self._numbers = count()
        self.is_over = False
        self._reader = threading.Thread(target=self._read, name="musegen computing replies", daemon=True)
        self._reader.start()

    @property
    def process_id(self) -> int:
        return self._process.pid

    def ask(
        self, task: str | Callable[..., Any], arguments: tuple[Any, ...]
    ) -> tuple[int, SimpleQueue[tuple[str, Any]]]:
        answers: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        number = next(self._numbers)
        with self._waiting_lock:
            self._waiting[number] = answers
            if self.is_over:
                answers.put((_LOST, None))
        self.say(messages.CALL, number, (task, arguments))
        return number, answers

    def say(self, word: str, number: int, value: Any = None) -> None:
        pieces = messages.packed(word, number, value)
        with self._writing, suppress(OSError, ValueError):  # one that is gone is told by the reader
            messages.write(self._pipe, pieces)

    def forget(self, number: int) -> None:
        with self._waiting_lock:
            self._waiting.pop(number, None)

    def give_up(self) -> None:
        """Kill it; all calls that wait for it get `_LOST`."""
        self._process.kill()
        self._reader.join()

    def close(self) -> None:
        with self._writing, suppress(OSError):
            self._pipe.close()
        end(self._process, END_SECONDS)
        self._reader.join()

    def _read(self) -> None:
        with self._replies, suppress(OSError):
            while (message := messages.read(self._replies)) is not None:
                word, number, value = message
                with self._waiting_lock:
                    answers = self._waiting.get(number)
                if answers is not None:
                    answers.put((word, value))
        self._process.wait()  # nothing is left of it in the system's list
        with self._waiting_lock:
            self.is_over = True
            for answers in self._waiting.values():
                answers.put((_LOST, None))


def _flags(is_patient: bool) -> int:
    """A process without a window, out of reach of the terminal's signals."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return flags | subprocess.BELOW_NORMAL_PRIORITY_CLASS if is_patient else flags
    return 0
