"""What the command lines of both pipelines share."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from musegen_daw.errors import MusegenError

_OF_RUNS = ("compare", "release")


def run_command(package: str, commands: Mapping[str, str], argv: Sequence[str]) -> int:
    """Run the command that `argv` names first, which is `main` of a module of `package`; returns the exit status."""
    known = (*commands, *_OF_RUNS)
    if not argv or argv[0] not in known:
        print(f"usage: python -m {package} {{{','.join(known)}}} ...", file=sys.stderr)
        return 2
    try:
        if argv[0] in _OF_RUNS:
            return getattr(importlib.import_module("training.common.runs"), argv[0])(package, argv[1:])
        return importlib.import_module(f"{package}.{commands[argv[0]]}").main(list(argv[1:]))
    except MusegenError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1


def add_map_options(parser: argparse.ArgumentParser) -> None:
    """Where a preparation runs, and whether duplicates are kept."""
    add = parser.add_argument
    add("--workers", type=int, default=0, help="processes on this machine; one a core by default")
    add("--scheduler", default="", metavar="ADDRESS", help="Dask cluster to run on, such as tcp://host:8786")
    add("--keep-duplicates", action="store_true", help="keep pieces that are in the corpus more than once")


def run_preparation(
    parser: argparse.ArgumentParser,
    out: Path,
    prepare: Callable[[], Mapping[str, Any]],
    pieces: str,
    columns: Sequence[str],
) -> int:
    """Carry out a preparation for a command line, which writes to `out`, and print what it kept; returns the status."""
    started = time.perf_counter()
    try:
        facts = prepare()
    except (ValueError, OSError, MusegenError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print(f"\nStopped. What is done is kept in {out}; the same command goes on.", file=sys.stderr)
        return 130
    print(in_words(facts, pieces, columns, time.perf_counter() - started))
    return 0


def in_words(facts: Mapping[str, Any], pieces: str, columns: Sequence[str], seconds: float) -> str:
    """The facts of a preparation as a table: what each split holds (`columns`), then what was left out and why."""
    rows = [("split", *columns)]
    rows += [
        (split, *(_form(numbers[name]) for name in columns)) for split, numbers in facts["splits"].items()
    ]
    total = facts[pieces]
    lines = [f"{total:,} {pieces} in {seconds:.1f} s: {total / max(seconds, 1e-9):,.0f} {pieces}/s", ""]
    lines += _table(rows)
    for title, name in ((f"{pieces} left out", "dropped"), ("chunks left out", "dropped_chunks")):
        if facts.get(name):
            lines += ["", *_table([(title, "count"), *((why, _form(n)) for why, n in facts[name].items())])]
    return "\n".join(lines)


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _form(value: float) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
