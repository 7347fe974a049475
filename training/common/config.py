"""TOML files as frozen dataclasses; a key that is not known is an error."""

from __future__ import annotations

import dataclasses
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from musegen_daw import files
from musegen_daw.errors import MusegenError
from musegen_daw.music.toml_text import MAX_CHARACTERS, read_toml
from training.common.prepared import TrainingFileError

Config = TypeVar("Config")


def load_config(kind: type[Config], path: Path) -> Config:
    """Read `path` as `kind`, tables as nested dataclasses; raises TrainingFileError naming an unknown or wrong key.

    Of a checkpoint (.safetensors) it is the configuration that it was trained with.
    """
    if path.suffix == ".safetensors":
        from training.common.checkpoint import read_values

        return from_dict(kind, read_values(path).get("config"), str(path))
    try:
        values = read_toml(files.read_bytes(path, MAX_CHARACTERS).decode())
    except (ValueError, MusegenError) as error:
        raise TrainingFileError(f"{path} cannot be read: {error}") from error
    return from_dict(kind, values, str(path))


def from_dict(kind: type[Config], values: Any, where: str) -> Config:
    """Build `kind` from plain values; raises TrainingFileError that names `where`."""
    try:
        return _built(kind, values, where)
    except TrainingFileError:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise TrainingFileError(f"{where}: {error}") from error


def _built(kind: type[Config], values: Any, where: str) -> Config:
    if not isinstance(values, dict):
        raise TrainingFileError(f"{where}: a table is missing")
    known = {field.name for field in dataclasses.fields(kind)}  # pyright: ignore[reportArgumentType]
    unknown = sorted(set(values) - known)
    if unknown:
        raise TrainingFileError(
            f"{where}: unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
    hints = get_type_hints(kind)
    built: dict[str, Any] = {}
    for name, value in values.items():
        hint = hints[name]
        if dataclasses.is_dataclass(hint):
            if not isinstance(value, dict):
                raise TrainingFileError(f"{where}: {name} must be a table, got {value!r:.80}")
            built[name] = from_dict(hint, value, f"{where} [{name}]")  # pyright: ignore
        elif isinstance(value, float) and not isfinite(value):
            raise TrainingFileError(f"{where}: {name} must be a finite number, got {value!r:.80}")
        elif hint is float and isinstance(value, int) and not isinstance(value, bool):
            built[name] = float(value)
        elif get_origin(hint) is tuple:
            (kind_of_item, _) = get_args(hint)
            if not isinstance(value, list | tuple) or any(type(item) is not kind_of_item for item in value):
                raise TrainingFileError(
                    f"{where}: {name} must be a list of {kind_of_item.__name__}, got {value!r:.80}"
                )
            built[name] = tuple(value)
        elif hint in (int, float, str, bool) and type(value) is not hint:
            raise TrainingFileError(f"{where}: {name} must be {hint.__name__}, got {value!r:.80}")
        else:
            built[name] = value
    try:
        return kind(**built)
    except (ValueError, TypeError, OverflowError) as error:
        raise TrainingFileError(f"{where}: {error}") from error
