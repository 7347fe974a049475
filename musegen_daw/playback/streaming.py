"""Renders what is played while it plays: from the playhead on, then what is before it, block by block.

The window keeps a `Streamed` for each source and asks for what is missing; `stream`, in another process, tells the
blocks as it renders them. Nothing is remembered there that a process which was killed would have to give back.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from musegen_daw.errors import AudioError
from musegen_daw.files import reason
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.parts import without_strays
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.arriving import ArrivingAudio, Span
from musegen_daw.playback.levels import gain_for
from musegen_daw.playback.mixing import START_SECONDS
from musegen_daw.playback.source import Audio, Source
from musegen_daw.playback.synth.loudness import likely_peak
from musegen_daw.playback.synth.recordings import Recordings
from musegen_daw.playback.synth.soundfont import FoundSoundFont, find_soundfont
from musegen_daw.playback.synth.synth import (
    TAIL_SECONDS,
    VoicePlayer,
    check_renderable,
    song_seconds,
)
from musegen_daw.progress import Cancelled, IsCancelled

FIRST_SAMPLES, MOST_SAMPLES = 1 << 12, 1 << 14
"""Of a block: the first is soon there, longer ones cost less."""
_SHORT_SECONDS, _LONG_SECONDS = 0.02, 0.06
"""Blocks that take less to render become longer, those that take more shorter: a call can be given up between them."""
_AROUND_LOOP_SECONDS = 0.2
"""Before a loop, into which its end is faded, and behind it, so that a deck may begin just before its end."""
_KEPT_PARTS = 4
_KEPT_SAMPLES = 1 << 24
"""Of recordings, between two calls: 64 MiB."""
_opening = threading.Lock()


@dataclass(frozen=True, slots=True)
class Peak:
    """The amplitude that the whole is likely to reach, told before anything is rendered."""

    amplitude: float


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Audio (samples, 2) of a source from sample `first` on, at the level of the SoundFont."""

    name: str
    first: int
    audio: Audio


@dataclass(frozen=True, slots=True)
class Missing:
    """A span to render; `rank` is how much of the music is played before it."""

    span: Span
    rank: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Clips that become one source, as `packed` packs them, and what is missing of it, in order."""

    name: str
    clips: bytes
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What to render; with `peak_of`, packed parts or nothing, what the whole is likely to peak at is told first."""

    wanted: tuple[Wanted, ...]
    sample_rate_hz: int
    soundfont: Path | None = None
    peak_of: bytes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Streamed:
    """A source that is rendered while it plays; `key` says everything it depends on."""

    name: str
    key: Any
    clips: bytes
    arriving: ArrivingAudio

    @staticmethod
    def of(name: str, key: Any, clips: Sequence[Clip], time_map: TimeMap, samples: int) -> Streamed:
        """A source of which nothing is rendered; raises AudioError where the disk has no room for it."""
        return Streamed(name, key, packed(clips, time_map), ArrivingAudio(samples))

    def source(self, peak: float) -> Source:
        """The source of a deck at the level of a mix that peaks at `peak`."""
        return Source(self.name, self.arriving.audio, gain_for(peak), arrival=self.arriving)


@dataclass(frozen=True, slots=True)
class Order:
    """The order in which music is played: spans of samples, each with what is played before it."""

    spans: tuple[Missing, ...]

    @staticmethod
    def of(samples: int, at: int, loop: Span | None, sample_rate_hz: int, most_samples: int | None) -> Order:
        """From `at` on, around the loop if it is in it, then the rest of `samples`; `most_samples` of it, if given."""
        lead = round(_AROUND_LOOP_SECONDS * sample_rate_hz)
        spans: list[Span] = [(at, samples), (0, at)]
        if loop is not None and at < loop[1]:
            start = max(0, min(at, loop[0] - lead))
            end = min(samples, loop[1] + lead)
            spans = [(at, end), (start, at), (end, samples), (0, start)]
        ranked: list[Missing] = []
        rank = 0
        for first, last in spans:
            if most_samples is not None:
                last = min(last, first + most_samples - rank)
            if last > first:
                ranked.append(Missing((first, last), rank))
                rank += last - first
        return Order(tuple(ranked))

    def missing_of(self, arriving: ArrivingAudio) -> tuple[Missing, ...]:
        return tuple(
            Missing(span, each.rank + span[0] - each.span[0])
            for each in self.spans
            for span in arriving.missing(*each.span)
        )


def request_of(
    sources: Mapping[str, Streamed],
    order: Order,
    sample_rate_hz: int,
    soundfont: Path | None,
    peak_of: bytes | None = None,
) -> Request:
    """A request for what is missing of the sources."""
    wanted = [
        Wanted(name, streamed.clips, missing)
        for name, streamed in sources.items()
        if (missing := order.missing_of(streamed.arriving))
    ]
    return Request(tuple(wanted), sample_rate_hz, soundfont, peak_of)


def are_there(sources: Mapping[str, Streamed], at: int, sample_rate_hz: int) -> bool:
    """Whether a deck can play all of the sources from sample `at` on."""
    # Twice what it needs to begin: it goes on until it hears of it.
    needed = 2 * START_SECONDS * sample_rate_hz
    return all(streamed.arriving.ahead(at) >= needed for streamed in sources.values())


