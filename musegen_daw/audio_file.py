"""Audio files to mono blocks at one sample rate, and blocks to WAV files; memory is bounded by a block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from musegen_daw.errors import AudioError
from musegen_daw.files import check_readable

MAX_BYTES = 8 << 30
MAX_SECONDS = 2 * 60 * 60
MIN_RATE_HZ, MAX_RATE_HZ = 1_000, 768_000
MAX_LEVEL = 1000.0
BLOCK_SAMPLES = 1 << 17

Floats = NDArray[np.float32]


def read_mono(path: Path, sample_rate_hz: int) -> Iterator[Floats]:
    """The audio of a WAV, FLAC, OGG or MP3 file, its channels averaged, in blocks (samples,) at `sample_rate_hz`.

    Raises AudioError naming the file, at once where it cannot be opened, else where the bad place is reached.
    """
    check_readable(path, MAX_BYTES, AudioError)
    if path.stat().st_size == 0:
        raise AudioError(f"{path} is empty.")
    file = _open(path)
    if not MIN_RATE_HZ <= file.samplerate <= MAX_RATE_HZ:
        file.close()
        raise AudioError(f"{path} has a sample rate of {file.samplerate} Hz, which is not possible.")
    return _mono_blocks(file, path, sample_rate_hz)


@contextmanager
def wav_writer(
    path: Path, sample_rate_hz: int, channels: int = 1, bit_depth: int = 24
) -> Iterator[Callable[[Floats], None]]:
    """A function that appends frames, (samples,) or (samples, channels), to a WAV, held within -1..1.

    Raises AudioError naming the folder where the file cannot be written.
    """
    try:
        with soundfile.SoundFile(
            path, "w", sample_rate_hz, channels, f"PCM_{bit_depth}", format="WAV"
        ) as wav:
            yield lambda frames: wav.write(np.clip(frames, -1.0, 1.0))
    except soundfile.SoundFileError as error:
        raise AudioError(f"Cannot write the audio to {path.parent}: {error}.") from error


def _open(path: Path) -> soundfile.SoundFile:
    try:
        return soundfile.SoundFile(path)
    except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless audio needs a rate
        raise AudioError(f"{path} is not audio that can be read; WAV, FLAC, OGG and MP3 are.") from error


def _mono_blocks(file: soundfile.SoundFile, path: Path, sample_rate_hz: int) -> Iterator[Floats]:
    with file:
        resampler = soxr.ResampleStream(file.samplerate, sample_rate_hz, 1, dtype="float32")
        block_samples = max(1, BLOCK_SAMPLES // file.channels)
        samples, given = 0, 0
        while True:
            try:
                frames = file.read(block_samples, dtype="float32", always_2d=True)
            except soundfile.SoundFileError as error:
                raise AudioError(
                    f"{path} is damaged after {samples / file.samplerate:.1f} seconds: {error}"
                ) from error
            samples += len(frames)
            if samples > MAX_SECONDS * file.samplerate:
                raise AudioError(f"{path} is longer than {MAX_SECONDS // 3600} hours, which is the most.")
            if not (np.abs(frames) <= MAX_LEVEL).all():
                raise AudioError(f"{path} has samples that are no numbers, or far above full scale.")
            last = len(frames) < block_samples
            block = resampler.resample_chunk(frames.mean(axis=1), last=last)
            given += len(block)
            if last and given == 0:
                raise AudioError(f"{path} has no audio in it, or too little.")
            if len(block):
                yield block
            if last:
                return
