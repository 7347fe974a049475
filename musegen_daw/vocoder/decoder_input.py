"""What a decoder is given: the log-mel of a source, and for a stereo source its image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from musegen_daw.audio.file import frames_at, open_audio
from musegen_daw.vocoder.mel import Floats, MelConfig
from musegen_daw.vocoder.mel_input import MelInput, edited, mel_of_blocks
from musegen_daw.vocoder.stereo import StereoImage, image_of_blocks
from musegen_daw.vocoder.stretching import stretch_map


@dataclass(frozen=True, slots=True)
class DecoderInput:
    """The log-mel to decode, and the image to give the result; None for mono."""

    given: MelInput
    image: StereoImage | None = None

    @property
    def channels(self) -> int:
        """Of the decoded audio."""
        return 1 if self.image is None else 2


def input_of_audio(path: Path, config: MelConfig, *, is_mono: bool = False) -> DecoderInput:
    """The input from an audio file, read block by block; raises AudioError naming the file."""
    reader = open_audio(path)
    channels = 1 if is_mono else reader.channels
    return input_of_blocks(reader.blocks(), channels, reader.sample_rate_hz, config, str(path))


def input_of_blocks(
    blocks: Iterable[Floats], channels: int, rate_hz: int, config: MelConfig, name: str
) -> DecoderInput:
    """The input from blocks (samples, channels of the file): stereo where `channels` is 2, else the mean, mono.

    Raises AudioError naming `name` where there is too little.
    """
    if channels != 2:
        return DecoderInput(mel_of_blocks(blocks, rate_hz, config, name))
    samples = 0

    def counted() -> Iterator[Floats]:
        nonlocal samples
        for block in frames_at(blocks, rate_hz, config.sample_rate_hz, 2, name):
            samples += len(block)
            yield block

    image = image_of_blocks(counted(), config)
    return DecoderInput(MelInput(image.mel, samples), image)


def edited_input(
    given: DecoderInput, factor: float, semitones: float, config: MelConfig, keep_formants: bool = False
) -> DecoderInput:
    """The input `factor` times as long and `semitones` higher, its formants too or not, and so its image."""
    if given.image is None or (factor == 1 and not semitones):
        return DecoderInput(edited(given.given, factor, semitones, config, keep_formants), given.image)
    image, samples = given.image, given.given.samples
    # One for all, so that an attack in one channel stays beside what the other has at that time.
    positions = None if factor == 1 else stretch_map(image.mel, factor, config)
    left, right, mid = (
        edited(MelInput(mel, samples), factor, semitones, config, keep_formants, positions)
        for mel in (image.left, image.right, image.mid)
    )
    changed = StereoImage(left.mel, right.mel, mid.mel)
    return DecoderInput(MelInput(changed.mel, left.samples), changed)
