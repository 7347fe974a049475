"""Model descriptions: a JSON sidecar beside the ONNX files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from musegen_daw import files
from musegen_daw.errors import ModelError
from musegen_daw.files import write_bytes

SIDECAR = "model.json"
FORMAT = 1
MAX_SIDECAR_BYTES = 8 << 20
MAX_GRAPH_BYTES = 256 << 20
MAX_GRAPHS, MAX_TENSORS, MAX_AXES, MAX_AXIS = 64, 64, 8, 1 << 24
MAX_WORD = 256
MAX_NUMBER = 1 << 53
"""Larger numbers in JSON are not portable."""
_SHA256 = re.compile("[0-9a-f]{64}")


class WrongKindError(ModelError):
    """The model is undamaged, but of another kind."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named input or output: shape (a string is a dynamic axis) and element type."""

    name: str
    shape: tuple[int | str, ...]
    type: str


@dataclass(frozen=True, slots=True)
class Graph:
    """An ONNX file of a model, with its hash and tensors."""

    file: str
    sha256: str
    bytes: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model's kind, its graphs by role, and the facts that its kind needs."""

    kind: str
    name: str
    graphs: dict[str, Graph]
    facts: dict[str, Any]
    versions: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def save(self, folder: Path) -> None:
        """Write the sidecar into `folder`, whole or not at all; raises ModelError."""
        write_bytes(folder / SIDECAR, json.dumps(asdict(self), separators=(",", ":")).encode(), ModelError)


def load_spec(folder: Path, kind: str) -> ModelSpec:
    """Read and check the sidecar in `folder`; raises ModelError.

    All numbers in it are finite; the facts are checked where they are used.
    """
    path = folder / SIDECAR
    try:
        path.stat()
    except FileNotFoundError:
        raise ModelError(f"There is no model in {folder}: {SIDECAR} is missing.") from None
    except OSError as error:
        raise ModelError(f"The model description {path} cannot be read: {files.reason(error)}.") from error
    data = files.read_bytes(path, MAX_SIDECAR_BYTES, ModelError)
    try:
        values = _table(
            json.loads(data, parse_int=_whole, parse_float=_finite, parse_constant=_finite), "the whole"
        )
        found_format = _number(values, "format", 0, 1 << 31)
        if found_format != FORMAT:
            raise ModelError(
                f"The model in {folder} has format {found_format}; this version reads format {FORMAT}."
            )
        found_kind = _word(values, "kind")
        if found_kind != kind:
            raise WrongKindError(f"The model in {folder} is a {found_kind} model, not a {kind} model.")
        spec = ModelSpec(
            kind=found_kind,
            name=_word(values, "name"),
            graphs=_graphs(_table(values["graphs"], "graphs"), path),
            facts=_table(values["facts"], "facts"),
            versions={
                name: _word(values["versions"], name) for name in _table(values["versions"], "versions")
            },
        )
    except KeyError as error:
        raise _damaged(path, f"{error.args[0]} is missing") from error
    except RecursionError as error:
        raise _damaged(path, "it nests too deep") from error
    except UnicodeDecodeError as error:
        raise _damaged(path, "it is no UTF-8") from error
    except ValueError as error:
        raise _damaged(path, str(error)) from error
    return spec


def verified_bytes(folder: Path, graph: Graph) -> bytes:
    """The content of a graph's file, after its size and hash were checked; raises ModelError."""
    path = folder / graph.file
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(f"The model file {path} is missing; install the model again.") from None
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read: {files.reason(error)}.") from error
    if files.is_file(path) and (size != graph.bytes or size > MAX_GRAPH_BYTES):
        raise ModelError(
            f"The model file {path} has {size} bytes in place of {graph.bytes}; install it again."
        )
    data = files.read_bytes(path, MAX_GRAPH_BYTES, ModelError)
    if hashlib.sha256(data).hexdigest() != graph.sha256:
        raise ModelError(f"The model file {path} is damaged (its hash differs); install it again.")
    return data


def _damaged(path: Path, why: str) -> ModelError:
    return ModelError(f"The model description {path} is damaged ({why}); install the model again.")


def _graphs(values: Mapping[str, Any], path: Path) -> dict[str, Graph]:
    if len(values) > MAX_GRAPHS:
        raise ValueError(f"it has {len(values)} graphs, at most {MAX_GRAPHS} are read")
    graphs = {role: _graph(_table(graph, role)) for role, graph in values.items()}
    for graph in graphs.values():
        if Path(graph.file).name != graph.file or graph.file in ("", "..") or not graph.file.isprintable():
            raise ModelError(f"The model description {path} names a file outside its folder.")
    return graphs


def _graph(values: Mapping[str, Any]) -> Graph:
    sha256 = _word(values, "sha256")
    if not _SHA256.fullmatch(sha256):
        raise ValueError("sha256 is no hash")
    return Graph(
        file=_word(values, "file"),
        sha256=sha256,
        bytes=_number(values, "bytes", 0, MAX_NUMBER),
        inputs=_tensors(values, "inputs"),
        outputs=_tensors(values, "outputs"),
    )


def _tensors(values: Mapping[str, Any], key: str) -> tuple[Tensor, ...]:
    tensors = tuple(_tensor(_table(each, key)) for each in _list(values, key, MAX_TENSORS))
    if len({tensor.name for tensor in tensors}) != len(tensors):
        raise ValueError(f"two {key} have one name")
    return tensors


def _tensor(values: Mapping[str, Any]) -> Tensor:
    axes = _list(values, "shape", MAX_AXES)
    for axis in axes:
        is_word = type(axis) is str and len(axis) <= MAX_WORD
        if not is_word and not (type(axis) is int and 0 <= axis <= MAX_AXIS):
            raise ValueError(f"an axis is {axis!r:.40}")
    return Tensor(_word(values, "name"), tuple(axes), _word(values, "type"))


def _whole(digits: str) -> int:
    if len(digits) > 20 or abs(number := int(digits)) > MAX_NUMBER:
        raise ValueError(f"it holds the number {digits:.20}, which is too large")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not abs(number) <= MAX_NUMBER:
        raise ValueError(f"it holds the number {digits:.20}, which is not finite or too large")
    return number


def _number(values: Mapping[str, Any], key: str, low: int, high: int) -> int:
    value = values[key]
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{key} is {value!r:.40}")
    return value


def _word(values: Mapping[str, Any], key: str) -> str:
    value = values[key]
    if type(value) is not str or len(value) > MAX_WORD or not (value.isprintable() or key == "file"):
        raise ValueError(f"{key} is {value!r:.40}")
    return value


def _list(values: Mapping[str, Any], key: str, most: int) -> list[Any]:
    value = values[key]
    if type(value) is not list or len(value) > most:
        raise ValueError(f"{key} is no list of at most {most}")
    return value


def _table(value: Any, name: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise ValueError(f"{name} is no table")
    return value
