"""Files that are either whole or not there: written beside, flushed to disk, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from musegen_daw.errors import MusegenError

MAX_SUFFIX_BYTES = 16
MAX_SET_ASIDE = 99
"""Damaged files of one name that are kept; the last is replaced then."""
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


def reason(error: OSError) -> str:
    """What the operating system says, as the middle of a sentence."""
    return (error.strerror or str(error)).lower()


@contextmanager
def written_beside(
    path: Path, error_type: type[MusegenError] = MusegenError, *, is_flushed: bool = True
) -> Iterator[Path]:
    """A temporary path to write to; what is there becomes `path` at the end, or is removed on any error.

    A link is followed and stays, and a file that is replaced keeps its mode and owner. The temporary path lies beside
    the file and keeps a short suffix; of a device, a pipe, or a file in a folder that takes no others, it lies
    elsewhere and is copied in the end. What is not flushed survives the program, not the computer.
    Raises `error_type` naming `path` when the folder is missing, is no folder, or cannot be written.
    """
    path = Path(path)
    place = _place(path, error_type)
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= MAX_SUFFIX_BYTES else ""
    # Short, for the name of the file itself may be as long as names can be.
    beside = place.folder / f".{os.getpid()}-{secrets.token_hex(4)}.part{suffix}"
    try:
        yield beside
        if place.is_copied:
            _copy(beside, place.target)
            return
        if is_flushed:
            _flush(beside)
        if place.before is not None:
            _keep_rights(beside, place.before)
        beside.replace(place.target)
    except OSError as error:
        raise error_type(f"Cannot write {path}: {reason(error)}.") from error
    finally:
        beside.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Place:
    """The file that is written in the end, what it was before, and the folder in which it comes to be."""

    target: Path
    before: os.stat_result | None
    folder: Path
    is_copied: bool = False


def _place(path: Path, error_type: type[MusegenError]) -> _Place:
    try:
        try:
            before = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            before = None
        if before is not None and stat.S_ISDIR(before.st_mode):
            raise error_type(f"Cannot write {path}: it is a folder.")
        if before is not None and not os.access(path, os.W_OK):
            raise error_type(f"Cannot write {path}: {os.strerror(errno.EACCES).lower()}.")
        if before is not None and not stat.S_ISREG(before.st_mode):
            return _Place(path, before, Path(tempfile.gettempdir()), is_copied=True)
        target = path.resolve() if path.is_symlink() else path
        if not target.parent.is_dir():
            raise error_type(f"Cannot write {path}: the folder {target.parent} does not exist.")
    except OSError as error:
        raise error_type(f"Cannot write {path}: {reason(error)}.") from error
    if before is not None and not os.access(target.parent, os.W_OK | os.X_OK):
        return _Place(target, before, Path(tempfile.gettempdir()), is_copied=True)
    return _Place(target, before, target.parent)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as written, target.open("wb") as file:
        shutil.copyfileobj(written, file)


def _keep_rights(path: Path, before: os.stat_result) -> None:
    if hasattr(os, "chown"):
        with suppress(OSError):  # only who may give files away can keep another owner
            os.chown(path, before.st_uid, before.st_gid)
    path.chmod(stat.S_IMODE(before.st_mode))


def is_folder(path: Path) -> bool:
    """Whether a folder is there that can be looked at."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """Whether a file is there that can be looked at."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def check_writable(path: Path, error_type: type[MusegenError] = MusegenError) -> None:
    """Raises `error_type` naming `path` where `written_beside` would at once."""
    _place(Path(path), error_type)


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


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be used, so that nothing in it is lost: `NAME-damaged-1` beside it, or the next number.

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
        # Without waiting, for what was a file a moment ago may be a pipe by now.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NO_WAIT)) as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise error_type(f"Cannot read {path}: {reason(error)}.") from error
    if len(data) > max_bytes:
        raise error_type(f"{path} is growing while it is read; try it again when it is whole.")
    return data
