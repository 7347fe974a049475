"""Drums that follow a part, beside the DAW.

`generate`, `bounce` and `vocode` are the public API for scripts; everything else may change.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from musegen_daw.api import bounce, generate, vocode

__version__ = "0.1.0"
__all__ = ["bounce", "generate", "vocode"]

logging.getLogger(__name__).addHandler(logging.NullHandler())  # quiet unless asked


def __getattr__(name: str) -> Any:
    if name in __all__:
        # Imported on first use, so that the program starts quickly; no module of the package uses these.
        return getattr(import_module("musegen_daw.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
