"""What is vocoded: the log-mel of audio as it comes in blocks, and its changes of tempo and pitch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musegen_daw.audio.file import mono_at, open_audio
from musegen_daw.vocoder import edit
from musegen_daw.vocoder.mel import Floats, MelConfig, log_mel_blocks


@dataclass(frozen=True, slots=True)
class MelInput:
    """A log-mel (n_mels, frames) and the samples, at its rate, that it stands for where they are known."""

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
    """What is heard `factor` times as long and `semitones` higher."""
    mel, samples = given.mel, given.samples
    if semitones:
        mel = edit.pitch(mel, semitones, config)
    if factor != 1:
        mel = edit.stretch(mel, factor)
        samples = None if samples is None else max(1, round(samples * factor))
    return MelInput(mel, samples)
