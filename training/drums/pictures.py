"""Drums as pictures: step grids of hits under the parts they were played to."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegen_daw.drums.events import (
    FAMILIES,
    FRAMES_PER_BAR,
    LEAD_POSITIONS,
    POSITIONS_PER_BAR,
    POSITIONS_PER_FRAME,
    VELOCITY_LEVELS,
    VELOCITY_STEP,
    Array,
    clip_hits,
    clip_onsets,
)
from musegen_daw.midi.file import read_midi
from musegen_daw.music.clip import Clip
from musegen_daw.music.kit import VOICE_OF_PIECE, VOICES
from musegen_daw.music.parts import clip_bars
from training.common.figures import (
    GROUND,
    LINE,
    MUTED,
    PANEL,
    TEXT,
    new_figure,
    save_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BEAT_LINE, BAR_LINE = "#343A46", "#5A6272"
LANES = (*VOICES, "percussion")
LANE_COLOURS = (
    "#E4572E", "#F2A33A", "#8BC34A", "#5FA845", "#2BB3C0", "#2BB3C0", "#2BB3C0", "#7C83FD", "#B388EB", "#A7ADB9",
)  # fmt: skip
FAMILY_COLOURS = ("#D7DAE3", "#E59AC2", "#5DADEC")
VELOCITY_STEPS = (0.26, 0.42, 0.60, 0.80, 1.0)  # how much of the voice's colour shows

_HIT_WIDTH = 0.46  # of a sixteenth: two 32nds lie side by side
_LEFT, _RIGHT, _TITLE, _HEADER, _LANE, _STRIP, _GAP, _LEGEND = 1.05, 0.3, 0.46, 0.3, 0.19, 1.25, 0.16, 0.56


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.drums draw",
        description="Draw a .mid: its parts above, its drums as a step grid below.",
    )
    parser.add_argument("input", type=Path, metavar="IN.mid")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.png")
    parser.add_argument("--bars", type=int, default=4, help="only the first so many bars")
    options = parser.parse_args(argv)
    song = read_midi(options.input)
    bars = clip_bars(song.time_map, list(song.clips))[: options.bars]
    drums = reduce(Clip.merge, song.drums)
    rows = [("drums", clip_hits(drums, bars), len(bars))]
    draw_grids(rows, options.out, onsets=clip_onsets(song.parts, bars), title=options.input.stem)
    print(options.out)
    return 0


def draw_grids(
    rows: Sequence[tuple[str, Array, int]],
    path: Path,
    *,
    onsets: Array | None = None,
    title: str = "",
    first_bar: int = 0,
) -> None:
    """Draw one step grid for each (label, HIT, bars) below the other, as the PNG `path`.

    A hit lies in the cell of its sixteenth, moved by its micro-timing; the brighter, the louder, in five
    steps. `onsets` (ONSET) are drawn above on the same time axis. Bars are numbered from `first_bar` + 1 on.
    Raises ValueError for no rows or no bars.
    """
    bars = max((count for _, _, count in rows), default=0)
    if bars < 1:
        raise ValueError("nothing to draw: no row has a bar")
    width, height = grid_inches(len(rows), bars, with_onsets=onsets is not None, with_title=bool(title))
    figure = new_figure(width, height)
    plot_width, plot_height = width - _LEFT - _RIGHT, _LANE * len(LANES)
    top = height - (_TITLE if title else _GAP)
    if title:
        figure.text(
            0.3 / width, (height - 0.27) / height, title, color=TEXT, size=10.5, weight="bold", va="center"
        )
    if onsets is not None:
        top -= _HEADER + _STRIP
        box = (_LEFT / width, top / height, plot_width / width, _STRIP / height)
        _draw_parts(figure.add_axes(box), onsets, bars)
        _header(figure, "parts", top + _STRIP, width, height)
        _family_legend(figure, onsets, (width - _RIGHT) / width, (top + _STRIP + 0.14) / height, width)
        top -= _GAP
    for index, (label, hits, count) in enumerate(rows):
        top -= _HEADER + plot_height
        box = (_LEFT / width, top / height, plot_width / width, plot_height / height)
        axes = figure.add_axes(box)
        is_last = index + 1 == len(rows)
        _draw_hits(axes, hits, count, bars, aspect=plot_width / (bars * FRAMES_PER_BAR) / _LANE)
        if is_last:
            _bar_numbers(axes, bars, first_bar, plot_width)
        _header(figure, label, top + plot_height, width, height)
        top -= 0 if is_last else _GAP
    _velocity_legend(figure, width, height)
    save_figure(figure, path)


def grid_inches(rows: int, bars: int, *, with_onsets: bool, with_title: bool) -> tuple[float, float]:
    """Width and height of the picture that `draw_grids` makes; times DPI gives pixels."""
    width = _LEFT + _RIGHT + min(16.0, max(6.0, 0.17 * bars * FRAMES_PER_BAR))
    height = (
        (_TITLE if with_title else _GAP) + rows * (_HEADER + _LANE * len(LANES)) + (rows - 1) * _GAP + _LEGEND
    )
    return width, height + (_HEADER + _STRIP + _GAP if with_onsets else 0.0)


def velocity_step(level: int) -> int:
    """The step of brightness, 0..4, of a velocity level 0..15."""
    return level * len(VELOCITY_STEPS) // VELOCITY_LEVELS


def shade(colour: str, share: float) -> tuple[float, float, float]:
    """`colour` over the panel, as if that much of it showed."""
    from matplotlib.colors import to_rgb

    red, green, blue = (
        share * front + (1 - share) * back for front, back in zip(to_rgb(colour), to_rgb(PANEL), strict=True)
    )
    return red, green, blue


def _draw_hits(axes: Axes, hits: Array, count: int, bars: int, *, aspect: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    _time_grid(axes, count, bars, height=len(LANES))
    for lane in range(1, len(LANES)):
        axes.axhline(lane, xmax=count / bars, color=GROUND, lw=1.2, zorder=1)
    style_box = "round,pad=0,rounding_size=0.11"
    # the quiet ones first, so that a loud hit is never covered
    for bar, position, piece, level in sorted(hits[hits["bar"] < count].tolist(), key=lambda hit: hit[3]):
        voice = VOICE_OF_PIECE[piece]
        lane = len(VOICES) if voice is None else voice
        left = _time(bar, position) - _HIT_WIDTH / 2
        colour = shade(LANE_COLOURS[lane], VELOCITY_STEPS[velocity_step(level)])
        box = FancyBboxPatch(
            (left, lane + 0.17), _HIT_WIDTH, 0.66, boxstyle=style_box, mutation_aspect=aspect
        )
        box.set(facecolor=colour, edgecolor="none", zorder=3, clip_on=False)
        axes.add_patch(box)
    axes.set_ylim(0, len(LANES))
    axes.set_yticks([lane + 0.5 for lane in range(len(LANES))], LANES)
    axes.tick_params(axis="y", labelsize=7.5, length=0, pad=9)
    for label, colour in zip(axes.get_yticklabels(), LANE_COLOURS, strict=True):
        label.set_color(shade(colour, 0.85))


def _draw_parts(axes: Axes, onsets: Array, bars: int) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    shown = onsets[onsets["bar"] < bars]
    pitches = shown["pitch"].astype(int)
    low, high = (int(pitches.min()), int(pitches.max())) if len(shown) else (48, 72)
    missing = max(0, 24 - (high - low))
    low, high = low - missing // 2 - 1, high + missing - missing // 2 + 2
    tall = max(0.84, (high - low) * 0.045 / _STRIP)  # five octaves must not thin the notes out
    notes: list[Any] = []
    colours: list[Any] = []
    end = bars * FRAMES_PER_BAR
    for note in shown:
        left = _time(int(note["bar"]), int(note["position"])) - _HIT_WIDTH / 2
        length = max(0.35, int(note["duration"]) / POSITIONS_PER_FRAME - 0.12)
        notes.append(Rectangle((left, int(note["pitch"]) + 0.5 - tall / 2), min(length, end - left), tall))
        bright = 0.5 + 0.5 * int(note["level"]) / (VELOCITY_LEVELS - 1)
        colours.append(shade(FAMILY_COLOURS[int(note["family"])], bright))
    _time_grid(axes, bars, bars, height=high)
    for octave in range(low // 12, high // 12 + 1):
        axes.axhline(octave * 12, color=BEAT_LINE, lw=0.6, zorder=2)
    axes.add_collection(PatchCollection(notes, facecolors=colours, edgecolors="none", zorder=3))
    axes.set_ylim(low, high)
    octaves = [12 * octave for octave in range(low // 12, high // 12 + 1) if low <= 12 * octave < high]
    axes.set_yticks([pitch + 0.5 for pitch in octaves], [f"C{pitch // 12 - 1}" for pitch in octaves])
    axes.tick_params(axis="y", labelsize=7.5, length=0, pad=9, labelcolor=MUTED)


def _time(bar: int, position: int) -> float:
    """Where a position lies, in sixteenths from the left: on the grid in the middle of its cell."""
    return (bar * POSITIONS_PER_BAR + position - LEAD_POSITIONS) / POSITIONS_PER_FRAME + 0.5


def _time_grid(axes: Axes, count: int, bars: int, *, height: float) -> None:
    axes.set_facecolor(GROUND)
    axes.set_xlim(0, bars * FRAMES_PER_BAR)
    axes.axvspan(0, count * FRAMES_PER_BAR, color=PANEL, lw=0, zorder=0)
    for frame in range(count * FRAMES_PER_BAR + 1):
        kind = (BAR_LINE, 1.3) if frame % 16 == 0 else (BEAT_LINE, 0.9) if frame % 4 == 0 else (LINE, 0.6)
        axes.axvline(frame, color=kind[0], lw=kind[1], zorder=2)
    axes.set_xticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _bar_numbers(axes: Axes, bars: int, first_bar: int, plot_width: float) -> None:
    beats_fit = plot_width / (4 * bars) >= 0.3
    every = 1 if plot_width / bars >= 0.25 else 4
    for beat in range(4 * bars):
        bar, name = beat // 4, f"{first_bar + beat // 4 + 1}"
        if beat % 4 == 0 and bar % every == 0:
            axes.text(beat * 4 + 0.15, -0.28, name, color=TEXT, size=7.5, weight="bold", va="top")
        elif beat % 4 and beats_fit:
            axes.text(beat * 4 + 0.15, -0.28, f"{name}.{beat % 4 + 1}", color=MUTED, size=6.5, va="top")


def _header(figure: Figure, label: str, bottom: float, width: float, height: float) -> None:
    figure.text(
        _LEFT / width, (bottom + 0.14) / height, label, color=TEXT, size=8.5, weight="bold", va="center"
    )


def _family_legend(figure: Figure, onsets: Array, right: float, middle: float, width: float) -> None:
    for family in sorted({int(value) for value in onsets["family"]}, reverse=True):
        figure.text(
            right, middle, FAMILIES[family], color=FAMILY_COLOURS[family], size=8, ha="right", va="center"
        )
        right -= (0.075 * len(FAMILIES[family]) + 0.2) / width


def _velocity_legend(figure: Figure, width: float, height: float) -> None:
    from matplotlib.patches import Rectangle

    middle = 0.15
    figure.text(_LEFT / width, middle / height, "velocity", color=MUTED, size=7.5, va="center")
    levels = range(VELOCITY_LEVELS)
    for step, share in enumerate(VELOCITY_STEPS):
        own = [level for level in levels if velocity_step(level) == step]
        left = _LEFT + 0.62 + step * 0.86
        swatch = Rectangle((left / width, (middle - 0.065) / height), 0.13 / width, 0.13 / height)
        swatch.set(facecolor=shade(LANE_COLOURS[1], share), edgecolor="none", transform=figure.transFigure)
        figure.add_artist(swatch)
        low, high = max(1, own[0] * VELOCITY_STEP), own[-1] * VELOCITY_STEP + VELOCITY_STEP - 1
        figure.text(
            (left + 0.2) / width, middle / height, f"{low}–{high}", color=MUTED, size=7.5, va="center"
        )
