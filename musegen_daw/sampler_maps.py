"""The drum maps of samplers: those that are bundled, and those that a person made, in a folder of their own."""

from __future__ import annotations

import re
from pathlib import Path

from musegen_daw import files
from musegen_daw import resource_paths as resources
from musegen_daw.errors import MusegenError
from musegen_daw.music.drum_maps import DrumMap, drum_map_text
from musegen_daw.user_folders import user_folder

SUFFIX = ".toml"
MAX_NAME = 60


def user_maps_folder() -> Path:
    """Need not exist."""
    return user_folder() / "drum_maps"


def user_map_names() -> tuple[str, ...]:
    """By file, without those that a bundled map has the name of."""
    try:
        found = sorted(path.stem for path in user_maps_folder().glob(f"*{SUFFIX}") if files.is_file(path))
    except OSError:
        return ()
    return tuple(name for name in found if name not in resources.drum_map_names())


def drum_map_names() -> tuple[str, ...]:
    """The bundled ones, then the user's own."""
    return (*resources.drum_map_names(), *user_map_names())


def load_drum_map(name_or_path: str) -> DrumMap:
    """A bundled drum map or one of the user's by name, else that of a TOML file; raises MusegenError."""
    if name_or_path in user_map_names():
        return resources.load_drum_map(str(user_maps_folder() / f"{name_or_path}{SUFFIX}"))
    if name_or_path in resources.drum_map_names() or Path(name_or_path).suffix.lower() == SUFFIX:
        return resources.load_drum_map(name_or_path)
    raise MusegenError(
        f"There is no drum map {name_or_path!r}; give a {SUFFIX} file or one of {', '.join(drum_map_names())}."
    )


def titles() -> dict[str, str]:
    """The names for `load_drum_map` by the title of the map; a map that cannot be read is left out."""
    found: dict[str, str] = {}
    for name in drum_map_names():
        try:
            found.setdefault(load_drum_map(name).name, name)
        except MusegenError:
            continue
    return found


def save_drum_map(drum_map: DrumMap) -> str:
    """Keep a map of the user's, in place of one of the same file name; returns its name.

    Raises MusegenError where the name cannot be used or the file not be written.
    """
    name = re.sub(r"[^a-z0-9]+", "-", drum_map.name.casefold()).strip("-")[:MAX_NAME]
    bundled = {resources.load_drum_map(each).name.casefold() for each in resources.drum_map_names()}
    if name in resources.drum_map_names() or drum_map.name.strip().casefold() in bundled:
        raise MusegenError(f"There is a bundled drum map {drum_map.name!r}: give yours another name.")
    if not drum_map.pitches:
        raise MusegenError("No piece has a note yet: press a pad first.")
    try:
        text = drum_map_text(drum_map)
    except ValueError as error:
        raise MusegenError(f"The drum map cannot be saved: {error}.") from error
    if not name:
        raise MusegenError("Give the drum map a name with letters or digits from a to z.")
    folder = user_maps_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MusegenError(f"Cannot make the folder {folder}: {files.reason(error)}.") from error
    files.write_bytes(folder / f"{name}{SUFFIX}", text.encode())
    return name
