"""The facts of a model, kept as JSON in a sidecar beside its ONNX files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from musegen_daw.errors import ModelError
from musegen_daw.files import write_bytes

SIDECAR = "model.json"
FORMAT = 1
MAX_SIDECAR_BYTES = 8 << 20
MAX_GRAPH_BYTES = 256 << 20


class WrongKindError(ModelError):
    """A model is sound, but of another kind than is wanted."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named input or output: shape (a string is a dynamic axis) and element type."""

    name: str
    shape: tuple[int | str, ...]
    type: str


@dataclass(frozen=True, slots=True)
class Graph:
    """One ONNX file of a model, with its hash and its tensors."""

    file: str
    sha256: str
    bytes: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a model is: its kind, its graphs by role, and the facts that its kind needs."""

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
    """Read and check the sidecar in `folder`; raises ModelError with a sentence for a person."""
    path = folder / SIDECAR
    try:
        if path.stat().st_size > MAX_SIDECAR_BYTES:
            raise ModelError(f"The model description {path} is too large to be one.")
        values = json.loads(path.read_text(encoding="utf-8"))
        spec = ModelSpec(
            kind=str(values["kind"]),
            name=str(values["name"]),
            graphs={str(role): _graph(graph) for role, graph in values["graphs"].items()},
            facts=dict(values["facts"]),
            versions=dict(values["versions"]),
            format=int(values["format"]),
        )
    except FileNotFoundError:
        raise ModelError(f"There is no model in {folder}: {SIDECAR} is missing.") from None
    except OSError as error:
        raise ModelError(f"The model description {path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ModelError(f"The model description {path} is damaged; install the model again.") from error
    if spec.format != FORMAT:
        raise ModelError(
            f"The model in {folder} has format {spec.format}; this version reads format {FORMAT}."
        )
    if spec.kind != kind:
        raise WrongKindError(f"The model in {folder} is a {spec.kind} model, not a {kind} model.")
    for graph in spec.graphs.values():
        if Path(graph.file).name != graph.file or graph.file in ("", "..") or "\0" in graph.file:
            raise ModelError(f"The model description {path} names a file outside its folder.")
    return spec


def verified_bytes(folder: Path, graph: Graph) -> bytes:
    """The content of a graph's file, after its size and hash were checked."""
    path = folder / graph.file
    try:
        size = path.stat().st_size
        if size != graph.bytes or size > MAX_GRAPH_BYTES:
            raise ModelError(
                f"The model file {path} has {size} bytes in place of {graph.bytes}; install it again."
            )
        data = path.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"The model file {path} is missing; install the model again.") from None
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read: {error.strerror}.") from error
    if hashlib.sha256(data).hexdigest() != graph.sha256:
        raise ModelError(f"The model file {path} is damaged (its hash differs); install it again.")
    return data


def _graph(values: dict[str, Any]) -> Graph:
    return Graph(
        file=str(values["file"]),
        sha256=str(values["sha256"]),
        bytes=int(values["bytes"]),
        inputs=tuple(_tensor(each) for each in values["inputs"]),
        outputs=tuple(_tensor(each) for each in values["outputs"]),
    )


def _tensor(values: dict[str, Any]) -> Tensor:
    shape = tuple(axis if isinstance(axis, str) else int(axis) for axis in values["shape"])
    return Tensor(str(values["name"]), shape, str(values["type"]))
