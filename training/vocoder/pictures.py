"""Spectrograms side by side: a clip, and what the methods make of its mel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from musegen_daw.vocoder.mel import Floats
from training.common.figures import GROUND, MUTED, TEXT, new_figure, save_figure, short, style
from training.vocoder.spectra import analysis_n_fft, magnitude

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

SHOWN_SECONDS, DETAIL_SECONDS, BEFORE_SECONDS = 8.0, 0.5, 0.15
DETAIL_WINDOW_SECONDS = 0.01
RANGE_DB = 80.0
_LEFT, _TOP, _HEAD, _ROW, _GAP, _BOTTOM, _COLUMN, _BETWEEN, _RIGHT = (
    0.62, 0.1, 0.3, 2.2, 0.62, 0.3, 4.4, 0.18, 0.85,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sound:
    """A column of a line: audio (samples,) at its own rate."""

    title: str
    audio: Floats
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class PictureLine:
    """Sounds of one length that are compared, the original first.

    With `attack_seconds` half a second around that time is drawn with windows of 10 ms, else the middle of all.
    """

    title: str
    sounds: tuple[Sound, ...]
    attack_seconds: float | None = None


def draw_lines(
    lines: Sequence[PictureLine], path: Path, *, range_db: float = RANGE_DB, seconds: float = SHOWN_SECONDS
) -> None:
    """Draw a row for each line, a column for each sound, as the PNG `path`: `range_db` down from the loudest.

    All pictures of a row have the scale of its first in dB, kHz and seconds. Raises ValueError where there is nothing.
    """
    columns = max((len(line.sounds) for line in lines), default=0)
    if columns == 0:
        raise ValueError("nothing to draw: no clip was given")
    width = _LEFT + columns * (_COLUMN + _BETWEEN) - _BETWEEN + _RIGHT
    height = _TOP + len(lines) * (_HEAD + _ROW + _GAP) - _GAP + _GAP + _BOTTOM
    figure = new_figure(width, height)
    image: AxesImage | None = None
    for at, line in enumerate(lines):
        top = height - _TOP - at * (_HEAD + _ROW + _GAP)
        start, length = _span(line, seconds)
        highest_khz = max(sound.sample_rate_hz for sound in line.sounds) / 2000
        loudest: float | None = None
        for column, sound in enumerate(line.sounds):
            left = _LEFT + column * (_COLUMN + _BETWEEN)
            box = (
                left / width,
                (top - _HEAD - _ROW) / height,
                _COLUMN / width,
                _ROW / height,
            )
            axes = figure.add_axes(box)
            style(axes, sound.title if column else f"{line.title}: {sound.title}")
            levels = _levels(sound, start, length, is_detail=line.attack_seconds is not None)
            loudest = float(levels.max()) if loudest is None else loudest
            image = _draw(axes, levels - loudest, sound, start, length, highest_khz, range_db)
            axes.title.set_text(short(axes.title.get_text(), 62))
            if column == 0:
                axes.set_ylabel("kHz")
            else:
                axes.set_yticklabels([])
            axes.set_xlabel("seconds")
    assert image is not None
    bar = figure.add_axes(
        ((width - 0.62) / width, (height - _TOP - _HEAD - _ROW) / height, 0.14 / width, _ROW / height)
    )
    scale = figure.colorbar(image, cax=bar)
    scale.ax.tick_params(colors=MUTED, labelsize=8, length=0)
    scale.outline.set_visible(False)
    note = f"dB below the loudest of the original in the row, 0 to -{range_db:.0f}"
    figure.text(0.99, 0.14 / height, note, color=MUTED, size=8, ha="right", va="center")
    save_figure(figure, path)


def spectrogram_db(audio: Floats, n_fft: int, hop: int) -> Floats:
    """Levels (1 + n_fft // 2, frames) in dB, 0 for a sine of full scale and none below -200."""
    return 20 * np.log10(np.maximum(magnitude(audio, n_fft, hop, n_fft) * np.float32(4 / n_fft), 1e-10))


def _span(line: PictureLine, seconds: float) -> tuple[float, float]:
    """From when on, and for how long, a line is drawn, in seconds."""
    whole = len(line.sounds[0].audio) / line.sounds[0].sample_rate_hz
    if line.attack_seconds is None:
        length = min(seconds, whole)
        return (whole - length) / 2, length
    length = min(DETAIL_SECONDS, whole)
    return min(max(0.0, line.attack_seconds - BEFORE_SECONDS), whole - length), length


def _levels(sound: Sound, start: float, length: float, *, is_detail: bool) -> Floats:
    rate = sound.sample_rate_hz
    n_fft = analysis_n_fft(rate)
    if is_detail:
        n_fft = max(16, 2 ** round(math.log2(DETAIL_WINDOW_SECONDS * rate)))
    first = round(start * rate)
    return spectrogram_db(sound.audio[first : first + max(1, round(length * rate))], n_fft, n_fft // 8)


def _draw(
    axes: Axes,
    levels: Floats,
    sound: Sound,
    start: float,
    length: float,
    highest_khz: float,
    range_db: float,
) -> AxesImage:
    image = axes.imshow(
        levels, cmap="magma", vmin=-range_db, vmax=0, origin="lower", aspect="auto",
        extent=(start, start + length, 0.0, sound.sample_rate_hz / 2000), interpolation="nearest",
    )  # fmt: skip
    axes.set(xlim=(start, start + length), ylim=(0, highest_khz))
    axes.set_facecolor(GROUND)
    axes.title.set_color(TEXT)
    return image
