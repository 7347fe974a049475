"""Straight lines between frames."""

from __future__ import annotations

import torch
from torch import Tensor

STACKED = 8
"""The most places between frames that are computed one by one; along so short an axis broadcasting is slower."""


def interpolate(values: Tensor, factor: int) -> Tensor:
    """(batch, channels, frames) -> (batch, channels, frames * factor), linear between frames, the last one held."""
    if factor == 1:
        return values
    following = torch.cat([values[..., 1:], values[..., -1:]], dim=-1)
    step = (following - values) / factor
    if factor > STACKED:
        places = torch.arange(factor, device=values.device, dtype=values.dtype)
        return (values[..., None] + step[..., None] * places).flatten(-2)
    return torch.stack([values, *(values + step * place for place in range(1, factor))], dim=-1).flatten(-2)
