"""Time that is not counted from one start in quarter notes: SMPTE frames, and patterns that are tracks of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from musegen_daw.midi.smf.events import META, TEMPO, TIME_SIGNATURE, Event, Track

_DEFAULT_TEMPO = (500_000).to_bytes(3)
_DEFAULT_METER = bytes((4, 2, 24, 8))
_DROP_FRAME = 29  # stands for 30 frames with some numbers dropped: 30,000 / 1001 a second


@dataclass(frozen=True, slots=True)
class SmpteTime:
    """How frames become quarter notes: every tick counts `factor`, `ppq` of them last `quarter_microseconds`."""

    words: str
    ppq: int
    factor: int
    quarter_microseconds: int

    @property
    def bpm(self) -> float:
        """Quarter notes per minute."""
        return round(60e6 / self.quarter_microseconds, 2)


def is_smpte(division: int) -> bool:
    """Whether the division of a header counts parts of frames."""
    return bool(division & 0x8000)


def smpte_time(division: int) -> SmpteTime:
    """The time of such a division, so that every tick keeps its second; raises ValueError where it counts nothing.

    Its high byte is the negative number of frames a second, its low byte the ticks in a frame.
    """
    frames, ticks = 256 - (division >> 8), division & 0xFF
    if not ticks:
        raise ValueError("counts 0 ticks in a frame of SMPTE time")
    if frames == _DROP_FRAME:
        return SmpteTime("frames (29.97 a second)", 15 * ticks, 1, 500_500)
    factor = 1 + (frames * ticks) % 2
    return SmpteTime(f"frames ({frames} a second)", frames * ticks * factor // 2, factor, 500_000)


def in_quarters(tracks: Iterable[Track], time: SmpteTime) -> tuple[Track, ...]:
    """The tracks in that time: tempos, which SMPTE time knows nothing of, are replaced by the one that fits."""
    tempo: list[Event] = [(0, META, TEMPO, 0, time.quarter_microseconds.to_bytes(3))]
    found: list[Track] = []
    for track in tracks:
        kept = [event for event in track.events if event[1] != META or event[2] != TEMPO]
        if time.factor == 1 and len(kept) == len(track.events) and not tempo:
            found.append(track)
            continue
        scaled = (
            (ticks * time.factor, status, first, second, payload)
            for ticks, status, first, second, payload in kept
        )
        found.append(Track((*tempo, *scaled), track.end_ticks * time.factor))
        tempo = []
    return tuple(found)


def in_sequence(tracks: Iterable[Track], ppq: int) -> tuple[Track, ...]:
    """The patterns one after the other, each from a bar line on, with the tempo and meter that it has alone."""
    found: list[Track] = []
    start_ticks = 0
    for track in tracks:
        at_start = {event[2] for event in track.events if event[0] == 0 and event[1] == META}
        head: list[Event] = [
            (start_ticks, META, kind, 0, payload)
            for kind, payload in ((TEMPO, _DEFAULT_TEMPO), (TIME_SIGNATURE, _DEFAULT_METER))
            if found and kind not in at_start
        ]
        moved = (
            (ticks + start_ticks, status, first, second, payload)
            for ticks, status, first, second, payload in track.events
        )
        found.append(Track((*head, *moved), start_ticks + track.end_ticks) if found else track)
        start_ticks += _whole_bars(track, ppq)
    return tuple(found)


def _whole_bars(track: Track, ppq: int) -> int:
    """The length of a pattern up to the next line of the meter in which it ends."""
    line_ticks, bar_ticks = 0, 4 * ppq
    for ticks, status, kind, _, payload in track.events:
        if status == META and kind == TIME_SIGNATURE:
            line_ticks, bar_ticks = ticks, max(1, 4 * ppq * payload[0] >> payload[1])
    return line_ticks + -(-(track.end_ticks - line_ticks) // bar_ticks) * bar_ticks
