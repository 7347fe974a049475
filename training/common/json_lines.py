"""A long list of JSON objects in a file, of which only those that are asked for are read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw import files
from training.common.errors import TrainingFileError
from training.common.lazy import LazySequence

MAX_BYTES = 1 << 46


def as_lines(values: Sequence[dict[str, Any]]) -> tuple[bytes, npt.NDArray[np.int64]]:
    """The bytes of the values, a line each, and where each line begins (values,)."""
    lines = [json.dumps(value).encode() + b"\n" for value in values]
    lengths = np.array([len(line) for line in lines], np.int64)
    return b"".join(lines), np.cumsum(lengths) - lengths


class JsonLines(LazySequence[dict[str, Any]]):
    """The objects of a file with one a line, which begin at the bytes `starts` (objects,); both may be mapped.

    Raises TrainingFileError for a line that is no object.
    """

    def __init__(self, path: Path, starts: npt.NDArray[np.int64]) -> None:
        self._starts = starts
        self._path = path
        files.check_readable(path, MAX_BYTES, TrainingFileError)
        size = path.stat().st_size
        self._data = np.memmap(path, np.uint8, "r") if size else np.zeros(0, np.uint8)

    def __len__(self) -> int:
        return len(self._starts)

    def _item(self, at: int) -> dict[str, Any]:
        end = int(self._starts[at + 1]) if at + 1 < len(self) else len(self._data)
        try:
            value = json.loads(self._data[int(self._starts[at]) : end].tobytes())
        except (ValueError, RecursionError) as error:
            raise TrainingFileError(
                f"Line {at + 1} of {self._path} is no JSON: prepare its folder again."
            ) from error
        if not isinstance(value, dict):
            raise TrainingFileError(f"Line {at + 1} of {self._path} is no object: prepare its folder again.")
        return value
