"""`python -m benchmarks clock`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    """Print a table, from the command line; optionally write JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    clock = commands.add_parser("clock", help="how a MIDI clock is followed, in simulated time")
    clock.add_argument("--seeds", type=int, default=10, help="recordings of each sender that jitters")
    clock.add_argument("--json", type=Path)
    options = parser.parse_args(argv)

    from benchmarks.clock import benchmark

    rows = benchmark(options.seeds)
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
