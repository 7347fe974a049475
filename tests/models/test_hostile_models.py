"""Hostile models: external weights, endless graphs and invalid outputs."""

from __future__ import annotations

import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.errors import ModelError
from musegen_daw.models.external_data import has_external_data
from musegen_daw.models.session import OnnxGraph, TimeLimit
from musegen_daw.resource_paths import models_dir
from tests.models import hostile_graphs as graphs

ROW = np.array([1, 2], np.float32)


@pytest.mark.parametrize("place", graphs.external_models())
def test_external_weights_are_rejected_wherever_they_are_named(place, tmp_path, monkeypatch) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(4))
    monkeypatch.chdir(tmp_path)
    spec = graphs.write(tmp_path, graphs.external_models()[place])
    with pytest.raises(ModelError, match=r"toy\.onnx stores weights in other files, which is not supported"):
        OnnxGraph(tmp_path, spec, "main")


def test_the_bundled_models_have_no_external_weights() -> None:
    paths = sorted(models_dir().rglob("*.onnx"))
    assert paths
    for path in paths:
        assert not has_external_data(path.read_bytes()), path


@given(st.binary(max_size=200) | st.sampled_from(sorted(graphs.external_models().values())), st.data())
def test_bytes_that_are_not_a_model_raise(data, drawn) -> None:
    cut = data[: drawn.draw(st.integers(0, len(data)))]
    with suppress(ValueError):
        assert has_external_data(cut) in (True, False)


def test_nesting_is_limited() -> None:
    data = b""
    for _ in range(40):  # a graph in an attribute in a node in a graph
        for tag in (b"\x32", b"\x2a", b"\x0a"):
            data = tag + _length(data) + data
    with pytest.raises(ValueError, match="nests too deep"):
        has_external_data(b"\x3a" + _length(data) + data)


def test_an_endless_graph_is_aborted(tmp_path) -> None:
    graph = OnnxGraph(tmp_path, graphs.write(tmp_path, graphs.endless()), "main", run_seconds=0.2)
    begun_seconds = time.monotonic()
    with pytest.raises(ModelError, match=r"toy\.onnx took longer than 0\.2 s"):
        graph(ROW)
    assert time.monotonic() - begun_seconds < 30


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (graphs.failing(), "failed; install it again"),
        (graphs.longer(), r"gave float32 of the shape \(4,\) in place of \(n\)"),
        (graphs.no_numbers(), "gave values that are not finite numbers"),
    ],
    ids=["failing", "longer", "no numbers"],
)
def test_a_graph_that_fails_raises(data, said, tmp_path) -> None:
    graph = OnnxGraph(tmp_path, graphs.write(tmp_path, data), "main")
    with pytest.raises(ModelError, match=said):
        graph(-ROW)


def test_the_time_limit_applies_to_late_work_only() -> None:
    given_up: list[str] = []
    limit = TimeLimit(0.2)
    with limit.over(lambda: given_up.append("long")):
        for _ in range(5):
            with limit.over(lambda: given_up.append("short")):
                pass
        until = time.monotonic() + 30
        while not given_up and time.monotonic() < until:
            time.sleep(0.01)
    assert given_up[0] == "long"
    assert set(given_up) == {"long"}


def _length(data: bytes) -> bytes:
    size, out = len(data), b""
    while size > 0x7F:
        out += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return out + bytes((size,))
