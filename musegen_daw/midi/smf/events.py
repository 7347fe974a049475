"""Events and tracks of a Standard MIDI File."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

MAX_EVENTS = 500_000
"""Of all kinds and tracks. The largest of 18,376 files of GigaMIDI has 443,192."""
MAX_METAS = 100_000
MAX_QUARTERS = 50_000
MAX_DELTA_TICKS = 0x0FFF_FFFF
MAX_DENOMINATOR_POWER = 8

META, SYSEX, SYSEX_ESCAPE = 0xFF, 0xF0, 0xF7
TRACK_NAME, INSTRUMENT_NAME, MARKER, CUE_POINT = 0x03, 0x04, 0x06, 0x07
PORT, END_OF_TRACK, TEMPO, TIME_SIGNATURE = 0x21, 0x2F, 0x51, 0x58
NOTE_OFF, NOTE_ON, KEY_PRESSURE, CONTROL_CHANGE = 0x80, 0x90, 0xA0, 0xB0
PROGRAM_CHANGE, CHANNEL_PRESSURE, PITCH_BEND = 0xC0, 0xD0, 0xE0

Event: TypeAlias = tuple[int, int, int, int, bytes]
"""(ticks from the start, status, first data byte or meta type, second data byte, payload of meta or SysEx)"""


@dataclass(frozen=True, slots=True)
class Track:
    """The events of a track chunk in order of time, without End of Track, which is at `end_ticks`.

    `chunk` is the bytes it was read from, empty where it was made or repaired.
    """

    events: tuple[Event, ...]
    end_ticks: int
    chunk: bytes = field(default=b"", compare=False, repr=False)

    @property
    def first_port(self) -> int:
        """The port before the first note, times 16; a later port event holds from there on."""
        for _, status, kind, _, payload in self.events:
            if status < KEY_PRESSURE:
                break
            if status == META and kind == PORT and payload:
                return payload[0] << 4
        return 0

    def with_events(self, events: Iterable[Event]) -> Track:
        return Track(tuple(events), self.end_ticks)


@dataclass(frozen=True, slots=True)
class MidiData:
    """The tracks of a file and its PPQ; `repairs` describes repairs."""

    tracks: tuple[Track, ...]
    ppq: int
    repairs: tuple[str, ...] = ()
