"""The session file: what every panel restores. A file that cannot be read is set aside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, convert

from musegen_daw import files
from musegen_daw.errors import MusegenError

FILE_NAME = "session.json"
VERSION = 1
MAX_BYTES = 2**25
MAX_DIGITS = 400

State = dict[str, dict[str, Any]]


class _File(Struct):
    version: Literal[1]
    panels: dict[str, Any]


def load(folder: Path) -> tuple[State, str]:
    """The session in `folder`, by panel, and a sentence about what is wrong with it, "" where nothing is.

    A file that does not fit, in whole or in part, is renamed, so that nothing in it is lost; panels that fit are
    returned.
    """
    path = folder / FILE_NAME
    try:
        if not path.exists():
            return {}, ""
        # Not decoded by msgspec: the name of a file may hold surrogates, which json reads and writes.
        panels = convert(json.loads(files.read_bytes(path, MAX_BYTES), parse_int=_whole), _File).panels
    except OSError as error:
        return {}, f"The last session in {path} cannot be read: {files.reason(error)}."
    except (ValueError, RecursionError, MusegenError):
        return {}, _set_aside(path, "this one begins empty")
    fitting = {key: each for key, each in panels.items() if isinstance(each, dict)}
    return fitting, "" if len(fitting) == len(panels) else _set_aside(path, "the rest of it is as it was")


def save(folder: Path, state: State) -> None:
    """Write the session, whole or not at all, in ASCII; raises MusegenError."""
    document = {"version": VERSION, "panels": state}
    files.write_bytes(folder / FILE_NAME, json.dumps(document, indent=1).encode())


def _whole(digits: str) -> int | float:
    """Infinity for more digits than `int` accepts, so that the rest of the file is still read."""
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


def _set_aside(path: Path, what_follows: str) -> str:
    try:
        kept = files.set_aside(path)
    except OSError as error:
        return f"The last session in {path} cannot be read, nor set aside: {files.reason(error)}."
    return f"The last session could not be read and is kept as {kept}; {what_follows}."
