"""The folder of a person's own files: settings, latency offsets, control maps and the session."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from pathlib import Path

import platformdirs

APP_NAME = "musegen-daw"


def user_folder() -> Path:
    """The data folder of the program, which need not exist; files of earlier versions are copied into it."""
    folder = platformdirs.user_data_path(APP_NAME, appauthor=False)
    for former in _former_folders():
        _copy_missing(former, folder)
    return folder


def _former_folders() -> tuple[Path, ...]:
    """Offsets and control maps had a folder of their own; on macOS XDG variables did not count."""
    configuration = platformdirs.user_config_path(APP_NAME, appauthor=False, roaming=True)
    if sys.platform == "darwin":
        return configuration, Path.home() / "Library" / "Application Support" / APP_NAME
    return (configuration,)


def _copy_missing(source: Path, target: Path) -> None:
    with suppress(OSError):
        if source == target or not source.is_dir():
            return
        target.mkdir(parents=True, exist_ok=True)
        for each in source.iterdir():
            if not (target / each.name).exists():
                copy = shutil.copytree if each.is_dir() else shutil.copy2
                copy(each, target / each.name)
