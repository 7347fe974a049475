"""Files of prepared data: written whole or not at all, and checked before they are used."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from musegen_daw import files
from musegen_daw.errors import MusegenError
from musegen_daw.files import write_bytes


class TrainingFileError(MusegenError, ValueError):
    """A file of training cannot be read or is damaged; the message is one sentence that names it."""


def write_text(path: Path, content: str) -> None:
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    write_text(path, json.dumps(content, indent=1))


FACTS = "facts.json"
MAX_FACTS_BYTES = 64 << 20
MAX_ARRAY_BYTES = 1 << 46


def read_facts(folder: Path, wanted_format: int) -> dict[str, Any]:
    """The facts of a prepared folder; raises TrainingFileError where they are damaged or of another version."""
    path = folder / FACTS
    try:
        facts = json.loads(files.read_bytes(path, MAX_FACTS_BYTES, TrainingFileError))
    except TrainingFileError:
        raise
    except (ValueError, RecursionError) as error:
        raise TrainingFileError(f"{path} is no JSON: prepare {folder} again.") from error
    if not isinstance(facts, dict) or type(facts.get("format")) is not int:
        raise TrainingFileError(f"{path} says no format: prepare {folder} again.")
    if facts["format"] != wanted_format:
        raise TrainingFileError(f"{folder} was prepared by another version of this program: prepare it again")
    return facts


def whole_fact(facts: dict[str, Any], name: str, folder: Path, most: int = 1 << 31) -> int:
    """A positive whole number among the facts; raises TrainingFileError where it is none."""
    value = facts.get(name)
    if type(value) is not int or not 1 <= value <= most:
        raise TrainingFileError(f"{folder / FACTS} is damaged: {name} is {value!r:.40}")
    return value


def mapped(path: Path, dtype: npt.DTypeLike | None = None, axes: int = 1) -> npt.NDArray[Any]:
    """The array of so many axes in a .npy file, mapped; raises TrainingFileError unless it is one, and of `dtype`."""
    files.check_readable(path, MAX_ARRAY_BYTES, TrainingFileError)
    try:
        array = np.asarray(np.load(path, mmap_mode="r"))
    except Exception as error:  # what a damaged header raises differs by version, see `mel_file`
        raise TrainingFileError(f"{path} is damaged, or no array: prepare its folder again.") from error
    if array.ndim != axes or (dtype is not None and array.dtype != dtype):
        raise TrainingFileError(
            f"{path} holds {array.dtype} of the shape {array.shape}: prepare its folder again."
        )
    return array


T = TypeVar("T")


class LazySequence(Sequence[T]):
    """A sequence of what `_item` makes; a slice is a list."""

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> Any:
        """The item at `index`, made anew each time."""
        if isinstance(index, slice):
            return [self._item(at) for at in range(*index.indices(len(self)))]
        return self._item(range(len(self))[index])

    @abstractmethod
    def _item(self, at: int) -> T:
        """The item at 0 <= at < len(self)."""
        ...


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
