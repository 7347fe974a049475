"""RemoteGenerator: writes drums like a `DrumGenerator`, in a process whose work holds up nothing here."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from musegen_daw.computing import messages
from musegen_daw.computing.starting import started
from musegen_daw.drumming.request import Cancelled, DrumRequest, DrumResult
from musegen_daw.errors import ModelError

CANCEL_SECONDS = 0.05  # between two questions whether to go on
END_SECONDS = 5.0
GONE = "The process that writes the drums has ended; ask again, and a new one is started."

Progress = Callable[[int, int], None]


class RemoteGenerator:
    """A `DrumGenerator` of the model in `folder`, in a process that is started when it is first needed.

    Where the process dies, what it was asked for fails with a ModelError of one sentence, and the next request starts
    another. When this program ends, however it ends, the pipe does too, and the process with it. Every method may be
    called from any thread.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._is_closed = False

    def open(self) -> None:
        """Start the process and load the model, if that has not been done; raises ModelError where it cannot be."""
        self._running()

    @property
    def name(self) -> str:
        """The model's name; starts the process if there is none, which raises ModelError where it cannot be."""
        return self._running().name

    @property
    def process_id(self) -> int:
        """The number by which the system knows the process; starts it if there is none."""
        return self._running().process_id

    def generate(
        self,
        request: DrumRequest,
        *,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> DrumResult:
        """What `DrumGenerator.generate` answers, tells and raises; a ModelError where the process dies."""
        return self._running().generate(request, progress, cancelled)

    def close(self) -> None:
        """End the process; what is being written fails. A second call does nothing."""
        with self._lock:
            self._is_closed = True
            process, self._process = self._process, None
        if process is not None:
            process.close()

    def _running(self) -> _Process:
        with self._lock:
            if self._is_closed:
                raise ModelError("The program is ending; no drums are written any more.")
            if self._process is not None and self._process.has_ended:
                self._process.close()
                self._process = None
            if self._process is None:
                self._process = _Process(self._folder)
            return self._process


class _Process:
    """One process; raises ModelError where it does not come to life."""

    def __init__(self, folder: Path) -> None:
        try:
            self._process = started()
        except OSError as error:
            raise ModelError(f"The process that writes the drums cannot be started: {error}.") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipe, self._replies = self._process.stdin, self._process.stdout
        self._writing = threading.Lock()
        self._numbers = count()
        self._answers: dict[int, SimpleQueue[tuple[str, tuple[Any, ...]]]] = {}
        self.has_ended = False
        self._say(messages.OPEN, str(folder))
        opened = messages.read(self._replies)
        if opened is None or opened[0] != messages.OPENED:
            self._end()
            self._replies.close()
            raise ModelError(GONE) if opened is None else messages.error_of(*opened[1])
        self.name: str = opened[1][0]
        self._reader = threading.Thread(target=self._read, name="musegen computing replies", daemon=True)
        self._reader.start()

    @property
    def process_id(self) -> int:
        return self._process.pid

    def generate(
        self, request: DrumRequest, progress: Progress | None, cancelled: Callable[[], bool] | None
    ) -> DrumResult:
        number = next(self._numbers)
        answer = self._answers[number] = SimpleQueue()
        is_over = False
        try:
            self._say(messages.WRITE, number, request)
            if self.has_ended:
                raise ModelError(GONE)
            while True:
                if cancelled is not None and cancelled():
                    raise Cancelled
                try:
                    word, values = answer.get(timeout=None if cancelled is None else CANCEL_SECONDS)
                except Empty:
                    continue
                if word == messages.PROGRESS:
                    if progress is not None:
                        progress(*values)
                    continue
                is_over = True
                if word == messages.DONE:
                    return values[0]
                raise messages.error_of(*values)
        finally:
            del self._answers[number]
            if not is_over:
                self._say(messages.CANCEL, number)

    def close(self) -> None:
        """End it and wait for that."""
        self._end()
        self._reader.join()

    def _end(self) -> None:
        with self._writing, suppress(OSError):
            self._pipe.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _say(self, word: str, *values: Any) -> None:
        data = messages.message(word, *values)
        with self._writing, suppress(OSError, ValueError):  # a pipe that has ended is told of by the reader
            self._pipe.write(data)
            self._pipe.flush()

    def _read(self) -> None:
        while (reply := messages.read(self._replies)) is not None:
            word, (number, *values) = reply
            answer = self._answers.get(number)
            if answer is not None:
                answer.put((word, tuple(values)))
        self._replies.close()
        self.has_ended = True
        for answer in tuple(self._answers.values()):
            answer.put((messages.FAILED, (ModelError.__name__, GONE)))