def packed(clips: Sequence[Clip], time_map: TimeMap) -> bytes:
    """The clips for `stream`; many times faster than to pickle every note."""
    rows = [
        [(note.pitch, note.velocity, note.start_ticks, note.duration_ticks) for note in clip.notes]
        for clip in clips
    ]
    bare = tuple(replace(clip, notes=(), name="") for clip in clips)
    notes = [np.array(each, np.int64).reshape(-1, 4) for each in rows]
    return pickle.dumps((bare, notes, time_map), pickle.HIGHEST_PROTOCOL)


def _unpacked(data: bytes) -> Song:
    bare, rows, time_map = pickle.loads(data)  # noqa: S301 - made by `packed`, in this program
    clips = (
        clip.with_notes(Note(*row) for row in notes.tolist()) for clip, notes in zip(bare, rows, strict=True)
    )
    return without_strays(Song(tuple(clips), time_map))[0]


def stream(
    request: Request, *, progress: Callable[[Peak | Block], None], cancelled: IsCancelled | None = None
) -> None:
    """Tell what is asked for as it is rendered, what is played first in front, of all sources side by side.

    A block is what the whole, rendered at once, has in its place, but for rounding and where a clip has more voices
    than the synthesizer plays. Raises AudioError where there is nothing to render or no SoundFont, Cancelled when
    `cancelled` returns true.
    """
    band = _band_of(request.soundfont, request.sample_rate_hz)
    if request.peak_of is not None:
        progress(Peak(band.peak_of(request.peak_of)))
    renderings = [band.rendering(each) for each in request.wanted]
    size = FIRST_SAMPLES
    try:
        while ranked := [
            (rank, index) for index, each in enumerate(renderings) if (rank := each.rank) is not None
        ]:
            if cancelled is not None and cancelled():
                raise Cancelled
            begun_seconds = time.monotonic()
            progress(renderings[min(ranked)[1]].block(size))
            took_seconds = time.monotonic() - begun_seconds
            if took_seconds < _SHORT_SECONDS:
                size = min(2 * size, MOST_SAMPLES)
            elif took_seconds > _LONG_SECONDS:
                size = max(size // 2, FIRST_SAMPLES)
    finally:
        band.rest()


class _Band:
    """A SoundFont with what its clips were prepared to; one thread at a time plays."""

    def __init__(self, soundfont: FoundSoundFont, sample_rate_hz: int) -> None:
        self.lock = threading.RLock()
        self.sample_rate_hz = sample_rate_hz
        self.recordings = Recordings(soundfont.open())
        self._players: OrderedDict[bytes, tuple[VoicePlayer, ...]] = OrderedDict()

    def players_of(self, clips: bytes) -> tuple[VoicePlayer, ...]:
        """Players of packed clips, of which none has begun."""
        with self.lock:
            if clips not in self._players:
                song = _unpacked(clips)
                check_renderable(song, self.sample_rate_hz)
                limit_samples = round((song_seconds(song) + TAIL_SECONDS) * self.sample_rate_hz)
                self._players[clips] = tuple(
                    VoicePlayer(clip, song.time_map, self.recordings, self.sample_rate_hz, limit_samples)
                    for clip in song.clips
                    if clip.notes
                )
                while len(self._players) > _KEPT_PARTS:
                    self._players.popitem(last=False)
            self._players.move_to_end(clips)
            return self._players[clips]

    def peak_of(self, clips: bytes) -> float:
        with self.lock:
            parts = self.players_of(clips) if clips else ()
            return likely_peak(parts, self.recordings, self.sample_rate_hz)

    def rendering(self, wanted: Wanted) -> _Rendering:
        return _Rendering(self, wanted)

    def rest(self) -> None:
        """Keep little until the next call."""
        with self.lock:
            self.recordings.trim(_KEPT_SAMPLES)


class _Rendering:
    """Renders the missing spans of one source."""

    def __init__(self, band: _Band, wanted: Wanted) -> None:
        self._band, self._wanted = band, wanted
        self._following = list(reversed(wanted.missing))
        self._players: tuple[VoicePlayer, ...] = ()
        self._at = self._last = self._rank = 0

    @property
    def rank(self) -> int | None:
        """How much of the music is played before the next block, None where there is none."""
        if self._at < self._last:
            return self._rank
        return self._following[-1].rank if self._following else None

    def block(self, most_samples: int) -> Block:
        with self._band.lock:
            if self._at >= self._last:
                missing = self._following.pop()
                (self._at, self._last), self._rank = missing.span, missing.rank
                prepared = self._band.players_of(self._wanted.clips)
                self._players = tuple(player.starting_at(self._at) for player in prepared)
            first, last = self._at, min(self._last, self._at + most_samples)
            sound = np.zeros((2, last - first), np.float32)
            for player in self._players:
                player.play(first, last, sound)
            self._band.recordings.trim()
            self._at = last
            self._rank += last - first
        return Block(self._wanted.name, first, np.ascontiguousarray(sound.T))


def _band_of(soundfont: Path | None, sample_rate_hz: int) -> _Band:
    """Raises AudioError, naming the file, where there is no SoundFont, or a damaged one."""
    found = find_soundfont(soundfont)
    try:
        changed_ns = found.path.stat().st_mtime_ns
    except OSError as error:
        raise AudioError(f"Cannot read the SoundFont {found.path}: {reason(error)}.") from error
    with _opening:  # who comes second waits for what the first opens
        return _kept_band(found, changed_ns, sample_rate_hz)


@lru_cache(maxsize=1)
def _kept_band(found: FoundSoundFont, changed_ns: int, sample_rate_hz: int) -> _Band:
    return _Band(found, sample_rate_hz)
