"""The door of every command of training: the module named first is run, and what a person can mend is one sentence."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from musegen_daw.errors import MusegenError


def run_command(package: str, commands: Sequence[str], argv: Sequence[str]) -> int:
    """Run the command of `package` that `argv` names; returns the status."""
    if not argv or argv[0] not in commands:
        print(f"usage: python -m {package} {{{','.join(commands)}}} ...", file=sys.stderr)
        return 2
    try:
        return importlib.import_module(f"{package}.{argv[0]}").main(list(argv[1:]))
    except MusegenError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
