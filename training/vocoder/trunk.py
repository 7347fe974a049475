"""The trunk of a generator: it raises the rate of what the mel tells, and sees it again at every stage."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from training.vocoder.generator_config import GeneratorConfig
from training.vocoder.interpolation import interpolate


class Trunk(nn.Module):
    """What is seen (batch, entries, frames) -> features (batch, widths[-1], frames * prod(upsampling))."""

    def __init__(self, config: GeneratorConfig, entries: int) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        self.clock = nn.Parameter(torch.randn(widths[0], config.clock_frames))
        self.entry = nn.Conv1d(entries, widths[0], 5, padding=2)
        self.inject = nn.ModuleList(nn.Conv1d(entries, width, 1) for width in widths[1:])
        self.tick = nn.ModuleList(nn.Conv1d(widths[0], width, 1, bias=False) for width in widths)
        self.rise = nn.ModuleList(
            Upsample(before, after, factor)
            for before, after, factor in zip(widths, widths[1:], config.upsampling, strict=False)
        )
        self.blocks = nn.ModuleList(MultiReceptiveField(width, config) for width in widths)
        self.skip = nn.ModuleList(nn.Conv1d(width, widths[-1], 1, bias=False) for width in widths[:-1])

    def forward(self, seen: Tensor) -> Tensor:
        clock = self.clock[:, torch.arange(seen.shape[-1], device=seen.device) % self.config.clock_frames][
            None
        ]
        hidden, factor = self.entry(seen), 1
        skips: list[Tensor] = []
        for stage, block in enumerate(self.blocks):
            if stage:
                hidden = self.rise[stage - 1](hidden)
                factor *= self.config.upsampling[stage - 1]
                hidden = hidden + interpolate(self.inject[stage - 1](seen), factor)
            hidden = block(hidden * (1 + interpolate(self.tick[stage](clock), factor)))
            skips.append(hidden)
        rate = factor
        for stage, project in enumerate(self.skip):
            hidden = hidden + interpolate(project(skips[stage]), rate // _rate(self.config, stage))
        return hidden

    def reach_frames(self) -> float:
        """Frames on either side that change a feature."""
        config = self.config
        reach = 2.0
        widest = max(config.kernels) // 2 * sum(config.dilations)
        for stage in range(len(config.widths)):
            rate = _rate(config, stage)
            reach += widest / rate
            if stage:
                reach += 1 / _rate(config, stage - 1)
        return max(reach, 1.0) + 1  # what is interpolated looks one frame ahead


class MultiReceptiveField(nn.Module):
    """The mean of residual blocks of several kernel sizes (HiFi-GAN), one convolution a residual step."""

    def __init__(self, width: int, config: GeneratorConfig) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(ResidualStep(width, kernel, dilation, config) for dilation in config.dilations))
            for kernel in config.kernels
        )

    def forward(self, hidden: Tensor) -> Tensor:
        total = torch.zeros_like(hidden)
        for branch in self.branches:
            total = total + branch(hidden)
        return total / len(self.branches)


class ResidualStep(nn.Module):
    """x + convolution of the activation of x."""

    def __init__(self, width: int, kernel: int, dilation: int, config: GeneratorConfig) -> None:
        super().__init__()
        self.activation = Snake(width) if config.snake else nn.SiLU()
        self.convolution = nn.Conv1d(width, width, kernel, dilation=dilation, padding=kernel // 2 * dilation)

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + self.convolution(self.activation(hidden))


class Snake(nn.Module):
    """x + sin²(a x) / a with a learned for each channel (Ziyin et al. 2020)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.log_rate = nn.Parameter(torch.zeros(width, 1))

    def forward(self, values: Tensor) -> Tensor:
        rate = self.log_rate.exp().to(values.dtype)
        return values + torch.sin(values * rate).square() / rate


class Upsample(nn.Module):
    """A transposed convolution of twice the stride, centred on its frames."""

    def __init__(self, before: int, after: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.transposed = nn.ConvTranspose1d(before, after, 2 * factor, factor, padding=factor // 2)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, before, steps) -> (batch, after, steps * factor)."""
        return self.transposed(hidden)


def _rate(config: GeneratorConfig, stage: int) -> int:
    return math.prod(config.upsampling[:stage])
