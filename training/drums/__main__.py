"""`python -m training.drums COMMAND`: see COMMANDS."""

from __future__ import annotations

import sys

from training.common.commands import run_command

COMMANDS = (
    "prepare",
    "styles",
    "chooser",
    "train",
    "planner",
    "hand",
    "critic",
    "compare",
    "release",
    "evaluate",
    "report",
    "benchmark",
    "draw",
)


def main() -> int:
    """Run the command named first."""
    return run_command("training.drums", COMMANDS, sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
