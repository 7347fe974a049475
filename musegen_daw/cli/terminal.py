"""The terminal: facts on stdout; notes, errors and progress on stderr; keys."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO
from unicodedata import category

from musegen_daw.cli import standard_output
from musegen_daw.cli.arguments import STANDARD_OUTPUT

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

REPAINT_SECONDS = 0.1
REPLACEMENT = "\ufffd"
_NO_TEXT = ("Cc", "Cs")
"""Control characters, with which a name could command the terminal, and bytes of a name that are no text."""


class Parser(argparse.ArgumentParser):
    """An argument parser that prints no control characters, which an argument such as a file name may contain.

    Raises MusegenError where the help cannot be written because the standard output is full.
    """

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with 2."""
        super().error(printable(message))

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if file is sys.stdout:
            standard_output.write_text(message)
        else:
            _tell(message, sys.stderr)


Commands = argparse._SubParsersAction  # pyright: ignore[reportPrivateUsage] - the type has no public name


def printable(text: str) -> str:
    """The text without control characters, except line ends."""
    return "".join(each if each == "\n" or category(each) not in _NO_TEXT else REPLACEMENT for each in text)


def shown(text: str, stream: TextIO) -> str:
    """The printable text, with question marks for letters that the encoding of `stream` lacks."""
    encoding = stream.encoding or "utf-8"
    return printable(text).encode(encoding, "replace").decode(encoding)


def say(text: str, stream: TextIO | None = None) -> None:
    """Print lines on stdout or another stream.

    Raises MusegenError, once, where stdout is full; a reader that has gone is no error, nor is another stream.
    """
    if stream is None or stream is sys.stdout:
        standard_output.write_text(f"{shown(text, sys.stdout)}\n")
        return
    _tell(f"{shown(text, stream)}\n", stream)


def json_line(facts: Mapping[str, object]) -> str:
    """One line of printable ASCII."""
    return json.dumps(facts).replace("\x7f", "\\u007f")


def note(sentence: str) -> None:
    """Print a remark on stderr."""
    say(f"Note: {sentence}", sys.stderr)


def report_error(error: Exception, *, verbose: bool, prefix: str = "Error") -> None:
    """Print the sentence of `error` on stderr, after its traceback when `verbose`."""
    if verbose:
        say("".join(traceback.format_exception(error)).rstrip(), sys.stderr)
    sentence = " ".join(str(error).split()) or type(error).__name__
    say(f"{prefix}: {sentence}", sys.stderr)


def say_facts(
    facts: Mapping[str, object], sentence: str, *, as_json: bool, output: Path | None = None
) -> None:
    """Print one line on stdout: JSON for a script, else the sentence.

    On stderr if `output` is the standard output.
    """
    stream = sys.stderr if output == STANDARD_OUTPUT else sys.stdout
    say(json_line(facts) if as_json else sentence, stream)


class StderrHandler(logging.Handler):
    """Prints log lines from INFO on."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        say(f"{record.levelname.capitalize()}: {record.getMessage()}", sys.stderr)


class TerminalProgress:
    """A percentage on one line of stderr, if that is a terminal; removed at the end."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._visible = sys.stderr.isatty()
        self._next_seconds = 0.0
        self._painted = False

    def __call__(self, done: int, total: int) -> None:
        now_seconds = time.monotonic()
        if self._visible and now_seconds >= self._next_seconds:
            self._next_seconds = now_seconds + REPAINT_SECONDS
            self._painted = True
            _tell(f"\r\033[K{printable(self._label)} {100 * done // max(1, total)} %", sys.stderr)

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._painted:
            _tell("\r\033[K", sys.stderr)


def _tell(text: str, stream: TextIO) -> None:
    try:
        print(text, end="", file=stream, flush=True)
    except OSError:
        standard_output.forget(stream)  # there is nobody left to be told


POLL_SECONDS = 0.02


class Keys:
    """Reads keys if the standard input is a terminal, else only waits. A closed terminal reads as `CLOSED`."""

    CLOSED = "closed"

    def __init__(self) -> None:
        try:
            self._fd = sys.stdin.fileno() if sys.stdin.isatty() else None
        except (AttributeError, ValueError, OSError):
            self._fd = None
        self._before: list[Any] | None = None

    @property
    def are_read(self) -> bool:
        return self._fd is not None

    def __enter__(self) -> Keys:
        if self._fd is not None and sys.platform != "win32":
            import termios
            import tty

            self._before = termios.tcgetattr(self._fd)
            tty.setcbreak(self._fd, termios.TCSANOW)
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd is not None and self._before is not None and sys.platform != "win32":
            import termios
            from contextlib import suppress

            with suppress(termios.error):  # the terminal may be gone
                termios.tcsetattr(self._fd, termios.TCSANOW, self._before)

    def read(self, wait_seconds: float) -> str:
        """The keys pressed, after the first or after `wait_seconds`."""
        if self._fd is None:
            time.sleep(wait_seconds)  # as long as a terminal would be asked for keys
            return ""
        if sys.platform == "win32":
            return _read_console(wait_seconds)
        import select

        try:
            if not select.select([self._fd], [], [], wait_seconds)[0]:
                return ""
            return os.read(self._fd, 64).decode(errors="ignore") or self.CLOSED
        except OSError:
            return self.CLOSED


def _read_console(wait_seconds: float) -> str:
    import msvcrt

    console: Any = msvcrt
    end = time.monotonic() + wait_seconds
    while not console.kbhit():
        if time.monotonic() >= end:
            return ""
        time.sleep(POLL_SECONDS)  # a Windows console cannot be waited for
    return str(console.getwch())
