"""Repairs for audio files whose headers mislead libsndfile. Memory is bounded by a block.

A WAV from an aborted writer or a pipe declares no audio data although the data follows. FLAC in Ogg (RFC 9639,
section 10.1) is not read by every build.
"""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from musegen_daw.errors import AudioError
from musegen_daw.files import reason

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK_BYTES = 1 << 20
Opened = BinaryIO | io.RawIOBase

_UNKNOWN = 0xFFFFFFFF
_CHUNK_BYTES = 8
MAX_CHUNKS = 10_000
_OGG_FLAC, _OGG_FLAC_HEADER_BYTES = b"\x7fFLAC", 9
_PAGE_BYTES, _SEGMENTS_AT = 27, 26


def opened(path: Path) -> Opened | None:
    """A repaired stream to read in place of the file, to be closed by the caller; None where none is needed.

    Raises AudioError where there is no room to unpack, OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        magic = file.read(12)
        if magic[:4] in (b"RIFF", b"RF64") and magic[8:] == b"WAVE":
            patch = _data_size(file, path.stat().st_size)
            return None if patch is None else _Patched(path, *patch)
        if magic[:4] == b"OggS":
            file.seek(0)
            if _first_packet(file).startswith(_OGG_FLAC):
                file.seek(0)
                return _unpacked(file, path)
    return None


def _data_size(file: BinaryIO, file_bytes: int) -> tuple[int, bytes] | None:
    """Offset and bytes of the right size field in a WAV that declares no audio although it has some."""
    at, long_size_at = 12, None
    for _ in range(MAX_CHUNKS):
        if at + _CHUNK_BYTES > file_bytes:
            return None
        name, size = _chunk(file, at)
        if name == b"ds64":
            file.seek(at + 16)
            long_size_at = at + 16 if not any(file.read(8)) else None
        elif name == b"data":
            begin, rest = at + _CHUNK_BYTES, file_bytes - at - _CHUNK_BYTES
            if size == _UNKNOWN and long_size_at is not None:
                return long_size_at, rest.to_bytes(8, "little")
            if size == 0 and rest > 0 and not _is_chunks(file, begin, file_bytes):
                return at + 4, min(rest, _UNKNOWN).to_bytes(4, "little")
            return None
        at += _CHUNK_BYTES + size + size % 2
    raise AudioError(f"{file.name} has more than {MAX_CHUNKS:,} chunks before its audio.")


def _is_chunks(file: BinaryIO, at: int, file_bytes: int) -> bool:
    """Whether the rest of a file is a sequence of chunks."""
    for _ in range(MAX_CHUNKS):
        if at >= file_bytes:
            break
        name, size = _chunk(file, at)
        if len(name) < 4 or not name.isascii() or not name.decode().isprintable():
            return False
        at += _CHUNK_BYTES + size + size % 2
    return at - file_bytes <= 1  # the last may lack its padding


def _chunk(file: BinaryIO, at: int) -> tuple[bytes, int]:
    file.seek(at)
    return file.read(4), int.from_bytes(file.read(4), "little")


class _Patched(io.RawIOBase):
    """A file with some bytes replaced."""

    def __init__(self, path: Path, at: int, data: bytes) -> None:
        self._file = path.open("rb")
        self._at, self._data = at, data

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        begin = self._file.tell()
        view = memoryview(buffer).cast("B")
        count = self._file.readinto(view)
        first, end = max(begin, self._at), min(begin + count, self._at + len(self._data))
        if first < end:
            view[first - begin : end - begin] = self._data[first - self._at : end - self._at]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _page(file: BinaryIO) -> tuple[bytes, bytes, bytes] | None:
    """Serial number, segment lengths and body of the next Ogg page; None where there is none."""
    header = file.read(_PAGE_BYTES)
    if len(header) < _PAGE_BYTES or header[:4] != b"OggS":
        return None
    lengths = file.read(header[_SEGMENTS_AT])
    return header[14:18], lengths, file.read(sum(lengths))


def _first_packet(file: BinaryIO) -> bytes:
    page = _page(file)
    return b"" if page is None else page[2]


def _unpacked(file: BinaryIO, path: Path) -> BinaryIO:
    """The FLAC stream of an Ogg file, as a temporary file that is deleted when closed."""
    try:
        stream = tempfile.TemporaryFile()  # noqa: SIM115 - handed on open
    except OSError as error:
        raise AudioError(f"There is no room to unpack {path}: {reason(error)}.") from error
    try:
        first = _page(file)
        assert first is not None, "a first page was found before"
        serial = first[0]
        stream.write(first[2][_OGG_FLAC_HEADER_BYTES:])
        while (page := _page(file)) is not None:
            if page[0] == serial:
                stream.write(page[2])
        stream.seek(0)
    except OSError as error:
        stream.close()
        raise AudioError(f"There is no room to unpack {path}: {reason(error)}.") from error
    return stream
