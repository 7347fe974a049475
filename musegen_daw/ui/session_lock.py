"""One window for one saved session: whoever comes second has one of its own, which the next second finds again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLockFile

from musegen_daw.errors import MusegenError
from musegen_daw.files import reason

FILE_NAME = "session.lock"
MAX_WINDOWS = 99


class SessionLock:
    """Holds a session until `close`: that in `folder`, or one within it where another window has that.

    `data_dir` is where it lies, `sentence` says so where it is not `folder`, else "". A lock of a program that has
    ended counts for nothing; where none can be made, the folder is taken as it is. Raises MusegenError where no
    folder can be made.
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
        """Let go of the session."""
        self._lock.unlock()
