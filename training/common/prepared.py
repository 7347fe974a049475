"""Files of a prepared folder: facts as JSON, arrays mapped into memory, each checked before it is believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw import files
from training.common.errors import TrainingFileError

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
