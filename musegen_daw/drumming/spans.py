"""Written bars of any meter as bars that the model can write: at most four quarter notes each."""

from __future__ import annotations

from collections.abc import Sequence

from musegen_daw.core.time import Bar

MODEL_BAR_BEATS = 4


def model_bars(bars: Sequence[Bar], ppq: int) -> tuple[tuple[Bar, ...], tuple[int, ...]]:
    """The model bars of `bars`, and for each the index of the bar it belongs to.

    A bar of more than four quarter notes is cut at whole beats into parts as equal as may be, the
    longer ones first: 5/4 is 3 + 2, 7/4 is 4 + 3, 12/8 is 3 + 3.
    """
    found: list[Bar] = []
    owners: list[int] = []
    for index, bar in enumerate(bars):
        beats = -(-bar.length_ticks // ppq)
        parts = -(-beats // MODEL_BAR_BEATS)
        start_ticks = bar.start_ticks
        for part in range(parts):
            length_ticks = (beats // parts + (part < beats % parts)) * ppq
            length_ticks = min(length_ticks, bar.end_ticks - start_ticks)
            found.append(Bar(start_ticks, length_ticks))
            owners.append(index)
            start_ticks += length_ticks
    return tuple(found), tuple(owners)
