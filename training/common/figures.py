"""The look of all diagrams, and the kinds of diagram that more than one report draws."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from musegen_daw.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUND, PANEL, LINE, TEXT, MUTED = "#15171C", "#1B1E25", "#242831", "#E4E6EB", "#9AA1AF"
RED, ORANGE, GREEN, TEAL, BLUE, VIOLET, GREY = (
    "#E4572E", "#F2A33A", "#8BC34A", "#2BB3C0", "#7C83FD", "#B388EB", "#A7ADB9",
)  # fmt: skip
COLOURS = (ORANGE, BLUE, TEAL, GREEN, RED, VIOLET, GREY)
DPI = 110
_PROGRESS_COLUMNS = ("step", "epoch", "seconds")


def new_figure(width_inches: float, height_inches: float) -> Figure:
    """An empty dark figure without pyplot."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_inches, height_inches), dpi=DPI, facecolor=GROUND)


def four_panels(*, left: float, gap: float) -> tuple[Figure, list[Axes]]:
    """A figure of two rows of two panels, `left` and `gap` in shares of its width."""
    figure = new_figure(13.0, 8.0)
    width = (0.975 - left - gap) / 2
    boxes = [(column, row, width, 0.375) for row in (0.565, 0.075) for column in (left, left + width + gap)]
    return figure, [figure.add_axes(box) for box in boxes]


def save_figure(figure: Figure, path: Path) -> None:
    """Write the PNG to `path`, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as beside:
        figure.savefig(beside, format="png", facecolor=GROUND)


def style(axes: Axes, title: str) -> None:
    axes.set_facecolor(PANEL)
    axes.set_axisbelow(True)
    axes.set_title(title, loc="left", color=TEXT, fontsize=10, weight="bold", pad=8)
    axes.tick_params(colors=MUTED, labelsize=8, length=0, pad=5)
    axes.xaxis.label.set(color=MUTED, fontsize=8.5)
    axes.yaxis.label.set(color=MUTED, fontsize=8.5)
    for spine in axes.spines.values():
        spine.set_visible(False)


def bars(axes: Axes, values: Mapping[str, float], colours: Sequence[str], *, form: str = "{:,}") -> None:
    """Horizontal bars with their values, the first on top."""
    rows = range(len(values))
    axes.barh(rows, list(values.values()), height=0.66, color=list(colours)[: len(values)])
    axes.set_yticks(rows, [short(name, 26) for name in values])
    axes.set_ylim(max(len(values), 4) - 0.5, -0.5)
    longest = max([*values.values(), 0]) or 1
    for row, value in zip(rows, values.values(), strict=True):
        axes.text(value + longest * 0.012, row, form.format(value), color=TEXT, size=8, va="center")
    axes.set(xlim=(0, longest * 1.14), xticks=[])


def histogram(
    axes: Axes,
    values: npt.NDArray[Any],
    unit: str,
    colour: str,
    *,
    bottom: float = 0.0,
    top: float | None = None,
    step: float | None = None,
) -> None:
    """Shares of the values in % with their median; what lies beyond `bottom` and `top` is in the outermost bars."""
    if len(values) == 0:
        axes.text(0.5, 0.5, "none", color=MUTED, ha="center", va="center", transform=axes.transAxes)
        axes.set(xticks=[], yticks=[])
        return
    end = float(top if top is not None else max(1.0, np.quantile(values, 0.99) * 1.05))
    edges = np.arange(bottom - 0.5, end + 1, step) if step else np.linspace(bottom, end, 49)
    inside = np.clip(values, edges[0], edges[-1] - 1e-9)
    share = 100 * np.histogram(inside, edges)[0] / len(values)
    axes.bar(edges[:-1], share, np.diff(edges) * 0.86, align="edge", color=colour)
    middle = float(np.median(values))
    axes.axvline(middle, color=TEXT, lw=1, ls=(0, (3, 3)))
    side = "right" if middle > edges[0] + 0.8 * (edges[-1] - edges[0]) else "left"
    axes.text(middle, share.max() * 1.09, f" median {middle:,.0f} ", color=TEXT, size=8, ha=side, va="center")
    if values.max() > edges[-1]:
        axes.text(edges[-1], share[-1] + share.max() * 0.03, "and more", color=MUTED, size=7.5, ha="right")
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, share.max() * 1.18), xlabel=unit)
    axes.set_ylabel("%", rotation=0, labelpad=8)
    axes.grid(axis="y", color=LINE, lw=0.8)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def draw_curves(log_csv: Path, path: Path) -> None:
    """Draw every figure of the log of a run against the steps; raises ValueError where it has no line yet."""
    log = read_log(log_csv)
    names = [name for name in log[0] if name not in _PROGRESS_COLUMNS]
    columns = 3
    rows = -(-len(names) // columns)
    width, height = 13.0, 0.2 + 2.6 * rows
    figure = new_figure(width, height)
    for at, name in enumerate(names):
        left, row = at % columns, at // columns
        box = (0.045 + left * 0.325, (height - 2.6 * (row + 1) + 0.35) / height, 0.275, 1.85 / height)
        axes = figure.add_axes(box)
        points = [(line["step"], line[name]) for line in log if name in line]
        style(axes, f"{name}  {points[-1][1]:.4g}")
        colour = COLOURS[at % len(COLOURS)]
        axes.plot(*zip(*points, strict=True), color=colour, lw=1.8, marker="o", ms=2.5)
        axes.set_xlim(left=0)
        axes.grid(color=LINE, lw=0.8)
        if row + 1 == rows:
            axes.set_xlabel("step")
    save_figure(figure, path)


def read_log(log_csv: Path) -> list[dict[str, float]]:
    """The lines of the log of a run; raises ValueError where it has none yet."""
    with log_csv.open(encoding="utf-8", newline="") as file:
        log = [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]
    if not log:
        raise ValueError(f"{log_csv} has no line yet")
    return log


def short(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"
