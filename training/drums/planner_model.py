"""The network that plans: an LSTM over bars that says what the next bar of a drum track is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from musegen_daw.drums.part import AHEAD, PLACE
from musegen_daw.drums.plan_reading import CYMBALS, KINDS, LEVELS
from musegen_daw.drums.planner_inputs import HISTORY, STYLE_INPUT, TEMPO_INPUT, WINDOW_INPUT


@dataclass(frozen=True, slots=True)
class PlannerConfig:
    """Sizes of the network."""

    width: int = 208
    entry: int = 160
    part: int = 96
    style: int = 48
    head: int = 96
    dropout: float = 0.1

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PlannerConfig:
        """The sizes of `to_dict`."""
        return cls(**values)


class PlannerOutput(NamedTuple):
    """Logits, all but the first for each kind that the bar may be.

    `kind` (..., 8), `crash` (..., 8), `cymbal` (..., 8, 5), `density` and `energy` (..., 8, 10).
    """

    kind: Tensor
    crash: Tensor
    cymbal: Tensor
    density: Tensor
    energy: Tensor


class PlannerLSTM(nn.Module):
    """Reads the part around a bar, its place, the style, the tempo and the plan so far."""

    def __init__(self, config: PlannerConfig) -> None:
        super().__init__()
        self.config = config
        self.part = nn.Linear(WINDOW_INPUT, config.part)
        self.style = nn.Linear(STYLE_INPUT, config.style)
        self.entry = nn.Linear(
            config.part + config.style + PLACE + AHEAD + TEMPO_INPUT + HISTORY, config.entry
        )
        self.lstm = nn.LSTM(config.entry, config.width, batch_first=True)
        self.drop = nn.Dropout(config.dropout)
        self.kind = nn.Sequential(
            nn.Linear(config.width + config.entry, config.head), nn.GELU(), nn.Linear(config.head, KINDS)
        )
        self.given = nn.Linear(config.width + config.entry, config.head)
        self.of_kind = nn.Parameter(torch.randn(KINDS, config.head) * 0.1)
        self.sizes = (1, len(CYMBALS), LEVELS, LEVELS)
        self.rest = nn.Linear(config.head, sum(self.sizes))

    def read(self, window: Tensor, place: Tensor, style: Tensor, history: Tensor) -> Tensor:
        """What the LSTM reads: `window` (..., WINDOW_INPUT), `place` (..., PLACE + AHEAD + TEMPO_INPUT),
        `style` (..., STYLE_INPUT), `history` (..., HISTORY)."""
        parts = functional.gelu(self.part(window))
        styles = functional.gelu(self.style(style))
        return functional.gelu(self.entry(torch.cat([parts, styles, place, history], dim=-1)))

    def heads(self, hidden: Tensor, entry: Tensor) -> PlannerOutput:
        """Logits of bars, from the state of the LSTM and what it read."""
        both = torch.cat([self.drop(hidden), entry], dim=-1)
        rest = self.rest(functional.gelu(self.given(both).unsqueeze(-2) + self.of_kind))
        crash, cymbal, density, energy = rest.split(self.sizes, dim=-1)
        return PlannerOutput(self.kind(both), crash.squeeze(-1), cymbal, density, energy)

    def forward(self, window: Tensor, place: Tensor, style: Tensor, history: Tensor) -> PlannerOutput:
        """Logits of every bar, teacher forced; inputs (songs, bars, ...)."""
        entry = self.drop(self.read(window, place, style, history))
        hidden, _ = self.lstm(entry)
        return self.heads(hidden, entry)
