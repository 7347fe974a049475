"""The hand as an ONNX graph: features of steps to mean and spread of velocity and time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from export.graphs import ExportedGraph, export_single
from musegen_daw.drums.hand import STEP_FEATURES
from musegen_daw.models.session import OnnxGraph
from musegen_daw.music.kit import PIECES
from training.drums.hand_model import OFFSET_UNIT_MS, HandNetwork, load_hand

PARITY = 1e-4
ROLE = "hand"


class Touching(nn.Module):
    """Features (steps, STEP_FEATURES) to `touch` (steps, 4, pieces) and what the spread consists of."""

    def __init__(self, network: HandNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        touch = self.network(features[None])
        return touch.reshape(-1, 4, len(PIECES)), self.network.noise * 1.0


def export_hand(checkpoint: Path, out: Path) -> ExportedGraph:
    """Write `hand.onnx` of a checkpoint to `out`, with a sidecar that opens it by itself.

    Raises ValueError where it differs from PyTorch by more than 1e-4, in 127ths of velocity or units of 15 ms.
    """
    network, _ = load_hand(checkpoint)
    return export_single(
        ROLE,
        Touching(network),
        (torch.zeros(5, STEP_FEATURES),),
        ("features",),
        ("touch", "noise"),
        {"features": {0: "steps"}, "touch": {0: "steps"}},
        out,
        lambda graph: parity(network, graph),
        PARITY,
    )


def parity(network: HandNetwork, graph: OnnxGraph, *, steps: int = 200, seed: int = 0) -> float:
    """The largest difference from PyTorch on random steps; times are taken in units of 15 ms."""
    random = np.random.default_rng(seed)
    features = (random.random((steps, STEP_FEATURES)) < 0.2).astype(np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(features)[None])[0].numpy()
    found, noise = graph(features)
    scale = np.array([1, 1, OFFSET_UNIT_MS, OFFSET_UNIT_MS])[:, None]
    shares = np.abs(noise - network.noise.numpy()).max()
    return float(max(np.abs((found - expected) / scale).max(), shares))
