"""The diagrams of the corpus report: bars, histograms and one map, four to a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drumming.events import FRAMES_PER_BAR, VELOCITY_LEVELS, VELOCITY_STEP
from training.drums.pictures import (
    BAR_LINE,
    GROUND,
    LANE_COLOURS,
    LANES,
    LINE,
    MUTED,
    PANEL,
    TEXT,
    new_figure,
    save_figure,
    style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RED, ORANGE, GREEN, TEAL, BLUE, VIOLET, GREY = (LANE_COLOURS[index] for index in (0, 1, 2, 4, 7, 8, 9))
CLASS_COLOURS = {"A": GREEN, "B": TEAL, "C": ORANGE, "D": RED}


def draw_files(statistics: Mapping[str, Any], path: Path) -> None:
    """What became of the files: dropped by reason, licence classes, sources, programs."""
    figure, (top_left, top_right, low_left, low_right) = _four(left=0.15, gap=0.16)
    dropped = dict(statistics["dropped"])
    kept = sum(split["songs"] for split in statistics["splits"].values())
    style(top_left, f"{statistics['files']:,} files: kept and dropped")
    _bars(top_left, {"kept": kept} | dropped, [GREEN] + [RED] * len(dropped))
    style(top_right, "songs kept, by licence class")
    classes = {name: sum(row.values()) for name, row in statistics["licence_classes"].items()}
    _bars(top_right, classes, [CLASS_COLOURS.get(name, VIOLET) for name in classes])
    style(low_left, "the ten largest sources")
    _bars(low_left, dict(list(statistics["sources"].items())[:10]), [BLUE] * 10)
    style(low_right, "tracks by program")
    _bars(low_right, statistics["programs"], [TEAL] * len(statistics["programs"]))
    save_figure(figure, path)


def draw_lengths(values: Mapping[str, npt.NDArray[Any]], path: Path) -> None:
    """Tempo, bars and tokens per song, tokens per bar: one histogram each, with its median."""
    figure, panels = _four(left=0.055, gap=0.055)
    for axes, (name, unit, top, colour) in zip(
        panels,
        (
            ("tempo", "quarter notes a minute, by song", 240, ORANGE),
            ("bars per song", "bars", None, TEAL),
            ("tokens per song", "drum tokens", None, BLUE),
            ("tokens per bar", "drum tokens, bars with drums", 48, VIOLET),
        ),
        strict=True,
    ):
        style(axes, name)
        whole = name == "tokens per bar"
        _histogram(axes, values[name], unit, colour, top=top, step=1 if whole else None)
    save_figure(figure, path)


def draw_drums(
    density: npt.NDArray[Any],
    lanes: npt.NDArray[Any],
    where: npt.NDArray[Any],
    levels: npt.NDArray[Any],
    path: Path,
) -> None:
    """Hits per bar; hits by voice (10,); where in the bar each voice plays (10, 16); velocity levels (10, 16)."""
    figure, (top_left, top_right, low_left, low_right) = _four(left=0.075, gap=0.09)
    style(top_left, "density")
    _histogram(top_left, density, "hits per bar, bars with drums", ORANGE, top=48, step=1)
    style(top_right, "hits by voice, %")
    shares = 100 * lanes / max(1, lanes.sum())
    _bars(
        top_right,
        dict(zip(reversed(LANES), reversed(shares.tolist()), strict=True)),
        list(reversed(LANE_COLOURS)),
        form="{:.1f}",
    )
    style(low_left, "where in the bar each voice plays")
    _map(low_left, where)
    style(low_right, "velocity, by voice")
    _stack(low_right, levels)
    save_figure(figure, path)


def draw_feel(feel: Mapping[str, Mapping[str, int]], path: Path) -> None:
    """Dynamics and timing of the songs of each licence class, in shares of the class."""
    figure = new_figure(11.0, 0.9 + 0.42 * len(feel) + 0.55)
    height = figure.get_size_inches()[1]
    axes = figure.add_axes((0.17, 0.62 / height, 0.8, (height - 1.1) / height))
    style(axes, "dynamics and timing of the songs, % of each licence class")
    kinds = list(next(iter(feel.values()), {}))
    colours = (GREY, BLUE, ORANGE, RED)
    for row, counts in enumerate(feel.values()):
        total, left = max(1, sum(counts.values())), 0.0
        for kind, colour in zip(kinds, colours, strict=True):
            share = 100 * counts[kind] / total
            axes.barh(row, share, left=left, height=0.62, color=colour, edgecolor=PANEL, lw=1)
            if share >= 6:
                axes.text(left + share / 2, row, f"{share:.0f}", color=GROUND, size=8, weight="bold",
                          ha="center", va="center")  # fmt: skip
            left += share
        axes.text(101, row, f"{sum(counts.values()):,}", color=MUTED, size=8, va="center")
    axes.set_yticks(range(len(feel)), [_short(name, 22) for name in feel])
    axes.invert_yaxis()
    axes.set(xlim=(0, 106), xticks=[])
    for index, (kind, colour) in enumerate(zip(kinds, colours, strict=True)):
        figure.text(0.17 + index * 0.2, 0.28 / height, "■", color=colour, size=10, va="center")
        figure.text(0.187 + index * 0.2, 0.28 / height, kind, color=MUTED, size=8.5, va="center")
    save_figure(figure, path)


def _four(*, left: float, gap: float) -> tuple[Figure, list[Axes]]:
    figure = new_figure(13.0, 8.0)
    width = (0.975 - left - gap) / 2
    boxes = [(column, row, width, 0.375) for row in (0.565, 0.075) for column in (left, left + width + gap)]
    return figure, [figure.add_axes(box) for box in boxes]


def _bars(axes: Axes, values: Mapping[str, float], colours: Sequence[str], *, form: str = "{:,}") -> None:
    rows = range(len(values))
    axes.barh(rows, list(values.values()), height=0.66, color=list(colours)[: len(values)])
    axes.set_yticks(rows, [_short(name, 26) for name in values])
    axes.invert_yaxis()
    longest = max([*values.values(), 1])
    for row, value in zip(rows, values.values(), strict=True):
        axes.text(value + longest * 0.012, row, form.format(value), color=TEXT, size=8, va="center")
    axes.set(xlim=(0, longest * 1.14), xticks=[])


def _histogram(
    axes: Axes, values: npt.NDArray[Any], unit: str, colour: str, *, top: float | None, step: float | None
) -> None:
    if len(values) == 0:
        axes.text(0.5, 0.5, "none", color=MUTED, ha="center", va="center", transform=axes.transAxes)
        axes.set(xticks=[], yticks=[])
        return
    end = float(top if top is not None else max(1.0, np.quantile(values, 0.99) * 1.05))
    edges = np.arange(-0.5, end + 1, step) if step else np.linspace(0, end, 49)
    share = 100 * np.histogram(np.minimum(values, edges[-1] - 1e-9), edges)[0] / len(values)
    axes.bar(edges[:-1], share, np.diff(edges) * 0.86, align="edge", color=colour)
    middle = float(np.median(values))
    axes.axvline(middle, color=TEXT, lw=1, ls=(0, (3, 3)))
    axes.text(middle, share.max() * 1.09, f" median {middle:,.0f}", color=TEXT, size=8, va="center")
    if values.max() > edges[-1]:
        axes.text(edges[-1], share[-1] + share.max() * 0.03, "and more", color=MUTED, size=7.5, ha="right")
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, share.max() * 1.18), xlabel=unit)
    axes.set_ylabel("%", rotation=0, labelpad=8)
    axes.grid(axis="y", color=LINE, lw=0.8)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _map(axes: Axes, where: npt.NDArray[Any]) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    loudest = np.maximum(where.max(axis=1, keepdims=True), 1)
    for lane, row in enumerate(where / loudest):
        ramp = LinearSegmentedColormap.from_list("voice", [PANEL, LANE_COLOURS[lane]])
        box = (0, FRAMES_PER_BAR, lane, lane + 1)
        axes.imshow(row[None], cmap=ramp, vmin=0, vmax=1, extent=box, aspect="auto", interpolation="nearest")
    for lane in range(1, len(LANES)):
        axes.axhline(lane, color=GROUND, lw=1.5)
    for frame in range(1, FRAMES_PER_BAR):
        axes.axvline(frame, color=BAR_LINE if frame % 4 == 0 else GROUND, lw=0.9 if frame % 4 == 0 else 0.6)
    axes.set(xlim=(0, FRAMES_PER_BAR), ylim=(0, len(LANES)))
    axes.set_yticks(np.arange(len(LANES)) + 0.5, LANES)
    counts = [
        f"{frame // 4 + 1}" if frame % 4 == 0 else ("", "e", "&", "a")[frame % 4] for frame in range(16)
    ]
    axes.set_xticks(np.arange(FRAMES_PER_BAR) + 0.5, counts)


def _stack(axes: Axes, levels: npt.NDArray[Any]) -> None:
    total = max(1, int(levels.sum()))
    bottom = np.zeros(VELOCITY_LEVELS)
    for lane, counts in enumerate(levels):
        share = 100 * counts / total
        axes.bar(range(VELOCITY_LEVELS), share, 0.82, bottom=bottom, color=LANE_COLOURS[lane])
        bottom += share
    axes.set_xticks(
        range(0, VELOCITY_LEVELS, 2), [str(max(1, level * VELOCITY_STEP)) for level in range(0, 16, 2)]
    )
    axes.set_xlabel("velocity, lower end of each step of 8")
    axes.set_ylabel("%", rotation=0, labelpad=8)
    axes.grid(axis="y", color=LINE, lw=0.8)


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"
