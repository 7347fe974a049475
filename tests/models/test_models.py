"""Model descriptions and graphs."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from musegen_daw.errors import ModelError
from musegen_daw.models import spec as specs
from musegen_daw.models.session import OnnxGraph, zeros
from musegen_daw.models.spec import Graph, ModelSpec, Tensor, load_spec, verified_bytes


def _difference_graph() -> bytes:
    """An ONNX graph that takes `right` from `left` and tells the sum of both as well."""
    left, right, difference, total = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows"])
        for name in ("left", "right", "difference", "total")
    )
    nodes = [
        helper.make_node("Sub", ["left", "right"], ["difference"]),
        helper.make_node("Add", ["left", "right"], ["total"]),
    ]
    graph = helper.make_graph(nodes, "difference", [left, right], [difference, total])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


@pytest.fixture
def spec(tmp_path) -> ModelSpec:
    data = _difference_graph()
    (tmp_path / "difference.onnx").write_bytes(data)
    tensors = {name: Tensor(name, ("rows",), "float") for name in ("left", "right", "difference", "total")}
    graph = Graph(
        "difference.onnx",
        hashlib.sha256(data).hexdigest(),
        len(data),
        (tensors["left"], tensors["right"]),
        (tensors["difference"], tensors["total"]),
    )
    spec = ModelSpec("toy", "a toy", {"main": graph}, {"numbers": [1, 2.5, None], "name": "é"}, {"onnx": "1"})
    spec.save(tmp_path)
    return spec


def test_a_sidecar_round_trips(spec, tmp_path) -> None:
    assert load_spec(tmp_path, "toy") == spec
    assert {path.name for path in tmp_path.iterdir()} == {"difference.onnx", "model.json"}


def test_a_graph_takes_arrays_in_the_described_order(spec, tmp_path) -> None:
    graph = OnnxGraph(tmp_path, spec, "main")
    left, right = np.array([5, 7], np.float32), np.array([1, 2], np.float32)
    difference, total = graph(left, right)
    assert difference.tolist() == [4, 5]
    assert total.tolist() == [6, 9]
    with pytest.raises(ValueError, match="zip"):
        graph(left)


def test_a_file_that_is_too_large_is_not_read(spec, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(specs, "MAX_GRAPH_BYTES", 10)
    with pytest.raises(ModelError, match="install it again"):
        verified_bytes(tmp_path, spec.graphs["main"])


def test_a_larger_file_than_described_is_not_read(spec, tmp_path, monkeypatch) -> None:
    with (tmp_path / "difference.onnx").open("r+b") as file:
        file.truncate(1 << 33)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail("it was read"))
    with pytest.raises(ModelError, match="has 8589934592 bytes"):
        verified_bytes(tmp_path, spec.graphs["main"])


def test_a_newer_format_is_rejected(spec, tmp_path) -> None:
    replace(spec, format=2).save(tmp_path)
    with pytest.raises(ModelError, match="has format 2; this version reads format 1"):
        load_spec(tmp_path, "toy")


def test_a_file_in_place_of_the_folder_raises(tmp_path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelError, match="cannot be read"):
        load_spec(tmp_path / "file", "toy")


def test_zeros_are_float32() -> None:
    state = zeros(2, 3)
    assert (state.shape, state.dtype, state.any()) == ((2, 3), np.float32, np.False_)
