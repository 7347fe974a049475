"""Plays several sources in parallel: switching, mixing, looping and seeking without gaps or clicks."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from musegen_daw.playback.levels import Levels
from musegen_daw.playback.mixing import Mixing, Orders
from musegen_daw.playback.source import Audio, Source

MIN_LOOP_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class _Strip:
    """The channel strip of one source."""

    gain: float = 1.0
    muted: bool = False
    solo: bool = False


class Deck:
    """Sources that play at one position and one sample rate.

    Controlled from one thread, paused from any. `fill` is called on the audio thread and never waits: orders and state
    are exchanged as whole objects. Positions are seconds of the music; a source of stretch s is s times as long. What
    is too loud is cut, or bent where the deck `is_soft`.
    """

    def __init__(self, sample_rate_hz: int, *, is_soft: bool = False) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.latency_seconds = 0.0
        self._sources: tuple[Source, ...] = ()
        self._strips: dict[str, _Strip] = {}
        self._orders = Orders()
        self._ordering = threading.RLock()
        self._stream = Mixing(sample_rate_hz, is_soft)

    @property
    def sources(self) -> tuple[Source, ...]:
        return self._sources

    @property
    def is_playing(self) -> bool:
        """Whether it was started and has not reached its end."""
        orders = self._orders
        return orders.playing and self._stream.state.ended_number != orders.start_number

    @property
    def is_sounding(self) -> bool:
        """Whether it plays or still fades out."""
        return self.is_playing or self._stream.is_sounding

    @property
    def is_waiting(self) -> bool:
        """Whether it plays but is silent until more of its sources has arrived."""
        return self.is_playing and self._stream.state.is_waiting

    @property
    def next_samples(self) -> int:
        """The position in the music that is mixed next, ahead of what is heard; can be read from any thread."""
        orders, state = self._orders, self._stream.state
        return orders.seek if orders.seek_number != state.seek_number else round(state.music_samples)

    @property
    def loop_samples(self) -> tuple[int, int] | None:
        """The loop [start, end) in samples of the music."""
        return self._orders.loop

    @property
    def length_seconds(self) -> float:
        return self._orders.length_samples / self.sample_rate_hz

    @property
    def position_seconds(self) -> float:
        """The audible position in the music; can be read from any thread."""
        orders, state = self._orders, self._stream.state
        if orders.seek_number != state.seek_number:
            return orders.seek / self.sample_rate_hz
        at = state.music_samples
        if self.is_playing and not state.is_waiting:
            at -= self.latency_seconds * self.sample_rate_hz / state.stretch
            if (
                orders.loop is not None
                and state.has_gone_round
                and at < orders.loop[0] <= state.music_samples
            ):
                at += orders.loop[1] - orders.loop[0]
        return min(max(0.0, at), orders.length_samples) / self.sample_rate_hz

    @property
    def levels(self) -> Levels:
        """The output levels; can be read from any thread."""
        return self._stream.meter.levels

    def load(self, sources: Iterable[Source], seconds: float | None = None) -> None:
        """Replace the sources, at the same position; sources of the same name keep their settings.

        The music is as long as the longest of them unless `seconds` are given. Raises ValueError for a repeated name.
        """
        loaded = tuple(sources)
        names = [source.name for source in loaded]
        if len(set(names)) != len(names):
            raise ValueError(f"sources need names of their own, got {', '.join(names)}")
        self._sources = loaded
        self._strips = {name: self._strips.get(name, _Strip()) for name in names}
        lengths = [round(len(source.audio) / source.stretch) for source in loaded]
        length = max(lengths, default=0) if seconds is None else round(seconds * self.sample_rate_hz)
        loop = self._orders.loop
        if loop is not None:
            loop = (loop[0], min(loop[1], length))
            loop = loop if self._is_loop(loop) else None
        self._mix(length_samples=length, loop=loop)

    def play(self) -> None:
        """Play from the current position, from the start after the end."""
        with self._ordering:
            if not self.is_playing:
                self._order(playing=True, start_number=self._orders.start_number + 1)

    def pause(self) -> None:
        """Fade out and keep the position."""
        self._order(playing=False)

    def seek(self, seconds: float) -> None:
        """Move to `seconds` of the music, clamped to its length."""
        with self._ordering:
            samples = min(max(0, round(seconds * self.sample_rate_hz)), self._orders.length_samples)
            self._order(seek=samples, seek_number=self._orders.seek_number + 1)

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Loop [start, end) in seconds once it is reached, or stop looping with None.

        Raises ValueError for less than `MIN_LOOP_SECONDS` of the music.
        """
        if loop is None:
            self._order(loop=None)
            return
        start, end = (round(seconds * self.sample_rate_hz) for seconds in loop)
        samples = (max(0, start), min(end, self._orders.length_samples))
        if not self._is_loop(samples):
            raise ValueError(f"a loop of {loop[0]:g} to {loop[1]:g} seconds is too short")
        self._order(loop=samples)

    def select(self, name: str) -> None:
        """Solo this source alone; raises KeyError."""
        if name not in self._strips:
            raise KeyError(name)
        self._strips = {
            each: replace(strip, solo=each == name, muted=strip.muted and each != name)
            for each, strip in self._strips.items()
        }
        self._mix()

    def set_gain(self, name: str, gain: float) -> None:
        """The gain of a source, 1 by default; raises KeyError."""
        self._set(name, replace(self._strips[name], gain=max(0.0, gain)))

    def set_muted(self, name: str, muted: bool) -> None:
        """Mute a source; raises KeyError."""
        self._set(name, replace(self._strips[name], muted=muted))

    def set_solo(self, name: str, solo: bool) -> None:
        """Solo a source beside others; raises KeyError."""
        self._set(name, replace(self._strips[name], solo=solo))

    def fill(self, out: Audio) -> None:
        """Write the next block (frames, 2) within -1..1; for the audio thread."""
        self._stream.fill(out, self._orders)

    def _is_loop(self, loop: tuple[int, int]) -> bool:
        return loop[1] - loop[0] >= MIN_LOOP_SECONDS * self.sample_rate_hz

    def _set(self, name: str, strip: _Strip) -> None:
        self._strips = {**self._strips, name: strip}
        self._mix()

    def _mix(self, **changes: Any) -> None:
        any_solo = any(strip.solo for strip in self._strips.values())
        strips = [(source, self._strips[source.name]) for source in self._sources]
        audible = tuple(
            (source, source.gain * strip.gain)
            for source, strip in strips
            if not strip.muted and (strip.solo or not any_solo) and strip.gain * source.gain > 0
        )
        stretch = audible[0][0].stretch if audible else self._orders.stretch
        self._order(audible=audible, stretch=stretch, **changes)

    def _order(self, **changes: Any) -> None:
        # The stream never takes the lock: it reads the newest orders.
        with self._ordering:
            self._orders = replace(self._orders, **changes)
