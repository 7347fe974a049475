"""Latency offsets by port, control maps by name, and sections, as files in the user's folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct, convert

from musegen_daw import files
from musegen_daw.errors import MusegenError
from musegen_daw.jam.control.control_map import (
    ControlMap,
    control_map_names,
    load_control_map,
    save_control_map,
)
from musegen_daw.jam.control.sections import Sections

MAX_BYTES = 2**16
MAX_OFFSET_MS = 10_000
_OFFSETS, _SECTIONS = "offsets.json", "sections.json"
_Offset = Annotated[float, Meta(ge=-MAX_OFFSET_MS, le=MAX_OFFSET_MS)]


class _OffsetsFile(Struct):
    offsets_ms: dict[str, Any]


class _SectionsFile(Struct):
    sections: dict[str, Any]


def load_map(folder: Path, name: str | None) -> ControlMap:
    """The control map of that name, an empty one where there is none; raises MusegenError."""
    if name is None:
        return ControlMap()
    is_there = name in control_map_names(controls_dir(folder))
    return load_control_map(name, controls_dir(folder)) if is_there else ControlMap(name)


def save_map(folder: Path, control_map: ControlMap) -> None:
    """Raises MusegenError."""
    save_control_map(control_map, controls_dir(folder))


def controls_dir(folder: Path) -> Path:
    return folder / "controls"


def load_offset(folder: Path, port_name: str, told: Callable[[str], None]) -> float | None:
    """The latency offset of a port in seconds, or None.

    A damaged file is set aside, its readable entries are kept, and `told` gets a sentence. Raises MusegenError where
    it cannot be read at all.
    """
    path = folder / _OFFSETS
    offsets, trouble = _offsets(path)
    if trouble:
        told(_set_aside(path, offsets, trouble))
    return offsets.get(port_name)


def save_offset(folder: Path, port_name: str, offset_seconds: float) -> None:
    """Raises MusegenError."""
    path = folder / _OFFSETS
    offsets, trouble = _offsets(path)
    if trouble:
        _set_aside(path, offsets, trouble)
    _make(folder)
    _write(path, {**offsets, port_name: offset_seconds})


def load_sections(folder: Path, told: Callable[[str], None]) -> Sections:
    """The sections that were stored.

    A damaged file is set aside, what is readable of it is kept, and `told` gets a sentence. Raises MusegenError where
    it cannot be read at all.
    """
    path = folder / _SECTIONS
    if not path.exists():
        return Sections()
    try:
        sections, misfits = Sections.from_dict(
            convert(json.loads(files.read_bytes(path, MAX_BYTES)), _SectionsFile).sections
        )
        trouble = f"has sections that cannot be used ({', '.join(misfits):.200})" if misfits else ""
    except (ValueError, RecursionError):
        sections, trouble = Sections(), "holds no sections"
    if trouble:
        kept = _kept(path, trouble)
        told(f"{path} {trouble}; it was set aside as {kept}.")
        if sections.stored:
            save_sections(folder, sections)
    return sections


def save_sections(folder: Path, sections: Sections) -> None:
    """Raises MusegenError."""
    _make(folder)
    document = {"sections": sections.as_dict()}
    files.write_bytes(folder / _SECTIONS, (json.dumps(document, indent=2) + "\n").encode())


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MusegenError(f"Cannot make the folder {folder}: {files.reason(error)}.") from error


def _write(path: Path, offsets: Mapping[str, float]) -> None:
    in_ms = {name: round(1000 * seconds, 3) for name, seconds in sorted(offsets.items())}
    files.write_bytes(path, (json.dumps({"offsets_ms": in_ms}, indent=2) + "\n").encode())


def _set_aside(path: Path, offsets: Mapping[str, float], trouble: str) -> str:
    """Rename the file and keep its readable entries; returns a sentence, raises MusegenError."""
    kept = _kept(path, trouble)
    if offsets:
        _write(path, offsets)
    return f"{path} {trouble}; it was set aside as {kept}" + (
        ", and the rest of it kept." if offsets else "."
    )


def _kept(path: Path, trouble: str) -> Path:
    """Set a file aside; returns where it is now."""
    try:
        return files.set_aside(path)
    except OSError as error:
        raise MusegenError(f"{path} {trouble}, and cannot be set aside: {files.reason(error)}.") from error


def _offsets(path: Path) -> tuple[dict[str, float], str]:
    """The offsets in seconds by port, and what is wrong with the file, as the end of a sentence, "" where nothing is.

    Raises MusegenError where it cannot be read.
    """
    if not path.exists():
        return {}, ""
    data = files.read_bytes(path, MAX_BYTES)
    try:
        # Not decoded by msgspec: the name of a port may hold surrogates, which json reads and writes.
        entries = convert(json.loads(data, parse_int=float), _OffsetsFile).offsets_ms
    except (ValueError, RecursionError):
        return {}, "holds no latency offsets"
    offsets: dict[str, float] = {}
    misfits: list[str] = []
    for name, value in entries.items():
        try:
            offsets[name] = convert(value, _Offset) / 1000
        except ValueError:
            misfits.append(name)
    return offsets, f"has no latency offset for {misfits[0]!r:.80} that can be used" if misfits else ""
