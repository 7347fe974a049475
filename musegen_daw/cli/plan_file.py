"""Plans in JSON files: a list with a table for each bar, as `generate --json` prints it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from musegen_daw import files
from musegen_daw.drums.plan import Plan
from musegen_daw.errors import MusegenError
from musegen_daw.music.parts import MAX_BARS

MAX_BYTES = 8 * 2**20


def read_plan(path: Path) -> Plan:
    """The plan in the file at `path`, a list or an object with one as "plan"; raises MusegenError naming it."""
    try:
        document = json.loads(files.read_bytes(path, MAX_BYTES))
    except (ValueError, RecursionError) as error:
        raise MusegenError(f"{path} is no plan: it cannot be read as JSON.") from error
    if isinstance(document, dict):
        document = cast("dict[str, Any]", document).get("plan")
    if not isinstance(document, list) or not document:
        raise MusegenError(f'{path} is no plan: it must be a list of bars, or an object with one as "plan".')
    rows = cast("list[Any]", document)
    if len(rows) > MAX_BARS:
        raise MusegenError(f"{path} has {len(rows)} bars, at most {MAX_BARS} are read.")
    try:
        return Plan.from_list(rows)
    except (ValueError, OverflowError) as error:
        raise MusegenError(f"{path} is no plan: {' '.join(str(error).split())}.") from error
