"""Audio that arrives in blocks, in any order, while it is played."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from typing import IO

import numpy as np

from musegen_daw.errors import AudioError
from musegen_daw.files import reason
from musegen_daw.playback.source import IN_MEMORY_BYTES, Audio

Span = tuple[int, int]
_FRAME_BYTES = 8


class ArrivingAudio:
    """`audio` (samples, 2), silent where nothing has arrived yet; any thread adds and asks what is there.

    Who asks never waits for who adds.

    Beyond `in_memory_bytes` it is in an unnamed temporary file. Raises AudioError where that has no room.
    """

    def __init__(self, samples: int, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self.audio = _room(samples, in_memory_bytes)
        self._adding = threading.Lock()
        self._spans: tuple[Span, ...] = ()

    def add(self, first: int, block: Audio) -> None:
        """Put a block (samples, 2) at sample `first`; what lies beyond the end is dropped."""
        block = block[: max(0, len(self.audio) - first)]
        last = first + len(block)
        if not len(block):
            return
        with self._adding:
            self.audio[first:last] = block
            # Told only now: whoever plays never reads what is half written.
            apart = [span for span in self._spans if span[1] < first or span[0] > last]
            touched = [span for span in self._spans if span[0] <= last and span[1] >= first]
            joined = min([first, *(low for low, _ in touched)]), max([last, *(high for _, high in touched)])
            self._spans = tuple(sorted([*apart, joined]))

    def ahead(self, sample: int) -> float:
        """How many samples from this one on have arrived without a gap; infinity where nothing is missing after it."""
        for low, high in self._spans:
            if low <= sample < high:
                return high - sample if high < len(self.audio) else np.inf
        return 0 if sample < len(self.audio) else np.inf

    def missing(self, first: int, last: int) -> tuple[Span, ...]:
        """What has not arrived of samples [first, last), in order."""
        found: list[Span] = []
        at, last = max(0, first), min(last, len(self.audio))
        for low, high in self._spans:
            if low >= last:
                break
            if low > at:
                found.append((at, low))
            at = max(at, high)
        if at < last:
            found.append((at, last))
        return tuple(found)


def _room(samples: int, in_memory_bytes: int) -> Audio:
    size = samples * _FRAME_BYTES
    if size <= in_memory_bytes:
        return np.zeros((samples, 2), np.float32)
    try:
        with tempfile.TemporaryFile(prefix="musegen-") as file:
            _allocate(file, size)
            return np.memmap(file, np.float32, mode="r+", shape=(samples, 2))
    except OSError as error:
        raise AudioError(f"There is no room on the disk to play this: {reason(error)}.") from error


def _allocate(file: IO[bytes], size: int) -> None:
    """Take the room at once where the system can: a disk that fills up later would end the program."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # what file systems without it say
                raise
        else:
            return
    file.truncate(size)
