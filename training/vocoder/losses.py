"""The losses of a generator, spectral distances and adversarial ones, and that of the discriminators.

Spectra are compared at several resolutions (Yamamoto et al. 2020), mels at several windows (Kumar et al. 2023),
phases by their differences in time and frequency (Ai & Ling 2023), and the adversarial losses are least squares
and feature matching (Kong et al. 2020).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from musegen_daw.vocoder.mel import MelConfig, mel_basis
from training.vocoder.attack import (
    APART_SECONDS,
    LEVEL_RANGE_DB,
    LEVEL_SECONDS,
    LOUD_RANGE_DB,
    NEAR_SECONDS,
    ONSET_DB,
    ONSET_SECONDS,
    RISE_SECONDS,
    STEP_SECONDS,
)
from training.vocoder.spectra import analysis_n_fft

STFT_RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))  # n_fft, hop, window, in samples
MAGNITUDE_FLOOR = 1e-7
_NATS_A_DB = math.log(10) / 10
VALLEY_BINS = 8
VALLEY_DEPTH, VALLEY_RANGE = math.log(10), math.log(1000)  # 20 and 60 dB


@dataclass(frozen=True, slots=True)
class LossConfig:
    """Weights of the losses, windows of mels, phases and valleys.

    The STFTs' windows are `stft_scale` times those at 12 kHz. `wide_window` (0: none), in samples at 12 kHz, adds a
    resolution to those of the measure: only a long window that is not padded sees whether there is anything between
    two partials.
    """

    stft: float = 1.0
    mel: float = 1.0
    valley: float = 0.0
    phase: float = 0.0
    attack: float = 0.0
    texture: float = 0.0
    adversarial: float = 1.0
    matching: float = 2.0
    stft_scale: int = 1
    wide_window: int = 2048
    mel_windows: tuple[int, ...] = (128, 512, 2048)
    phase_windows: tuple[int, ...] = (256, 512, 1024)
    valley_windows: tuple[int, ...] = (2048,)
    mel_floor: float = 1e-5

    @property
    def resolutions(self) -> tuple[tuple[int, int, int], ...]:
        """Of the STFTs that are compared: n_fft, hop and window at 12 kHz."""
        wide = self.wide_window
        return STFT_RESOLUTIONS + (((wide, wide // 4, wide),) if wide else ())


class MultiResolutionStft(nn.Module):
    """Spectral convergence and mean log-magnitude difference of audio (batch, samples), the mean of all resolutions.

    The resolutions (n_fft, hop, window) are taken times `scale`; unless told they are those of the measure.
    """

    def __init__(
        self, scale: int = 1, resolutions: Sequence[tuple[int, int, int]] = STFT_RESOLUTIONS
    ) -> None:
        super().__init__()
        self.resolutions = tuple(tuple(scale * size for size in sizes) for sizes in resolutions)
        for index, (_, _, window) in enumerate(self.resolutions):
            self.register_buffer(f"window_{index}", torch.hann_window(window), persistent=False)

    def forward(self, generated: Tensor, real: Tensor) -> Tensor:
        """One number; spectral convergence is taken of each row and averaged."""
        return self.rows(generated, real).mean()

    def rows(self, generated: Tensor, real: Tensor) -> Tensor:
        """The distance of each row: (batch,)."""
        total = torch.zeros(len(real), device=real.device)
        for index, (n_fft, hop, window) in enumerate(self.resolutions):
            shape = self.get_buffer(f"window_{index}")
            found, wanted = (
                stft_power(audio, n_fft, hop, window, shape).clamp_min(MAGNITUDE_FLOOR).sqrt()
                for audio in (generated, real)
            )
            convergence = (wanted - found).norm(dim=(1, 2)) / wanted.norm(dim=(1, 2)).clamp_min(1e-2)
            total = total + convergence + (wanted.log() - found.log()).abs().mean(dim=(1, 2))
        return total / len(self.resolutions)


class MultiScaleMel(nn.Module):
    """Mean difference of log-mels made with windows of several lengths, a quarter of the window apart.

    The bands sum magnitudes, not powers, in which the loudest bin of a band would hide the others.
    """

    def __init__(self, sample_rate_hz: int, windows: Sequence[int], floor: float) -> None:
        super().__init__()
        self.windows, self.floor = tuple(windows), floor
        for window in self.windows:
            config = MelConfig(
                sample_rate_hz,
                max(256, window),
                window // 4,
                max(8, min(80, window // 16)),
                0.0,
                sample_rate_hz / 2,
            )
            basis = torch.from_numpy(np.array(mel_basis(config)))
            self.register_buffer(f"basis_{window}", basis, persistent=False)
            self.register_buffer(f"window_{window}", torch.hann_window(window), persistent=False)

    def forward(self, generated: Tensor, real: Tensor) -> Tensor:
        total = torch.zeros((), device=real.device)
        for window in self.windows:
            basis, shape = self.get_buffer(f"basis_{window}"), self.get_buffer(f"window_{window}")
            found, wanted = (
                (basis @ _magnitude(audio, window, shape) + self.floor).log() for audio in (generated, real)
            )
            total = total + (found - wanted).abs().mean()
        return total / len(self.windows)


class ValleyNoise(nn.Module):
    """How far generated audio rises above the valleys of the real one's spectrum, in natural-log magnitude.

    A valley is a bin at least 20 dB under the largest of `VALLEY_BINS` to either side, where that is within
    60 dB of the loudest. Only what lies above is counted: noise between partials is heard, its absence is not.
    The mean of windows of several lengths, in samples.
    """

    def __init__(self, windows: Sequence[int] = (2048,)) -> None:
        super().__init__()
        self.windows = tuple(windows)
        for window in self.windows:
            self.register_buffer(f"window_{window}", torch.hann_window(window), persistent=False)

    def forward(self, generated: Tensor, real: Tensor) -> Tensor:
        found = [self._excess(generated, real, self.get_buffer(f"window_{size}")) for size in self.windows]
        return torch.stack(found).mean()

    def _excess(self, generated: Tensor, real: Tensor, window: Tensor) -> Tensor:
        size = len(window)
        found, wanted = (
            stft_power(audio, size, size // 4, size, window).clamp_min(MAGNITUDE_FLOOR**2).log() / 2
            for audio in (generated, real)
        )
        around = functional.max_pool1d(wanted.transpose(1, 2), 2 * VALLEY_BINS + 1, 1, VALLEY_BINS).transpose(
            1, 2
        )
        is_valley = (wanted <= around - VALLEY_DEPTH) & (
            around > wanted.amax((1, 2), keepdim=True) - VALLEY_RANGE
        )
        excess = (found - wanted).clamp_min(0) * is_valley
        return excess.sum() / is_valley.sum().clamp_min(1)


class AttackLevels(nn.Module):
    """How far the level is off around the attacks of the real audio, and by how much less it rises there, in nats.

    Levels are those of 2.5 ms, every half millisecond, of what is above some 200 Hz: lower tones rise and fall as fast
    by themselves. An attack is where the level of 20 ms rises by at least 6 dB and most within 50 ms, as in
    `training.vocoder.attack`; levels are compared within 10 ms of it, the largest rises in 5 ms as well. An attack
    takes so little time that other distances hardly see it. Nothing counts 60 dB under the loudest.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        super().__init__()
        self.step = max(1, round(sample_rate_hz * STEP_SECONDS))
        self.length = max(1, round(sample_rate_hz * LEVEL_SECONDS))
        self.around, self.apart, self.near, self.rise = (
            round(seconds / STEP_SECONDS)
            for seconds in (ONSET_SECONDS, APART_SECONDS, NEAR_SECONDS, RISE_SECONDS)
        )

    def forward(self, generated: Tensor, real: Tensor) -> Tensor:
        with torch.no_grad():
            power = self._power(real)
            floor = (power.amax(dim=-1, keepdim=True) * 10 ** (-LEVEL_RANGE_DB / 10)).clamp_min(
                MAGNITUDE_FLOOR**2
            )
            is_onset = self._onsets(power + floor)
            is_near = functional.max_pool1d(is_onset, 2 * self.near + 1, 1, self.near)
        wanted, found = (power + floor).log(), (self._power(generated) + floor).log()
        off = ((found - wanted).abs() * is_near).sum() / is_near.sum().clamp_min(1)
        lost = (self._rises(wanted) - self._rises(found)).clamp_min(0)
        return (off + (lost * is_onset).sum() / is_onset.sum().clamp_min(1)) / 2

    def _power(self, audio: Tensor) -> Tensor:
        """(batch, samples) -> (batch, steps)."""
        reach = self.length // 2
        low = functional.avg_pool1d(audio, 2 * reach + 1, 1, reach, count_include_pad=False)
        return functional.avg_pool1d((audio - low).square(), self.length, self.step)

    def _onsets(self, power: Tensor) -> Tensor:
        """1 where an attack is, else 0."""
        around, apart = self.around, self.apart
        means = functional.avg_pool1d(power, around, 1).log()
        after, rises = means[:, around:], means[:, around:] - means[:, :-around]
        is_onset = (rises >= functional.max_pool1d(rises, 2 * apart + 1, 1, apart)) & (
            rises >= ONSET_DB * _NATS_A_DB
        )
        is_onset &= after >= means.amax(dim=-1, keepdim=True) - LOUD_RANGE_DB * _NATS_A_DB
        return functional.pad(is_onset.float(), (around, power.shape[-1] - rises.shape[-1] - around))

    def _rises(self, levels: Tensor) -> Tensor:
        """The largest rise within 10 ms of each step."""
        half = self.rise // 2
        rises = functional.pad(levels[:, 2 * half :] - levels[:, : -2 * half], (half, half))
        return functional.max_pool1d(rises, 2 * self.near + 1, 1, self.near)


