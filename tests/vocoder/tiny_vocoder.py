"""A vocoder of two convolutions over time, made by hand, whose reach in frames is known."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from musegen_daw.models.spec import Graph, ModelSpec, Tensor
from musegen_daw.vocoder.mel import MelConfig

KERNELS = (5, 3)
REACH_FRAMES = sum(size // 2 for size in KERNELS)
SMALL = MelConfig(sample_rate_hz=8000, n_fft=64, hop_length=16, n_mels=8, fmax_hz=4000.0)


def write_tiny_vocoder(folder: Path, config: MelConfig = SMALL, **facts: Any) -> ModelSpec:
    """A model folder; a frame gives `hop_length` samples that depend on the frame and 3 at both sides."""
    folder.mkdir(parents=True, exist_ok=True)
    data = _graph_bytes(config)
    (folder / "vocode.onnx").write_bytes(data)
    graph = Graph(
        "vocode.onnx",
        hashlib.sha256(data).hexdigest(),
        len(data),
        (Tensor("mel", ("batch", config.n_mels, "frames"), "float"),),
        (Tensor("audio", ("batch", "samples"), "float"),),
    )
    described = {"mel": config.to_dict(), "context_frames": REACH_FRAMES, "trained_on": "nothing", **facts}
    spec = ModelSpec("vocoder", "tiny", {"vocode": graph}, described)
    spec.save(folder)
    return spec


def _graph_bytes(config: MelConfig) -> bytes:
    rng = np.random.default_rng(3)
    hidden, (wide, narrow) = 4, KERNELS
    weights = {
        "first": rng.normal(0, 0.3 / config.n_mels, (hidden, config.n_mels, wide)),
        "first_bias": rng.normal(0, 1, hidden),
        "second": rng.normal(0, 0.1, (config.hop_length, hidden, narrow)),
        "second_bias": rng.normal(0, 0.1, config.hop_length),
    }
    nodes = [
        helper.make_node("Conv", ["mel", "first", "first_bias"], ["a"], pads=[wide // 2] * 2),
        helper.make_node("Tanh", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second", "second_bias"], ["c"], pads=[narrow // 2] * 2),
        helper.make_node("Transpose", ["c"], ["d"], perm=[0, 2, 1]),
        helper.make_node("Reshape", ["d", "flat"], ["audio"]),
    ]
    constants = [numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights.items()]
    constants.append(numpy_helper.from_array(np.array([0, -1], np.int64), "flat"))
    mel = helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["batch", config.n_mels, "frames"])
    audio = helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["batch", "samples"])
    graph = helper.make_graph(nodes, "tiny vocoder", [mel], [audio], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()
