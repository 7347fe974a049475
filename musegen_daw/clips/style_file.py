"""A style that is no learned one, such as that of a drum loop, as JSON in a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.meter import METERS
from musegen_daw.drums.style import STYLE_BARS, Style
from musegen_daw.music.kit import PIECES


def style_to_json(style: Style) -> dict[str, Any]:
    """Plain values."""
    return {
        "pattern": np.round(style.pattern.astype(float), 3).tolist(),
        "triplets": round(style.triplets, 3),
        "name": style.name,
        "code": style.code,
        "meter": style.meter,
    }


def style_from_json(table: Mapping[str, Any]) -> Style:
    """The style of `style_to_json`; raises ValueError, TypeError or KeyError for anything else."""
    pattern = np.array(table["pattern"], np.float32)
    triplets, name, code, meter = (table[key] for key in ("triplets", "name", "code", "meter"))
    if pattern.shape != (STYLE_BARS, FRAMES_PER_BAR, len(PIECES)):
        raise ValueError("the pattern of a style cannot be read")
    if not (pattern >= 0).all() or not (pattern <= 1).all() or not 0 <= float(triplets) <= 1:
        raise ValueError("a style has shares outside 0..1")
    if type(name) is not str or type(code) is not int or code < -1 or meter not in METERS:
        raise ValueError("a style without its values")
    return Style(pattern, float(triplets), name, code, meter)
