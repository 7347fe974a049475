"""FLAC in Ogg, as RFC 9639, section 10.1, has it: no encoder for it is at hand everywhere."""

from __future__ import annotations

import struct

_METADATA_LAST = 0x80
_COMMENT = 4


def wrapped(flac: bytes) -> bytes:
    """A FLAC file, each of its frames in a packet of its own."""
    blocks, at = [], 4
    while not blocks or not blocks[-1][0] & _METADATA_LAST:
        length = 4 + int.from_bytes(flac[at + 1 : at + 4], "big")
        blocks.append(flac[at : at + length])
        at += length
    info = bytes((blocks[0][0] & ~_METADATA_LAST,)) + blocks[0][1:]
    comments = [block for block in blocks if block[0] & 0x7F == _COMMENT] or [
        bytes((_COMMENT, 0, 0, 8)) + bytes(8)
    ]
    comment = bytes((_COMMENT | _METADATA_LAST,)) + comments[0][1:]
    frames = _frames(flac[at:])
    packets = [b"\x7fFLAC\x01\x00\x00\x01fLaC" + info, comment, *frames]
    samples = struct.unpack(">H", info[4:6])[0]
    out, number = b"", 0
    for index, packet in enumerate(packets):
        flags = 2 * (index == 0) + 4 * (index == len(packets) - 1)
        pages, number = _pages(packet, number, max(0, index - 1) * samples, flags)
        out += pages
    return out


def _frames(data: bytes) -> list[bytes]:
    starts = []
    at = 0
    while at < len(data) - 16:
        length = _header_bytes(data, at)
        if length and _crc8(data[at : at + length]) == data[at + length]:
            starts.append(at)
            at += length
        at += 1
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]


def _header_bytes(data: bytes, at: int) -> int:
    """The length of a frame header without its checksum, 0 where there is none."""
    if data[at] != 0xFF or data[at + 1] & 0xFE != 0xF8:
        return 0
    number = data[at + 4]
    coded = 1 if number < 0xC0 else 8 - (number ^ 0xFF).bit_length()
    return (
        4 + coded + {6: 1, 7: 2}.get(data[at + 2] >> 4, 0) + {12: 1, 13: 2, 14: 2}.get(data[at + 2] & 15, 0)
    )


def _pages(packet: bytes, number: int, position: int, flags: int) -> tuple[bytes, int]:
    lengths = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
    out = b""
    for first in range(0, len(lengths), 255):
        part = lengths[first : first + 255]
        is_last = first + 255 >= len(lengths)
        flag = (flags if is_last else flags & 2) | (first > 0)
        begin = first * 255
        body = packet[begin : begin + sum(part)]
        head = struct.pack("<4sBBqII", b"OggS", 0, flag, position if is_last else -1, 1, number)
        rest = bytes((len(part),)) + part + body
        out += head + struct.pack("<I", _crc32(head + bytes(4) + rest)) + rest
        number += 1
    return out, number


def _crc8(data: bytes) -> int:
    return _crc(data, 8, 0x07)


def _crc32(data: bytes) -> int:
    return _crc(data, 32, 0x04C11DB7)


def _crc(data: bytes, bits: int, polynomial: int) -> int:
    top, mask, crc = 1 << (bits - 1), (1 << bits) - 1, 0
    for byte in data:
        crc ^= byte << (bits - 8)
        for _ in range(8):
            crc = (crc << 1) ^ polynomial if crc & top else crc << 1
        crc &= mask
    return crc
