"""`musegen_daw.vocoder.imposing` on tensors, so that a generator is trained through it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from musegen_daw.vocoder.imposing import FLOOR_TIMES, LIMIT, WINDOW_GAIN, spreading, step_samples
from musegen_daw.vocoder.mel import MelConfig, hann, mel_basis


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
