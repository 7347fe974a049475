"""The critic as an ONNX graph: windows of parts and of drums to vectors whose product is their score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from export.graphs import ExportedGraph, export_single
from musegen_daw.drums.critic import VOICE_FEATURES, WINDOW_FRAMES
from musegen_daw.drums.features import PART_FEATURES
from musegen_daw.models.session import OnnxGraph
from training.drums.critic import CriticNetwork, graph_of, load_critic

PARITY = 1e-3
ROLE = "critic"


def export_critic(checkpoint: Path, out: Path) -> ExportedGraph:
    """Write `critic.onnx` of a checkpoint to `out`, with a sidecar that opens it by itself.

    Raises ValueError where its scores differ from those of PyTorch by more than 1e-3.
    """
    network, _ = load_critic(checkpoint)
    return export_single(
        ROLE,
        network,
        (torch.zeros(2, WINDOW_FRAMES, PART_FEATURES), torch.zeros(3, WINDOW_FRAMES, VOICE_FEATURES)),
        ("parts", "drums"),
        ("part_vectors", "drum_vectors"),
        {
            "parts": {0: "parts"},
            "drums": {0: "takes"},
            "part_vectors": {0: "parts"},
            "drum_vectors": {0: "takes"},
        },
        out,
        lambda graph: parity(network, graph),
        PARITY,
    )


def parity(
    network: CriticNetwork, graph: OnnxGraph, *, parts: int = 3, takes: int = 5, seed: int = 0
) -> float:
    """The largest difference from the scores of PyTorch on random windows."""
    random = np.random.default_rng(seed)
    windows = [
        (random.random((count, WINDOW_FRAMES, width)) < 0.1).astype(np.float32)
        for count, width in ((parts, PART_FEATURES), (takes, VOICE_FEATURES))
    ]
    (ours, our_drums), (theirs, their_drums) = (each(*windows) for each in (graph, graph_of(network)))
    return float(np.abs(our_drums @ ours.T - their_drums @ theirs.T).max())
