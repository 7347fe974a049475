"""The one log-mel of the project: training, export, evaluation and app compute it here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

BLOCK_FRAMES = 4096


@dataclass(frozen=True, slots=True)
class MelConfig:
    """How a mel spectrogram is made.

    Its scale is the natural logarithm of the mel power: a Hann window of `n_fft` samples, frames centred
    on multiples of `hop_length` (zeros beyond both ends), |STFT|², mel bands by Slaney's formula with equal
    area, nothing below `floor_power`. A signal of n samples has 1 + n // hop_length frames.
    """

    sample_rate_hz: int = 12_000
    n_fft: int = 2048
    hop_length: int = 256
    n_mels: int = 96
    fmin_hz: float = 0.0
    fmax_hz: float = 6000.0
    floor_power: float = 1e-10

    def __post_init__(self) -> None:
        for name in ("sample_rate_hz", "n_fft", "hop_length", "n_mels", "floor_power"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.n_fft % 2 or self.hop_length > self.n_fft:
            raise ValueError(f"n_fft must be even and at least the hop, got {self.n_fft} and {self.hop_length}")
        if not 0 <= self.fmin_hz < self.fmax_hz <= self.sample_rate_hz / 2:
            raise ValueError(
                f"fmin and fmax must lie within 0..{self.sample_rate_hz / 2:g} Hz, got {self.fmin_hz:g} and "
                f"{self.fmax_hz:g}"
            )

    @property
    def frames_per_second(self) -> float:
        """Frames a second."""
        return self.sample_rate_hz / self.hop_length

    @property
    def floor(self) -> float:
        """The value of silence in a log-mel."""
        return float(np.log(self.floor_power))

    def frames(self, samples: int) -> int:
        """Frames of a signal of `samples`."""
        return 1 + samples // self.hop_length

    def to_dict(self) -> dict[str, float]:
        """Plain values, for a sidecar."""
        return asdict(self)


@cache
def mel_basis(config: MelConfig) -> Floats:
    """Weights of the bands: (n_mels, 1 + n_fft // 2), after Slaney's Auditory Toolbox (1998), of equal area."""
    from librosa.filters import mel

    basis = mel(
        sr=config.sample_rate_hz,
        n_fft=config.n_fft,
        n_mels=config.n_mels,
        fmin=config.fmin_hz,
        fmax=config.fmax_hz,
    )
    basis.setflags(write=False)
    return basis


@cache
def inverse_basis(config: MelConfig) -> Floats:
    """The pseudo-inverse of the bands: (1 + n_fft // 2, n_mels)."""
    inverse = np.linalg.pinv(mel_basis(config).astype(np.float64)).astype(np.float32)
    inverse.setflags(write=False)
    return inverse


def log_mel(audio: Floats, config: MelConfig) -> Floats:
    """Log-mel (n_mels, frames) of mono audio (samples,) within -1..1; memory is bounded by the result."""
    if audio.ndim != 1:
        raise ValueError(f"audio must be mono (samples,), got the shape {audio.shape}")
    basis, half = mel_basis(config), config.n_fft // 2
    frames = config.frames(len(audio))
    mel = np.empty((config.n_mels, frames), np.float32)
    window = _hann(config.n_fft)
    for start in range(0, frames, BLOCK_FRAMES):
        end = min(frames, start + BLOCK_FRAMES)
        first, last = start * config.hop_length - half, (end - 1) * config.hop_length + half
        inside = audio[max(0, first) : max(0, last)].astype(np.float32, copy=False)
        piece = np.pad(inside, (max(0, -first), max(0, last - max(0, first) - len(inside))))
        mel[:, start:end] = basis @ _power(piece, window, config.hop_length)
    return np.log(np.maximum(mel, config.floor_power))


def prior_magnitude(mel: Floats, config: MelConfig) -> Floats:
    """The magnitude (1 + n_fft // 2, frames) that the pseudo-inverse of the bands gives for a log-mel."""
    return np.sqrt(np.maximum(inverse_basis(config) @ np.exp(mel), 0.0))


def _power(audio: Floats, window: Floats, hop_length: int) -> Floats:
    from scipy.fft import rfft

    frames = np.lib.stride_tricks.sliding_window_view(audio, len(window))[::hop_length]
    spectrum = rfft(frames * window, axis=1)
    return (spectrum.real**2 + spectrum.imag**2).T


@cache
def _hann(length: int) -> Floats:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
