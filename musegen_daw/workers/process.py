"""The worker process: carries out calls, each on a thread, and ends with its pipe."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

from musegen_daw import logs
from musegen_daw.errors import MusegenError
from musegen_daw.workers import messages
from musegen_daw.workers.tasks import Tasks

_log = logging.getLogger(__name__)


def main() -> None:
    """Serve standard input and output until the input ends; calls that run then are given up at once."""
    # The program ends this process by closing its pipe: a signal of the terminal to both would come too early.
    for name in ("SIGINT", "SIGHUP"):
        if name in signal.Signals.__members__:
            signal.signal(signal.Signals[name], signal.SIG_IGN)
    # Libraries may write to the standard output; messages go where they cannot.
    stdout = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with logs.logging_to(logs.path_of_a_process(), logs.WORKER):
        serve(sys.stdin.buffer, stdout, Tasks())
    os._exit(0)  # whatever a library still does: no file is written in place here


def serve(stdin: BinaryIO, stdout: BinaryIO, tasks: Tasks) -> None:
    """Carry out calls until `stdin` ends; those that run are told to end then, and are not waited for."""
    writing = threading.Lock()
    running: dict[int, threading.Event] = {}

    def say(word: str, number: int, value: Any = None) -> None:
        pieces = messages.packed(word, number, value)
        with writing, suppress(OSError):
            messages.write(stdout, pieces)

    def carry_out(
        number: int, task: str | Callable[..., Any], arguments: tuple[Any, ...], over: threading.Event
    ) -> None:
        started_seconds = time.monotonic()
        what = _name(task)
        _log.debug("Call %d: %s", number, what)
        try:
            function = tasks.of_name(task) if isinstance(task, str) else task
            result = function(
                *arguments,
                progress=lambda *told: say(messages.PROGRESS, number, told),
                cancelled=over.is_set,
            )
            say(messages.RETURNED, number, result)
        except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
            if over.is_set():
                say(messages.CANCELLED, number)
            else:
                say(messages.RAISED, number, _sendable(error))
        finally:
            running.pop(number, None)
            _log.debug("Call %d: %s ended after %.3f s", number, what, time.monotonic() - started_seconds)

    while (message := messages.read(stdin)) is not None:
        word, number, value = message
        if word == messages.CALL:
            over = running[number] = threading.Event()
            task, arguments = value
            threading.Thread(target=carry_out, args=(number, task, arguments, over), daemon=True).start()
        elif word == messages.CANCEL and number in running:
            running[number].set()
    for over in tuple(running.values()):
        over.set()


def _name(task: str | Callable[..., Any]) -> str:
    """For the log; what is given some arguments beforehand has no name of its own."""
    if isinstance(task, partial):
        return _name(task.func)
    return task if isinstance(task, str) else getattr(task, "__qualname__", type(task).__name__)


def _sendable(error: Exception) -> Exception:
    """The error itself where the program knows it and it can be pickled, else a RuntimeError with its words."""
    if isinstance(error, MusegenError) or type(error) in (ValueError, TypeError):
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")
