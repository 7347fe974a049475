"""A network that is one graph: written with a sidecar of its own, and compared with PyTorch before it stays."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor, nn

from export.graphs import export_graph
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import Graph, ModelSpec


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
