"""The log-mel spectrogram that training, export, evaluation and app share.

The mel scale is written out, because importing a library for it would delay the first sound. After M. Slaney, Auditory
Toolbox (1998): linear below 1 kHz, logarithmic above, triangles of equal area.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

HZ_A_MEL = 200.0 / 3.0  # below
BEND_HZ = 1000.0
BEND_MEL = BEND_HZ / HZ_A_MEL
NATS_A_MEL = np.log(6.4) / 27.0  # above


def hz_to_mel(hz: npt.ArrayLike) -> Numbers:
    hz = np.asarray(hz, np.float64)
    above = BEND_MEL + np.log(np.maximum(hz, BEND_HZ) / BEND_HZ) / NATS_A_MEL
    return np.where(hz >= BEND_HZ, above, hz / HZ_A_MEL)


def mel_to_hz(mel: npt.ArrayLike) -> Numbers:
    mel = np.asarray(mel, np.float64)
    above = BEND_HZ * np.exp(NATS_A_MEL * (np.maximum(mel, BEND_MEL) - BEND_MEL))
    return np.where(mel >= BEND_MEL, above, HZ_A_MEL * mel)


def band_edges(n_mels: int, fmin_hz: float, fmax_hz: float) -> Numbers:
    """Band i spans edges i to i + 2 with its peak at edge i + 1: (n_mels + 2,) in Hz."""
    lowest, highest = hz_to_mel([fmin_hz, fmax_hz])
    return mel_to_hz(np.linspace(lowest, highest, n_mels + 2))


def triangles(sample_rate_hz: int, n_fft: int, edges_hz: Numbers) -> npt.NDArray[np.float32]:
    """The weights of the FFT bins in each band: (n_mels, 1 + n_fft // 2)."""
    bins_hz = np.arange(1 + n_fft // 2) * sample_rate_hz / n_fft
    widths_hz = np.diff(edges_hz)[:, None]
    rising = (bins_hz - edges_hz[:-2, None]) / widths_hz[:-1]
    falling = (edges_hz[2:, None] - bins_hz) / widths_hz[1:]
    weights = np.maximum(0.0, np.minimum(rising, falling))
    return (weights * (2.0 / (edges_hz[2:] - edges_hz[:-2]))[:, None]).astype(np.float32)


Floats = npt.NDArray[np.float32]

BLOCK_FRAMES = 1024
MAX_RATE_HZ = 768_000
MAX_N_FFT, MAX_N_MELS = 1 << 16, 1 << 10


@dataclass(frozen=True, slots=True)
class MelConfig:
    """The configuration of a mel spectrogram, in natural logarithms of mel power.

    A Hann window of `n_fft` samples, frames centred on multiples of `hop_length` (zeros beyond both ends), |STFT|²,
    Slaney's mel bands of equal area, nothing below `floor_power`. A signal of n samples has 1 + n // hop_length frames.
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
        """The configuration of `to_dict`; raises ValueError for a missing, unknown or invalid field."""
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
        return self.sample_rate_hz / self.hop_length

    @property
    def floor(self) -> float:
        """The log-mel of silence."""
        return float(np.log(self.floor_power))

    def frames(self, samples: int) -> int:
        return 1 + samples // self.hop_length

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


@cache
def mel_basis(config: MelConfig) -> Floats:
    """The weights of the bands: (n_mels, 1 + n_fft // 2)."""
    edges_hz = band_edges(config.n_mels, config.fmin_hz, config.fmax_hz)
    basis = triangles(config.sample_rate_hz, config.n_fft, edges_hz)
    basis.setflags(write=False)
    return basis


@cache
def band_frequencies(config: MelConfig) -> npt.NDArray[np.float64]:
    """The peak of each band in Hz: (n_mels,)."""
    return band_edges(config.n_mels, config.fmin_hz, config.fmax_hz)[1:-1]


@cache
def inverse_basis(config: MelConfig) -> Floats:
    """The pseudo-inverse of `mel_basis`: (1 + n_fft // 2, n_mels)."""
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
    """The log-mel of audio in consecutive blocks (samples,), in blocks (n_mels, frames).

    Joined they equal the `log_mel` of the joined audio, wherever it was cut; memory is bounded by a block.
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
    """The magnitude (1 + n_fft // 2, frames) of a log-mel by the pseudo-inverse of the bands."""
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
    """The periodic Hann window of `length` samples."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
