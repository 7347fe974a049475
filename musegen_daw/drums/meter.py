"""The meters that the model distinguishes."""

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
"""All other meters count as "other"."""

OTHER_METER = len(METERS) + 1  # 0 is unknown
METER_SIZE = len(METERS) + 2


def meter_level(frames: int, *, is_compound: bool) -> int:
    """The control level of a meter, from 1 on."""
    for level, meter in enumerate(METERS.values(), 1):
        if meter == (frames, is_compound):
            return level
    return OTHER_METER


def bar_frames(bar: Bar, ppq: int) -> int:
    """The sixteenths of a model bar, rounded up."""
    return min(16, -(-4 * bar.length_ticks // ppq))


def meter_name(bar: Bar, ppq: int) -> str:
    """The name in `METERS` of a model bar, or "other"."""
    level = meter_level(bar_frames(bar, ppq), is_compound=bar.is_compound)
    return list(METERS)[level - 1] if level < OTHER_METER else "other"
