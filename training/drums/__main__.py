"""`python -m training.drums COMMAND`: see COMMANDS."""

from __future__ import annotations

import importlib
import sys

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
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print(f"usage: python -m training.drums {{{','.join(COMMANDS)}}} ...", file=sys.stderr)
        return 2
    module = importlib.import_module(f"training.drums.{sys.argv[1]}")
    return module.main(sys.argv[2:])


if __name__ == "__main__":
    raise SystemExit(main())
