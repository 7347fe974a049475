"""The session as a file: what every panel must find again, written whole, and set aside where it cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from musegen_daw import files
from musegen_daw.errors import MusegenError

FILE_NAME = "session.json"
VERSION = 1
MAX_BYTES = 2**25
MAX_DIGITS = 400

State = dict[str, dict[str, Any]]


def load(folder: Path) -> tuple[State, str]:
    """The saved session in `folder`, by panel, and a sentence for what is wrong with it, empty if nothing is.

    A file that cannot be used, in whole or in part, is renamed, so that nothing in it is lost; what of it can be used
    is given.
    """
    path = folder / FILE_NAME
    try:
        if not path.exists():
            return {}, ""
        document = json.loads(files.read_bytes(path, MAX_BYTES), parse_int=_whole)
        if document["version"] != VERSION:
            raise ValueError(f"it is of version {document['version']}, not {VERSION}")
        panels = document["panels"]
        if not isinstance(panels, dict):
            raise ValueError("its panels are no table")
    except OSError as error:
        return {}, f"The last session in {path} cannot be read: {files.reason(error)}."
    except (ValueError, KeyError, TypeError, RecursionError, MusegenError):
        return {}, _set_aside(path, "this one begins empty")
    good = {key: each for key, each in panels.items() if isinstance(each, dict)}
    return good, "" if len(good) == len(panels) else _set_aside(path, "the rest of it is as it was")


def save(folder: Path, state: State) -> None:
    """Write the session, whole or not at all, in ASCII: a name of a file may be no UTF-8; raises MusegenError."""
    document = {"version": VERSION, "panels": state}
    files.write_bytes(folder / FILE_NAME, json.dumps(document, indent=1).encode())


def _whole(digits: str) -> int | float:
    """A whole number, an infinity for one so long that Python reads none of it: the rest of the file is good."""
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


def _set_aside(path: Path, what_follows: str) -> str:
    try:
        kept = files.set_aside(path)
    except OSError as error:
        return f"The last session in {path} cannot be read, nor set aside: {files.reason(error)}."
    return f"The last session could not be read and is kept as {kept}; {what_follows}."
