"""Processes of the program's own: started by Python, or in a packaged one, which has none, by the program itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

AS_SENDER = "--sending-process"
"""A packaged program started with this is the output process."""
AS_COMPUTER = "--computing-process"
"""The same for a worker process."""
_PACKAGED_ON_WINDOWS = "musegen-daw.exe"


def command_of(module: str, flag: str) -> tuple[str, ...]:
    """The command line that runs a module, which a packaged program does when it is started with `flag`."""
    if not getattr(sys, "frozen", False):
        return sys.executable, "-m", module
    program = Path(sys.executable)
    if sys.platform == "win32":
        program = program.with_name(_PACKAGED_ON_WINDOWS)  # the one for the window has no standard streams
    return str(program), flag


def end(process: subprocess.Popen[Any], seconds: float) -> None:
    """Wait for a process whose pipe was closed, so many seconds, then kill it."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
