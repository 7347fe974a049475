"""The chooser: what a whole part is like in, how likely each style is out; and its file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from musegen_daw.drums.part import PART_SUMMARY
from training.common.checkpoint import read_tensors, write_tensors

FURTHEST = 5.0  # spreads from the mean, beyond which a figure counts no more


@dataclass(frozen=True, slots=True)
class ChooserConfig:
    """Sizes of the network."""

    styles: int
    width: int = 384
    layers: int = 2
    dropout: float = 0.5
    hidden_share: float = 0.1  # of the figures of a part, while training


class ChooserNetwork(nn.Module):
    """Parts (batch, PART_SUMMARY) -> logits of the styles (batch, styles)."""

    mean: Tensor
    spread: Tensor

    def __init__(self, config: ChooserConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(PART_SUMMARY))
        self.register_buffer("spread", torch.ones(PART_SUMMARY))
        layers: list[nn.Module] = [nn.Dropout(config.hidden_share)]
        width = PART_SUMMARY
        for _ in range(config.layers):
            layers += [nn.Linear(width, config.width), nn.GELU(), nn.Dropout(config.dropout)]
            width = config.width
        self.choose = nn.Sequential(*layers, nn.Linear(width, config.styles))

    def forward(self, summary: Tensor) -> Tensor:
        """Of all styles, whatever their meter."""
        found: Tensor = self.choose(((summary - self.mean) / self.spread).clamp(-FURTHEST, FURTHEST))
        return found


def save_chooser(network: ChooserNetwork, path: Path, facts: dict[str, object]) -> None:
    """Write weights, sizes and `facts` as safetensors."""
    values = {"config": asdict(network.config), **facts}
    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    write_tensors(path, tensors, {"values": json.dumps(values)})


def load_chooser(path: Path) -> tuple[ChooserNetwork, dict[str, object]]:
    """The network of `save_chooser`, ready to choose, and its plain values."""
    tensors, values = read_tensors(path)
    network = ChooserNetwork(ChooserConfig(**values["config"]))
    network.load_state_dict(tensors)
    return network.eval(), values
