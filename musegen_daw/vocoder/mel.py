"""The one log-mel of the project: training, export, evaluation and app compute it here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.vocoder.mel_scale import band_edges, triangles

Floats = npt.NDArray[np.float32]

BLOCK_FRAMES = 1024
MAX_RATE_HZ = 768_000
MAX_N_FFT, MAX_N_MELS = 1 << 16, 1 << 10


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
            if not 0 < getattr(self, name) < inf:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.n_fft % 2 or self.hop_length > self.n_fft:
            raise ValueError(
                f"n_fft must be even and at least the hop, got {self.n_fft} and {self.hop_length}"
            )
        if self.sample_rate_hz > MAX_RATE_HZ:
            raise ValueError(f"sample_rate_hz must be at most {MAX_RATE_HZ}, got {self.sample_rate_hz}")
        if self.n_fft > MAX_N_FFT or self.n_mels > MAX_N_MELS:
            raise ValueError(
                f"n_fft and n_mels must be at most {MAX_N_FFT} and {MAX_N_MELS}, got {self.n_fft} and {self.n_mels}"
            )
        if not 0 <= self.fmin_hz < self.fmax_hz <= self.sample_rate_hz / 2:
            raise ValueError(
                f"fmin and fmax must lie within 0..{self.sample_rate_hz / 2:g} Hz, got {self.fmin_hz:g} and "
                f"{self.fmax_hz:g}"
            )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> MelConfig:
        """The configuration that `to_dict` described; raises ValueError where a field is missing, unknown or odd."""
        types = {field.name: int if field.type == "int" else float for field in fields(cls)}
        if set(values) != set(types):
            raise ValueError(
                f"a mel configuration has the fields {', '.join(types)}, not {', '.join(values)}"
            )
        read = {}
        for name, kind in types.items():
            value = values[name]
            if isinstance(value, bool) or not isinstance(value, int | float) or kind(value) != value:
                raise ValueError(f"{name} must be a number of type {kind.__name__}, got {value!r}")
            read[name] = kind(value)
        return cls(**read)

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
    edges_hz = band_edges(config.n_mels, config.fmin_hz, config.fmax_hz)
    basis = triangles(config.sample_rate_hz, config.n_fft, edges_hz)
    basis.setflags(write=False)
    return basis


@cache
def band_frequencies(config: MelConfig) -> npt.NDArray[np.float64]:
    """The frequency in Hz where each band is strongest: (n_mels,)."""
    return band_edges(config.n_mels, config.fmin_hz, config.fmax_hz)[1:-1]


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
    step = BLOCK_FRAMES * config.hop_length
    mel = np.empty((config.n_mels, config.frames(len(audio))), np.float32)
    done = 0
    for block in log_mel_blocks((audio[at : at + step] for at in range(0, len(audio), step)), config):
        mel[:, done : done + block.shape[1]] = block
        done += block.shape[1]
    return mel


def log_mel_blocks(audio_blocks: Iterable[Floats], config: MelConfig) -> Iterator[Floats]:
    """The log-mel of audio that comes in consecutive blocks (samples,), in blocks (n_mels, frames) as it is known.

    Joined they are the `log_mel` of the joined audio, however it was cut; memory is bounded by a block.
    """
    hop, half = config.hop_length, config.n_fft // 2
    basis, window = mel_basis(config), hann(config.n_fft)
    waiting = np.zeros(half, np.float32)
    samples, done = 0, 0
    for block in audio_blocks:
        samples += len(block)
        waiting = np.concatenate([waiting, block.astype(np.float32, copy=False)])
        whole = max(0, 1 + (len(waiting) - config.n_fft) // hop)
        if whole:
            yield from _log_mels(waiting, whole, basis, window, config)
            waiting = waiting[whole * hop :]
            done += whole
    rest = config.frames(samples) - done
    if rest:
        yield from _log_mels(np.pad(waiting, (0, half)), rest, basis, window, config)


def prior_magnitude(mel: Floats, config: MelConfig) -> Floats:
    """The magnitude (1 + n_fft // 2, frames) that the pseudo-inverse of the bands gives for a log-mel."""
    return np.sqrt(np.maximum(inverse_basis(config) @ np.exp(mel), 0.0))


def _log_mels(
    audio: Floats, frames: int, basis: Floats, window: Floats, config: MelConfig
) -> Iterator[Floats]:
    """The first `frames` log-mel frames of `audio`, the first of them starting at its first sample."""
    for start in range(0, frames, BLOCK_FRAMES):
        end = min(frames, start + BLOCK_FRAMES)
        piece = audio[start * config.hop_length : (end - 1) * config.hop_length + config.n_fft]
        mel = basis @ _power(piece, window, config.hop_length)
        yield np.log(np.maximum(mel, config.floor_power))


def _power(audio: Floats, window: Floats, hop_length: int) -> Floats:
    from scipy.fft import rfft

    frames = np.lib.stride_tricks.sliding_window_view(audio, len(window))[::hop_length]
    spectrum: Any = rfft(frames * window, axis=1)
    return (spectrum.real**2 + spectrum.imag**2).T


@cache
def hann(length: int) -> Floats:
    """Hann's window of `length` samples, periodic."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
