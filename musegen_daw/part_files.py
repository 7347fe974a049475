"""Part files, hidden until they are complete: unnamed where the system allows, else with a hidden name and a lock.

A lock ends with its process. Unlocked part files are deleted by the next writer into the same folder.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    fcntl = None
else:
    import fcntl

MAX_SUFFIX_BYTES = 16
UNLOCKED_SECONDS = 3600
"""Where files cannot be locked, a part file unchanged for this long is abandoned."""
_TRIES = 100
_NAME = re.compile(r"\.musegen-[0-9a-f]{32}\.part(\.[^.]*)?")
_PROC_FD = Path("/proc/self/fd")
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class PartFile:
    """A file in `folder`, written at `path`, until `become` names it or `close` deletes it.

    A hidden name ends in `suffix`, where that is short. With `is_private` nobody else can read it until it is named;
    else it has the mode of new files. Raises OSError.
    """

    def __init__(self, folder: Path, suffix: str = "", *, is_private: bool = False) -> None:
        self._folder = folder
        self._suffix = suffix if len(os.fsencode(suffix)) <= MAX_SUFFIX_BYTES else ""
        self._mode = 0o600 if is_private else 0o666
        sweep(folder)
        self._name: Path | None = None
        unnamed = _unnamed(folder, self._mode)
        if unnamed is None:
            self._name, self._file = _named(folder, self._suffix, self._mode)
        else:
            self._file = unnamed
        own = _PROC_FD / str(self._file)
        # Through its descriptor where possible, so that no other file can take its place.
        self.path = self._name if self._name is not None and not _has_proc_fd() else own

    def become(self, target: Path, before: os.stat_result | None = None, *, is_flushed: bool = True) -> None:
        """Move to `target`, on the same disk, atomically, and close; mode and owner are those of `before`.

        Raises OSError, and must then still be closed.
        """
        if before is not None:
            _copy_rights(self.path, before)
        if is_flushed:
            os.fsync(self._file)
        if self._name is not None or before is not None or not self._is_linked(target):
            self._replace(target)
        if is_flushed:
            _flush_folder(target.parent)
        self.close()

    def close(self) -> None:
        """Delete the file unless `become` was called; a second call does nothing."""
        if fcntl is None:
            self._close_descriptor()  # Windows cannot delete open files
        if self._name is not None:
            self._name.unlink(missing_ok=True)
            self._name = None
        self._close_descriptor()

    def _replace(self, target: Path) -> None:
        if self._name is None:
            name = _hidden(self._folder, self._suffix)
            if self._is_linked(name):
                self._name = name
            else:
                self._copy()
        if fcntl is None:
            self._close_descriptor()  # Windows cannot rename open files
        assert self._name is not None
        self._name.replace(target)
        self._name = None

    def _is_linked(self, name: Path) -> bool:
        """Give the file a name that did not exist; False where that is not possible."""
        folder = os.open(name.parent, os.O_RDONLY)
        try:
            # With dir_fd Python calls linkat, which follows the link in /proc to the file.
            os.link(self.path, name.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
        except OSError:
            return False
        finally:
            os.close(folder)
        return True

    def _copy(self) -> None:
        """Continue in a copy with a name: some disks cannot name a file later."""
        name, file = _named(self._folder, self._suffix, self._mode)
        try:
            with self.path.open("rb") as own, open(file, "wb", closefd=False) as copy:
                shutil.copyfileobj(own, copy)
            name.chmod(stat.S_IMODE(self.path.stat().st_mode))
            os.fsync(file)
        except BaseException:  # an interrupt leaves no file behind either
            name.unlink(missing_ok=True)
            os.close(file)
            raise
        os.close(self._file)
        self._name, self._file = name, file

    def _close_descriptor(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


@contextmanager
def part_file(folder: Path, suffix: str = "", *, is_private: bool = False) -> Iterator[PartFile]:
    """A `PartFile` that is closed at the end."""
    part = PartFile(folder, suffix, is_private=is_private)
    try:
        yield part
    finally:
        part.close()


@contextmanager
def part_folder(folder: Path) -> Iterator[Path]:
    """A hidden folder in `folder`, deleted at the end with its content; raises OSError."""
    sweep(folder)
    for _ in range(_TRIES):
        name = _hidden(folder, "")
        name.mkdir(mode=0o700)
        if fcntl is None:
            held = None
            break
        held = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        if _is_locked(held):
            break
        os.close(held)
    else:
        raise BlockingIOError(f"what is made in {folder} is removed at once")
    try:
        yield name
    finally:
        shutil.rmtree(name, ignore_errors=True)
        if held is not None:
            os.close(held)


def is_part(path: Path) -> bool:
    """Whether `path` is a part file or has lost its name, and so is written directly."""
    try:
        return path.stat().st_nlink == 0 or _NAME.fullmatch(path.resolve().name) is not None
    except (OSError, ValueError):
        return False


def sweep(folder: Path) -> None:
    """Delete the part files in `folder` of programs that have ended."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                with suppress(OSError):
                    _sweep(Path(entry.path), is_folder=entry.is_dir(follow_symlinks=False))


def _sweep(path: Path, *, is_folder: bool) -> None:
    if fcntl is None:
        if time.time() - path.lstat().st_mtime > UNLOCKED_SECONDS:
            _remove(path, is_folder=is_folder)
        return
    kind = os.O_RDONLY | os.O_DIRECTORY if is_folder else os.O_RDWR
    file = os.open(path, kind | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(path, is_folder=is_folder)
    finally:
        os.close(file)


def _remove(path: Path, *, is_folder: bool) -> None:
    if is_folder:
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()


def _hidden(folder: Path, suffix: str) -> Path:
    return folder / f".musegen-{secrets.token_hex(16)}.part{suffix}"


def _has_proc_fd() -> bool:
    """Whether open files can be opened again by their descriptor."""
    return sys.platform == "linux" and _PROC_FD.is_dir()


def _unnamed(folder: Path, mode: int) -> int | None:
    """A new locked file without a name; None where the disk or system has no such files."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not _has_proc_fd():
        return None
    try:
        file = os.open(folder, os.O_RDWR | flag, mode)
    except OSError:
        return None  # other problems are raised by the attempt with a name
    _is_locked(file)
    return file


def _named(folder: Path, suffix: str, mode: int) -> tuple[Path, int]:
    """A new locked file with a random name."""
    for _ in range(_TRIES):
        name = _hidden(folder, suffix)
        file = os.open(name, _NEW, mode)
        if _is_locked(file):
            return name, file
        os.close(file)
    raise BlockingIOError(f"what is made in {folder} is removed at once")


def _is_locked(file: int) -> bool:
    """Lock an open file or folder; False where a sweep was faster."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # where locks do not work, a sweep cannot lock either
    return os.fstat(file).st_nlink > 0


def _copy_rights(path: Path, before: os.stat_result) -> None:
    if hasattr(os, "chown"):
        for owner in (before.st_uid, -1):
            with suppress(OSError):  # changing the owner needs privileges
                os.chown(path, owner, before.st_gid)
                break
    path.chmod(stat.S_IMODE(before.st_mode))


def _flush_folder(folder: Path) -> None:
    """Flush the entries of a folder to disk, where folders can be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
