"""Results of a pipeline as files that are whole or not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from musegen_daw.files import write_bytes


def write_text(path: Path, content: str) -> None:
    """Write text to `path`, whole or not at all."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    """Write JSON to `path`, whole or not at all."""
    write_text(path, json.dumps(content, indent=1))
