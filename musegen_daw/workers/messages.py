"""The protocol between the program and a worker process: pickled values, each after its length.

Both ends are this program and nobody else has the pipe, so pickle is safe. The buffers of arrays follow as they are;
long ones are received into a file without a name.
"""

from __future__ import annotations

import mmap
import pickle
import struct
import tempfile
from collections.abc import Sequence
from typing import IO, Any

# To the process; a call has a number, a task and its arguments.
CALL, CANCEL = "call", "cancel"
# From it, each with the number of a call.
PROGRESS, RETURNED, RAISED, CANCELLED = "progress", "returned", "raised", "cancelled"

IN_MEMORY_BYTES = 64 << 20
_LENGTH = struct.Struct("<Q")


def packed(word: str, number: int, value: Any = None) -> list[bytes | memoryview]:
    """One message in pieces; raises what pickle raises for a value that cannot be pickled."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps((word, number, value), pickle.HIGHEST_PROTOCOL, buffer_callback=buffers.append)
    pieces = [memoryview(data), *(buffer.raw() for buffer in buffers)]
    lengths = b"".join(_LENGTH.pack(len(piece)) for piece in pieces)
    return [_LENGTH.pack(len(pieces)) + lengths, *pieces]


def write(pipe: IO[bytes], pieces: Sequence[bytes | memoryview]) -> None:
    """Write a message whole; raises OSError where the other end is gone."""
    for piece in pieces:
        view = memoryview(piece)
        while view:
            view = view[pipe.write(view) or 0 :]
    pipe.flush()


def read(pipe: IO[bytes]) -> tuple[str, int, Any] | None:
    """The next message, None where the pipe has ended."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (count,) = _LENGTH.unpack(head)
    lengths = pipe.read(count * _LENGTH.size)
    if len(lengths) < count * _LENGTH.size:
        return None
    pieces: list[bytearray | mmap.mmap] = []
    for (length,) in _LENGTH.iter_unpack(lengths):
        piece = _room(length)
        view = memoryview(piece)
        while view:
            got = pipe.readinto(view)  # type: ignore[attr-defined] - every pipe has it, its declared type has not
            if not got:
                return None
            view = view[got:]
        pieces.append(piece)
    return pickle.loads(pieces[0], buffers=pieces[1:])  # noqa: S301 - see above


def _room(length: int) -> bytearray | mmap.mmap:
    if length <= IN_MEMORY_BYTES:
        return bytearray(length)
    with tempfile.TemporaryFile(prefix="musegen-") as file:
        file.truncate(length)
        return mmap.mmap(file.fileno(), length)
