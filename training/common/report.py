"""What the reports of both pipelines share: their command line, tables, and the curves of a run."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.common.figures import draw_curves

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


def run_section(run: Path | None, out: Path) -> list[str]:
    """The section about a run, whose log is drawn to `out`/loss.png; empty without one."""
    if run is None:
        return []
    if not (run / "log.csv").is_file():
        return [
            "",
            "## Training",
            "",
            f"The run {run.name} has no log.csv yet: it begins with its first validation.",
        ]
    draw_curves(run / "log.csv", out / "loss.png")
    return ["", "## Training", "", f"![Curves of the run {run.name}](loss.png)", ""]


def markdown(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> list[str]:
    def line(cells: Sequence[Any]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    return [line(head), "|" + " --- |" * len(head), *(line(row) for row in rows)]


def distribution(values: npt.NDArray[Any]) -> dict[str, float]:
    """A few quantiles, the mean and the extremes; {} for no values."""
    if len(values) == 0:
        return {}
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    named = {"least": values.min(), "5 %": low, "median": middle, "mean": values.mean(), "95 %": high}
    return {name: round(float(value), 2) for name, value in (named | {"most": values.max()}).items()}
