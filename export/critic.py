"""The critic as an ONNX graph: windows of parts and of drums to vectors whose product says how well they fit."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from export.graphs import export_graph
from musegen_daw.drumming.critic import VOICE_FEATURES, WINDOW_FRAMES
from musegen_daw.drumming.features import PART_FEATURES
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import Graph, ModelSpec
from training.drums.critic_model import CriticNetwork, graph_of, load_critic

PARITY = 1e-3
ROLE = "critic"


class ExportedCritic(NamedTuple):
    """The graph's facts, and how its scores differ from those of PyTorch."""

    graph: Graph
    difference: float


def export_critic(checkpoint: Path, out: Path) -> ExportedCritic:
    """Write `critic.onnx` of a checkpoint to `out`, with a sidecar that opens it by itself.

    Raises ValueError where its scores differ from those of PyTorch by more than 1e-3.
    """
    network, _ = load_critic(checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "critic.onnx"
    graph = export_graph(
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
        path,
    )
    versions = {package: importlib.metadata.version(package) for package in ("torch", "onnx")}
    spec = ModelSpec("critic", "critic", {ROLE: graph}, {}, versions)
    difference = parity(network, spec, out)
    if difference > PARITY:
        path.unlink()
        raise ValueError(
            f"the exported critic differs from PyTorch by {difference:.2e}, more than {PARITY:.0e}"
        )
    spec.save(out)
    return ExportedCritic(graph, difference)


def parity(
    network: CriticNetwork, spec: ModelSpec, folder: Path, *, parts: int = 3, takes: int = 5, seed: int = 0
) -> float:
    """The largest difference from the scores of PyTorch on random windows."""
    random = np.random.default_rng(seed)
    windows = [
        (random.random((count, WINDOW_FRAMES, width)) < 0.1).astype(np.float32)
        for count, width in ((parts, PART_FEATURES), (takes, VOICE_FEATURES))
    ]
    (ours, our_drums), (theirs, their_drums) = (
        graph(*windows) for graph in (OnnxGraph(folder, spec, ROLE), graph_of(network))
    )
    return float(np.abs(our_drums @ ours.T - their_drums @ theirs.T).max())
