"""Renders clips to sources of a deck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np

from musegen_daw.music.clip import Clip, Song
from musegen_daw.music.parts import without_strays
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.levels import gain_for, peak_of
from musegen_daw.playback.source import AudioSpool, Source
from musegen_daw.playback.synth.soundfont import find_soundfont
from musegen_daw.playback.synth.synth import BLOCK_SAMPLES, render_blocks, song_seconds
from musegen_daw.progress import Cancelled, IsCancelled, Progress


def render_source(
    name: str,
    clips: Sequence[Clip],
    time_map: TimeMap,
    sample_rate_hz: int,
    soundfont: Path | None = None,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> Source:
    """The clips as one stereo source, at the level of the SoundFont, with the tail of their last notes.

    Stray notes (`music.parts.without_strays`) are left out. `progress` receives blocks done and blocks in all. Raises
    AudioError where there is nothing to render or no SoundFont, Cancelled when `cancelled` returns true.
    """
    song, _ = without_strays(Song(tuple(clips), time_map))
    spool = AudioSpool(sample_rate_hz, sample_rate_hz, 2)
    total = max(1, ceil(song_seconds(song) * sample_rate_hz / BLOCK_SAMPLES))
    for done, block in enumerate(render_blocks(song, find_soundfont(soundfont).open(), sample_rate_hz)):
        if cancelled is not None and cancelled():
            raise Cancelled
        spool.add(block.sum(axis=0, dtype=np.float32))
        if progress is not None:
            progress(min(done + 1, total), total)
    return Source(name, spool.finish())


def balanced(sources: Sequence[Source]) -> tuple[Source, ...]:
    """The sources with one gain for all, so that their mix peaks at -1 dBFS."""
    longest = max((len(source.audio) for source in sources), default=0)
    peak = 0.0
    for start in range(0, longest, BLOCK_SAMPLES):
        mix = np.zeros((min(BLOCK_SAMPLES, longest - start), 2), np.float32)
        for source in sources:
            block = source.audio[start : start + BLOCK_SAMPLES]
            mix[: len(block)] += block
        peak = max(peak, peak_of(mix))
    return tuple(replace(source, gain=gain_for(peak)) for source in sources)
