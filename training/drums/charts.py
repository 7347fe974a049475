"""The diagrams of the corpus report: bars, histograms and one map, four to a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR, VELOCITY_LEVELS, VELOCITY_STEP
from training.common.figures import (
    BLUE,
    GREEN,
    GREY,
    GROUND,
    LINE,
    MUTED,
    ORANGE,
    PANEL,
    RED,
    TEAL,
    VIOLET,
    bars,
    four_panels,
    histogram,
    new_figure,
    save_figure,
    short,
    style,
)
from training.drums.pictures import BAR_LINE, LANE_COLOURS, LANES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLASS_COLOURS = {"A": GREEN, "B": TEAL, "C": ORANGE, "D": RED}


def draw_files(statistics: Mapping[str, Any], path: Path) -> None:
    """What became of the files: dropped by reason, licence classes, sources, programs."""
    figure, (top_left, top_right, low_left, low_right) = four_panels(left=0.15, gap=0.16)
    dropped = dict(statistics["dropped"])
    kept = sum(split["songs"] for split in statistics["splits"].values())
    style(top_left, f"{statistics['files']:,} files: kept and dropped")
    bars(top_left, {"kept": kept} | dropped, [GREEN] + [RED] * len(dropped))
    style(top_right, "songs kept, by licence class")
    classes = {name: sum(row.values()) for name, row in statistics["licence_classes"].items()}
    bars(top_right, classes, [CLASS_COLOURS.get(name, VIOLET) for name in classes])
    style(low_left, "the ten largest sources")
    bars(low_left, dict(list(statistics["sources"].items())[:10]), [BLUE] * 10)
    style(low_right, "tracks by program")
    bars(low_right, statistics["programs"], [TEAL] * len(statistics["programs"]))
    save_figure(figure, path)


def draw_lengths(values: Mapping[str, npt.NDArray[Any]], path: Path) -> None:
    """Tempo, bars and tokens per song, tokens per bar: one histogram each, with its median."""
    figure, panels = four_panels(left=0.055, gap=0.055)
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
        histogram(axes, values[name], unit, colour, top=top, step=1 if whole else None)
    save_figure(figure, path)


def draw_drums(
    density: npt.NDArray[Any],
    lanes: npt.NDArray[Any],
    where: npt.NDArray[Any],
    levels: npt.NDArray[Any],
    path: Path,
) -> None:
    """Hits per bar; hits by voice (10,); where in the bar each voice plays (10, 16); velocity levels (10, 16)."""
    figure, (top_left, top_right, low_left, low_right) = four_panels(left=0.075, gap=0.09)
    style(top_left, "density")
    histogram(top_left, density, "hits per bar, bars with drums", ORANGE, top=48, step=1)
    style(top_right, "hits by voice, %")
    shares = 100 * lanes / max(1, lanes.sum())
    bars(
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
    axes.set_yticks(range(len(feel)), [short(name, 22) for name in feel])
    axes.invert_yaxis()
    axes.set(xlim=(0, 106), xticks=[])
    for index, (kind, colour) in enumerate(zip(kinds, colours, strict=True)):
        figure.text(0.17 + index * 0.2, 0.28 / height, "■", color=colour, size=10, va="center")
        figure.text(0.187 + index * 0.2, 0.28 / height, kind, color=MUTED, size=8.5, va="center")
    save_figure(figure, path)


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
