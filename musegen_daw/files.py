"""Atomic file writes: to a hidden file, flushed to disk, then renamed. Also bounded reads."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from musegen_daw.errors import MusegenError
from musegen_daw.part_files import PartFile, is_part, part_file, part_folder

MAX_SET_ASIDE = 99
"""Damaged files kept per name; beyond that the last is replaced."""
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


def reason(error: OSError) -> str:
    """The message of the operating system, to put inside a sentence."""
    return (error.strerror or str(error)).lower()


@contextmanager
def atomic_path(
    path: Path, error_type: type[MusegenError] = MusegenError, *, is_flushed: bool = True
) -> Iterator[Path]:
    """A path to write to; the file appears at `path` at the end, or is deleted on any error.

    Symbolic links are followed and kept, and a replaced file keeps its mode and owner. A device, a pipe, or a file in
    a read-only folder is copied to at the end; a part file, or one that has lost its name, is written directly.
    Without `is_flushed` it survives a crash of the program, not of the computer. Raises `error_type` naming `path`
    when the folder is missing or cannot be written.
    """
    path = Path(path)
    try:
        if is_part(path):
            yield path
            return
        place = _place(path, error_type)
        with part_file(place.folder, path.suffix, is_private=place.before is not None) as part:
            yield part.path
            if place.is_copied:
                _copy(part.path, place.target)
            else:
                part.become(place.target, place.before, is_flushed=is_flushed)
    except OSError as error:
        raise error_type(f"Cannot write {path}: {reason(error)}.") from error


@contextmanager
def atomic_paths(
    folder: Path, names: Sequence[str], error_type: type[MusegenError] = MusegenError
) -> Iterator[tuple[Path, ...]]:
    """Paths to write to, one per name, as of `atomic_path`; a new folder appears with all of them in it.

    Raises `error_type` naming `folder` or the file.
    """
    folder = Path(folder)
    with ExitStack() as stack:
        if is_folder(folder):
            yield tuple(stack.enter_context(atomic_path(folder / name, error_type)) for name in names)
            return
        try:
            above = next(each for each in folder.absolute().parents if each.is_dir())
            parts = [stack.enter_context(part_file(above, Path(name).suffix)) for name in names]
            yield tuple(part.path for part in parts)
            with part_folder(above) as made:
                below = folder.absolute().relative_to(above)
                (made / below).mkdir(parents=True)
                for name, part in zip(names, parts, strict=True):
                    part.become(made / below / name)
                (made / below.parts[0]).rename(above / below.parts[0])
        except OSError as error:
            raise error_type(f"Cannot write {folder}: {reason(error)}.") from error


@dataclass(frozen=True, slots=True)
class _Place:
    """The file to write, what it was before, and the folder for its part file."""

    target: Path
    before: os.stat_result | None
    folder: Path
    is_copied: bool = False


def _place(path: Path, error_type: type[MusegenError]) -> _Place:
    try:
        before = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        before = None
    if before is not None:
        if stat.S_ISDIR(before.st_mode):
            raise error_type(f"Cannot write {path}: it is a folder.")
        if not os.access(path, os.W_OK):
            _fail_to_open(path)
        if not stat.S_ISREG(before.st_mode):
            return _Place(path, before, Path(tempfile.gettempdir()), is_copied=True)
    target = path.resolve() if path.is_symlink() else path
    if not target.parent.is_dir():
        raise error_type(f"Cannot write {path}: the folder {target.parent} does not exist.")
    if before is not None and not os.access(target.parent, os.W_OK | os.X_OK):
        return _Place(target, before, Path(tempfile.gettempdir()), is_copied=True)
    return _Place(target, before, target.parent)


def _fail_to_open(path: Path) -> NoReturn:
    """Raise the error of the operating system for a write-protected file, without changing it."""
    os.close(os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)))
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as written, target.open("wb") as file:
        shutil.copyfileobj(written, file)


@contextmanager
def scratch(folder: Path, suffix: str, error_type: type[MusegenError] = MusegenError) -> Iterator[Path]:
    """The path of a private temporary file in `folder`, deleted at the end; raises `error_type`."""
    try:
        part = PartFile(folder, suffix, is_private=True)
    except OSError as error:
        raise error_type(f"There is no room for a temporary file in {folder}: {reason(error)}.") from error
    try:
        yield part.path
    finally:
        part.close()


def scratch_folder(path: Path) -> Path:
    """A folder for a temporary file on its way to `path`, on the same disk where possible."""
    folder = path.resolve().parent
    with suppress(OSError):
        is_here = not path.exists() or (path.is_file() and path.stat().st_dev == folder.stat().st_dev)
        if is_here and os.access(folder, os.W_OK | os.X_OK):
            return folder
    return Path(tempfile.gettempdir())


def is_folder(path: Path) -> bool:
    """As `Path.is_dir`, False on any error."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """As `Path.is_file`, False on any error."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def check_writable(path: Path, error_type: type[MusegenError] = MusegenError) -> None:
    """Raises `error_type` where `atomic_path` would."""
    with suppress(_Enough), atomic_path(path, error_type):
        raise _Enough


class _Enough(Exception):
    """Ends the check before anything is written."""


def write_bytes(
    path: Path, data: bytes, error_type: type[MusegenError] = MusegenError, *, is_flushed: bool = True
) -> None:
    """Write `data` to `path`, whole or not at all; raises `error_type` naming `path`."""
    with atomic_path(path, error_type, is_flushed=is_flushed) as beside:
        beside.write_bytes(data)


def flush_to(source: Path, path: Path, error_type: type[MusegenError] = MusegenError) -> None:
    """Flush the file `source` to disk and rename it to `path`; raises `error_type` naming `path`."""
    try:
        _flush(source)
        source.replace(path)
    except OSError as error:
        raise error_type(f"Cannot write {path}: {reason(error)}.") from error


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def set_aside(path: Path) -> Path:
    """Rename a damaged file to `NAME-damaged-1` beside it, or the next free number.

    Returns the new path; raises OSError.
    """
    kept = next(
        each
        for number in range(1, MAX_SET_ASIDE + 1)
        if not (each := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists()
        or number == MAX_SET_ASIDE
    )
    path.replace(kept)
    return kept


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
        raise error_type(f"{path} is too large: {_size(size_bytes)}, at most {_size(max_bytes)} are read.")


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.0f} MiB" if size_bytes >= 2**20 else f"{size_bytes / 2**10:.0f} KiB"


def read_bytes(path: Path, max_bytes: int, error_type: type[MusegenError] = MusegenError) -> bytes:
    """All bytes of a regular file of at most `max_bytes`; raises `error_type` naming `path`."""
    path = Path(path)
    check_readable(path, max_bytes, error_type)
    try:
        # Non-blocking, because the file may have been replaced by a pipe.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NO_WAIT)) as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise error_type(f"Cannot read {path}: {reason(error)}.") from error
    if len(data) > max_bytes:
        raise error_type(f"{path} is still being written; try again when it is complete.")
    return data
