"""The network of the critic: a part and its drums as two vectors that are near where the two belong together."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from musegen_daw.drums.critic import VOICE_FEATURES
from musegen_daw.drums.features import PART_FEATURES
from training.common.checkpoint import read_tensors, write_tensors

FRAMES_A_STEP = 4
MAX_SHARPNESS = 4.0

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class CriticConfig:
    """Sizes of the network; `local` and `whole` are the widths of what it says of each beat and of the window."""

    width: int = 64
    hidden: int = 96
    local: int = 16
    whole: int = 128
    dropout: float = 0.1


class Side(nn.Module):
    """One of the two: frames (n, 128, features) to a vector of length 1 (n, 32·local + whole).

    Beats by convolution, a bidirectional LSTM over them; what it says beat by beat, so that hits must lie where the
    part wants them, and what it says of all beats together.
    """

    def __init__(self, features: int, config: CriticConfig) -> None:
        super().__init__()
        self.entry = nn.Linear(features, config.width)
        self.near = nn.Conv1d(config.width, config.width, 5, padding=2)
        self.beats = nn.Conv1d(config.width, config.hidden, FRAMES_A_STEP, stride=FRAMES_A_STEP)
        self.lstm = nn.LSTM(config.hidden, config.hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(config.dropout)
        self.local = nn.Linear(2 * config.hidden + config.hidden, config.local)
        self.whole = nn.Linear(6 * config.hidden, config.whole)

    def forward(self, frames: Tensor) -> Tensor:
        """Both parts of the vector have the same say."""
        entered = functional.gelu(self.entry(frames)).transpose(1, 2)
        near = functional.gelu(entered + self.near(entered))
        beats = functional.gelu(self.beats(near)).transpose(1, 2)
        read, _ = self.lstm(beats)
        read = self.dropout(torch.cat([read, beats], dim=2))
        local = functional.normalize(self.local(read).flatten(1), dim=1)
        whole = functional.normalize(
            self.whole(torch.cat([read.mean(dim=1), read.amax(dim=1)], dim=1)), dim=1
        )
        return functional.normalize(torch.cat([local, whole], dim=1), dim=1)


class CriticNetwork(nn.Module):
    """Windows of parts and of drums to vectors whose product is cosine over temperature."""

    def __init__(self, config: CriticConfig) -> None:
        super().__init__()
        self.config = config
        self.part = Side(PART_FEATURES, config)
        self.drums = Side(VOICE_FEATURES, config)
        self.sharpness = nn.Parameter(torch.tensor(2.7))  # the logarithm of one over the temperature

    def forward(self, parts: Tensor, drums: Tensor) -> tuple[Tensor, Tensor]:
        """The temperature is in the vectors of the parts."""
        return self.part(parts) * self.sharpness.clamp(max=MAX_SHARPNESS).exp(), self.drums(drums)


def contrast(parts: Tensor, drums: Tensor) -> Tensor:
    """InfoNCE in nats, both ways: each of the vectors (n, width) is to find its own among n."""
    scores = drums @ parts.T
    own = torch.arange(len(scores))
    return (functional.cross_entropy(scores, own) + functional.cross_entropy(scores.T, own)) / 2


def graph_of(network: CriticNetwork) -> Callable[..., list[Array]]:
    """The network as what the app takes for a graph."""

    def run(*arrays: Array) -> list[Array]:
        with torch.no_grad():
            parts, drums = (torch.from_numpy(np.ascontiguousarray(each)) for each in arrays)
            return [each.numpy() for each in network(parts, drums)]

    return run


def save_critic(network: CriticNetwork, path: Path, facts: dict[str, object]) -> None:
    """Write weights as float16, sizes and `facts` as safetensors."""
    tensors = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    write_tensors(path, tensors, {"values": json.dumps({"config": asdict(network.config), **facts})})


def load_critic(path: Path) -> tuple[CriticNetwork, dict[str, object]]:
    """The network of `save_critic`, ready to judge, and its plain values."""
    tensors, values = read_tensors(path)
    network = CriticNetwork(CriticConfig(**values["config"]))
    network.load_state_dict({name: value.float() for name, value in tensors.items()})
    return network.eval(), values
