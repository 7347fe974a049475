"""The network of the hand: from the hits of each step to velocity and timing of every hit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from musegen_daw.drums.hand import STEP_FEATURES, Noise
from musegen_daw.models.session import Array, Graph
from musegen_daw.music.kit import PIECES
from training.common.checkpoint import read_tensors, save_network

OFFSET_UNIT_MS = 15.0


@dataclass(frozen=True, slots=True)
class HandConfig:
    width: int = 64
    hidden: int = 64
    dropout: float = 0.15


class HandNetwork(nn.Module):
    """A bidirectional LSTM over steps: (songs, steps, STEP_FEATURES) to (songs, steps, 4, pieces).

    The four are mean and spread of velocity in 127ths, mean and spread of time in ms. Pieces share the time of
    their step and differ from it by a little, so that one that was never recorded with its timing plays along.
    """

    scale: Tensor
    noise: Tensor

    def __init__(self, config: HandConfig) -> None:
        super().__init__()
        self.config = config
        pieces = len(PIECES)
        self.entry = nn.Linear(STEP_FEATURES, config.width)
        self.lstm = nn.LSTM(config.width, config.hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(config.dropout)
        self.velocity = nn.Linear(2 * config.hidden, 2 * pieces)
        self.offset = nn.Linear(2 * config.hidden, 2)
        self.lean = nn.Linear(2 * config.hidden, 2 * pieces)
        nn.init.zeros_(self.lean.weight)
        nn.init.zeros_(self.lean.bias)
        self.register_buffer("scale", torch.ones(2, pieces))
        self.register_buffer("noise", torch.zeros(len(Noise._fields)))

    def forward(self, features: Tensor) -> Tensor:
        read, _ = self.lstm(nn.functional.gelu(self.entry(features)))
        read = self.dropout(read)
        velocity, velocity_spread = self.velocity(read).chunk(2, dim=-1)
        lean, lean_spread = self.lean(read).chunk(2, dim=-1)
        offset, offset_spread = self.offset(read).split(1, dim=-1)
        return torch.stack(
            [
                0.5 + 0.25 * velocity,
                self.scale[0] * (velocity_spread.clamp(-3, 2) - 2).exp(),
                OFFSET_UNIT_MS * (offset + lean),
                self.scale[1] * OFFSET_UNIT_MS * (offset_spread + lean_spread).clamp(-3, 2).exp(),
            ],
            dim=-2,
        )


def graph_of(network: HandNetwork) -> Graph:
    """The network with the interface of its ONNX graph."""

    def run(*arrays: Array) -> list[Array]:
        with torch.no_grad():
            return [network(torch.from_numpy(arrays[0])[None])[0].numpy(), network.noise.numpy()]

    return run


def save_hand(network: HandNetwork, path: Path, facts: dict[str, object]) -> None:
    """Write weights, sizes and `facts` as safetensors."""
    save_network(path, network, {"config": asdict(network.config), **facts})


def load_hand(path: Path) -> tuple[HandNetwork, dict[str, object]]:
    """The network of `save_hand` in evaluation mode, and its plain values."""
    tensors, values = read_tensors(path)
    network = HandNetwork(HandConfig(**values["config"]))
    network.load_state_dict(tensors)
    return network.eval(), values
