"""What Ardour recorded as drum grids, each over the errors of its hits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ardour.jam import BEATS_PER_BAR, RecordedJam
from benchmarks.ardour.measures import MAX_ERROR_MS, Findings
from benchmarks.ardour.session_file import Onset
from musegen_daw.music.kit import VOICE_OF_PITCH, VOICES
from training.common.figures import LINE, MUTED, TEXT, new_figure, save_figure, style
from training.drums.pictures import BAR_LINE, BEAT_LINE, LANE_COLOURS, LANES, VELOCITY_STEPS, shade

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, LEFT, RIGHT = 17.0, 1.05, 0.3  # inches
HEAD, GRID, ERRORS, FOOT = 0.42, 1.9, 1.0, 0.42
HIT_BEATS = 0.12


def draw(takes: Sequence[tuple[RecordedJam, Findings]], path: Path) -> None:
    """Write the PNG `path`: of every take the grid, a hit where Ardour has it, the louder the brighter; its errors."""
    each = HEAD + GRID + ERRORS + FOOT
    height = each * len(takes)
    figure = new_figure(WIDTH, height)
    width = (WIDTH - LEFT - RIGHT) / WIDTH
    for number, (take, found) in enumerate(takes, 1):
        bottom = height - each * number + FOOT
        grid = figure.add_axes((LEFT / WIDTH, (bottom + ERRORS) / height, width, GRID / height))
        row = found.row()
        style(
            grid,
            f"Take {number}, {take.bpm:g} BPM: {found.hits} hits; error p50 {row['p50 ms']:.1f} ms, "
            f"p99 {row['p99 ms']:.1f} ms, max {row['max ms']:.1f} ms",
        )
        _time_grid(grid, take.bars)
        _draw_hits(grid, take.recorded, take.bars)
        errors = figure.add_axes((LEFT / WIDTH, bottom / height, width, 0.85 * ERRORS / height))
        style(errors, "")
        _time_grid(errors, take.bars)
        _draw_errors(errors, found)
    save_figure(figure, path)


def _time_grid(axes: Axes, bars: int) -> None:
    axes.set_xlim(0, bars * BEATS_PER_BAR)
    for beat in range(bars * BEATS_PER_BAR + 1):
        is_bar = beat % BEATS_PER_BAR == 0
        axes.axvline(beat, color=BAR_LINE if is_bar else BEAT_LINE, lw=1.2 if is_bar else 0.6, zorder=1)
    axes.set_xticks([])


def _draw_hits(axes: Axes, onsets: Sequence[Onset], bars: int) -> None:
    from matplotlib.patches import Rectangle

    for lane in range(1, len(LANES)):
        axes.axhline(lane, color=LINE, lw=0.6, zorder=1)
    for onset in sorted(onsets, key=lambda onset: onset.velocity):
        lane = VOICE_OF_PITCH.get(onset.pitch, len(VOICES))
        step = onset.velocity * len(VELOCITY_STEPS) // 128
        box = Rectangle((onset.beats, lane + 0.15), HIT_BEATS, 0.7)
        box.set(facecolor=shade(LANE_COLOURS[lane], VELOCITY_STEPS[step]), edgecolor="none", zorder=3)
        axes.add_patch(box)
    axes.set_ylim(0, len(LANES))
    axes.set_yticks([lane + 0.5 for lane in range(len(LANES))], LANES)
    for label, colour in zip(axes.get_yticklabels(), LANE_COLOURS, strict=True):
        label.set_color(shade(colour, 0.85))


def _draw_errors(axes: Axes, found: Findings) -> None:
    axes.axhspan(-MAX_ERROR_MS, MAX_ERROR_MS, color=BEAT_LINE, alpha=0.45, lw=0, zorder=0)
    axes.axhline(0, color=MUTED, lw=0.8, zorder=2)
    axes.scatter(found.beats, found.errors_ms, s=7, color=TEXT, lw=0, zorder=3)
    reach = max(1.25 * MAX_ERROR_MS, 1.1 * found.largest_error_ms)
    axes.set_ylim(-reach, reach)
    axes.set_yticks([-10, 0, 10], ["10 ms early", "on time", "10 ms late"])
    _, end_beats = axes.get_xlim()
    bars = range(int(end_beats) // BEATS_PER_BAR)
    axes.set_xticks([bar * BEATS_PER_BAR + 0.15 for bar in bars], [str(bar + 1) for bar in bars], ha="left")
