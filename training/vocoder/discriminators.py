"""Discriminators of the waveform folded by periods, and of spectra of several resolutions.

Multi-period after HiFi-GAN (Kong et al. 2020), multi-resolution complex STFT after EnCodec (Défossez et al. 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

SLOPE = 0.1


@dataclass(frozen=True, slots=True)
class DiscriminatorConfig:
    """Sizes of the discriminators: `windows` in samples for spectra, a quarter of each as hop."""

    periods: tuple[int, ...] = (2, 3, 5, 7, 11)
    period_width: int = 16
    windows: tuple[int, ...] = (256, 768, 2048)
    window_width: int = 16


class Judgement(NamedTuple):
    """What all discriminators say of audio: a map of verdicts and the features of every layer, for each."""

    verdicts: list[Tensor]
    features: list[list[Tensor]]


class Discriminators(nn.Module):
    """All discriminators over audio (batch, samples)."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.parts = nn.ModuleList(
            [PeriodDiscriminator(period, config.period_width) for period in config.periods]
            + [SpectrumDiscriminator(window, config.window_width) for window in config.windows]
        )

    def forward(self, audio: Tensor) -> Judgement:
        verdicts: list[Tensor] = []
        features: list[list[Tensor]] = []
        for part in self.parts:
            verdict, found = part(audio)
            verdicts.append(verdict)
            features.append(found)
        return Judgement(verdicts, features)


class PeriodDiscriminator(nn.Module):
    """Sees every `period`-th sample: (batch, samples) as (batch, 1, samples / period, period)."""

    def __init__(self, period: int, width: int) -> None:
        super().__init__()
        self.period = period
        widths = (1, width, 2 * width, 4 * width, 8 * width)
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv1d(before, after, 5, 3, padding=2)) for before, after in pairwise(widths)
        )
        self.out = weight_norm(nn.Conv1d(widths[-1], 1, 3, padding=1))

    def forward(self, audio: Tensor) -> tuple[Tensor, list[Tensor]]:
        audio = functional.pad(audio, (0, -audio.shape[-1] % self.period))
        # the columns never mix, so each is a row of the batch
        hidden = audio.unflatten(-1, (-1, self.period)).transpose(1, 2).flatten(0, 1)[:, None]
        return _judge(hidden, self.layers, self.out)


class SpectrumDiscriminator(nn.Module):
    """Sees a complex STFT, its magnitude compressed so that what is quiet is seen as well, and its logarithm."""

    window: Tensor

    def __init__(self, n_fft: int, width: int) -> None:
        super().__init__()
        self.n_fft = n_fft
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        steps = ((2, 1), (2, 1), (2, 2), (1, 1))
        befores = (3, width, width, 2 * width)
        afters = (width, width, 2 * width, 2 * width)
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(before, after, (5, 3), step, padding=(2, 1)))
            for before, after, step in zip(befores, afters, steps, strict=True)
        )
        self.out = weight_norm(nn.Conv2d(2 * width, 1, 3, padding=1))

    def forward(self, audio: Tensor) -> tuple[Tensor, list[Tensor]]:
        spectrum = torch.stft(audio, self.n_fft, self.n_fft // 4, window=self.window, return_complex=True)
        real, imaginary = spectrum.real[:, 1:], spectrum.imag[:, 1:]  # an even count of bins
        power = real.square() + imaginary.square() + 1e-7
        compressed = power.pow(-0.35)
        seen = torch.stack([real * compressed, imaginary * compressed, power.log() / 4 + 1], dim=1)
        return _judge(seen, self.layers, self.out)


def _judge(hidden: Tensor, layers: nn.ModuleList, out: nn.Module) -> tuple[Tensor, list[Tensor]]:
    features: list[Tensor] = []
    for layer in layers:
        hidden = functional.leaky_relu(layer(hidden), SLOPE)
        features.append(hidden)
    return out(hidden), features
