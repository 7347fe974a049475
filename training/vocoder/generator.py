"""The generators: a log-mel goes in, is injected again at every stage, and audio comes out.

Both share one trunk: upsampling by transposed convolutions, multi-receptive-field blocks, skip connections.
`fast` stays at a low rate and ends in an inverse STFT whose magnitude starts from what the mel tells
(after iSTFTNet, Kaneko et al. 2022); `seed` goes up to the sample rate (after HiFi-GAN, Kong et al. 2020)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from musegen_daw.vocoder.mel import MelConfig
from musegen_daw.vocoder.white_noise import white_noise
from training.vocoder.generator_config import GeneratorConfig
from training.vocoder.heads import AttackHead, SpectrumHead, WaveformHead
from training.vocoder.mel_layers import Impose, MagnitudePrior
from training.vocoder.trunk import Trunk

EDGE_FRAMES = 1  # half a window of the inverse STFT sounds on both sides of the mel


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
