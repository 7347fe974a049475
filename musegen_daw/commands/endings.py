"""Endings: every way a program can be told to end, or fails, leads to the same orderly end."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Endings:
    """While in the context, signals that ask for the end only set `asked`; a suspended jam would leave notes hanging,
    so a terminal cannot suspend it. What started the program with nohup keeps it from ending with its terminal.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Endings:
        for name in _NAMES:
            number = getattr(signal, name, None)
            is_kept = name == "SIGHUP" and number and signal.getsignal(number) is signal.SIG_IGN
            if number is not None and not is_kept:
                self._before[number] = signal.signal(number, self._ask)
        if hasattr(signal, "SIGTSTP"):
            self._before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def ask(self) -> None:
        """End, as if a signal had asked for it."""
        self.asked = True

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


@contextmanager
def last_resort(silence: Callable[[], None]) -> Iterator[None]:
    """Call `silence` where an exception is lost on any thread, or the program ends, before the context does."""
    of_program, of_threads = sys.excepthook, threading.excepthook

    def program_failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        silence()
        of_program(kind, error, trace)

    def thread_failed(args: threading.ExceptHookArgs) -> None:
        silence()
        of_threads(args)

    sys.excepthook, threading.excepthook = program_failed, thread_failed
    atexit.register(silence)
    try:
        yield
    finally:
        atexit.unregister(silence)
        sys.excepthook, threading.excepthook = of_program, of_threads


def abandon_stdout() -> None:
    """Whoever read the output is gone: let what is still printed go nowhere, so that it cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
