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

import pyarrow as pa
import pyarrow.parquet as pq

SPLITS = ("train", "validation", "test")
UNIT_FILES = 200
UNIT_ROWS = 1000
BATCH_ROWS = 64
MAX_MIDI_BYTES = 16 << 20
_PATH_COLUMNS = ("midi_filename", "filename", "file_path", "file", "path", "md5")


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """One MIDI file of a corpus: its bytes and what the corpus says of it."""

    key: str
    split: str
    data: bytes
    group: str
    licence_class: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a corpus that one worker reads by itself: up to 1,000 rows of a row group, or up to 200 files."""

    path: Path
    split: str | None
    row_group: int = -1
    first_row: int = 0
    rows: int = 0
    members: tuple[tuple[str, str | None], ...] = ()

    @property
    def name(self) -> str:
        """A name that stays the same from run to run."""
        size = self.path.stat().st_size if self.path.is_file() else 0
        facts = f"{self.path.resolve()}|{size}|{self.split}|{self.row_group}|{self.first_row}|{self.rows}"
        facts += f"|{self.members}"
        return hashlib.sha1(facts.encode()).hexdigest()[:16]


def find_units(root: Path) -> list[Unit]:
    """All units below `root`, in a fixed order; raises ValueError where there is no MIDI.

    Understood are: `{split}/*.parquet`, `{split}.parquet` (both also one folder down, as in a
    release), a zip of .mid files, and a folder of .mid files; a CSV in the zip or folder may name
    files and splits. What has no split is put in one by a hash of its group. Raises ValueError naming a
    parquet file or zip that was cut off.
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
            units.extend(_row_units(path, split))
        elif path.suffix == ".zip":
            try:
                with zipfile.ZipFile(path) as archive:
                    names = sorted(name for name in archive.namelist() if _is_midi(name))
                    table = _csv_splits(
                        io.TextIOWrapper(archive.open(name), "utf-8-sig", "replace", newline="")
                        for name in sorted(archive.namelist())
                        if _is_csv(name)
                    )
            except zipfile.BadZipFile as error:
                raise ValueError(f"{path} is no zip, or was cut off: fetch it again") from error
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


def read_unit(unit: Unit) -> Iterator[CorpusFile]:
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


def _row_units(path: Path, split: str | None) -> list[Unit]:
    try:
        with pq.ParquetFile(path) as file:
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path} is no parquet file, or was cut off: fetch it again") from error
    return [
        Unit(path, split, group, first, min(UNIT_ROWS, size - first))
        for group, size in enumerate(sizes)
        for first in range(0, size, UNIT_ROWS)
    ]


def _read_parquet(unit: Unit) -> Iterator[CorpusFile]:
    """The rows of the unit, few at a time: what comes before them in the row group is read and let go."""
    wanted = ("md5", "music", "song_group", "licence_class", "source")
    with pq.ParquetFile(unit.path, pre_buffer=False, buffer_size=1 << 20) as file:
        columns = [name for name in wanted if name in file.schema_arrow.names]
        groups = [unit.row_group]
        at, last = 0, unit.first_row + unit.rows
        for batch in file.iter_batches(BATCH_ROWS, row_groups=groups, columns=columns, use_threads=False):
            low, high = max(unit.first_row - at, 0), min(last - at, len(batch))
            at += len(batch)
            if low < high:
                yield from (_row_source(row, unit) for row in batch.slice(low, high - low).to_pylist())
            if at >= last:
                return


def _row_source(row: dict[str, Any], unit: Unit) -> CorpusFile:
    music: Any = row["music"]
    data: bytes = (music["bytes"] if isinstance(music, dict) else music) or b""
    key = row.get("md5") or hashlib.md5(data).hexdigest()
    return _source(
        key,
        data if len(data) <= MAX_MIDI_BYTES else b"",
        unit.split,
        group=str(row.get("song_group") or key),
        licence_class=row.get("licence_class") or "",
        origin=row.get("source") or "",
    )


def _source(
    key: str, data: bytes, split: str | None, *, group: str = "", licence_class: str = "", origin: str = ""
) -> CorpusFile:
    group = group or key
    return CorpusFile(key, split or _split_of(group), data, group, licence_class, origin)


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
