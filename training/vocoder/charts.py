"""The diagrams of the audio report: bars, histograms, spectra, chunks with their mels, and the curves of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.vocoder.mel import Floats, MelConfig
from training.common.figures import (
    BLUE,
    GREEN,
    GREY,
    LINE,
    ORANGE,
    RED,
    TEAL,
    TEXT,
    VIOLET,
    bars,
    four_panels,
    histogram,
    new_figure,
    read_log,
    save_figure,
    short,
    style,
)

SOURCE_COLOURS = (ORANGE, BLUE, TEAL, GREEN, RED, VIOLET, GREY)
SHOWN_SOURCES = 10
MEL_RANGE = 18.0  # natural logarithm of power: 78 dB
PROGRESS_COLUMNS = ("step", "epoch", "seconds")


def draw_corpus(statistics: Mapping[str, Any], path: Path) -> None:
    """Recordings kept and dropped; hours by split, source and licence."""
    figure, (top_left, top_right, low_left, low_right) = four_panels(left=0.15, gap=0.17)
    dropped = dict(statistics["dropped"])
    style(top_left, f"{statistics['recordings']:,} recordings: kept and left out")
    bars(top_left, {"kept": statistics["kept"]} | dropped, [GREEN] + [RED] * len(dropped))
    splits = statistics["splits"]
    style(top_right, "hours, by split")
    bars(top_right, {name: row["hours"] for name, row in splits.items()}, [ORANGE, TEAL], form="{:.2f}")
    for axes, title, name, colour in (
        (low_left, "source", "hours_by_source", BLUE),
        (low_right, "licence", "hours_by_licence", VIOLET),
    ):
        hours: dict[str, float] = {}
        for row in splits.values():
            for kind, value in row[name].items():
                hours[kind] = hours.get(kind, 0.0) + value
        largest = dict(sorted(hours.items(), key=lambda item: -item[1])[:SHOWN_SOURCES])
        style(axes, f"hours, by {title}")
        bars(axes, largest, [colour] * len(largest), form="{:.2f}")
    save_figure(figure, path)


def draw_audio(values: Mapping[str, npt.NDArray[Any]], sample_rate_hz: int, path: Path) -> None:
    """Durations of recordings; levels, peaks and bandwidths of chunks: one histogram each, with its median."""
    figure, panels = four_panels(left=0.055, gap=0.055)
    for axes, (name, unit, bottom, top, colour) in zip(
        panels,
        (
            ("duration", "seconds, by recording", 0.0, None, ORANGE),
            ("level", "RMS, dBFS, by chunk", -60.0, 0.0, TEAL),
            ("peak", "peak, dBFS, by chunk", -36.0, 0.0, BLUE),
            ("bandwidth", "Hz, by chunk", 0.0, sample_rate_hz / 2, VIOLET),
        ),
        strict=True,
    ):
        style(axes, name)
        histogram(axes, values[name], unit, colour, bottom=bottom, top=top)
    save_figure(figure, path)


def draw_spectra(spectra: Mapping[str, Floats], sample_rate_hz: int, path: Path) -> None:
    """The mean level of every frequency, a curve for each of the largest sources."""
    figure = new_figure(11.0, 4.2)
    axes = figure.add_axes((0.07, 0.13, 0.9, 0.77))
    style(axes, "mean spectra, by source")
    for (source, levels), colour in zip(spectra.items(), SOURCE_COLOURS, strict=False):
        kilohertz = np.linspace(0, sample_rate_hz / 2000, len(levels))
        axes.plot(kilohertz, levels, color=colour, lw=1.4, label=short(source, 28))
    axes.set(
        xlim=(0, sample_rate_hz / 2000), ylim=(-120, 0), xlabel="kHz", ylabel="dB below a sine of full scale"
    )
    axes.grid(color=LINE, lw=0.8)
    if spectra:
        axes.legend(frameon=False, labelcolor=TEXT, fontsize=8, loc="upper right", ncols=2)
    save_figure(figure, path)


def draw_chunks(examples: Sequence[tuple[str, Floats, Floats]], config: MelConfig, path: Path) -> None:
    """Chunks as (caption, audio, log-mel): the waveform above its mel. Raises ValueError for none."""
    if not examples:
        raise ValueError("nothing to draw: no chunk was given")
    row, width = 2.9, 11.0
    height = 0.15 + row * len(examples) + 0.25
    figure = new_figure(width, height)
    for at, (caption, audio, mel) in enumerate(examples):
        seconds = len(audio) / config.sample_rate_hz
        top = height - 0.15 - at * row
        wave = figure.add_axes((0.06, (top - 0.85) / height, 0.92, 0.5 / height))
        style(wave, short(caption, 110))
        wave.plot(np.arange(len(audio)) / config.sample_rate_hz, audio, color=ORANGE, lw=0.3)
        wave.set(xlim=(0, seconds), ylim=(-1, 1), xticks=[], yticks=[])
        bands = figure.add_axes((0.06, (top - 2.6) / height, 0.92, 1.7 / height))
        style(bands, "")
        loudest = float(mel.max())
        bands.imshow(
            mel, cmap="magma", vmin=loudest - MEL_RANGE, vmax=loudest, origin="lower", aspect="auto",
            extent=(0, seconds, 0, len(mel)), interpolation="nearest",
        )  # fmt: skip
        bands.set_ylabel("mel band")
    save_figure(figure, path)


def draw_curves(log_csv: Path, path: Path) -> None:
    """Draw every figure of the log of a run against the steps; raises ValueError where it has no line yet."""
    log = read_log(log_csv)
    names = [name for name in log[0] if name not in PROGRESS_COLUMNS]
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
        colour = SOURCE_COLOURS[at % len(SOURCE_COLOURS)]
        axes.plot(*zip(*points, strict=True), color=colour, lw=1.8, marker="o", ms=2.5)
        axes.set_xlim(left=0)
        axes.grid(color=LINE, lw=0.8)
        if row + 1 == rows:
            axes.set_xlabel("step")
    save_figure(figure, path)
