"""Readers of MIDI corpora as they are: GigaMIDI releases, folders and zips of .mid, with or without a CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow.parquet as pq

SPLITS = ("train", "validation", "test")
UNIT_FILES = 200
MAX_MIDI_BYTES = 16 << 20
_PATH_COLUMNS = ("midi_filename", "filename", "file_path", "file", "path", "md5")


@dataclass(frozen=True, slots=True)
class Source:
    """One MIDI file of a corpus: its bytes and what the corpus says of it."""

    key: str
    split: str
    data: bytes
    group: str
    licence_class: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a corpus that one worker reads by itself: a row group of a parquet file, or up to 200 files."""

    path: Path
    split: str | None
    row_group: int = -1
    members: tuple[tuple[str, str | None], ...] = ()

    @property
    def name(self) -> str:
        """A name that stays the same from run to run."""
        size = self.path.stat().st_size if self.path.is_file() else 0
        facts = f"{self.path.resolve()}|{size}|{self.split}|{self.row_group}|{self.members}"
        return hashlib.sha1(facts.encode()).hexdigest()[:16]


def find_units(root: Path) -> list[Unit]:
    """All units below `root`, in a fixed order; raises ValueError where there is no MIDI.

    Understood are: `{split}/*.parquet`, `{split}.parquet` (both also one folder down, as in a
    release), a zip of .mid files, and a folder of .mid files; a CSV in the zip or folder may name
    files and splits. What has no split is put in one by a hash of its group.
    """
    units: list[Unit] = []
    if root.is_file():
        files = [root]
    else:
        files = sorted(path for path in root.rglob("*") if path.is_file())
    for path in files:
        if path.suffix == ".parquet":
            names = (path.stem.partition("-")[0], path.parent.name)  # `train-00000-of-00012` is of train
            split = next((name for name in names if name in SPLITS), None)
            groups = pq.ParquetFile(path).metadata.num_row_groups
            units.extend(Unit(path, split, row_group=group) for group in range(groups))
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                names = sorted(name for name in archive.namelist() if _is_midi(name))
                table = _csv_splits(
                    io.TextIOWrapper(archive.open(name), "utf-8-sig", "replace", newline="")
                    for name in sorted(archive.namelist())
                    if _is_csv(name)
                )
            units.extend(_file_units(path, names, table))
    if root.is_dir():
        names = [path.relative_to(root).as_posix() for path in files if _is_midi(path.name)]
        table = _csv_splits(
            path.open(encoding="utf-8-sig", errors="replace", newline="")
            for path in files
            if _is_csv(path.name)
        )
        units.extend(_file_units(root, names, table))
    if not units:
        raise ValueError(f"{root} holds no parquet file, no zip and no .mid")
    return units


def read_unit(unit: Unit) -> Iterator[Source]:
    """The MIDI files of one unit."""
    if unit.row_group >= 0:
        yield from _read_parquet(unit)
    elif unit.path.suffix == ".zip":
        with zipfile.ZipFile(unit.path) as archive:
            for name, split in unit.members:
                yield _source(name, _member(archive, name), split, origin=unit.path.stem)
    else:
        for name, split in unit.members:
            yield _source(name, _content(unit.path / name), split, origin=unit.path.name)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MAX_MIDI_BYTES:
        return b""
    try:
        return archive.read(name)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        RuntimeError,
    ):  # damaged, encrypted, unknown method
        return b""


def _content(path: Path) -> bytes:
    try:
        return b"" if path.stat().st_size > MAX_MIDI_BYTES else path.read_bytes()
    except OSError:
        return b""


def _read_parquet(unit: Unit) -> Iterator[Source]:
    file = pq.ParquetFile(unit.path)
    wanted = ("md5", "music", "song_group", "licence_class", "source")
    columns = [name for name in wanted if name in file.schema_arrow.names]
    for row in file.read_row_group(unit.row_group, columns=columns).to_pylist():
        music: Any = row["music"]
        data: bytes = (music["bytes"] if isinstance(music, dict) else music) or b""
        key = row.get("md5") or hashlib.md5(data).hexdigest()
        yield _source(
            key,
            data if len(data) <= MAX_MIDI_BYTES else b"",
            unit.split,
            group=str(row.get("song_group") or key),
            licence_class=row.get("licence_class") or "",
            origin=row.get("source") or "",
        )


def _source(
    key: str, data: bytes, split: str | None, *, group: str = "", licence_class: str = "", origin: str = ""
) -> Source:
    group = group or key
    return Source(key, split or _split_of(group), data, group, licence_class, origin)


def _split_of(group: str) -> str:
    share = int(hashlib.sha1(group.encode()).hexdigest()[:8], 16) / 0x1_0000_0000
    return "train" if share < 0.9 else "validation" if share < 0.95 else "test"


def _is_midi(name: str) -> bool:
    return name.lower().endswith((".mid", ".midi")) and not PurePosixPath(name).name.startswith("._")


def _is_csv(name: str) -> bool:
    return name.lower().endswith(".csv") and not PurePosixPath(name).name.startswith("._")


def _csv_splits(tables: Iterator[Any] | Any) -> dict[str, str]:
    splits: dict[str, str] = {}
    for table in tables:
        with table:
            for row in csv.DictReader(table):
                column = next((name for name in _PATH_COLUMNS if row.get(name)), None)
                if column and row.get("split") in SPLITS:
                    splits[row[column]] = row["split"]
    return splits


def _file_units(path: Path, names: list[str], splits: dict[str, str]) -> list[Unit]:
    members: list[tuple[str, str | None]] = []
    for name in names:
        parts = PurePosixPath(name).parts
        ways = ["/".join(parts[start:]) for start in range(len(parts))] + [PurePosixPath(name).stem]
        named = next((splits[way] for way in ways if way in splits), None)
        folder = next((part for part in parts[:-1] if part in SPLITS), None)
        members.append((name, named or folder))
    return [
        Unit(path, None, members=tuple(members[start : start + UNIT_FILES]))
        for start in range(0, len(members), UNIT_FILES)
    ]
