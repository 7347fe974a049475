"""Clips to sources of a deck: the part and the drums apart from each other, so that one can be rendered again alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np

from musegen_daw.music.clip import Clip, Song
from musegen_daw.music.parts import without_strays
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.source import AudioSpool, Source
from musegen_daw.playback.synth.soundfont import find_soundfont, open_soundfont
from musegen_daw.playback.synth.synth import BLOCK_SAMPLES, render_blocks, song_seconds
from musegen_daw.progress import Cancelled, IsCancelled, Progress

PEAK_DBFS = -1.0
_SILENCE = 1e-6


def render_source(
    name: str,
    clips: Sequence[Clip],
    time_map: TimeMap,
    sample_rate_hz: int,
    soundfont: Path | None = None,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> Source:
    """The clips as one stereo source, at the level of the SoundFont, with the ringing of their last notes.

    Strays are left out. `progress` is called with (blocks done, blocks in all). Raises AudioError with a sentence
    where there is nothing to render or no SoundFont, Cancelled when `cancelled` said so.
    """
    song, _ = without_strays(Song(tuple(clips), time_map))
    tape = AudioSpool(sample_rate_hz, sample_rate_hz, 2)
    total = max(1, ceil(song_seconds(song) * sample_rate_hz / BLOCK_SAMPLES))
    for done, block in enumerate(
        render_blocks(song, open_soundfont(find_soundfont(soundfont)), sample_rate_hz)
    ):
        if cancelled is not None and cancelled():
            raise Cancelled
        tape.add(block.sum(axis=0, dtype=np.float32))
        if progress is not None:
            progress(min(done + 1, total), total)
    return Source(name, tape.finish())


def balanced(sources: Sequence[Source]) -> tuple[Source, ...]:
    """The same sources with one gain for all, so that together they peak at -1 dBFS; silence is left as it is."""
    longest = max((len(source.audio) for source in sources), default=0)
    peak = 0.0
    for start in range(0, longest, BLOCK_SAMPLES):
        mix = np.zeros((min(BLOCK_SAMPLES, longest - start), 2), np.float32)
        for source in sources:
            block = source.audio[start : start + BLOCK_SAMPLES]
            mix[: len(block)] += block
        peak = max(peak, float(np.abs(mix).max(initial=0.0)))
    gain = 10 ** (PEAK_DBFS / 20) / peak if peak > _SILENCE else 1.0
    return tuple(replace(source, gain=gain) for source in sources)
