"""Reads the structure of a SoundFont 2 file, with every size checked first."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musegen_daw.errors import AudioError

MAX_SOUNDFONT_BYTES = 2**31
MIN_SOUNDFONT_BYTES = 300
MAX_CHUNKS = 10_000
MAX_RECORDS = 1 << 16
"""The range of a 16-bit index; a table has a terminal record in addition."""

# Records of the pdta chunk: SoundFont Technical Specification 2.01, section 7. The last of each is a terminal.
_RECORDS = {
    b"phdr": np.dtype([("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "V12")]),
    b"pbag": np.dtype([("generator", "<u2"), ("modulator", "<u2")]),
    b"pgen": np.dtype([("number", "<u2"), ("amount", "<i2")]),
    b"inst": np.dtype([("name", "S20"), ("bag", "<u2")]),
    b"ibag": np.dtype([("generator", "<u2"), ("modulator", "<u2")]),
    b"igen": np.dtype([("number", "<u2"), ("amount", "<i2")]),
    b"shdr": np.dtype(
        [
            ("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop_start", "<u4"), ("loop_end", "<u4"),
            ("rate", "<u4"), ("root_key", "u1"), ("correction", "i1"), ("link", "<u2"), ("kind", "<u2"),
        ]
    ),
}  # fmt: skip
_NEEDED = {b"ifil", b"smpl", *_RECORDS}
_MODULATORS = np.dtype(
    [
        ("source", "<u2"),
        ("destination", "<u2"),
        ("amount", "<i2"),
        ("amount_source", "<u2"),
        ("transform", "<u2"),
    ]
)


@dataclass(frozen=True, slots=True)
class Tables:
    """The record tables of a SoundFont (records,) and its samples (samples,) as int16."""

    presets: NDArray[np.void]
    preset_bags: NDArray[np.void]
    preset_generators: NDArray[np.void]
    instruments: NDArray[np.void]
    instrument_bags: NDArray[np.void]
    instrument_generators: NDArray[np.void]
    headers: NDArray[np.void]
    preset_modulators: NDArray[np.void]
    instrument_modulators: NDArray[np.void]
    samples: NDArray[np.int16]


def check_soundfont(path: Path) -> None:
    """Raises AudioError, naming the file, unless it begins like a SoundFont and has a possible size."""
    try:
        if not path.is_file():
            raise AudioError(f"There is no SoundFont file {path}.")
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise AudioError(f"Cannot read the SoundFont {path}: {error.strerror}.") from error
    if head[:4] != b"RIFF" or head[8:12] != b"sfbk" or size < MIN_SOUNDFONT_BYTES:
        raise AudioError(f"{path} is not a SoundFont (.sf2); choose another file.")
    if size > MAX_SOUNDFONT_BYTES:
        raise AudioError(f"{path} is too large: {size / 2**30:.1f} GiB, at most 2 GiB are read.")


def read_tables(path: Path) -> Tables:
    """All tables of the SoundFont at `path`; its samples stay on disk until they are played.

    Raises AudioError, naming the file, for anything but a consistent SoundFont 2. Source: SoundFont Technical
    Specification 2.01.
    """
    check_soundfont(path)
    try:
        with path.open("rb") as file:
            data = np.memmap(file, dtype=np.uint8, mode="r")
        chunks = _all_chunks(data)
        if b"ifil" not in chunks or b"smpl" not in chunks:
            raise ValueError("it has no version or no samples")
        major = struct.unpack("<H", bytes(data[chunks[b"ifil"].start :][:2]))[0]
        if major != 2:
            raise AudioError(
                f"{path} is a SoundFont of version {major}; only version 2 (.sf2) can be played."
            )
        tables = [_records(data, chunks, name) for name in _RECORDS]
        for name, index in (
            (b"phdr", "bag"),
            (b"inst", "bag"),
            (b"pbag", "generator"),
            (b"ibag", "generator"),
        ):
            _check_order(tables[list(_RECORDS).index(name)][index], name)
        modulators = [_modulators(data, chunks.get(name)) for name in (b"pmod", b"imod")]
        raw = data[chunks[b"smpl"]]
        samples = raw[: len(raw) // 2 * 2].view("<i2")
    except struct.error as error:
        raise AudioError(
            f"The SoundFont {path} is damaged (its version is cut); choose another file."
        ) from error
    except ValueError as error:
        raise AudioError(f"The SoundFont {path} is damaged ({error}); choose another file.") from error
    except OSError as error:
        raise AudioError(f"Cannot read the SoundFont {path}: {error.strerror}.") from error
    return Tables(*tables, *modulators, samples=samples)


def _all_chunks(data: NDArray[np.uint8]) -> dict[bytes, slice]:
    """The bodies of the chunks inside the three lists; anything after the lists is ignored."""
    found: dict[bytes, slice] = {}
    for name, body in _chunks_within(data, 12, len(data)):
        if name == b"LIST":
            found.update(_chunks_within(data, body.start + 4, body.stop))
        if found.keys() >= _NEEDED:
            break
    return found


def _chunks_within(data: NDArray[np.uint8], start: int, end: int) -> Iterator[tuple[bytes, slice]]:
    count = 0
    while start + 8 <= end:
        count += 1
        if count > MAX_CHUNKS:
            raise ValueError(f"more than {MAX_CHUNKS:,} chunks")
        name, size = (
            bytes(data[start : start + 4]),
            struct.unpack("<I", bytes(data[start + 4 : start + 8]))[0],
        )
        if start + 8 + size > end:
            raise ValueError(f"the chunk {name.decode('latin-1')!r} ends after the file")
        yield name, slice(start + 8, start + 8 + size)
        start += 8 + size + size % 2


def _check_order(indices: NDArray[np.uint16], name: bytes) -> None:
    """Raises ValueError for descending indices, with which reading could take forever."""
    if np.any(np.diff(indices.astype(np.int64)) < 0):
        raise ValueError(f"the indices in {name.decode()!r} run backwards")


def _records(data: NDArray[np.uint8], chunks: dict[bytes, slice], name: bytes) -> NDArray[np.void]:
    """The complete records of a chunk; like players, it ignores bytes after the last one."""
    if name not in chunks:
        raise ValueError(f"the chunk {name.decode()!r} is missing")
    body = data[chunks[name]]
    record = _RECORDS[name]
    count = len(body) // record.itemsize
    if count == 0:
        raise ValueError(f"the chunk {name.decode()!r} is empty")
    if count > MAX_RECORDS + 1:
        raise ValueError(f"more than {MAX_RECORDS:,} records in {name.decode()!r}")
    return np.frombuffer(body[: count * record.itemsize].tobytes(), dtype=record)


def _modulators(data: NDArray[np.uint8], place: slice | None) -> NDArray[np.void]:
    """The records of `pmod` or `imod`, none without such a chunk."""
    body = data[place][: (MAX_RECORDS + 1) * _MODULATORS.itemsize] if place is not None else data[:0]
    return np.frombuffer(
        body[: len(body) // _MODULATORS.itemsize * _MODULATORS.itemsize].tobytes(), _MODULATORS
    )
