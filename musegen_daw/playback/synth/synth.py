"""Plays a song through a SoundFont, block by block, each clip apart from the others.

The synthesizer of symusic 0.5.9 was measured first and left: it ignores velocity, decay and filters and cuts
a drum off at the end of its note, so ghost notes came out as loud as accents and a crash lasted 31 ms.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from musegen_daw.errors import AudioError
from musegen_daw.music.clip import Song
from musegen_daw.playback.synth.player import VoicePlayer
from musegen_daw.playback.synth.recordings import Recordings
from musegen_daw.playback.synth.soundfont import SoundFont

MAX_SECONDS = 2 * 60 * 60
MAX_CLIPS = 512
"""Every clip has a block of its own in memory."""
MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ = 8_000, 96_000
BLOCK_SAMPLES = 1 << 16
_INAUDIBLE = 1e-5
"""Of the peak: 100 dB below it."""
_STRIDE = 64
TAIL_SECONDS = 8.0
"""How long the last sounds may ring after the end of the song."""


def song_seconds(song: Song) -> float:
    """Seconds from the start to the end of the last bar or note."""
    return song.time_map.seconds_at(song.end_ticks)


def check_renderable(song: Song, sample_rate_hz: int) -> None:
    """Raises AudioError when there is nothing to render, too much of it, or at no usable rate."""
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        raise AudioError(
            f"A sample rate of {sample_rate_hz} Hz is not possible: "
            f"give {MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ} Hz."
        )
    if len(song.clips) > MAX_CLIPS:
        raise AudioError(f"The song has {len(song.clips):,} clips; at most {MAX_CLIPS} are rendered.")
    seconds = song_seconds(song)
    if seconds == 0:
        raise AudioError("The song is empty: there is nothing to render.")
    if seconds > MAX_SECONDS:
        raise AudioError(
            f"The song lasts {seconds / 3600:.1f} hours; at most {MAX_SECONDS // 3600} are rendered."
        )


def render_blocks(song: Song, soundfont: SoundFont, sample_rate_hz: int) -> Iterator[NDArray[np.float32]]:
    """The song as consecutive blocks of shape (clips, samples, 2), float32, without a limit on level.

    A note starts at the sample nearest to its time in seconds. Memory is bounded by the block, the sounding notes and
    what is kept of recordings. The blocks cover the song and the ringing of its last notes until it is inaudible, at
    most 8 seconds.
    """
    check_renderable(song, sample_rate_hz)
    recordings = Recordings(soundfont)
    song_samples = round(song_seconds(song) * sample_rate_hz)
    limit_samples = song_samples + round(TAIL_SECONDS * sample_rate_hz)
    players = [
        VoicePlayer(clip, song.time_map, recordings, sample_rate_hz, limit_samples) for clip in song.clips
    ]
    tail = _Tail(song_samples)
    first = 0
    while first < song_samples or any(player.is_sounding for player in players):
        last = first + BLOCK_SAMPLES
        block = np.zeros((len(players), 2, BLOCK_SAMPLES), np.float32)
        for player, out in zip(players, block, strict=True):
            player.play(first, last, out)
        if last >= song_samples:
            ends = [song_samples, *(player.sounded_until_samples for player in players)]
            block = block[:, :, : max(ends) - first]
        recordings.trim()
        yield from tail.heard(block.transpose(0, 2, 1), first)
        first = last


class _Tail:
    """Holds back what is inaudible after the end of the song, until something is heard again."""

    def __init__(self, song_samples: int) -> None:
        self._song_samples = song_samples
        self._peak = 0.0
        self._held: list[NDArray[np.float32]] = []

    def heard(self, block: NDArray[np.float32], first: int) -> Iterator[NDArray[np.float32]]:
        """The blocks that are certain to be heard, once `block` (clips, samples, 2) follows at sample `first`."""
        certain = max(0, self._song_samples - first)
        # Every so many samples will do to tell how loud the song is.
        some = block[:, -first % _STRIDE : certain : _STRIDE]
        self._peak = max(self._peak, float(some.max(initial=0.0)), float(-some.min(initial=0.0)))
        if certain >= block.shape[1]:
            yield block
            return
        loud = np.flatnonzero((np.abs(block) > _INAUDIBLE * self._peak).any(axis=(0, 2)))
        if len(loud):
            certain = max(certain, int(loud[-1]) + 1)
        if certain:
            yield from self._held
            self._held = []
            yield block[:, :certain]
        if certain < block.shape[1]:
            self._held.append(block[:, certain:])


def render(song: Song, soundfont: SoundFont, sample_rate_hz: int = 44_100) -> NDArray[np.float32]:
    """The whole song as (samples, 2) float32, without a limit on level; see `render_blocks`."""
    return np.concatenate([block.sum(axis=0) for block in render_blocks(song, soundfont, sample_rate_hz)])
