"""Where a person's own settings of playing are kept: latency offsets by port, control maps by name."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from musegen_daw import files
from musegen_daw.errors import MusegenError
from musegen_daw.live.control_map import ControlMap, control_map_names, load_control_map, save_control_map

MAX_BYTES = 2**16
_OFFSETS = "offsets.json"


def config_dir(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of this program among those of a person's settings; it need not exist."""
    if platform == "win32":
        base = environment.get("APPDATA") or Path.home() / "AppData" / "Roaming"
    elif platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = environment.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "musegen-daw"


def load_map(folder: Path, name: str | None) -> ControlMap:
    """The control map of that name, an empty one where there is none yet; raises MusegenError."""
    if name is None:
        return ControlMap()
    is_there = name in control_map_names(controls_dir(folder))
    return load_control_map(name, controls_dir(folder)) if is_there else ControlMap(name)


def save_map(folder: Path, control_map: ControlMap) -> None:
    """Keep a control map by its name; raises MusegenError."""
    save_control_map(control_map, controls_dir(folder))


def controls_dir(folder: Path) -> Path:
    """The folder of control maps in the folder of settings."""
    return folder / "controls"


def load_offset(folder: Path, port_name: str) -> float | None:
    """The latency offset saved for a port, in seconds; None where none is, raises MusegenError for a damaged file."""
    return _offsets(folder / _OFFSETS).get(port_name)


def save_offset(folder: Path, port_name: str, offset_seconds: float) -> None:
    """Keep the latency offset of a port; raises MusegenError."""
    path = folder / _OFFSETS
    offsets = {**_offsets(path), port_name: offset_seconds}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MusegenError(f"Cannot make the folder {folder}: {files.reason(error)}.") from error
    in_ms = {name: round(1000 * seconds, 3) for name, seconds in sorted(offsets.items())}
    files.write_bytes(path, (json.dumps({"offsets_ms": in_ms}, indent=2) + "\n").encode())


def _offsets(path: Path) -> dict[str, float]:
    if not path.exists():
        return {}
    try:
        document = json.loads(files.read_bytes(path, MAX_BYTES).decode())
        offsets = {str(name): float(ms) / 1000 for name, ms in document["offsets_ms"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise MusegenError(f"The latency offsets in {path} cannot be read; remove the file.") from error
    if not all(math.isfinite(seconds) and abs(seconds) <= 10 for seconds in offsets.values()):
        raise MusegenError(f"The latency offsets in {path} are no offsets; remove the file.")
    return offsets
