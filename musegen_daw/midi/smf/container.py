"""Around the tracks: a RIFF wrapper, the header, and where one chunk ends and the next begins."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from musegen_daw.midi.smf.mending import Mending

HEADER_BYTES, CHUNK_HEAD_BYTES = 14, 8
MAX_LEADING_BYTES = 4096
_TRACK_HEAD = re.compile(rb"MTrk[\x00-\x03]")  # no file that is read is longer than 64 MiB


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of MThd, and where the first chunk begins."""

    file_type: int
    track_count: int
    division: int
    end: int


def unwrapped(data: bytes, mending: Mending) -> bytes:
    """The bytes from MThd on, without the RIFF chunks (RMID, MMA RP-29) or whatever else stands before.

    Raises ValueError where there is no MThd.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        position = 12
        while position + CHUNK_HEAD_BYTES <= len(data):
            kind, length = struct.unpack_from("<4sI", data, position)
            if kind == b"data":
                if position > 12:
                    mending.say("what a RIFF file holds besides was passed over")
                start = position + CHUNK_HEAD_BYTES
                fits = HEADER_BYTES <= length <= len(data) - start
                data = data[start : start + length] if fits else data[start:]
                break
            position += CHUNK_HEAD_BYTES + length + (length & 1)
    start = data.find(b"MThd", 0, MAX_LEADING_BYTES)
    if start < 0:
        raise ValueError("is not a MIDI file")
    if start:
        mending.say(f"{start} bytes before the header were skipped")
    return data[start:] if start else data


def header(data: bytes, mending: Mending) -> Header:
    """The header that `data` begins with; raises ValueError where it is of no use."""
    if len(data) < HEADER_BYTES:
        raise ValueError("is cut short within its header")
    length, file_type, track_count, division = struct.unpack_from(">IHHH", data, 4)
    end = CHUNK_HEAD_BYTES + length
    if length < HEADER_BYTES - CHUNK_HEAD_BYTES or end > len(data):
        if data[HEADER_BYTES : HEADER_BYTES + 4] != b"MTrk":
            raise ValueError("has a damaged header")
        mending.say("the length of the header was wrong")
        end = HEADER_BYTES
    if division == 0:
        raise ValueError("has 0 ticks per quarter note")
    if file_type > 2:
        mending.say(f"its type, {file_type}, is unknown and it was read as type 1")
    return Header(file_type, track_count, division, end)


def next_track(data: bytes, position: int) -> int:
    """Where the next track chunk begins, from `position` on; the end of `data` where there is none."""
    found = _TRACK_HEAD.search(data, position)
    return found.start() if found else len(data)


def foreign_chunk_end(data: bytes, position: int) -> int | None:
    """Where a chunk of another kind ends that begins at `position`; None where there is none."""
    head = data[position : position + CHUNK_HEAD_BYTES]
    kind = head[:4]
    if (
        len(head) < CHUNK_HEAD_BYTES
        or kind == b"MTrk"
        or not (kind.isascii() and kind.decode().isprintable())
    ):
        return None
    end = position + CHUNK_HEAD_BYTES + int.from_bytes(head[4:])
    if end > len(data):
        return None
    return end
