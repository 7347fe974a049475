"""Keeps ALSA and JACK from writing to the terminal; the program reports problems itself."""

from __future__ import annotations

import ctypes
import sys

_HOOKS = ("jack_set_error_function", "jack_set_info_function", "snd_lib_error_set_handler")


def quieten(library: str) -> None:
    """Silence the drivers that a loaded shared library is linked with; Linux only."""
    if not sys.platform.startswith("linux"):
        return
    try:
        linked = ctypes.CDLL(library)
    except OSError:
        return
    # The hooks take a C function and may call it on any thread at any time, so it cannot be one of Python's;
    # getpid takes no arguments and reads none of those that it is called with.
    nothing = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
    for name in _HOOKS:
        hook = getattr(linked, name, None)
        if hook is not None:
            hook(nothing)
