"""The heads of a generator: what turns features into audio."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from musegen_daw.vocoder.mel import MelConfig, hz_to_mel
from training.vocoder.generator_config import GeneratorConfig
from training.vocoder.interpolation import interpolate
from training.vocoder.trunk import Snake


class SpectrumHead(nn.Module):
    """Features -> a complex spectrum whose magnitude starts from the mel's own -> inverse STFT.

    The correction of the magnitude is bounded above, so silence stays silent whatever the network says.
    """

    def __init__(self, config: GeneratorConfig, mel: MelConfig) -> None:
        super().__init__()
        self.config = config
        self.rate = math.prod(config.upsampling)
        self.hop = mel.hop_length // self.rate
        self.out = nn.Conv1d(config.widths[-1], 3 * (config.istft_n_fft // 2 + 1), 3, padding=1)
        nn.init.normal_(self.out.weight, std=0.02)
        self.noise = NoiseBranch(config, mel) if config.noise_bands else None
        self.inverse = InverseStft(config.istft_n_fft, self.hop)

    def forward(self, features: Tensor, prior: Tensor, noise: Tensor | None) -> Tensor:
        """(batch, width, frames * rate), (batch, bins, frames) -> audio (batch, frames * hop_length)."""
        log_prior = interpolate(prior.log(), self.rate)
        change, real, imaginary = self.out(features).chunk(3, dim=1)
        magnitude = _risen(log_prior, change, self.config.rise_limit)
        length = torch.rsqrt(real.square() + imaginary.square() + 1e-8) * magnitude
        spectrum = torch.cat([real * length, imaginary * length], dim=1)
        if self.noise is not None and noise is not None:
            spectrum = spectrum + self.noise(features, log_prior, noise)
        return self.inverse(spectrum)

    def reach_frames(self) -> float:
        """Frames on either side that change a frame's audio, from the features on."""
        return (1 + self.config.istft_n_fft / 2 / self.hop) / self.rate


