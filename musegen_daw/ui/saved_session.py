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
MAX_SET_ASIDE = 99

State = dict[str, dict[str, Any]]


def load(folder: Path) -> tuple[State, str]:
    """The saved session in `folder`, by panel, and a sentence for what is wrong with it, empty if nothing is.

    A file that cannot be used is renamed, so that nothing in it is lost, and an empty session is given.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return {}, ""
    try:
        document = json.loads(files.read_bytes(path, MAX_BYTES))
        if document["version"] != VERSION:
            raise ValueError(f"it is of version {document['version']}, not {VERSION}")
        panels = document["panels"]
        if not isinstance(panels, dict) or not all(isinstance(each, dict) for each in panels.values()):
            raise ValueError("its panels are no tables")
        return panels, ""
    except (ValueError, KeyError, TypeError, RecursionError, MusegenError):
        return {}, _set_aside(path)


def save(folder: Path, state: State) -> None:
    """Write the session, whole or not at all; raises MusegenError."""
    document = {"version": VERSION, "panels": state}
    files.write_bytes(folder / FILE_NAME, json.dumps(document, ensure_ascii=False, indent=1).encode())


def _set_aside(path: Path) -> str:
    kept = next(
        (
            each
            for number in range(1, MAX_SET_ASIDE + 1)
            if not (each := path.with_name(f"session-damaged-{number}.json")).exists()
        ),
        path.with_name("session-damaged-1.json"),
    )
    try:
        path.replace(kept)
    except OSError as error:
        return f"The last session in {path} cannot be read, nor set aside: {files.reason(error)}."
    return f"The last session could not be read and is kept as {kept}; this one begins empty."
