"""How a part of the program is started as a process: by Python, or, packaged, which has none, by the program itself."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGED_ON_WINDOWS = "musegen-daw.exe"


def command(module: str, packaged: str) -> tuple[str, ...]:
    """The command line that runs `module`; `packaged` is what a packaged program is started with instead."""
    if not getattr(sys, "frozen", False):
        return sys.executable, "-m", module
    program = Path(sys.executable)
    if sys.platform == "win32":
        program = program.with_name(_PACKAGED_ON_WINDOWS)  # the one for the window has no standard streams
    return str(program), packaged