class NoiseBranch(nn.Module):
    """Features -> levels in bands a mel apart -> the spectrum of noise under them, at first far below the mel's own.

    Noise that is drawn by the network itself has few bins louder than the rest, which is heard as streaks.
    """

    FIRST_LEVEL = -3.0

    spread: Tensor

    def __init__(self, config: GeneratorConfig, mel: MelConfig) -> None:
        super().__init__()
        n_fft = config.istft_n_fft
        self.config = config
        self.out = nn.Conv1d(config.widths[-1], config.noise_bands, 3, padding=1)
        for parameter, value in zip(self.out.parameters(), (0.0, self.FIRST_LEVEL), strict=True):
            nn.init.constant_(parameter, value)
        hop = mel.hop_length // math.prod(config.upsampling)
        self.scale = math.sqrt(n_fft / hop / 2)  # frames of noise do not add up as those of an STFT do
        places = hz_to_mel(np.linspace(0.0, mel.sample_rate_hz / 2, 1 + n_fft // 2))
        centres = np.linspace(places[0], places[-1], config.noise_bands)
        spread = [np.interp(places, centres, row) for row in np.eye(config.noise_bands)]
        self.register_buffer("spread", torch.from_numpy(np.array(spread, np.float32).T), persistent=False)

    def forward(self, features: Tensor, log_prior: Tensor, noise: Tensor) -> Tensor:
        """(batch, width, steps), (batch, bins, steps), (batch, 2 * bins, steps) -> (batch, 2 * bins, steps)."""
        magnitude = self.scale * _risen(log_prior, self.spread @ self.out(features), self.config.rise_limit)
        return noise * torch.cat([magnitude, magnitude], dim=1)


class AttackHead(nn.Module):
    """Features -> a spectrum of short windows, times the level of the mel -> inverse STFT, at first silent.

    In the long window of `SpectrumHead` an attack is drawn by frames that cancel each other before it.
    """

    def __init__(self, config: GeneratorConfig, hop_length: int) -> None:
        super().__init__()
        self.rate = math.prod(config.upsampling)
        self.hop = hop_length // self.rate
        self.out = nn.Conv1d(config.widths[-1], 2 * (config.attack_n_fft // 2 + 1), 3, padding=1)
        for parameter in self.out.parameters():
            nn.init.zeros_(parameter)
        self.inverse = InverseStft(config.attack_n_fft, self.hop)

    def forward(self, features: Tensor, prior: Tensor) -> Tensor:
        """(batch, width, frames * rate), (batch, bins, frames) -> audio (batch, frames * hop_length)."""
        level = prior.square().sum(dim=1, keepdim=True).sqrt()
        return self.inverse(self.out(features) * interpolate(level, self.rate) / self.inverse.n_fft)

    def reach_frames(self) -> float:
        """Frames on either side that change a frame's audio, from the features on."""
        return (1 + self.inverse.n_fft / 2 / self.hop) / self.rate


class InverseStft(nn.Module):
    """Real and imaginary parts (batch, 2 * bins, frames) -> audio (batch, frames * hop), by two fixed matrices.

    Sample t * hop is the centre of frame t; the window is Hann's, normalised to be the inverse of an STFT with it.
    Around the centre of a frame the real parts give what is even in time and the imaginary parts what is odd, so half
    a window of each is enough.
    """

    even: Tensor
    odd: Tensor

    def __init__(self, n_fft: int, hop: int) -> None:
        super().__init__()
        if n_fft % (2 * hop):
            raise ValueError(f"the window of {n_fft} samples must be an even multiple of the hop of {hop}")
        self.n_fft, self.hop = n_fft, hop
        window = torch.hann_window(n_fft, dtype=torch.float64)
        from_centre = torch.roll(window, n_fft // 2) * hop / window.square().sum()
        unit = torch.eye(n_fft // 2 + 1, dtype=torch.complex128)
        for name, parts in (("even", unit), ("odd", 1j * unit)):
            waves = (torch.fft.irfft(parts, n_fft) * from_centre)[:, : n_fft // 2 + 1]
            self.register_buffer(name, waves.T.float().contiguous(), persistent=False)

    def forward(self, spectrum: Tensor) -> Tensor:
        """Phases are those at the centre of each frame."""
        half, hop = self.n_fft // 2, self.hop
        real, imaginary = spectrum.chunk(2, dim=1)
        even, odd = self.even @ real, self.odd @ imaginary
        before, after = (even[:, 1:] - odd[:, 1:]).flip(1), even[:, :half] + odd[:, :half]
        pieces = [*before.split(hop, dim=1), *after.split(hop, dim=1)]
        last = len(pieces) - 1
        audio = functional.pad(pieces[0], (0, last))
        for place, piece in enumerate(pieces[1:], 1):
            audio = audio + functional.pad(piece, (place, last - place))
        return audio.transpose(1, 2).flatten(1)[:, half : half + spectrum.shape[-1] * hop]


class WaveformHead(nn.Module):
    """Features at the sample rate -> audio, scaled by the level of the mel so that silence stays silent."""

    def __init__(self, config: GeneratorConfig, hop_length: int) -> None:
        super().__init__()
        self.hop = hop_length
        self.activation = Snake(config.widths[-1])
        self.out = nn.Conv1d(config.widths[-1], 1, 7, padding=3, bias=False)

    def forward(self, features: Tensor, prior: Tensor, noise: Tensor | None) -> Tensor:
        """(batch, width, samples), (batch, bins, frames) -> audio (batch, samples)."""
        level = prior.square().sum(dim=1, keepdim=True).sqrt() / prior.shape[1]
        return (self.out(self.activation(features)) * interpolate(level, self.hop))[:, 0]

    def reach_frames(self) -> float:
        """Frames on either side that change a frame's audio, from the features on."""
        return 3 / self.hop


def _risen(log_prior: Tensor, change: Tensor, limit: float) -> Tensor:
    """A magnitude whose logarithm is changed, upwards by no more than `limit`.

    That is exp(log_prior + limit - softplus(limit - change)), as the exponential of softplus is a sigmoid.
    """
    return torch.exp(log_prior + limit) * torch.sigmoid(change - limit)
