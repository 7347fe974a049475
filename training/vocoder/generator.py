"""The generators: a log-mel goes in, is injected again at every stage, and audio comes out.

Both share one trunk: upsampling by transposed convolutions, multi-receptive-field blocks, skip connections.
`fast` stays at a low rate and ends in an inverse STFT whose magnitude starts from what the mel tells
(after iSTFTNet, Kaneko et al. 2022); `seed` goes up to the sample rate (after HiFi-GAN, Kong et al. 2020)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from musegen_daw.vocoder.imposing import FLOOR_TIMES, LIMIT, spreading, step_samples
from musegen_daw.vocoder.mel import MelConfig, hann, hz_to_mel, inverse_basis, mel_basis
from musegen_daw.vocoder.overlap import WINDOW_GAIN
from musegen_daw.vocoder.white_noise import white_noise

FLOOR_SHARE = 1e-2
STACKED = 8
"""The most places between frames that are computed one by one; along so short an axis broadcasting is slower."""


class MagnitudePrior(nn.Module):
    """Log-mel (batch, n_mels, frames) -> magnitude (batch, 1 + n_fft // 2, frames) of an STFT with a Hann window.

    The pseudo-inverse of the mel bands gives the power at the mel's own resolution; it is pooled to the
    bins of the shorter window and scaled by the ratio of the two windows' energies. Where the pseudo-inverse
    leaves nothing, a share of the power of the bands around the bin is left.
    """

    inverse: Tensor
    pool: Tensor
    spread: Tensor

    def __init__(self, mel: MelConfig, n_fft: int) -> None:
        super().__init__()
        self.bins = 1 + n_fft // 2
        scale = n_fft / mel.n_fft
        pool = _pooling(1 + mel.n_fft // 2, self.bins) * scale
        basis = mel_basis(mel).astype(np.float64)
        spread = basis.T / (basis.sum(axis=1) * np.maximum(basis.T.sum(axis=1, keepdims=True), 1e-9))
        tensors = {"inverse": inverse_basis(mel), "pool": pool, "spread": FLOOR_SHARE * pool @ spread}
        for name, value in tensors.items():
            self.register_buffer(name, torch.from_numpy(value.astype(np.float32)), persistent=False)

    def forward(self, mel: Tensor) -> Tensor:
        """Never below a floor that is far under silence."""
        power = mel.exp()
        found = self.pool @ (self.inverse @ power).clamp_min(0)
        return torch.maximum(found, self.spread @ power).clamp_min(1e-14).sqrt()


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


def _pooling(fine: int, coarse: int) -> np.ndarray:
    """Triangular means of `fine` bins around each of `coarse` bins, rows summing to 1."""
    ratio = (fine - 1) / (coarse - 1)
    distance = np.abs(np.arange(fine)[None] - ratio * np.arange(coarse)[:, None])
    weights = np.maximum(1 - distance / ratio, 0.0)
    return weights / weights.sum(axis=1, keepdims=True)


class Impose(nn.Module):
    """Audio (batch, frames * hop_length), its log-mel (batch, n_mels, frames) -> audio nearer to that mel."""

    basis: Tensor
    shares: Tensor
    window: Tensor

    def __init__(self, mel: MelConfig, rounds: int) -> None:
        super().__init__()
        self.mel, self.rounds, self.step = mel, rounds, step_samples(mel)
        tensors = {"basis": mel_basis(mel), "shares": spreading(mel), "window": hann(mel.n_fft)}
        for name, value in tensors.items():
            self.register_buffer(name, torch.from_numpy(np.array(value)), persistent=False)

    def forward(self, audio: Tensor, mel: Tensor) -> Tensor:
        """Differentiable; see the function it mirrors."""
        length, step = self.mel.n_fft, self.step
        count = (audio.shape[-1] - length) // step + 1
        if count < 1:
            return audio
        stride = step // self.mel.hop_length
        first = length // 2 // step * stride
        floor = FLOOR_TIMES * self.mel.floor_power
        wanted = (mel[..., first : first + count * stride : stride].exp() + floor).log()
        for _ in range(self.rounds):
            spectrum = torch.fft.rfft(audio.unfold(-1, length, step) * self.window)  # (batch, count, bins)
            power = self.basis @ (spectrum.real.square() + spectrum.imag.square()).transpose(1, 2)
            lack = (wanted - (power + floor).log()).clamp(-LIMIT, LIMIT)
            factor = ((self.shares @ lack) / 2).exp().transpose(1, 2) - 1
            change = torch.fft.irfft(spectrum * factor, length) * (self.window / WINDOW_GAIN)
            total = functional.fold(
                change.transpose(1, 2), (1, length + (count - 1) * step), (1, length), stride=(1, step)
            ).flatten(1)
            audio = audio + functional.pad(total, (0, audio.shape[-1] - total.shape[-1]))
        return audio


EDGE_FRAMES = 1  # half a window of the inverse STFT sounds on both sides of the mel


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """Sizes of a generator.

    Stage i has `widths[i]` channels; between stage i and i + 1 the rate is raised by `upsampling[i]`.
    `istft_n_fft` is the window of the inverse STFT at the end; 0 ends in a convolution at the sample rate.
    `attack_n_fft` is the window of a second, short one beside it, whose audio is added; 0: none.
    With `noise_bands` noise is added to the spectrum, whose level it learns in that many bands; 0: none.
    The network is told the number of the frame modulo `clock_frames`: without it a steady sound
    could hold nothing but multiples of the frame rate. The mel is imposed on the audio in `imposed_rounds`.
    """

    widths: tuple[int, ...] = (256, 192, 128)
    upsampling: tuple[int, ...] = (2, 2)
    kernels: tuple[int, ...] = (3, 5, 7)
    dilations: tuple[int, ...] = (1, 3)
    istft_n_fft: int = 512
    attack_n_fft: int = 0
    noise_bands: int = 0
    clock_frames: int = 8
    snake: bool = True
    rise_limit: float = 3.0
    imposed_rounds: int = 0

    def __post_init__(self) -> None:
        if len(self.upsampling) != len(self.widths) - 1:
            raise ValueError(
                f"{len(self.widths)} widths need one upsampling less, got {len(self.upsampling)}"
            )
        if any(kernel % 2 == 0 for kernel in self.kernels):
            raise ValueError(f"kernels must be odd, got {self.kernels}")
        if any(factor % 2 for factor in self.upsampling):
            raise ValueError(f"upsampling must be even, got {self.upsampling}")
        if self.noise_bands and not self.istft_n_fft:
            raise ValueError(
                "noise is added to the spectrum of an inverse STFT: noise_bands needs istft_n_fft"
            )


class Generator(nn.Module):
    """mel (batch, n_mels, frames), natural log power -> audio (batch, frames * hop_length).

    Sample t * hop_length is the centre of frame t.
    """

    def __init__(self, config: GeneratorConfig, mel: MelConfig) -> None:
        super().__init__()
        rate = math.prod(config.upsampling)
        if mel.hop_length % rate or (not config.istft_n_fft and mel.hop_length != rate):
            raise ValueError(f"upsampling by {rate} does not fit a hop of {mel.hop_length} samples")
        self.config, self.mel = config, mel
        self.prior = MagnitudePrior(mel, config.istft_n_fft or mel.n_fft // 4)
        self.trunk = Trunk(config, mel.n_mels + self.prior.bins)
        self.head = SpectrumHead(config, mel) if config.istft_n_fft else WaveformHead(config, mel.hop_length)
        self.attacks = AttackHead(config, mel.hop_length) if config.attack_n_fft else None
        self.impose = Impose(mel, config.imposed_rounds) if config.imposed_rounds else None

    def forward(self, mel: Tensor, noise: Tensor | None = None) -> Tensor:
        """Audio of a log-mel; beyond both ends the outermost frames are taken to go on.

        `noise` is that of `noise_shape`; unless given `white_noise` from frame 0 on.
        """
        frames, wanted = mel.shape[-1], mel
        if self.config.noise_bands and noise is None:
            _, parts, steps = self.noise_shape(mel)
            first = -EDGE_FRAMES * self.noise_steps()
            noise = torch.from_numpy(white_noise(first, steps, parts)).to(mel.device)[None]
        mel = torch.cat([mel[..., :1]] * EDGE_FRAMES + [mel] + [mel[..., -1:]] * EDGE_FRAMES, dim=-1)
        with torch.autocast(mel.device.type, enabled=False):
            prior = self.prior(mel)
        seen = torch.cat([(mel + 8) / 5, (prior.log() + 4) / 3], dim=1)
        features = self.trunk(seen)
        with torch.autocast(mel.device.type, enabled=False):  # half precision would be heard as noise
            audio = self.head(features.float(), prior, noise)
            if self.attacks is not None:
                audio = audio + self.attacks(features.float(), prior)
        first = EDGE_FRAMES * self.mel.hop_length
        audio = audio[:, first : first + frames * self.mel.hop_length]
        if self.impose is None:
            return audio
        with torch.autocast(mel.device.type, enabled=False):
            return self.impose(audio, wanted)

    def noise_shape(self, mel: Tensor) -> tuple[int, int, int]:
        """The shape of the noise for a log-mel: (batch, real and imaginary parts of all bins, steps)."""
        parts = 2 * (self.config.istft_n_fft // 2 + 1)
        return len(mel), parts, (mel.shape[-1] + 2 * EDGE_FRAMES) * self.noise_steps()

    def noise_steps(self) -> int:
        """Steps of noise in a frame."""
        return math.prod(self.config.upsampling)

    def reach_frames(self) -> int:
        """Frames on either side that can change a frame's audio."""
        imposed = self.config.imposed_rounds * self.mel.n_fft / self.mel.hop_length
        heads = [head.reach_frames() for head in (self.head, self.attacks) if head is not None]
        return EDGE_FRAMES + math.ceil(self.trunk.reach_frames() + max(heads) + imposed)

    def context_frames(self) -> int:
        """Frames that a chunk needs on either side: so many that chunks keep the clock and the windows in step."""
        period = self.config.clock_frames
        if self.impose is not None:
            period = math.lcm(period, self.impose.step // self.mel.hop_length)
        return -(-self.reach_frames() // period) * period


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


def _rate(config: GeneratorConfig, stage: int) -> int:
    return math.prod(config.upsampling[:stage])
