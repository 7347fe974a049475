"""Shapes and types that the program expects of a graph, checked against its description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.models.spec import Graph, Tensor

FLOAT, INT64 = "float", "int64"
Shape = tuple[int | str, ...]
Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Signature:
    """Input and output shapes in order; a word is a dynamic axis.

    The same word is the same length in all arrays of one call. All arrays are float32, except the inputs in `whole`,
    which are int64.
    """

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    whole: frozenset[int] = frozenset()

    def check(self, graph: Graph) -> None:
        """Raises ValueError with the end of a sentence unless the description of `graph` fits."""
        for name, wanted, found in (
            ("inputs", self.inputs, graph.inputs),
            ("outputs", self.outputs, graph.outputs),
        ):
            if len(wanted) != len(found):
                raise ValueError(f"it has {len(found)} {name} in place of {len(wanted)}")
        for index, (shape, tensor) in enumerate(zip(self.inputs, graph.inputs, strict=True)):
            _check_input(shape, tensor, INT64 if index in self.whole else FLOAT)
        for shape, tensor in zip(self.outputs, graph.outputs, strict=True):
            _check_output(shape, tensor)

    def check_outputs(self, inputs: Sequence[Array], outputs: Sequence[Array]) -> None:
        """Raises ValueError with the end of a sentence unless the outputs are finite and have these shapes."""
        lengths: dict[str, int] = {}
        for shape, array in zip(self.inputs, inputs, strict=True):
            _bind(shape, array.shape, lengths)
        for shape, array in zip(self.outputs, outputs, strict=True):
            if array.dtype != np.float32 or not _bind(shape, array.shape, lengths):
                raise ValueError(f"gave {array.dtype} of the shape {array.shape} in place of {_text(shape)}")
            if not np.isfinite(array).all():
                raise ValueError("gave values that are not finite numbers")


def described(graph: Graph) -> Signature:
    """The signature in the graph's own description."""
    whole = frozenset(index for index, tensor in enumerate(graph.inputs) if tensor.type == INT64)
    return Signature(
        tuple(tensor.shape for tensor in graph.inputs), tuple(tensor.shape for tensor in graph.outputs), whole
    )


def _check_input(shape: Shape, tensor: Tensor, kind: str) -> None:
    fits = len(shape) == len(tensor.shape) and all(
        isinstance(own, str) if isinstance(wanted, str) else own == wanted
        for wanted, own in zip(shape, tensor.shape, strict=True)
    )
    if not fits or tensor.type != kind:
        raise ValueError(
            f"its input {tensor.name} is {tensor.type} of the shape {_text(tensor.shape)} in place of {kind} of "
            f"{_text(shape)}"
        )


def _check_output(shape: Shape, tensor: Tensor) -> None:
    """An axis that the export could not infer is a word in the description; the call shows its length."""
    fits = len(shape) == len(tensor.shape) and all(
        isinstance(own, str) or own == wanted for wanted, own in zip(shape, tensor.shape, strict=True)
    )
    if not fits or tensor.type != FLOAT:
        raise ValueError(
            f"its output {tensor.name} is {tensor.type} of the shape {_text(tensor.shape)} in place of {FLOAT} of "
            f"{_text(shape)}"
        )


def _bind(shape: Shape, found: Sequence[int], lengths: dict[str, int]) -> bool:
    """Whether a shape fits, with the lengths bound to its words, which are bound on first use."""
    return len(shape) == len(found) and all(
        (lengths.setdefault(axis, own) if isinstance(axis, str) else axis) == own
        for axis, own in zip(shape, found, strict=True)
    )


def _text(shape: Sequence[int | str]) -> str:
    return "(" + ", ".join(str(axis) for axis in shape) + ")"
