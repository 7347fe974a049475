"""Lets a packaged program on Linux play: with the PortAudio of the system, else with the one that it brings.

PortAudio needs JACK's library, which has to suit the sound server that runs: the system's is taken where there is one.
"""

import ctypes
import ctypes.util
import sys
from contextlib import suppress
from pathlib import Path

_BROUGHT = Path(sys._MEIPASS) / "portaudio"  # pyright: ignore[reportAttributeAccessIssue] - set in a packaged program
_find_system = ctypes.util.find_library


def _find(name: str) -> str | None:
    found = _find_system(name)
    brought = _BROUGHT / "libportaudio.so.2"
    if found or name != "portaudio" or not brought.is_file():
        return found
    for jack in ("libjack.so.0", str(_BROUGHT / "libjack.so.0")):
        with suppress(OSError):
            ctypes.CDLL(jack)  # once loaded, it is what PortAudio is linked with
            break
    return str(brought)


ctypes.util.find_library = _find
