"""Eight-bit weights come back within half a step of their scale, and only products with a constant change."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from export.eight_bits import CENTRE, quantize_columns, with_eight_bit_weights


@given(
    st.integers(1, 4), st.integers(1, 9), st.sampled_from([16, 32]), st.floats(0, 1e6), st.integers(0, 2**32)
)
def test_each_weight_is_kept_within_half_a_step(blocks, columns, block, size, seed) -> None:
    weight = (np.random.default_rng(seed).normal(size=(blocks * block, columns)) * size).astype(np.float32)
    values, scales = quantize_columns(weight, block)
    assert values.shape == (columns, blocks, block)
    assert scales.shape == (columns, blocks)
    back = ((values.astype(np.float64) - CENTRE) * scales[..., None]).reshape(columns, -1).T
    step = np.repeat(scales.T, block, axis=0)
    assert (np.abs(back - weight) <= 0.5001 * step + 1e-30).all()


def _product(rows: int, columns: int, *, constant_left: bool) -> onnx.ModelProto:
    random = np.random.default_rng(0)
    weights = [numpy_helper.from_array(random.normal(size=(rows, columns)).astype(np.float32), "w")]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", rows])]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    if constant_left:
        weights.append(numpy_helper.from_array(random.normal(size=(2, rows)).astype(np.float32), "c"))
        nodes = [helper.make_node("MatMul", ["c", "w"], ["p"]), helper.make_node("MatMul", ["x", "w"], ["q"])]
        nodes.append(helper.make_node("Concat", ["p", "q"], ["y"], axis=0))
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["m", columns])]
    graph = helper.make_graph(nodes, "g", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _run(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x})[0])


def test_a_product_gives_nearly_the_same() -> None:
    model = _product(128, 32, constant_left=False)
    x = np.random.default_rng(1).normal(size=(3, 128)).astype(np.float32)
    small = with_eight_bit_weights(model)
    assert [node.op_type for node in small.graph.node] == ["MatMulNBits"]
    assert [node.op_type for node in model.graph.node] == ["MatMul"]
    expected = _run(model, x)
    assert np.abs(_run(small, x) - expected).max() < 0.02 * np.abs(expected).max()


@pytest.mark.parametrize("model", [_product(100, 8, constant_left=False)])
def test_rows_that_fill_no_block_are_left_alone(model) -> None:
    assert [node.op_type for node in with_eight_bit_weights(model).graph.node] == ["MatMul"]


def test_a_weight_that_has_another_use_stays_as_it_is() -> None:
    model = _product(128, 8, constant_left=True)
    x = np.random.default_rng(1).normal(size=(3, 128)).astype(np.float32)
    small = with_eight_bit_weights(model)
    assert [node.op_type for node in small.graph.node] == ["MatMul", "MatMul", "Concat"]
    assert np.allclose(_run(small, x), _run(model, x), atol=1e-4)
