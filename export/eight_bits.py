"""Weights of matrix products as 8-bit integers: reading weights is what a decoder step waits for."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

BLOCKS = (64, 32, 16)  # rows to a scale, the first that divides a weight
CENTRE = 128
CONTRIB_DOMAIN = "com.microsoft"
INTEGER_ACTIVATIONS = 4  # the operator's accuracy level at which both factors are 8-bit integers


def with_eight_bit_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of `model` whose products with a constant second factor are onnxruntime's MatMulNBits.

    Each column of a weight keeps one scale per block of rows. Products of two constants, weights that are
    used twice and those that no block divides are left alone.
    """
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    constants = {each.name: each for each in graph.initializer}
    uses = Counter(name for node in graph.node for name in node.input)
    for node in graph.node:
        left, right = (*node.input, "", "")[:2]
        if node.op_type != "MatMul" or right not in constants or left in constants or uses[right] > 1:
            continue
        weight = numpy_helper.to_array(constants[right])
        block = next((rows for rows in BLOCKS if weight.shape[0] % rows == 0), 0)
        if weight.ndim != 2 or not block:
            continue
        values, scales = quantize_columns(weight, block)
        names = f"{right}.values", f"{right}.scales"
        graph.initializer.remove(constants.pop(right))
        graph.initializer.extend(
            numpy_helper.from_array(array, name) for array, name in zip((values, scales), names, strict=True)
        )
        node.CopyFrom(
            helper.make_node(
                "MatMulNBits",
                [left, *names],
                list(node.output),
                name=node.name,
                domain=CONTRIB_DOMAIN,
                K=weight.shape[0],
                N=weight.shape[1],
                bits=8,
                block_size=block,
                accuracy_level=INTEGER_ACTIVATIONS,
            )
        )
    changed.opset_import.append(helper.make_opsetid(CONTRIB_DOMAIN, 1))
    return changed


def quantize_columns(
    weight: npt.NDArray[np.float32], block: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """`weight` (rows, columns) as values (columns, blocks, block) around 128 and scales (columns, blocks)."""
    rows, columns = weight.shape
    blocks = np.ascontiguousarray(weight.T).reshape(columns, rows // block, block)
    scales = np.maximum(np.abs(blocks).max(axis=-1), np.finfo(np.float32).tiny * 256) / (CENTRE - 1)
    values = np.rint(blocks / scales[..., None]) + CENTRE
    return values.astype(np.uint8), scales.astype(np.float32)
