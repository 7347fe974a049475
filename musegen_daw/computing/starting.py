"""How the computing process is started, and kept out of reach of the terminal."""

from __future__ import annotations

import subprocess
import sys

from musegen_daw import children

AS_COMPUTER = "--computing-process"
"""What a packaged program is started with to be the computing process."""


def command() -> tuple[str, ...]:
    """The command line of a new computing process."""
    return children.command("musegen_daw.computing", AS_COMPUTER)


def started() -> subprocess.Popen[bytes]:
    """A computing process, which what a terminal sends to the program does not reach: it ends with the pipe alone."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return subprocess.Popen(
        command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=sys.platform != "win32",
        creationflags=flags,
    )
