"""The files of a split, created at full length and filled at any offset by any process."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.format import dtype_to_descr, write_array_header_1_0

from training.drums.blocks import SONG, STREAMS

AMOUNTS = ("songs", "bars", *STREAMS, "lines")
"""What is counted of a split: songs, bars, what is in them, and the bytes of its lines."""
_STARTS = np.dtype(np.int64)


@dataclass(frozen=True, slots=True)
class SplitFiles:
    """The files in `folder` for `totals` of AMOUNTS, each under another name until it is finished."""

    folder: Path
    totals: Mapping[str, int]

    def begin(self) -> None:
        """Make the files anew, in their full length, with their heads and the last of the starts."""
        self.folder.mkdir(parents=True, exist_ok=True)
        files = self._files()
        for file in files.values():
            file.begin()
        for name in STREAMS:
            files[f"{name}_starts"].write(self.totals["bars"], np.array([self.totals[name]], _STARTS))

    def lay(self, array: Callable[[str], npt.NDArray[Any]], before: Mapping[str, int]) -> None:
        """Write the arrays of a block (see `write_block`), of which `array` reads one, behind the AMOUNTS `before`.

        Done again, even by two processes at once, it writes the same bytes to the same places.
        """
        files = self._files()
        index = array("songs")
        index["first_bar"] += before["bars"]
        index["line"] += before["lines"]
        files["songs"].write(before["songs"], index)
        files["lines"].write(before["lines"], array("lines"))
        for name in STREAMS:
            counts = array(f"{name}_counts").astype(_STARTS)
            files[name].write(before[name], array(name))
            files[f"{name}_starts"].write(before["bars"], before[name] + np.cumsum(counts) - counts)

    def finish(self) -> int:
        """Give the files their names; returns their bytes."""
        return sum(file.finish() for file in self._files().values())

    def _files(self) -> dict[str, _File]:
        starts = self.totals["bars"] + 1
        arrays = {"songs": (SONG, self.totals["songs"])}
        arrays |= {name: (dtype, self.totals[name]) for name, dtype in STREAMS.items()}
        arrays |= {f"{name}_starts": (_STARTS, starts) for name in STREAMS}
        lines = _File(self.folder / "songs.jsonl", b"", self.totals["lines"])
        return {"lines": lines} | {
            name: _File(self.folder / f"{name}.npy", _head(dtype, length), dtype.itemsize * length)
            for name, (dtype, length) in arrays.items()
        }


@dataclass(frozen=True, slots=True)
class _File:
    """A file: its head, then so many bytes."""

    path: Path
    head: bytes
    size: int

    def begin(self) -> None:
        with self._beside.open("wb") as file:
            file.write(self.head)
            file.truncate(len(self.head) + self.size)

    def write(self, at: int, values: npt.NDArray[Any]) -> None:
        """Write values as those from number `at` on."""
        # opened only to write: then a file system of several computers sends these bytes, and none around them
        with open(self._beside, "wb", opener=_open_as_it_is) as file:
            file.seek(len(self.head) + at * values.itemsize)
            file.write(np.ascontiguousarray(values).view(np.uint8).data)

    def finish(self) -> int:
        self._beside.replace(self.path)
        return self.path.stat().st_size

    @property
    def _beside(self) -> Path:
        return self.path.with_name(self.path.name + ".part")


def _head(dtype: np.dtype[Any], length: int) -> bytes:
    head = io.BytesIO()
    description = {"descr": dtype_to_descr(dtype), "fortran_order": False, "shape": (length,)}
    write_array_header_1_0(head, description)
    return head.getvalue()


def _open_as_it_is(path: str, flags: int) -> int:
    return os.open(path, flags & ~(os.O_CREAT | os.O_TRUNC))
