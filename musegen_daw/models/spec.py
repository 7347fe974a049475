"""Model descriptions: a JSON sidecar beside the ONNX files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct, convert

from musegen_daw import files
from musegen_daw.errors import ModelError
from musegen_daw.files import write_bytes

SIDECAR = "model.json"
FORMAT = 1
MAX_SIDECAR_BYTES = 8 << 20
MAX_GRAPH_BYTES = 256 << 20
MAX_GRAPHS, MAX_TENSORS, MAX_AXES, MAX_AXIS = 64, 64, 8, 1 << 24
MAX_NUMBER = 1 << 53
"""Larger numbers in JSON are not portable."""


Word = Annotated[str, Meta(max_length=256)]
Axis = Annotated[int, Meta(ge=0, le=MAX_AXIS)] | Word


class WrongKindError(ModelError):
    """The model is undamaged, but of another kind."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named input or output: shape (a string is a dynamic axis) and element type."""

    name: Word
    shape: Annotated[tuple[Axis, ...], Meta(max_length=MAX_AXES)]
    type: Word

    def __post_init__(self) -> None:
        _check_printable(self.name, self.type)


@dataclass(frozen=True, slots=True)
class Graph:
    """An ONNX file of a model, with its hash and tensors."""

    file: Word
    sha256: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    bytes: Annotated[int, Meta(ge=0, le=MAX_NUMBER)]
    inputs: Annotated[tuple[Tensor, ...], Meta(max_length=MAX_TENSORS)]
    outputs: Annotated[tuple[Tensor, ...], Meta(max_length=MAX_TENSORS)]

    def __post_init__(self) -> None:
        if Path(self.file).name != self.file or self.file in ("", "..") or not self.file.isprintable():
            raise ValueError("it names a file outside its folder")
        for tensors in (self.inputs, self.outputs):
            if len({tensor.name for tensor in tensors}) != len(tensors):
                raise ValueError("two tensors have one name")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model's kind, its graphs by role, and the facts that its kind needs."""

    kind: Word
    name: Word
    graphs: Annotated[dict[str, Graph], Meta(max_length=MAX_GRAPHS)]
    facts: dict[str, Any]
    versions: dict[str, Word] = field(default_factory=dict)
    format: int = FORMAT

    def __post_init__(self) -> None:
        _check_printable(self.kind, self.name, *self.versions.values())

    def save(self, folder: Path) -> None:
        """Write the sidecar into `folder`, whole or not at all; raises ModelError."""
        write_bytes(folder / SIDECAR, json.dumps(asdict(self), separators=(",", ":")).encode(), ModelError)


class _Head(Struct):
    format: Annotated[int, Meta(ge=0, le=1 << 31)]
    kind: Word

    def __post_init__(self) -> None:
        _check_printable(self.kind)


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
        values = json.loads(data, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
        head = convert(values, _Head)
        if head.format != FORMAT:
            raise ModelError(
                f"The model in {folder} has format {head.format}; this version reads format {FORMAT}."
            )
        if head.kind != kind:
            raise WrongKindError(f"The model in {folder} is a {head.kind} model, not a {kind} model.")
        return convert(values, ModelSpec)
    except RecursionError as error:
        raise _damaged(path, "it nests too deep") from error
    except UnicodeDecodeError as error:
        raise _damaged(path, "it is not UTF-8") from error
    except ValueError as error:
        raise _damaged(path, str(error)) from error


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


def _check_printable(*words: str) -> None:
    for word in words:
        if not word.isprintable():
            raise ValueError(f"{word!r:.40} is not printable")


def _whole(digits: str) -> int:
    if len(digits) > 20 or abs(number := int(digits)) > MAX_NUMBER:
        raise ValueError(f"it holds the number {digits:.20}, which is too large")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not abs(number) <= MAX_NUMBER:
        raise ValueError(f"it holds the number {digits:.20}, which is not finite or too large")
    return number
