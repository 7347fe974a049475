"""`python -m training.vocoder COMMAND`: prepare, train, release, evaluate, report."""

from __future__ import annotations

import importlib
import sys

COMMANDS = ("prepare", "train", "release", "evaluate", "report")


def main() -> int:
    """Run the command named first."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print(f"usage: python -m training.vocoder {{{','.join(COMMANDS)}}} ...", file=sys.stderr)
        return 2
    module = importlib.import_module(f"training.vocoder.{sys.argv[1]}")
    return module.main(sys.argv[2:])


if __name__ == "__main__":
    raise SystemExit(main())
