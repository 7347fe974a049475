"""Torch modules to verified ONNX files."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import onnx
import torch
from torch import Tensor, nn

from musegen_daw.files import write_bytes
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import Graph, ModelSpec
from musegen_daw.models.spec import Tensor as TensorFacts

OPSET = 17


def export_graph(
    module: nn.Module,
    example: Sequence[Tensor],
    inputs: Sequence[str],
    outputs: Sequence[str],
    dynamic: dict[str, dict[int, str]],
    path: Path,
) -> Graph:
    """Write `module` to `path` and return its facts; `dynamic` names the axes that may vary."""
    buffer: Any = io.BytesIO()  # the exporter takes a file as well as a path
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of constants that are meant
        torch.onnx.export(
            module.eval(),
            tuple(example),
            buffer,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=dynamic,
            opset_version=OPSET,
            do_constant_folding=False,  # the files stay small; onnxruntime folds when it opens them
            dynamo=False,
        )
    return write_graph(onnx.load_from_string(buffer.getvalue()), path)


def write_graph(model: onnx.ModelProto, path: Path) -> Graph:
    """Check `model`, write it to `path`, whole or not at all, and return its facts."""
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    write_bytes(path, data)
    return Graph(
        file=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        inputs=tuple(_facts(value) for value in model.graph.input),
        outputs=tuple(_facts(value) for value in model.graph.output),
    )


def _facts(value: Any) -> TensorFacts:
    kind = value.type.tensor_type
    shape = tuple(axis.dim_param or axis.dim_value for axis in kind.shape.dim)
    return TensorFacts(value.name, shape, onnx.TensorProto.DataType.Name(kind.elem_type).lower())


class ExportedGraph(NamedTuple):
    """The graph's facts, and how it differs from PyTorch."""

    graph: Graph
    difference: float


def export_single(
    role: str,
    module: nn.Module,
    example: Sequence[Tensor],
    inputs: Sequence[str],
    outputs: Sequence[str],
    dynamic: dict[str, dict[int, str]],
    out: Path,
    difference: Callable[[OnnxGraph], float],
    most: float,
) -> ExportedGraph:
    """Write `ROLE.onnx` to `out`, with a sidecar that opens it by itself.

    Raises ValueError, and leaves no graph, where `difference` says that it differs from PyTorch by more than `most`.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{role}.onnx"
    graph = export_graph(module, example, inputs, outputs, dynamic, path)
    versions = {package: importlib.metadata.version(package) for package in ("torch", "onnx")}
    spec = ModelSpec(role, role, {role: graph}, {}, versions)
    found = difference(OnnxGraph(out, spec, role))
    if found > most:
        path.unlink()
        raise ValueError(f"the exported {role} differs from PyTorch by {found:.2e}, more than {most:.0e}")
    spec.save(out)
    return ExportedGraph(graph, found)
