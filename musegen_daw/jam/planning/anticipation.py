"""What a player is about to play, as a drummer takes it to be: what was played last, again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from musegen_daw.music.clip import Clip


def going_on(parts: Iterable[Clip], from_ticks: int, end_ticks: int, span_ticks: int) -> tuple[Clip, ...]:
    """The parts as if their last `span_ticks` before `from_ticks` came again and again up to `end_ticks`.

    What they hold from `from_ticks` on is left out. Raises ValueError unless the span is positive.
    """
    if span_ticks <= 0:
        raise ValueError(f"a span must be positive, got {span_ticks} ticks")
    return tuple(_going_on(part, from_ticks, end_ticks, span_ticks) for part in parts)


def _going_on(part: Clip, from_ticks: int, end_ticks: int, span_ticks: int) -> Clip:
    heard = [note for note in part.notes if note.start_ticks < from_ticks]
    last = [note for note in heard if note.start_ticks >= from_ticks - span_ticks]
    again = [
        replace(note, start_ticks=note.start_ticks + shift_ticks)
        for shift_ticks in range(span_ticks, end_ticks - from_ticks + span_ticks, span_ticks)
        for note in last
        if note.start_ticks + shift_ticks < end_ticks
    ]
    return replace(part, notes=(*heard, *again), length_ticks=end_ticks)
