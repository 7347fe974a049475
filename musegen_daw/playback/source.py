"""Sources of a deck: audio at the rate of the device."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import IO, Protocol

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]

CHANNELS = (1, 2)
IN_MEMORY_BYTES = 64 << 20
_BLOCK_SAMPLES = 1 << 17


class Arrival(Protocol):
    """How much of audio that is still being made can be played."""

    def ahead(self, sample: int) -> float:
        """How many samples are there from this one on; infinity where nothing is missing after it."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Audio (samples, 1 or 2) at the rate of its deck.

    `gain` applies in addition to the user's gain. `stretch` is its length relative to the music: sources of different
    stretch reach the same place in the music at different times. `arrival` tells how much of the audio is there; None:
    all of it.
    """

    name: str
    audio: Audio
    gain: float = 1.0
    stretch: float = 1.0
    arrival: Arrival | None = None

    def __post_init__(self) -> None:
        if self.audio.ndim != 2 or self.audio.shape[1] not in CHANNELS:
            raise ValueError(f"audio must have the shape (samples, 1 or 2), got {self.audio.shape}")
        if not self.stretch > 0:
            raise ValueError(f"stretch must be above 0, got {self.stretch:g}")


class AudioSpool:
    """Collects blocks of audio (samples, channels) and resamples them to the rate of a deck.

    Beyond `in_memory_bytes` the audio is in an unnamed temporary file, memory-mapped for playback.
    """

    def __init__(
        self, rate_hz: int, to_rate_hz: int, channels: int, in_memory_bytes: int = IN_MEMORY_BYTES
    ) -> None:
        import soxr

        self._channels = channels
        self._in_memory_bytes = in_memory_bytes
        self._resampler = (
            None
            if rate_hz == to_rate_hz
            else soxr.ResampleStream(rate_hz, to_rate_hz, channels, dtype="float32")
        )
        self._kept: list[Audio] = []
        self._kept_bytes = 0
        self._file: IO[bytes] | None = None

    def add(self, block: Audio) -> None:
        """Append a block (samples, channels), or (samples,) of one channel."""
        self._resample(block.reshape(-1, self._channels), last=False)

    def finish(self) -> Audio:
        """All audio (samples, channels); the spool cannot be used after that."""
        self._resample(np.zeros((0, self._channels), np.float32), last=True)
        if self._file is None:
            return np.concatenate([*self._kept, np.zeros((0, self._channels), np.float32)])
        self._spill()
        with self._file as file:
            file.flush()
            return np.memmap(file, np.float32, mode="r").reshape(-1, self._channels)

    def _resample(self, block: Audio, last: bool) -> None:
        if self._resampler is not None:
            block = self._resampler.resample_chunk(np.ascontiguousarray(block, np.float32), last=last)
        self._kept.append(np.array(block, np.float32).reshape(-1, self._channels))
        self._kept_bytes += block.nbytes
        if self._kept_bytes > self._in_memory_bytes:
            self._spill()

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="musegen-")  # noqa: SIM115
        for block in self._kept:
            self._file.write(block.tobytes())
        self._kept.clear()
        self._kept_bytes = 0


def resampled(audio: Audio, rate_hz: int, to_rate_hz: int) -> Audio:
    """Audio (samples,) or (samples, channels) at another sample rate, as (samples, channels)."""
    frames = audio[:, np.newaxis] if audio.ndim == 1 else audio
    spool = AudioSpool(rate_hz, to_rate_hz, frames.shape[1])
    for start in range(0, len(frames), _BLOCK_SAMPLES):
        spool.add(frames[start : start + _BLOCK_SAMPLES])
    return spool.finish()
