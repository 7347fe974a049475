"""The hand as an ONNX graph: features of steps to mean and spread of velocity and time."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from export.graphs import export_graph
from musegen_daw.core.drums import PIECES
from musegen_daw.drumming.hand import STEP_FEATURES
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import Graph, ModelSpec
from training.drums.hand_model import OFFSET_UNIT_MS, HandNetwork, load_hand

PARITY = 1e-4
ROLE = "hand"


class Touching(nn.Module):
    """Features (steps, STEP_FEATURES) to `touch` (steps, 4, pieces) and what the spread consists of."""

    def __init__(self, network: HandNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Without a batch axis."""
        touch = self.network(features[None])
        return touch.reshape(-1, 4, len(PIECES)), self.network.noise * 1.0


class ExportedHand(NamedTuple):
    """The graph's facts, and how it differs from PyTorch: in 127ths of velocity or units of 15 ms."""

    graph: Graph
    difference: float


def export_hand(checkpoint: Path, out: Path) -> ExportedHand:
    """Write `hand.onnx` of a checkpoint to `out`, with a sidecar that opens it by itself.

    Raises ValueError where it differs from PyTorch by more than 1e-4.
    """
    network, _ = load_hand(checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "hand.onnx"
    graph = export_graph(
        Touching(network),
        (torch.zeros(5, STEP_FEATURES),),
        ("features",),
        ("touch", "noise"),
        {"features": {0: "steps"}, "touch": {0: "steps"}},
        path,
    )
    versions = {package: importlib.metadata.version(package) for package in ("torch", "onnx")}
    spec = ModelSpec("hand", "hand", {ROLE: graph}, {}, versions)
    difference = parity(network, spec, out)
    if difference > PARITY:
        path.unlink()
        raise ValueError(
            f"the exported hand differs from PyTorch by {difference:.2e}, more than {PARITY:.0e}"
        )
    spec.save(out)
    return ExportedHand(graph, difference)


def parity(network: HandNetwork, spec: ModelSpec, folder: Path, *, steps: int = 200, seed: int = 0) -> float:
    """The largest difference from PyTorch on random steps; times are taken in units of 15 ms."""
    random = np.random.default_rng(seed)
    features = (random.random((steps, STEP_FEATURES)) < 0.2).astype(np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(features)[None])[0].numpy()
    found, noise = OnnxGraph(folder, spec, ROLE)(features)
    scale = np.array([1, 1, OFFSET_UNIT_MS, OFFSET_UNIT_MS])[:, None]
    shares = np.abs(noise - network.noise.numpy()).max()
    return float(max(np.abs((found - expected) / scale).max(), shares))
