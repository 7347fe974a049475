"""MIDI files byte by byte, for what no program would write."""

import struct

END = b"\x00\xff\x2f\x00"


def chunk(body: bytes, kind: bytes = b"MTrk", length=None) -> bytes:
    return struct.pack(">4sI", kind, len(body) if length is None else length) + body


def head(track_count=1, file_type=1, division=480) -> bytes:
    return chunk(struct.pack(">HHH", file_type, track_count, division), b"MThd")


def midi_bytes(*tracks: bytes, file_type=1, division=480, track_count=None) -> bytes:
    count = len(tracks) if track_count is None else track_count
    return head(count, file_type, division) + b"".join(map(chunk, tracks))


def meta(kind: int, payload: bytes, delta=b"\x00") -> bytes:
    return delta + bytes((0xFF, kind, len(payload))) + payload


def notes(*pitches: int, channel=0) -> bytes:
    """Quarters of 96 ticks, each as long."""
    return b"".join(bytes((0, 0x90 | channel, p, 90, 96, 0x80 | channel, p, 64)) for p in pitches)
