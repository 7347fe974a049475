"""The standard output: files sent there by `-o -`, printed text, and readers that have gone."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from musegen_daw.cli.arguments import STANDARD_OUTPUT
from musegen_daw.errors import MusegenError
from musegen_daw.files import reason, scratch

COPIED_BYTES = 1 << 20


def check(output: Path, error_type: type[MusegenError]) -> None:
    """Raises `error_type` where `output` is the standard output and that is a terminal."""
    if output == STANDARD_OUTPUT and sys.stdout.isatty():
        raise error_type("The output would go to this terminal: send it to a file or a program with > or |.")


def write(data: bytes, error_type: type[MusegenError]) -> None:
    """Write all of `data` to the standard output; raises `error_type` where that is closed or full."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise failure(error, error_type) from error


def write_text(text: str) -> None:
    """Write text to the standard output; nothing once its reader has gone, as with `head`.

    Raises MusegenError, once, where it cannot be written for another reason; later text is discarded, too.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        forget()
    except OSError as error:
        raise failure(error, MusegenError) from error


@contextmanager
def delivered(output: Path, suffix: str, error_type: type[MusegenError]) -> Iterator[Path]:
    """`output`, or for the standard output a temporary file that is sent there in the end.

    Raises `error_type` where there is no room for it or the standard output is closed or full.
    """
    if output != STANDARD_OUTPUT:
        yield output
        return
    with scratch(Path(tempfile.gettempdir()), suffix, error_type) as place:
        yield place
        with place.open("rb") as file:
            while block := file.read(COPIED_BYTES):
                write(block, error_type)


def forget(stream: TextIO | None = None) -> None:
    """Discard all that is printed from now on, so that it cannot fail again, not even at exit.

    `stream` is the standard output by default.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):
        os.dup2(nowhere, (stream or sys.stdout).fileno())
    os.close(nowhere)


def open_closed() -> None:
    """Occupy the descriptors of missing standard streams, before a file gets one of them.

    Writing to the standard output then fails, as it would have.
    """
    for number, flags in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # the lowest number that is free, which is this one
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


def failure(error: OSError, error_type: type[MusegenError]) -> MusegenError:
    """The error to raise where the standard output cannot be written; later output is discarded."""
    forget()
    return error_type(f"Cannot write to the standard output: {reason(error)}.")
