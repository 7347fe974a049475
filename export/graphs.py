"""torch modules to verified ONNX files."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from musegen_daw.files import write_bytes
from musegen_daw.models.spec import Graph
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
