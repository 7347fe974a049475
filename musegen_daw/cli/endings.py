"""Signals and lost exceptions: however a program ends, it ends in order."""

from __future__ import annotations

import atexit
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Stopped(KeyboardInterrupt):
    """A signal asked the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    @property
    def exit_code(self) -> int:
        """The exit code that a shell expects: 128 plus the signal's number."""
        return 128 + self.number


@contextmanager
def stopping() -> Iterator[None]:
    """While in the context, signals that end a program raise `Stopped`.

    Only the main thread receives signals: on another thread nothing changes.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        raise Stopped(number)

    before = {} if threading.current_thread() is not threading.main_thread() else handle_endings(stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def handle_endings(handler: Callable[[int, FrameType | None], None]) -> dict[int, Any]:
    """Set the handler of every signal that ends a program; returns the former handlers by number.

    A hang-up that is ignored, as under nohup, stays ignored. For the main thread.
    """
    before: dict[int, Any] = {}
    for name in _NAMES:
        number = getattr(signal, name, None)
        is_kept = name == "SIGHUP" and number and signal.getsignal(number) is signal.SIG_IGN
        if number is not None and not is_kept:
            before[number] = signal.signal(number, handler)
    return before


class Endings:
    """While in the context, signals that end a program only set `asked`, and the terminal cannot suspend it: a
    suspended jam would leave notes hanging. Under nohup the program outlives its terminal.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Endings:
        self._before = handle_endings(self._ask)
        if hasattr(signal, "SIGTSTP"):
            self._before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def ask(self) -> None:
        """End, as if a signal had come."""
        self.asked = True

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


@contextmanager
def last_resort(silence: Callable[[], None]) -> Iterator[None]:
    """Call `silence` where an exception is lost on any thread, or the program ends, within the context."""
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
