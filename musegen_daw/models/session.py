"""ONNX graphs as plain functions of arrays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.errors import ModelError
from musegen_daw.models.spec import ModelSpec, verified_bytes

Array = npt.NDArray[Any]
Graph = Callable[..., list[Array]]


class OnnxGraph:
    """One verified graph, run on the CPU: arrays in the order of its inputs, arrays in the order of its outputs."""

    def __init__(self, folder: Path, spec: ModelSpec, role: str, threads: int = 1) -> None:
        import onnxruntime

        if role not in spec.graphs:
            raise ModelError(f"The model in {folder} has no {role!r} graph; install it again.")
        graph = spec.graphs[role]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                verified_bytes(folder, graph), options, providers=["CPUExecutionProvider"]
            )
        except ModelError:
            raise
        except Exception as error:  # onnxruntime raises a family of its own without a common base
            raise ModelError(
                f"The model file {folder / graph.file} cannot be opened by onnxruntime."
            ) from error
        self._inputs = [each.name for each in graph.inputs]
        self._outputs = [each.name for each in self._session.get_outputs()]
        if self._inputs != [each.name for each in self._session.get_inputs()]:
            raise ModelError(
                f"The model file {folder / graph.file} does not have the inputs its description names."
            )

    def __call__(self, *arrays: Array) -> list[Array]:
        """Run the graph."""
        return self._session.run(self._outputs, dict(zip(self._inputs, arrays, strict=True)))


def zeros(*shape: int) -> npt.NDArray[np.float32]:
    """float32 zeros, the state of a network before it has read anything."""
    return np.zeros(shape, np.float32)
