"""Locks a session for one window; a second window gets a session of its own, which it finds again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLockFile

from musegen_daw.errors import MusegenError
from musegen_daw.files import reason

FILE_NAME = "session.lock"
MAX_WINDOWS = 99


class SessionLock:
    """Locks the session in `folder`, or one in a subfolder where another window has that, until `close`.

    `data_dir` is the session's folder; `sentence` says so where it is not `folder`, else "". Locks of ended programs
    are ignored; where no lock can be made, `folder` is used without one. Raises MusegenError where no folder can be
    made.
    """

    def __init__(self, folder: Path) -> None:
        for number in range(1, MAX_WINDOWS + 1):
            self.data_dir = folder if number == 1 else folder / f"window-{number}"
            try:
                self.data_dir.mkdir(exist_ok=True)
            except OSError as error:
                raise MusegenError(f"Cannot make the folder {self.data_dir}: {reason(error)}.") from error
            self._lock = QLockFile(str(self.data_dir / FILE_NAME))
            self._lock.setStaleLockTime(0)  # however long a window is open, only its end lets go
            if self._lock.tryLock(0) or self._lock.error() is not QLockFile.LockError.LockFailedError:
                break
        else:
            raise MusegenError(f"{MAX_WINDOWS} windows are open already: close one.")
        others = "" if number == 1 else f"Another window has the session; this one uses {self.data_dir}."
        self.sentence = others

    def close(self) -> None:
        self._lock.unlock()
