"""Spectrograms side by side: a clip, and what the methods make of its mel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from musegen_daw.vocoder.mel import Floats
from training.common.figures import GROUND, MUTED, TEXT, new_figure, save_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN_SECONDS = 8.0
RANGE_DB = 80.0
N_FFT, HOP = 1024, 128
_LEFT, _TOP, _ROW, _GAP, _BOTTOM = 0.62, 0.34, 2.5, 0.42, 0.6


def draw_spectrograms(
    rows: Sequence[Sequence[tuple[str, Floats]]],
    sample_rate_hz: int,
    path: Path,
    *,
    range_db: float = RANGE_DB,
    seconds: float = SHOWN_SECONDS,
) -> None:
    """Draw (title, audio) side by side in rows as the PNG `path`: the middle `seconds`, `range_db` from the loudest.

    All pictures of a row have the scale of its first. Raises ValueError where there is nothing to draw.
    """
    columns = max((len(row) for row in rows), default=0)
    if columns == 0:
        raise ValueError("nothing to draw: no clip was given")
    width = 0.25 + columns * (0.37 + _LEFT + 5.2 - 0.99)
    height = _TOP + len(rows) * (_ROW + _GAP) - _GAP + _BOTTOM
    figure = new_figure(width, height)
    panel_width = (width - 0.25) / columns - _LEFT
    for at, row in enumerate(rows):
        bottom = height - _TOP - (at + 1) * _ROW - at * _GAP
        loudest: float | None = None
        for column, (title, audio) in enumerate(row):
            left = _LEFT + column * (panel_width + _LEFT)
            box = (left / width, bottom / height, panel_width / width, _ROW / height)
            axes = figure.add_axes(box)
            style(axes, title)
            levels = spectrogram_db(middle(audio, sample_rate_hz, seconds))
            loudest = float(levels.max()) if loudest is None else loudest
            _draw(axes, levels - loudest, sample_rate_hz, range_db)
            if at + 1 == len(rows):
                axes.set_xlabel("seconds")
            if column == 0:
                axes.set_ylabel("kHz")
    note = f"0 to -{range_db:.0f} dB below the loudest of the reference"
    figure.text(0.99, 0.12 / height, note, color=MUTED, size=8, ha="right", va="center")
    save_figure(figure, path)


def spectrogram_db(audio: Floats) -> Floats:
    """Levels (513, frames) in dB of an STFT of 1024 samples every 128, none below -200 dB."""
    from librosa import stft

    padded = np.pad(audio, (0, max(0, N_FFT - len(audio))))
    return 20 * np.log10(np.maximum(np.abs(stft(padded, n_fft=N_FFT, hop_length=HOP)), 1e-10))


def middle(audio: Floats, sample_rate_hz: int, seconds: float) -> Floats:
    """The middle `seconds` of audio (samples,), or all of it."""
    length = min(len(audio), round(seconds * sample_rate_hz))
    start = (len(audio) - length) // 2
    return audio[start : start + length]


def _draw(axes: Axes, levels: Floats, sample_rate_hz: int, range_db: float) -> None:
    extent = (0.0, levels.shape[1] * HOP / sample_rate_hz, 0.0, sample_rate_hz / 2000)
    axes.imshow(
        levels, cmap="magma", vmin=-range_db, vmax=0, extent=extent, origin="lower", aspect="auto",
        interpolation="nearest",
    )  # fmt: skip
    axes.set_facecolor(GROUND)
    axes.title.set_color(TEXT)
