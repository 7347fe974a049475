"""Read audio files in blocks at any sample rate, and write WAV files. Memory is bounded by a block."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from musegen_daw.audio import container as audio_container
from musegen_daw.errors import AudioError
from musegen_daw.files import check_readable, reason

MAX_BYTES = 8 << 30
MAX_SECONDS = 2 * 60 * 60
MIN_RATE_HZ, MAX_RATE_HZ = 1_000, 768_000
MAX_LEVEL = 1000.0
BLOCK_SAMPLES = 1 << 17

Floats = NDArray[np.float32]


class AudioReader:
    """An open audio file. `blocks` reads it once, from start to end, and closes it."""

    def __init__(
        self, path: Path, file: soundfile.SoundFile, source: audio_container.Opened | None = None
    ) -> None:
        self.path = path
        self._source = source
        self.sample_rate_hz: int = file.samplerate
        self.channels: int = file.channels
        self.frames = max(0, file.frames)
        self._file = file

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._file.close()
        if self._source is not None:
            self._source.close()

    def blocks(self) -> Iterator[Floats]:
        """Blocks of shape (samples, channels); the last is shorter and may be empty.

        Raises AudioError where the file is damaged, too long, or holds samples that are not finite.
        """
        with closing(self):
            file = self._file
            block_samples = max(1, BLOCK_SAMPLES // self.channels)
            samples = 0
            while True:
                try:
                    block: Floats = file.read(block_samples, dtype="float32", always_2d=True)  # type: ignore[assignment]
                except soundfile.SoundFileError as error:
                    raise AudioError(
                        f"{self.path} is damaged after {samples / self.sample_rate_hz:.1f} seconds: {error}"
                    ) from error
                samples += len(block)
                if samples > MAX_SECONDS * self.sample_rate_hz:
                    raise AudioError(f"{self.path} is longer than {MAX_SECONDS // 3600} hours, the maximum.")
                if not (np.abs(block) <= MAX_LEVEL).all():
                    raise AudioError(f"{self.path} has samples that are not finite or far above full scale.")
                yield block
                if len(block) < block_samples:
                    return


def open_audio(path: Path) -> AudioReader:
    """Open a WAV, FLAC, OGG or MP3 file; raises AudioError."""
    check_readable(path, MAX_BYTES, AudioError)
    if path.stat().st_size == 0:
        raise AudioError(f"{path} is empty.")
    reader = _open(path)
    if not MIN_RATE_HZ <= reader.sample_rate_hz <= MAX_RATE_HZ:
        reader.close()
        raise AudioError(f"{path} has an unsupported sample rate: {reader.sample_rate_hz} Hz.")
    return reader


def read_mono(path: Path, sample_rate_hz: int) -> Iterator[Floats]:
    """Open a file and read it as `mono_at` does; raises AudioError."""
    reader = open_audio(path)
    return mono_at(reader.blocks(), reader.sample_rate_hz, sample_rate_hz, str(path))


def mono_at(blocks: Iterable[Floats], rate_hz: int, to_rate_hz: int, name: str) -> Iterator[Floats]:
    """Resample blocks (samples, channels) to mono blocks (samples,), the mean of the channels.

    Raises AudioError, with `name` in the message, where there is too little audio for one sample.
    """
    mixed = (block.mean(axis=1, keepdims=True) for block in blocks)
    for frames in frames_at(mixed, rate_hz, to_rate_hz, 1, name):
        yield frames[:, 0]


def frames_at(
    blocks: Iterable[Floats], rate_hz: int, to_rate_hz: int, channels: int, name: str
) -> Iterator[Floats]:
    """Resample blocks (samples, channels) to blocks of another rate, none of them empty.

    Raises AudioError, with `name` in the message, where there is too little audio for one sample.
    """
    resampler = soxr.ResampleStream(rate_hz, to_rate_hz, channels, dtype="float32")
    given = 0
    for block in blocks:
        frames = resampler.resample_chunk(np.ascontiguousarray(block), last=False)
        given += len(frames)
        if len(frames):
            yield frames.reshape(-1, channels)
    rest = resampler.resample_chunk(np.zeros((0, channels), np.float32), last=True)
    if given + len(rest) == 0:
        raise AudioError(f"{name} has no audio, or too little.")
    if len(rest):
        yield rest.reshape(-1, channels)


@contextmanager
def wav_writer(
    path: Path, sample_rate_hz: int, channels: int = 1, bit_depth: int = 24
) -> Iterator[Callable[[Floats], None]]:
    """A function that appends frames, (samples,) or (samples, channels), to a WAV, clipped to -1..1.

    Raises OSError where the file cannot be written, AudioError where libsndfile gives no reason.
    """
    try:
        with soundfile.SoundFile(
            path, "w", sample_rate_hz, channels, f"PCM_{bit_depth}", format="WAV"
        ) as wav:
            yield lambda frames: wav.write(np.clip(frames, -1.0, 1.0))
    except soundfile.SoundFileError as error:
        _fail_to_write(path)
        raise AudioError(f"Cannot write the audio: {error}") from error


def _fail_to_write(path: Path) -> None:
    """Raise the OSError that libsndfile hides, by writing zeros. Damages the file if that succeeds."""
    with path.open("ab") as file:
        file.write(bytes(BLOCK_SAMPLES))
        file.flush()
        os.fsync(file.fileno())


def _open(path: Path) -> AudioReader:
    try:
        source = audio_container.opened(path)
    except OSError as error:
        raise AudioError(f"Cannot read {path}: {reason(error)}.") from error
    file: Any = path if source is None else source
    try:
        return AudioReader(path, soundfile.SoundFile(file), source)
    except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless audio needs a rate
        if source is not None:
            source.close()
        raise AudioError(f"{path} is not audio that can be read; WAV, FLAC, OGG and MP3 are.") from error