class NoiseTexture(nn.Module):
    """How much more streaky, or more smeared, generated audio is where the real audio is noise.

    In patches of an STFT the mean of the squared power over the square of its mean (spectral kurtosis, see
    `training.vocoder.noise`) is 2 for noise, more for few lines on a quiet ground and 1 for an even haze; the natural
    logarithms of both are compared where that of the real audio is below `MOST` and within 60 dB of its loudest.
    """

    MOST = 4.5
    PATCH, STRIDE = (25, 9), (6, 2)  # bins, frames a quarter of a window apart

    def __init__(self, sample_rate_hz: int) -> None:
        super().__init__()
        window = torch.hann_window(analysis_n_fft(sample_rate_hz))
        self.register_buffer("window", window, persistent=False)

    def forward(self, generated: Tensor, real: Tensor) -> Tensor:
        with torch.no_grad():
            mean, kurtosis = self._patches(real, torch.zeros((), device=real.device))
            loudest = mean.amax((1, 2), keepdim=True)
            is_noise = (
                (kurtosis < self.MOST) & (mean > loudest * 10 ** (-LEVEL_RANGE_DB / 10)) & (loudest > 0)
            )
        _, found = self._patches(generated, _QUIET * mean)
        return ((found / kurtosis.clamp_min(1)).log().abs() * is_noise).sum() / is_noise.sum().clamp_min(1)

    def _patches(self, audio: Tensor, floor: Tensor) -> tuple[Tensor, Tensor]:
        """The mean power and the kurtosis of each patch; `floor` is a power added to the mean for the latter."""
        window = self.get_buffer("window")
        size = len(window)
        power = stft_power(audio, size, size // 4, size, window)
        scale = power.detach().amax((1, 2), keepdim=True) + MAGNITUDE_FLOOR**2  # squares stay within float32
        mean, square = (
            functional.avg_pool2d(values, self.PATCH, self.STRIDE)
            for values in (power / scale, (power / scale).square())
        )
        kurtosis = square / ((mean + floor / scale).square() + MAGNITUDE_FLOOR**2)
        return mean * scale, kurtosis.clamp_min(0.5)


class PhaseDifferences(nn.Module):
    """How far phases go on otherwise than in the real audio, from bin to bin and from frame to frame.

    Between neighbours in time (instantaneous frequency), in frequency (group delay) and across both, the phase
    advances by some angle; of the angle by which generated audio differs in that, 1 - cos is taken, which needs no
    unwrapping, and averaged with the amplitudes of the real audio, compressed by `COMPRESSION`, as weights: 0 for
    what is equal, 1 for phases at random, .74 for other noise, whose neighbours share samples. A constant shift of
    phase costs nothing. Windows in samples, a quarter of each as hop. After Ai & Ling, Neural speech phase
    prediction based on parallel estimation architecture and anti-wrapping losses, ICASSP 2023.
    """

    COMPRESSION = 0.3

    def __init__(self, windows: Sequence[int]) -> None:
        super().__init__()
        self.windows = tuple(windows)
        for window in self.windows:
            self.register_buffer(f"window_{window}", torch.hann_window(window), persistent=False)

    def forward(self, generated: Tensor, real: Tensor) -> Tensor:
        total = torch.zeros((), device=real.device)
        for window in self.windows:
            shape = self.get_buffer(f"window_{window}")
            found, wanted = (
                torch.stft(audio, window, window // 4, window=shape, return_complex=True)
                for audio in (generated, real)
            )
            for here, there in _NEIGHBOURS:
                advance, own = (each[here] * each[there].conj() for each in (wanted, found))
                size = advance.abs()
                turned = (advance * own.conj()).real / (size + _SILENCE)
                cosine = (
                    turned / (own.real.square() + own.imag.square() + (_QUIET * size + _SILENCE) ** 2).sqrt()
                )
                weight = size.pow(self.COMPRESSION)
                total = total + ((1 - cosine) * weight).sum() / (weight.sum() + _SILENCE)
        return total / (len(self.windows) * len(_NEIGHBOURS))


_ALL, _FIRST, _LAST = slice(None), slice(None, -1), slice(1, None)
_NEIGHBOURS = tuple(
    ((_ALL, *here), (_ALL, *there))
    for here, there in (
        ((_ALL, _LAST), (_ALL, _FIRST)),
        ((_LAST, _ALL), (_FIRST, _ALL)),
        ((_LAST, _LAST), (_FIRST, _FIRST)),
        ((_LAST, _FIRST), (_FIRST, _LAST)),
    )
)
"""Slices (batch, bins, frames) of two neighbours: in time, in frequency, and on both diagonals."""
_SILENCE, _QUIET = 1e-9, 1e-3
"""Of products of two amplitudes: below, and so far below the real one, phases count less and gradients stay bounded."""


def _magnitude(audio: Tensor, window_samples: int, window: Tensor) -> Tensor:
    power = stft_power(audio, max(256, window_samples), window_samples // 4, window_samples, window)
    return power.clamp_min(MAGNITUDE_FLOOR**2).sqrt()


def stft_power(audio: Tensor, n_fft: int, hop: int, window_samples: int, window: Tensor) -> Tensor:
    """|STFT|² (batch, bins, frames) of audio (batch, samples), reflected beyond its ends."""
    spectrum = torch.stft(audio, n_fft, hop, window_samples, window, return_complex=True)
    return spectrum.real.square() + spectrum.imag.square()


def discriminator_loss(real: Sequence[Tensor], generated: Sequence[Tensor]) -> Tensor:
    """Least squares: real is to be called 1 and generated 0, the mean over all discriminators."""
    parts = [(1 - yes).square().mean() + no.square().mean() for yes, no in zip(real, generated, strict=True)]
    return torch.stack(parts).mean()


def adversarial_loss(generated: Sequence[Tensor]) -> Tensor:
    """Least squares: generated is to be called 1."""
    return torch.stack([(1 - verdict).square().mean() for verdict in generated]).mean()


def matching_loss(real: Sequence[Sequence[Tensor]], generated: Sequence[Sequence[Tensor]]) -> Tensor:
    """Mean difference of the discriminators' features, in units of their mean size."""
    parts = [
        (wanted.detach() - found).abs().mean(dtype=torch.float32)
        / wanted.detach().abs().mean(dtype=torch.float32).clamp_min(1e-3)
        for ours, theirs in zip(generated, real, strict=True)
        for found, wanted in zip(ours, theirs, strict=True)
    ]
    return torch.stack(parts).mean()
