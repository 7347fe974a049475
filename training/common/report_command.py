"""The command line that the reports of both pipelines share."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

WriteReport = Callable[..., Path]


def run_report(
    argv: list[str] | None,
    program: str,
    description: str | None,
    write: WriteReport,
    out: Path,
    examples: str,
) -> int:
    """Write a report of what `prepare` wrote: `write(data, out, run=, seed=)`, whose page is returned by it.

    `out` is the folder where none is given; `examples` are what the seed chooses.
    """
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--data", type=Path, required=True, help="folder written by prepare")
    parser.add_argument("--run", type=Path, help="run folder, for its loss curves")
    parser.add_argument("--out", type=Path, default=out, help="folder to write")
    parser.add_argument("--seed", type=int, default=0, help=f"chooses the example {examples}")
    options = parser.parse_args(argv)
    if not (options.data / "facts.json").is_file():
        parser.error(f"{options.data} was not written by prepare: it has no facts.json")
    started = time.perf_counter()
    page = write(options.data, options.out, run=options.run, seed=options.seed)
    pictures = len(list(options.out.glob("*.png")))
    print(f"{page} ({pictures} pictures) in {time.perf_counter() - started:.1f} s")
    return 0
