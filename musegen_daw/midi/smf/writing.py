"""Write tracks as a Standard MIDI File."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from musegen_daw.midi.smf.events import END_OF_TRACK, MAX_DELTA_TICKS, META, SYSEX, Track


def build(tracks: Iterable[Track], ppq: int, *, file_type: int = 1) -> bytes:
    """The bytes of a file; unchanged tracks keep their original bytes.

    Raises ValueError where the format cannot hold them.
    """
    if not 1 <= ppq <= 0x7FFF:
        raise ValueError(f"a MIDI file cannot count {ppq} ticks per quarter note")
    chunks = [track.chunk or _build_track(track) for track in tracks]
    if len(chunks) > 0xFFFF:
        raise ValueError(f"a MIDI file cannot hold {len(chunks):,} tracks")
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
