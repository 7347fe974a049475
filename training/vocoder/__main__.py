"""`python -m training.vocoder COMMAND`: see COMMANDS, and `compare` and `release` for finished runs."""

from __future__ import annotations

import sys

from training.common.commands import run_command

COMMANDS = {name: name for name in ("prepare", "train", "evaluate", "report")}


def main() -> int:
    return run_command("training.vocoder", COMMANDS, sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
