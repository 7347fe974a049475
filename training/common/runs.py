"""What a trainer does with finished runs: compare two, and release the averaged weights of one."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from training.common.checkpoint import read_tensors, read_values, write_tensors
from training.common.figures import read_log

NAMES = ("best.safetensors", "last.safetensors")


def release(package: str, argv: Sequence[str]) -> int:
    """Write the averaged weights of a checkpoint as the one file that is kept and exported; returns the exit status."""
    is_vocoder = package == "training.vocoder"
    parser = argparse.ArgumentParser(
        prog=f"python -m {package} release", description="Release the averaged weights of a run."
    )
    parser.add_argument("checkpoint", type=Path, help="best.safetensors or last.safetensors of a run")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument(
        "--start", type=Path, help="checkpoint that the run began with, to blend its weights in"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the run in the blend (default: 1)")
    if is_vocoder:
        parser.add_argument("--float32", action="store_true", help="keep full precision (default: float16)")
        parser.add_argument("--trained-on", default="", help="training data, for the model card")
    options = parser.parse_args(argv)
    tensors, values = read_tensors(options.checkpoint)
    averaged = {name: value for name, value in tensors.items() if name.startswith("average/")}
    if options.start is not None:
        start, _ = read_tensors(options.start)
        averaged = blended(averaged, start, options.share)
        values["share_of_run"] = options.share
    if is_vocoder:
        values["trained_on"] = options.trained_on
        if not options.float32:
            averaged = {name: value.half() for name, value in averaged.items()}
    write_tensors(options.out, averaged, {"values": json.dumps(values)})
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB, step {values['progress']['step']}")
    return 0


def blended(run: Mapping[str, Tensor], start: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """The weights of a run times `share` plus those it began with times the rest; what those lack stays the run's.

    Between both the network is often better, on other data above all, than at either end: M. Wortsman et al., Robust
    fine-tuning of zero-shot models (2022).
    """
    before = {name: start.get(name, value).float() for name, value in run.items()}
    return {name: value.float() * share + before[name] * (1 - share) for name, value in run.items()}


def compare(package: str, argv: Sequence[str]) -> int:
    """Print two runs side by side; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {package} compare",
        description="Compare two runs: what they were made of, where that differs, and how far they came.",
    )
    parser.add_argument("runs", type=Path, nargs=2, metavar="RUN", help="run folder or checkpoint")
    parser.add_argument("--all", action="store_true", help="also print what is the same in both")
    options = parser.parse_args(argv)
    try:
        sides = [describe(run) for run in options.runs]
    except (ValueError, OSError, KeyError) as error:
        parser.error(str(error))
    print(comparison([str(run) for run in options.runs], sides, everything=options.all))
    return 0


def describe(run: Path) -> dict[str, Any]:
    """What a run says of itself, flat: `config.loop.steps`, `environment.packages.torch`, `best.loss` and so on.

    Raises ValueError where there is no checkpoint.
    """
    path = next((run / name for name in NAMES if (run / name).is_file()), run)
    if not path.is_file():
        raise ValueError(f"{run} is no run: it has neither {' nor '.join(NAMES)}")
    values = read_values(path)
    history: list[dict[str, Any]] = values.get("history", [])
    found = _flat({"config": values["config"], **(history[-1] if history else {})})
    found |= {f"progress.{name}": value for name, value in values.get("progress", {}).items()}
    if len(history) > 1:
        found["went on with other code or devices"] = len(history) - 1
    log = path.parent / "log.csv"
    if log.is_file():
        rows = read_log(log)
        best = min(rows, key=lambda row: abs(row["step"] - found["progress.best_step"]))
        for title, row in (("best", best), ("last", rows[-1])):
            found |= {f"{title}.{name}": value for name, value in row.items()}
    return found


def comparison(names: Sequence[str], sides: Sequence[Mapping[str, Any]], *, everything: bool = False) -> str:
    """A table of the figures and of what differs (`everything`: of all); numbers with their difference."""
    keys = list(dict.fromkeys(key for side in sides for key in side))
    rows: list[tuple[str, ...]] = [("", *names, "difference")]
    same = 0
    for key in keys:
        values = [side.get(key) for side in sides]
        is_figure = key.startswith(("best.", "last.", "progress."))
        if values[0] == values[1] and not is_figure and not everything:
            same += 1
            continue
        change = ""
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            change = f"{values[1] - values[0]:+.4g}" if values[0] != values[1] else ""  # pyright: ignore
        rows.append((key, *map(_form, values), change))
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    if same:
        lines.append(f"{same} more entries are the same in both (--all shows them)")
    return "\n".join(line.rstrip() for line in lines)


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[before + name] = value
    return found


def _form(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text if len(text) <= 40 else text[:12] + "…"
