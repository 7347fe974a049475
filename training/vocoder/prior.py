"""What a mel alone tells of the magnitude of a short STFT: the start that the generators correct."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from musegen_daw.vocoder.mel import MelConfig, inverse_basis, mel_basis

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


def interpolate(values: Tensor, factor: int) -> Tensor:
    """(batch, channels, frames) -> (batch, channels, frames * factor), linear between frames, the last one held."""
    if factor == 1:
        return values
    following = torch.cat([values[..., 1:], values[..., -1:]], dim=-1)
    shares = torch.arange(factor, device=values.device, dtype=values.dtype) / factor
    between = values[..., None] + (following - values)[..., None] * shares
    return between.flatten(-2)


def _pooling(fine: int, coarse: int) -> np.ndarray:
    """Triangular means of `fine` bins around each of `coarse` bins, rows summing to 1."""
    ratio = (fine - 1) / (coarse - 1)
    distance = np.abs(np.arange(fine)[None] - ratio * np.arange(coarse)[:, None])
    weights = np.maximum(1 - distance / ratio, 0.0)
    return weights / weights.sum(axis=1, keepdims=True)
