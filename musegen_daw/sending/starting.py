"""How the sending process is started: by Python, or in a packaged program, which has none, by the program itself."""

from __future__ import annotations

import sys
from pathlib import Path

AS_SENDER = "--sending-process"
"""What a packaged program is started with to be the sending process."""
_PACKAGED_ON_WINDOWS = "musegen-daw.exe"


def command() -> tuple[str, ...]:
    """The command line of a new sending process."""
    if not getattr(sys, "frozen", False):
        return sys.executable, "-m", "musegen_daw.sending"
    program = Path(sys.executable)
    if sys.platform == "win32":
        program = program.with_name(_PACKAGED_ON_WINDOWS)  # the one for the window has no standard streams
    return str(program), AS_SENDER
