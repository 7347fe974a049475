"""Colours for levels, even to the eye: made in OKLab (B. Ottosson, 2020) from the ground of a theme to its accent."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import qRgb

STEPS = 256

# (lightness, chroma, hue in degrees) from the quietest to the loudest; the lightness grows evenly in between.
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
# Less, as much, more.
_DARK_DIFFERENCES = ((0.80, 0.110, 235), (0.24, 0.012, 270), (0.80, 0.140, 65))
_LIGHT_DIFFERENCES = ((0.48, 0.130, 250), (0.985, 0.004, 95), (0.48, 0.120, 50))


@cache
def level_table(is_dark: bool) -> tuple[int, ...]:
    """256 colours from silence to the loudest, as QImage takes them."""
    return _table(_DARK_LEVELS if is_dark else _LIGHT_LEVELS)


@cache
def difference_table(is_dark: bool) -> tuple[int, ...]:
    """256 colours from far less (blue) over as much (the ground) to far more (amber)."""
    return _table(_DARK_DIFFERENCES if is_dark else _LIGHT_DIFFERENCES)


def _table(anchors: tuple[tuple[float, float, float], ...]) -> tuple[int, ...]:
    lightness, chroma, hue = np.array(anchors).T
    lab = np.stack([lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], axis=1)
    # Anchors are as far apart on the table as they look apart.
    places = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(lab, axis=0), axis=1))])
    steps = np.linspace(0, places[-1], STEPS)
    even = np.stack([np.interp(steps, places, lab[:, axis]) for axis in range(3)], axis=1)
    return tuple(qRgb(*(int(channel) for channel in colour)) for colour in to_srgb(even))


def to_srgb(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    """OKLab (colours, 3) as sRGB (colours, 3), 0 to 255; what a screen cannot show is brought to its edge."""
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


def to_oklab(srgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """sRGB (colours, 3), 0 to 255, as OKLab (colours, 3)."""
    coded = srgb / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    roots = np.cbrt(
        linear
        @ np.array(
            [
                [0.4122214708, 0.2119034982, 0.0883024619],
                [0.5363325363, 0.6806995451, 0.2817188376],
                [0.0514459929, 0.1073969566, 0.6299787005],
            ]
        )
    )
    return roots @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )
