"""Start and end subprocesses; a packaged program, which has no Python, starts itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

AS_SENDER = "--sending-process"
"""Option that makes a packaged program the output process."""
AS_COMPUTER = "--computing-process"
"""Option that makes a packaged program a worker process."""
_PACKAGED_ON_WINDOWS = "musegen-daw.exe"


def command_of(module: str, flag: str) -> tuple[str, ...]:
    """The command line that runs a module, in a packaged program through `flag`."""
    if not getattr(sys, "frozen", False):
        return sys.executable, "-m", module
    program = Path(sys.executable)
    if sys.platform == "win32":
        program = program.with_name(_PACKAGED_ON_WINDOWS)  # the program of the window has no standard streams
    return str(program), flag


def end(process: subprocess.Popen[Any], seconds: float) -> None:
    """Wait for a process whose pipe was closed, at most that long, then kill it."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
