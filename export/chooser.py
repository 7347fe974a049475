"""The chooser as an ONNX graph: the summary of a part to the logits of the styles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from export.graphs import ExportedGraph, export_single
from musegen_daw.drums.part import PART_SUMMARY
from musegen_daw.models.session import OnnxGraph
from training.drums.chooser import ChooserNetwork, load_chooser

PARITY = 1e-4
ROLE = "choose"


class Choose(nn.Module):
    """A part (PART_SUMMARY,) to the logits of the styles (styles,)."""

    def __init__(self, network: ChooserNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, summary: Tensor) -> Tensor:
        found: Tensor = self.network(summary[None])[0]
        return found


def export_chooser(checkpoint: Path, styles: int, out: Path) -> ExportedGraph:
    """Write `choose.onnx` of a checkpoint to `out`, with a sidecar that opens it by itself.

    Raises ValueError where it is of another number of `styles`, or differs from PyTorch by more than 1e-4.
    """
    network, _ = load_chooser(checkpoint)
    if network.config.styles != styles:
        raise ValueError(
            f"the chooser of {checkpoint} knows {network.config.styles} styles, the drum model has {styles}:"
            f" train it again on the same prepared folder"
        )
    return export_single(
        ROLE,
        Choose(network),
        (torch.zeros(PART_SUMMARY),),
        ("summary",),
        ("styles",),
        {},
        out,
        lambda graph: parity(network, graph),
        PARITY,
    )


def parity(network: ChooserNetwork, graph: OnnxGraph, *, parts: int = 20, seed: int = 0) -> float:
    """The largest difference of logits from PyTorch's on random parts."""
    random = np.random.default_rng(seed)
    summaries = random.random((parts, PART_SUMMARY)).astype(np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(summaries)).numpy()
    return max(
        float(np.abs(graph(own)[0] - theirs).max()) for own, theirs in zip(summaries, expected, strict=True)
    )
