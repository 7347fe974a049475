"""Takes of audio on disk, and how one becomes a loop: exactly as long as its bars, its end in its beginning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

from musegen_daw.music.clip import Song
from musegen_daw.playback.synth.synth import BLOCK_SAMPLES

_FRAME_BYTES = 8


def bar_end_samples(song: Song, sample_rate_hz: int) -> int:
    """Samples from the start to the end of the last bar, nearest to its time in seconds.

    A bar in which no note starts, and which is reached by less than a sixteenth, is a key held a little too long.
    """
    bars = song.time_map.bars(song.end_ticks)
    last_start = max((note.start_ticks for clip in song.clips for note in clip.notes), default=0)
    begun = bars[-1].start_ticks
    is_overhang = last_start < begun and song.end_ticks - begun <= song.time_map.ppq // 4
    end_ticks = begun if is_overhang and begun > 0 else bars[-1].end_ticks
    return round(song.time_map.seconds_at(end_ticks) * sample_rate_hz)


def frames_of(take: IO[bytes]) -> Iterator[NDArray[np.float32]]:
    """A take of interleaved float32 frames from its beginning, in blocks (samples, 2)."""
    take.seek(0)
    while raw := take.read(BLOCK_SAMPLES * _FRAME_BYTES):
        yield np.frombuffer(raw, np.float32).reshape(-1, 2)


def fold(take: IO[bytes], samples: int) -> None:
    """Make a take `samples` long: what is after them is added to its beginning, again and again where it is longer."""
    take.seek(0, 2)
    length = take.tell() // _FRAME_BYTES
    if length <= samples:
        take.truncate(samples * _FRAME_BYTES)
        return
    source = samples
    while source < length:
        target = source % samples
        count = min(BLOCK_SAMPLES, length - source, samples - target)
        later, earlier = _read(take, source, count), _read(take, target, count)
        take.seek(target * _FRAME_BYTES)
        take.write((earlier + later).tobytes())
        source += count
    take.truncate(samples * _FRAME_BYTES)


def _read(take: IO[bytes], first: int, count: int) -> NDArray[np.float32]:
    take.seek(first * _FRAME_BYTES)
    return np.frombuffer(take.read(count * _FRAME_BYTES), np.float32)
