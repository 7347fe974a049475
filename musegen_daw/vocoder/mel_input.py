"""The input of a decoder: the log-mel of audio, and its changes of tempo and pitch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musegen_daw.audio.file import mono_at, open_audio
from musegen_daw.vocoder.formants import transpose
from musegen_daw.vocoder.mel import Floats, MelConfig, log_mel_blocks
from musegen_daw.vocoder.stretching import Frames, stretch_map, taken_at


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


def edited(
    given: MelInput,
    factor: float,
    semitones: float,
    config: MelConfig,
    keep_formants: bool = False,
    positions: Frames | None = None,
) -> MelInput:
    """The input `factor` times as long and `semitones` higher, its formants too or not.

    `positions` are those of `stretch_map`, where the input is one of several mels of a sound; else they are its own.
    """
    mel, samples = given.mel, given.samples
    if factor != 1:
        positions = stretch_map(mel, factor, config) if positions is None else positions
        samples = None if samples is None else max(1, round(samples * factor))
    if semitones:
        mel = transpose(mel, semitones, config, keep_formants)
    if factor != 1 and positions is not None:
        mel = taken_at(mel, positions)
    return MelInput(mel, samples)
