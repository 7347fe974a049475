"""Files that are either whole or not there: written beside, flushed to disk, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from musegen_daw.errors import MusegenError


def reason(error: OSError) -> str:
    """What the operating system says, as the middle of a sentence."""
    return (error.strerror or str(error)).lower()


@contextmanager
def written_beside(
    path: Path, error_type: type[MusegenError] = MusegenError, *, is_flushed: bool = True
) -> Iterator[Path]:
    """A temporary path beside `path` to write to; renamed to `path` at the end, removed on any error.

    The temporary name keeps the suffix of `path`. What is not flushed survives the program, not the computer.
    Raises `error_type` naming `path` when the folder is missing, is no folder, or cannot be written.
    """
    path = Path(path)
    if path.is_dir():
        raise error_type(f"Cannot write {path}: it is a folder.")
    if not path.parent.is_dir():
        raise error_type(f"Cannot write {path}: the folder {path.parent} does not exist.")
    beside = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield beside
        if is_flushed:
            _flush(beside)
        beside.replace(path)
    except OSError as error:
        raise error_type(f"Cannot write {path}: {reason(error)}.") from error
    finally:
        beside.unlink(missing_ok=True)


def write_bytes(
    path: Path, data: bytes, error_type: type[MusegenError] = MusegenError, *, is_flushed: bool = True
) -> None:
    """Write `data` to `path` as a whole or not at all; raises `error_type` naming `path`."""
    with written_beside(path, error_type, is_flushed=is_flushed) as beside:
        beside.write_bytes(data)


def flush_to(source: Path, path: Path, error_type: type[MusegenError] = MusegenError) -> None:
    """Flush the file `source` to disk, then rename it to `path`; raises `error_type` naming `path`."""
    try:
        _flush(source)
        source.replace(path)
    except OSError as error:
        raise error_type(f"Cannot write {path}: {reason(error)}.") from error


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def check_readable(path: Path, max_bytes: int, error_type: type[MusegenError] = MusegenError) -> None:
    """Raises `error_type` naming `path` unless it is a regular file of at most `max_bytes`."""
    try:
        if path.is_dir():
            raise error_type(f"{path} is a folder, not a file.")
        if not path.exists():
            raise error_type(f"{path} does not exist.")
        if not path.is_file():
            raise error_type(f"{path} is not a regular file.")
        size_bytes = path.stat().st_size
    except OSError as error:
        raise error_type(f"Cannot read {path}: {reason(error)}.") from error
    if size_bytes > max_bytes:
        raise error_type(
            f"{path} is too large: {size_bytes / 2**20:.0f} MiB, at most {max_bytes / 2**20:.0f} MiB are read."
        )


def read_bytes(path: Path, max_bytes: int, error_type: type[MusegenError] = MusegenError) -> bytes:
    """All bytes of a regular file of at most `max_bytes`; raises `error_type` naming `path`."""
    path = Path(path)
    check_readable(path, max_bytes, error_type)
    try:
        return path.read_bytes()
    except OSError as error:
        raise error_type(f"Cannot read {path}: {reason(error)}.") from error
