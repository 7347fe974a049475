"""What a generator computes from the mel without learning: where its magnitudes begin, and where its levels end."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from musegen_daw.vocoder.imposing import FLOOR_TIMES, LIMIT, SILENCED, SILENT_WITHIN, spreading, step_samples
from musegen_daw.vocoder.mel import MelConfig, hann, inverse_basis, mel_basis
from musegen_daw.vocoder.overlap import WINDOW_GAIN

FLOOR_SHARE = 1e-2


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
        seen = mel[..., first : first + count * stride : stride]
        wanted, is_silent = (seen.exp() + floor).log(), seen <= self.mel.floor + SILENT_WITHIN
        for _ in range(self.rounds):
            spectrum = torch.fft.rfft(audio.unfold(-1, length, step) * self.window)  # (batch, count, bins)
            power = self.basis @ (spectrum.real.square() + spectrum.imag.square()).transpose(1, 2)
            lack = (wanted - (power + floor).log()).clamp(-LIMIT, LIMIT).masked_fill(is_silent, -SILENCED)
            factor = ((self.shares @ lack) / 2).exp().transpose(1, 2) - 1
            change = torch.fft.irfft(spectrum * factor, length) * (self.window / WINDOW_GAIN)
            total = functional.fold(
                change.transpose(1, 2), (1, length + (count - 1) * step), (1, length), stride=(1, step)
            ).flatten(1)
            audio = audio + functional.pad(total, (0, audio.shape[-1] - total.shape[-1]))
        return audio


def _pooling(fine: int, coarse: int) -> np.ndarray:
    """Triangular means of `fine` bins around each of `coarse` bins, rows summing to 1."""
    ratio = (fine - 1) / (coarse - 1)
    distance = np.abs(np.arange(fine)[None] - ratio * np.arange(coarse)[:, None])
    weights = np.maximum(1 - distance / ratio, 0.0)
    return weights / weights.sum(axis=1, keepdims=True)
