"""Keys: single presses from the terminal, which is left as it was found however the program ends."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

POLL_SECONDS = 0.02


class Keys:
    """Reads keys where the standard input is a terminal, else only waits. A closed terminal reads as `CLOSED`."""

    CLOSED = "closed"

    def __init__(self) -> None:
        try:
            self._fd = sys.stdin.fileno() if sys.stdin.isatty() else None
        except (AttributeError, ValueError, OSError):
            self._fd = None
        self._before: list[Any] | None = None

    @property
    def are_read(self) -> bool:
        """Whether there is a terminal to read from."""
        return self._fd is not None

    def __enter__(self) -> Keys:
        if self._fd is not None and sys.platform != "win32":
            import termios
            import tty

            self._before = termios.tcgetattr(self._fd)
            tty.setcbreak(self._fd, termios.TCSANOW)
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd is not None and self._before is not None and sys.platform != "win32":
            import termios
            from contextlib import suppress

            with suppress(termios.error):  # the terminal may be gone
                termios.tcsetattr(self._fd, termios.TCSANOW, self._before)

    def read(self, wait_seconds: float) -> str:
        """The keys pressed, after the first or after so long at most."""
        if self._fd is None:
            time.sleep(wait_seconds)
            return ""
        if sys.platform == "win32":
            return _read_console(wait_seconds)
        import select

        try:
            if not select.select([self._fd], [], [], wait_seconds)[0]:
                return ""
            return os.read(self._fd, 64).decode(errors="ignore") or self.CLOSED
        except OSError:
            return self.CLOSED


def _read_console(wait_seconds: float) -> str:
    import msvcrt

    console: Any = msvcrt
    end = time.monotonic() + wait_seconds
    while not console.kbhit():
        if time.monotonic() >= end:
            return ""
        time.sleep(POLL_SECONDS)
    return str(console.getwch())
