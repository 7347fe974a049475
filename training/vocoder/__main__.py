"""`python -m training.vocoder COMMAND`: prepare, train, compare, release, evaluate, report, benchmark."""

from __future__ import annotations

import sys

from training.common.commands import run_command

COMMANDS = ("prepare", "train", "compare", "release", "evaluate", "report", "benchmark")


def main() -> int:
    """Run the command named first."""
    return run_command("training.vocoder", COMMANDS, sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
