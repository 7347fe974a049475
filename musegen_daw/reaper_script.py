"""The script for REAPER: where REAPER keeps scripts on this system, and how ours gets there."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from musegen_daw import files
from musegen_daw import resource_paths as resources
from musegen_daw.errors import MusegenError

NAME = "musegen.lua"
EXCHANGE = "musegen-daw"
"""The folder that the script and this program share, within REAPER's own."""
MAX_BYTES = 2**20


def reaper_folder(
    platform: str = sys.platform, environment: Mapping[str, str] = os.environ, home: Path | None = None
) -> Path:
    """REAPER's own folder (Options, Show REAPER resource path), which need not exist."""
    home = Path.home() if home is None else home
    if platform == "win32":
        roaming = environment.get("APPDATA")
        return (Path(roaming) if roaming else home / "AppData" / "Roaming") / "REAPER"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "REAPER"
    configuration = environment.get("XDG_CONFIG_HOME")
    return (Path(configuration) if configuration else home / ".config") / "REAPER"


def exchange_folder(folder: Path | None = None) -> Path:
    """Where the script of the REAPER in `folder` leaves its requests."""
    return (folder or reaper_folder()) / EXCHANGE


def install(folder: Path | None = None) -> Path:
    """Put the script into the Scripts folder of the REAPER in `folder`, and make the folder it shares with us.

    Returns where the script is. Raises MusegenError where REAPER was never started here or refuses the file.
    """
    reaper = folder or reaper_folder()
    if not files.is_folder(reaper):
        raise MusegenError(
            f"REAPER has no folder {reaper}: start REAPER once, or give the folder that it shows under Options, "
            "Show REAPER resource path."
        )
    script = files.read_bytes(resources.resources_dir() / "reaper" / NAME, MAX_BYTES)
    target = reaper / "Scripts" / NAME
    try:
        target.parent.mkdir(exist_ok=True)
        exchange_folder(reaper).mkdir(exist_ok=True)
    except OSError as error:
        raise MusegenError(f"Cannot write into {reaper}: {files.reason(error)}.") from error
    files.write_bytes(target, script)
    return target
