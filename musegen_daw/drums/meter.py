"""Meters as the model knows them: how many sixteenths a model bar has, and whether its beats are dotted quarters."""

from __future__ import annotations

from typing import NamedTuple

from musegen_daw.music.time import Bar


class Meter(NamedTuple):
    """Sixteenths of a model bar, and whether its beats are dotted quarters."""

    frames: int
    is_compound: bool


METERS = {
    "4/4": Meter(16, False),
    "3/4": Meter(12, False),
    "6/8": Meter(12, True),
    "2/4": Meter(8, False),
    "7/8": Meter(14, False),
}
"""Those that have a name of their own; whatever else there is counts as other."""

UNKNOWN_METER, OTHER_METER = 0, len(METERS) + 1
METER_SIZE = len(METERS) + 2


def meter_level(frames: int, *, is_compound: bool) -> int:
    """The model's level for a meter, from 1 on."""
    for level, meter in enumerate(METERS.values(), 1):
        if meter == (frames, is_compound):
            return level
    return OTHER_METER


def bar_frames(bar: Bar, ppq: int) -> int:
    """How many sixteenths of `bar` there are, a begun one too."""
    return min(16, -(-4 * bar.length_ticks // ppq))


def meter_name(bar: Bar, ppq: int) -> str:
    """The name in `METERS` of a model bar, or "other"."""
    level = meter_level(bar_frames(bar, ppq), is_compound=bar.is_compound)
    return list(METERS)[level - 1] if level < OTHER_METER else "other"
