"""Written bars of any meter as bars that the model can write: at most four quarter notes each."""

from __future__ import annotations

from collections.abc import Sequence

from musegen_daw.music.time import Bar

MODEL_BAR_BEATS = 4


def model_bars(bars: Sequence[Bar], ppq: int) -> tuple[tuple[Bar, ...], tuple[int, ...]]:
    """The model bars of `bars`, and for each the index of the bar it belongs to.

    A bar of more than four quarter notes is cut at whole beats into parts as equal as may be, the
    longer ones first: 5/4 is 3 + 2, 7/4 is 4 + 3, 12/8 is 6 + 6 eighths, 9/8 is 6 + 3.
    """
    found: list[Bar] = []
    owners: list[int] = []
    for index, bar in enumerate(bars):
        beat_ticks = max(1, 3 * ppq // 2) if bar.is_compound else ppq
        most = 2 if bar.is_compound else MODEL_BAR_BEATS
        beats = -(-bar.length_ticks // beat_ticks)
        parts = -(-beats // most)
        start_ticks = bar.start_ticks
        for part in range(parts):
            length_ticks = (beats // parts + (part < beats % parts)) * beat_ticks
            length_ticks = bar.end_ticks - start_ticks if part == parts - 1 else length_ticks
            found.append(Bar(start_ticks, length_ticks, bar.is_compound))
            owners.append(index)
            start_ticks += length_ticks
    return tuple(found), tuple(owners)
