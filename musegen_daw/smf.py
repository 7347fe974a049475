"""The Standard MIDI File format: bytes to tracks of events and back, every byte checked.

Read in Python because the compiled readers crash on damaged events, and a file from elsewhere may be damaged.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

MAX_NOTES = 1_000_000
MAX_QUARTERS = 50_000
MAX_DELTA_TICKS = 0x0FFF_FFFF

META, SYSEX, SYSEX_ESCAPE = 0xFF, 0xF0, 0xF7
TRACK_NAME, PORT, END_OF_TRACK, TEMPO, TIME_SIGNATURE = 0x03, 0x21, 0x2F, 0x51, 0x58
NOTE_OFF, NOTE_ON, PROGRAM_CHANGE = 0x80, 0x90, 0xC0

Event: TypeAlias = tuple[int, int, int, int, bytes]
"""(ticks from the start, status, first data byte or meta type, second data byte, payload of meta or SysEx)."""


@dataclass(frozen=True, slots=True)
class Track:
    """The events of one track chunk in order of time, without End of Track, which is at `end_ticks`."""

    events: tuple[Event, ...]
    end_ticks: int


@dataclass(frozen=True, slots=True)
class MidiData:
    """All tracks of a file and the ticks of its quarter note."""

    tracks: tuple[Track, ...]
    ppq: int


def parse(data: bytes) -> MidiData:
    """All events of a type 0 or type 1 file, bare or in a RIFF wrapper.

    Raises ValueError with the rest of a sentence that begins with the file's name.
    Follows the Standard MIDI Files 1.0 specification; running status is also kept over meta events, as
    many programs write it.
    """
    if not data:
        raise ValueError("is empty")
    if data[:4] == b"RIFF" and data[8:16] == b"RMIDdata":
        data = data[20:]
    if data[:4] != b"MThd":
        raise ValueError("is not a MIDI file")
    if len(data) < 14:
        raise ValueError("is cut short within its header")
    header_length, file_type, track_count, division = struct.unpack(">IHHH", data[4:14])
    if header_length < 6:
        raise ValueError("has a damaged header")
    if file_type > 1 and track_count > 1:
        raise ValueError(f"is a type {file_type} MIDI file; save it as type 0 or 1")
    if division & 0x8000:
        raise ValueError("counts SMPTE frames instead of beats; save it with ticks per quarter note")
    if division == 0:
        raise ValueError("has 0 ticks per quarter note")
    if track_count == 0:
        raise ValueError("has no tracks")
    position = 8 + header_length
    tracks: list[Track] = []
    note_count = 0
    while len(tracks) < track_count:
        if position + 8 > len(data):
            raise ValueError(f"is cut short: {len(tracks)} of {track_count} tracks are there")
        kind = data[position : position + 4]
        (length,) = struct.unpack(">I", data[position + 4 : position + 8])
        position += 8
        if position + length > len(data):
            raise ValueError(f"is cut short within track {len(tracks) + 1} of {track_count}")
        if kind == b"MTrk":
            chunk = data[position : position + length]
            try:
                track, note_count = _parse_track(chunk, note_count)
            except IndexError:
                raise ValueError(f"is damaged: track {len(tracks) + 1} ends within an event") from None
            if track.end_ticks > MAX_QUARTERS * division:
                raise ValueError(f"is longer than {MAX_QUARTERS:,} quarter notes")
            tracks.append(track)
        position += length
    return MidiData(tuple(tracks), division)


def _parse_track(chunk: bytes, note_count: int) -> tuple[Track, int]:
    events: list[Event] = []
    append = events.append
    position = ticks = running_status = 0
    size = len(chunk)
    while position < size:
        delta = chunk[position]
        position += 1
        if delta & 0x80:
            delta, position = _read_variable_length(chunk, position - 1)
        ticks += delta
        status = chunk[position]
        if status & 0x80:
            position += 1
        else:
            status = running_status
        if status < 0x80:
            raise ValueError(f"is damaged: an event at tick {ticks} has no status")
        if status < SYSEX:
            running_status = status
            first = chunk[position]
            if 0xC0 <= status < 0xE0:
                second = 0
                position += 1
            else:
                second = chunk[position + 1]
                position += 2
                if second and status & 0xF0 == NOTE_ON:
                    note_count += 1
                    if note_count > MAX_NOTES:
                        raise ValueError(f"has more than {MAX_NOTES:,} notes")
            if (first | second) & 0x80:
                raise ValueError(f"is damaged: an event at tick {ticks} has a data byte above 127")
            append((ticks, status, first, second, b""))
            continue
        kind = 0
        if status == META:
            kind = chunk[position]
            position += 1
        elif status not in (SYSEX, SYSEX_ESCAPE):
            raise ValueError(f"is damaged: status {status:#x} at tick {ticks} does not belong in a file")
        length, position = _read_variable_length(chunk, position)
        if position + length > size:
            raise IndexError
        if status == META and kind == END_OF_TRACK:
            break
        append((ticks, status, kind, 0, chunk[position : position + length]))
        position += length
    return Track(tuple(events), ticks), note_count


def _read_variable_length(chunk: bytes, position: int) -> tuple[int, int]:
    value = 0
    for index in range(position, position + 4):
        byte = chunk[index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, index + 1
    raise ValueError("is damaged: a number is longer than four bytes")


def build(tracks: Iterable[Track], ppq: int, *, file_type: int = 1) -> bytes:
    """The bytes of a file with `tracks`; raises ValueError where the format cannot hold them."""
    if not 1 <= ppq <= 0x7FFF:
        raise ValueError(f"a MIDI file cannot count {ppq} ticks per quarter note")
    chunks = [_build_track(track) for track in tracks]
    header = struct.pack(">4sIHHH", b"MThd", 6, file_type, len(chunks), ppq)
    return b"".join([header, *(struct.pack(">4sI", b"MTrk", len(chunk)) + chunk for chunk in chunks)])


def _build_track(track: Track) -> bytes:
    out = bytearray()
    now_ticks = 0
    for ticks, status, first, second, payload in track.events:
        out += _variable_length(ticks - now_ticks)
        now_ticks = ticks
        if status >= SYSEX:
            out += bytes((status, first)) if status == META else bytes((status,))
            out += _variable_length(len(payload)) + payload
        elif 0xC0 <= status < 0xE0:
            out += bytes((status, first))
        else:
            out += bytes((status, first, second))
    out += _variable_length(max(0, track.end_ticks - now_ticks)) + bytes((META, END_OF_TRACK, 0))
    return bytes(out)


def _variable_length(value: int) -> bytes:
    if not 0 <= value <= MAX_DELTA_TICKS:
        raise ValueError(f"a MIDI file cannot hold a step of {value} ticks")
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))
