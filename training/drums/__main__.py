"""`python -m training.drums COMMAND`: see COMMANDS, and `compare` and `release` for finished runs."""

from __future__ import annotations

import sys

from training.common.commands import run_command

_NAMES = (
    "prepare",
    "styles",
    "chooser",
    "train",
    "planner",
    "hand",
    "critic",
    "evaluate",
    "report",
    "tapping",
)
COMMANDS = {name: name for name in _NAMES} | {"draw": "pictures"}


def main() -> int:
    return run_command("training.drums", COMMANDS, sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
