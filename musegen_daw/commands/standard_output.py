"""What is written to the standard output in place of a file, as `-o -` asks for it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from musegen_daw.commands.arguments import STANDARD_OUTPUT
from musegen_daw.errors import MusegenError
from musegen_daw.files import reason

COPIED_BYTES = 1 << 20


def check(output: Path, error_type: type[MusegenError]) -> None:
    """Raises `error_type` where `output` is the standard output and that is a terminal, which shows no such file."""
    if output == STANDARD_OUTPUT and sys.stdout.isatty():
        raise error_type("The output would go to this terminal: send it to a file or a program with > or |.")


def write(data: bytes, error_type: type[MusegenError]) -> None:
    """Write all of `data` to the standard output; raises `error_type` where that is closed or full."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        _forget_rest()
        raise error_type(f"Cannot write to the standard output: {reason(error)}.") from error


@contextmanager
def delivered(output: Path, suffix: str, error_type: type[MusegenError]) -> Iterator[Path]:
    """`output`, or in place of the standard output a file that ends in `suffix` and is sent there in the end.

    Raises `error_type` where there is no room for it or the standard output is closed or full.
    """
    if output != STANDARD_OUTPUT:
        yield output
        return
    try:
        folder = tempfile.TemporaryDirectory(prefix="musegen-")
    except OSError as error:
        raise error_type(f"There is no room for a temporary file: {reason(error)}.") from error
    with folder as name:
        place = Path(name) / f"output{suffix}"
        yield place
        with place.open("rb") as file:
            while block := file.read(COPIED_BYTES):
                write(block, error_type)


def _forget_rest() -> None:
    """Let what is still to be written go nowhere, so that it does not fail once more at the end of the program."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
