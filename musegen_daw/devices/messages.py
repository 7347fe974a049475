"""Splits what a driver delivers into whole MIDI messages; it joins a cut SysEx to whatever follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

SYSEX, END_OF_SYSEX = 0xF0, 0xF7
_REAL_TIME = 0xF8
_CHANNEL_LENGTHS = {0x80: 3, 0x90: 3, 0xA0: 3, 0xB0: 3, 0xC0: 2, 0xD0: 2, 0xE0: 3}
_SYSTEM_LENGTHS = {0xF1: 2, 0xF2: 3, 0xF3: 2, 0xF6: 1}


def whole_messages(data: Iterable[int]) -> Iterator[bytes]:
    """The complete messages among bytes; what is cut short or has no status byte is left out.

    A status byte ends the message before it; a real-time byte is a message, also within another one.
    """
    message = bytearray()
    for byte in data:
        if byte >= _REAL_TIME:
            yield bytes((byte,))
            continue
        if byte == END_OF_SYSEX:
            if message[:1] == bytes((SYSEX,)):
                yield bytes((*message, byte))
            message.clear()
            continue
        if byte >= 0x80:
            message.clear()
        elif not message:
            continue
        message.append(byte)
        if len(message) == _length(message[0]):
            yield bytes(message)
            message.clear()


def _length(status: int) -> int | None:
    """The length of a message in bytes, None where it has an end of its own or its kind is unknown."""
    return _CHANNEL_LENGTHS.get(status & 0xF0, _SYSTEM_LENGTHS.get(status))
