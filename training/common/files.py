"""Results of a pipeline as files that are whole or not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_text(path: Path, content: str) -> None:
    """Write text beside `path`, then rename."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(content, encoding="utf-8")
    beside.replace(path)


def write_json(path: Path, content: Any) -> None:
    """Write JSON beside `path`, then rename."""
    write_text(path, json.dumps(content, indent=1))
