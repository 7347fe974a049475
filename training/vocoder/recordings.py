"""Recordings as all sources give them: where their bytes lie, and decoding them to mono."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

Samples = npt.NDArray[np.float32]

SPLITS = ("train", "validation")
HELD_OUT_SHARE = 0.08
SUFFIXES = (".aif", ".aiff", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".w64", ".wav")
MAX_SECONDS = 30 * 60
MAX_PACKED_BYTES = 512 << 20
_BLOCK_SAMPLES = 1 << 18


class Unusable(Exception):
    """A recording gives no audio; the message is the reason under which it is counted."""


class RecordingSource(Protocol):
    """Where the audio of a recording comes from."""

    @property
    def identity(self) -> str:
        """What it is read from, in words that change when that changes."""
        ...

    def mono(self, sample_rate_hz: int) -> Samples:
        """The audio (samples,) at a rate; raises Unusable with the reason why there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of a corpus: its audio, and what the corpus says of it.

    `group` is the artist, or whatever must not be in two splits; `split` is empty where it is to be chosen.
    """

    key: str
    group: str
    place: RecordingSource
    source: str
    split: str = ""
    licence: str = ""


class Found(NamedTuple):
    """The recordings of a source, and how many others were left out for which reason."""

    recordings: list[Recording]
    dropped: Counter[str]


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """An audio file, or `size` bytes from `offset` on of a larger file (an archive)."""

    path: Path
    offset: int = 0
    size: int | None = None

    @property
    def identity(self) -> str:
        """The file, its size and the part of it."""
        return f"{self.path.resolve()}|{self.path.stat().st_size}|{self.offset}|{self.size}"

    def mono(self, sample_rate_hz: int) -> Samples:
        """The audio (samples,) at a rate, see `read_mono`; raises Unusable."""
        try:
            with self.path.open("rb") as file:
                if self.size is None:
                    return read_mono(file, sample_rate_hz)
                if self.size > MAX_PACKED_BYTES:
                    raise Unusable("too large")
                file.seek(self.offset)
                data = file.read(self.size)
        except OSError as error:
            raise Unusable("unreadable") from error
        if len(data) < self.size:
            raise Unusable("truncated")
        return read_mono(io.BytesIO(data), sample_rate_hz)


def read_mono(file: BinaryIO, sample_rate_hz: int, max_seconds: float = MAX_SECONDS) -> Samples:
    """The mean of the channels (samples,), resampled by soxr (HQ); what comes after `max_seconds` is left out.

    Read in blocks, so memory is that of the result. Raises Unusable for what libsndfile cannot read, for
    a file without samples and for values that are not finite.
    """
    pieces: list[Samples] = []
    try:
        with soundfile.SoundFile(file) as sound:
            rate = sound.samplerate
            resampler = soxr.ResampleStream(rate, sample_rate_hz, 1, dtype="float32", quality="HQ")
            left = round(max_seconds * rate)
            while left > 0 and len(
                block := sound.read(min(left, _BLOCK_SAMPLES), dtype="float32", always_2d=True)
            ):
                mono = block.mean(axis=1)
                pieces.append(mono if rate == sample_rate_hz else resampler.resample_chunk(mono))
                left -= len(block)
            if pieces and rate != sample_rate_hz:
                pieces.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    except (soundfile.SoundFileError, RuntimeError, ValueError, OSError) as error:
        raise Unusable("unreadable") from error
    audio = np.concatenate([np.zeros(0, np.float32), *pieces])
    if len(audio) == 0:
        raise Unusable("no samples")
    if not np.isfinite(audio).all():
        raise Unusable("not finite")
    return audio


def load_mono(path: Path, sample_rate_hz: int) -> Samples:
    """The audio file `path` as mono (samples,) at a rate; raises ValueError naming it."""
    try:
        return StoredAudio(path).mono(sample_rate_hz)
    except Unusable as error:
        raise ValueError(f"{path} gives no audio: {error}") from error


def with_splits(recordings: Iterable[Recording], share: float = HELD_OUT_SHARE) -> dict[str, str]:
    """The split of every group without one: whole groups with `share` of the recordings are held out to validate.

    Groups come in the order of a hash of their names; one too large for what is still wanted is trained on.
    Of two groups or more, one at least is held out.
    """
    sizes = Counter(recording.group for recording in recordings if not recording.split)
    ranked = sorted(sizes, key=lambda group: hashlib.sha1(group.encode()).hexdigest())
    room = share * sizes.total()
    held_out: set[str] = set()
    for group in ranked:
        if sizes[group] <= room:
            held_out.add(group)
            room -= sizes[group]
    if not held_out and len(ranked) > 1:
        held_out.add(min(ranked, key=lambda group: sizes[group]))
    return {group: "validation" if group in held_out else "train" for group in ranked}
