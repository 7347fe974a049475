"""The input of a decoder: the log-mel of audio, and its changes of tempo and pitch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from musegen_daw.audio.file import mono_at, open_audio
from musegen_daw.vocoder.mel import Floats, MelConfig, hz_to_mel, log_mel_blocks, mel_to_hz

MIN_STRETCH, MAX_STRETCH = 0.1, 10.0
MAX_SEMITONES = 48.0


@dataclass(frozen=True, slots=True)
class MelInput:
    """A log-mel (n_mels, frames), and the number of samples of its audio where that is known."""

    mel: Floats
    samples: int | None = None


def mel_of_audio(path: Path, config: MelConfig) -> MelInput:
    """The log-mel of an audio file, read block by block; raises AudioError naming the file."""
    reader = open_audio(path)
    return mel_of_blocks(reader.blocks(), reader.sample_rate_hz, config, str(path))


def mel_of_blocks(blocks: Iterable[Floats], rate_hz: int, config: MelConfig, name: str) -> MelInput:
    """The log-mel of audio in blocks (samples, channels); raises AudioError naming `name` where there is too little."""
    samples = 0

    def counted() -> Iterator[Floats]:
        nonlocal samples
        for block in mono_at(blocks, rate_hz, config.sample_rate_hz, name):
            samples += len(block)
            yield block

    mel = np.concatenate([*log_mel_blocks(counted(), config)], axis=1)
    return MelInput(mel, samples)


def edited(given: MelInput, factor: float, semitones: float, config: MelConfig) -> MelInput:
    """The input `factor` times as long and `semitones` higher."""
    mel, samples = given.mel, given.samples
    if semitones:
        mel = transpose(mel, semitones, config)
    if factor != 1:
        mel = stretch(mel, factor)
        samples = None if samples is None else max(1, round(samples * factor))
    return MelInput(mel, samples)


def stretch(mel: Floats, factor: float) -> Floats:
    """The log-mel (n_mels, frames) at `factor` times the length and the same pitch: (n_mels, ceil(frames * factor)).

    Frames are interpolated linearly in the logarithm. Raises ValueError for a factor outside 0.1..10.
    """
    if not MIN_STRETCH <= factor <= MAX_STRETCH:
        raise ValueError(f"factor must lie within {MIN_STRETCH:g}..{MAX_STRETCH:g}, got {factor:g}")
    frames = mel.shape[1]
    # Rounded first: the error of a product like 100 * 1.1 must not add a frame.
    positions = np.arange(math.ceil(round(frames * factor, 6))) / factor
    return _between(mel.T, positions).T


def transpose(mel: Floats, semitones: float, config: MelConfig) -> Floats:
    """The log-mel (n_mels, frames) with all frequencies, formants included, moved by `semitones`, as on tape.

    Bands are interpolated linearly in the logarithm; bands from outside fmin_hz..fmax_hz are silent. The power stays
    the same. Raises ValueError beyond 48 semitones.
    """
    if not abs(semitones) <= MAX_SEMITONES:
        raise ValueError(f"semitones must lie within ±{MAX_SEMITONES:g}, got {semitones:g}")
    ratio = 2.0 ** (semitones / 12)
    edges = hz_to_mel(np.array([config.fmin_hz, config.fmax_hz]))
    band_mels = np.linspace(edges[0], edges[1], config.n_mels + 2)
    source_mels = hz_to_mel(mel_to_hz(band_mels[1:-1]) / ratio)
    inside = (source_mels >= edges[0]) & (source_mels <= edges[1])
    positions = np.interp(source_mels, band_mels, np.arange(-1, config.n_mels + 1))
    # The same power spreads over a range `ratio` times as wide.
    moved = _between(mel, positions) - np.float32(math.log(ratio))
    return np.maximum(np.where(inside[:, np.newaxis], moved, config.floor), config.floor).astype(np.float32)


def _between(rows: Floats, positions: npt.NDArray[np.float64]) -> Floats:
    """The rows (rows, columns) interpolated at `positions`, clamped to the first and last: (positions, columns)."""
    positions = np.clip(positions, 0, len(rows) - 1)
    below = np.floor(positions).astype(np.intp)
    above = np.minimum(below + 1, len(rows) - 1)
    share = (positions - below).astype(np.float32)[:, np.newaxis]
    return (rows[below] * (1 - share) + rows[above] * share).astype(np.float32, copy=False)
