"""Mel spectrograms as images: colour tables in OKLab (B. Ottosson, 2020), levels and differences."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, qRgb

from musegen_daw.vocoder.mel import Floats, MelConfig, band_frequencies

STEPS = 256
MAX_COLUMNS = 3072
RANGE_DB = 80.0
DIFFERENCE_DB = 24.0
_DB_PER_NEPER = 10 / np.log(10)

# (lightness, chroma, hue in degrees), from the quietest to the loudest level.
_DARK_LEVELS = (
    (0.21, 0.012, 270),
    (0.38, 0.090, 290),
    (0.55, 0.135, 355),
    (0.76, 0.145, 65),
    (0.97, 0.045, 95),
)
_LIGHT_LEVELS = (
    (0.985, 0.004, 95),
    (0.82, 0.120, 78),
    (0.62, 0.145, 45),
    (0.44, 0.115, 355),
    (0.26, 0.080, 290),
)
# Quieter, equal, louder.
_DARK_DIFFERENCES = ((0.80, 0.110, 235), (0.24, 0.012, 270), (0.80, 0.140, 65))
_LIGHT_DIFFERENCES = ((0.48, 0.130, 250), (0.985, 0.004, 95), (0.48, 0.120, 50))


@cache
def level_table(is_dark: bool) -> tuple[int, ...]:
    """256 colours from silence to the loudest, as QImage takes them."""
    return _table(_DARK_LEVELS if is_dark else _LIGHT_LEVELS)


@cache
def difference_table(is_dark: bool) -> tuple[int, ...]:
    """256 colours from quieter (blue) over equal (the background) to louder (amber)."""
    return _table(_DARK_DIFFERENCES if is_dark else _LIGHT_DIFFERENCES)


def _table(anchors: tuple[tuple[float, float, float], ...]) -> tuple[int, ...]:
    lightness, chroma, hue = np.array(anchors).T
    lab = np.stack([lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], axis=1)
    # Space the anchors by their perceptual distance.
    places = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(lab, axis=0), axis=1))])
    steps = np.linspace(0, places[-1], STEPS)
    even = np.stack([np.interp(steps, places, lab[:, axis]) for axis in range(3)], axis=1)
    return tuple(qRgb(*(int(channel) for channel in colour)) for colour in to_srgb(even))


def to_srgb(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    """OKLab (colours, 3) as sRGB (colours, 3), 0 to 255, clipped to the gamut."""
    roots = lab @ np.array(
        [
            [1.0, 1.0, 1.0],
            [0.3963377774, -0.1055613458, -0.0894841775],
            [0.2158037573, -0.0638541728, -1.2914855480],
        ]
    )
    linear = roots**3 @ np.array(
        [
            [4.0767416621, -1.2684380046, -0.0041960863],
            [-3.3077115913, 2.6097574011, -0.7034186147],
            [0.2309699292, -0.3413193965, 1.7076147010],
        ]
    )
    linear = np.clip(linear, 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * coded).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class MelPicture:
    """Levels in dB of power (n_mels, columns), their duration, and the centre frequency of each band."""

    db: Floats
    seconds: float
    band_hz: NDArray[np.float64]

    @property
    def top_db(self) -> float:
        return float(self.db.max(initial=-200.0))

    def band_at(self, hz: float) -> float:
        """The fractional band of a frequency."""
        return float(np.interp(hz, self.band_hz, np.arange(len(self.band_hz))))


def picture_of(mel: Floats, config: MelConfig) -> MelPicture:
    """The picture of a log-mel (n_mels, frames)."""
    return MelPicture(
        _reduced(mel) * np.float32(_DB_PER_NEPER),
        mel.shape[1] / config.frames_per_second,
        band_frequencies(config),
    )


def difference_of(mel: Floats, wanted: Floats, config: MelConfig) -> MelPicture:
    """How much louder `mel` is than `wanted`, both (n_mels, frames), over their common length.

    Levels more than `RANGE_DB` below the loudest are inaudible and count as equal.
    """
    frames = min(mel.shape[1], wanted.shape[1])
    if frames == 0:
        return picture_of(mel[:, :0], config)
    floor = max(float(mel.max()), float(wanted.max())) - RANGE_DB / _DB_PER_NEPER
    made, asked = (np.maximum(each[:, :frames], np.float32(floor)) for each in (mel, wanted))
    return picture_of(made - asked, config)


def level_image(picture: MelPicture, top_db: float, is_dark: bool) -> QImage:
    """Levels from `RANGE_DB` below `top_db` up to it, the lowest band at the bottom."""
    shares = (picture.db - np.float32(top_db - RANGE_DB)) / np.float32(RANGE_DB)
    return _image(shares, level_table(is_dark))


def difference_image(picture: MelPicture, is_dark: bool) -> QImage:
    """Differences up to `DIFFERENCE_DB` in both directions."""
    return _image(picture.db / np.float32(2 * DIFFERENCE_DB) + np.float32(0.5), difference_table(is_dark))


def _reduced(mel: Floats) -> Floats:
    """At most `MAX_COLUMNS` columns, each the mean of its frames."""
    frames = mel.shape[1]
    if frames <= MAX_COLUMNS:
        return mel
    edges = np.linspace(0, frames, MAX_COLUMNS + 1).astype(np.intp)[:-1]
    counts = np.diff(np.append(edges, frames)).astype(np.float32)
    return (np.add.reduceat(mel, edges, axis=1) / counts).astype(np.float32, copy=False)


def _image(shares: Floats, table: tuple[int, ...]) -> QImage:
    steps = np.clip(shares * STEPS, 0, STEPS - 1).astype(np.uint8)[::-1]
    bands, columns = steps.shape
    padded = np.zeros((bands, max(4, -columns % 4 + columns)), np.uint8)
    padded[:, :columns] = steps
    image = QImage(padded.tobytes(), columns, bands, padded.shape[1], QImage.Format.Format_Indexed8)
    image.setColorTable(list(table))
    # A copy: the QImage above does not own its bytes.
    return image.convertToFormat(QImage.Format.Format_RGB32)
