"""Plays several sources at one position: switched, mixed, looped and sought without a gap or a click."""

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
    """What a person set for one source."""

    gain: float = 1.0
    muted: bool = False
    solo: bool = False


class Deck:
    """Sources that are heard at one position, at one sample rate.

    Controlled from one thread, paused from any; `fill` is called by the stream on its own and waits for none: orders
    go over as one object, and what is told comes back as one. Positions are seconds of the music, for which a source
    of stretch s takes s times as long.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.latency_seconds = 0.0
        self._sources: tuple[Source, ...] = ()
        self._strips: dict[str, _Strip] = {}
        self._orders = Orders()
        self._ordering = threading.RLock()
        self._stream = Mixing(sample_rate_hz)

    @property
    def sources(self) -> tuple[Source, ...]:
        """What is loaded."""
        return self._sources

    @property
    def is_playing(self) -> bool:
        """Whether it was started and has not come to its end."""
        orders = self._orders
        return orders.playing and self._stream.state.ended_number != orders.start_number

    @property
    def is_sounding(self) -> bool:
        """Whether it plays or still fades out, as far as the stream has come."""
        return self.is_playing or self._stream.is_sounding

    @property
    def length_seconds(self) -> float:
        """How long the music lasts."""
        return self._orders.length_samples / self.sample_rate_hz

    @property
    def position_seconds(self) -> float:
        """The place of the music that is heard now; may be asked on any thread."""
        orders, state = self._orders, self._stream.state
        if orders.seek_number != state.seek_number:
            return orders.seek / self.sample_rate_hz
        at = state.music_samples
        if self.is_playing:
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
        """How loud it is; may be asked on any thread."""
        return self._stream.meter.levels

    def load(self, sources: Iterable[Source], seconds: float | None = None) -> None:
        """Play these sources from now on, at the position where it is; those of a known name keep their settings.

        The music lasts as long as the longest of them unless `seconds` are given. Raises ValueError where two have one
        name.
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
        """Go on from where it is, from the start after its end."""
        with self._ordering:
            if not self.is_playing:
                self._order(playing=True, start_number=self._orders.start_number + 1)

    def pause(self) -> None:
        """Fade out and stay where it is."""
        self._order(playing=False)

    def seek(self, seconds: float) -> None:
        """Go on at `seconds` of the music, held within it."""
        with self._ordering:
            samples = min(max(0, round(seconds * self.sample_rate_hz)), self._orders.length_samples)
            self._order(seek=samples, seek_number=self._orders.seek_number + 1)

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Loop over [start, end) of the music from when it is next reached; None ends the loop.

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
        """Hear this source alone, at the same place of the music; raises KeyError."""
        if name not in self._strips:
            raise KeyError(name)
        self._strips = {
            each: replace(strip, solo=each == name, muted=strip.muted and each != name)
            for each, strip in self._strips.items()
        }
        self._mix()

    def set_gain(self, name: str, gain: float) -> None:
        """How loud a source is, 1 as it is; raises KeyError."""
        self._set(name, replace(self._strips[name], gain=max(0.0, gain)))

    def set_muted(self, name: str, muted: bool) -> None:
        """Whether a source is silent; raises KeyError."""
        self._set(name, replace(self._strips[name], muted=muted))

    def set_solo(self, name: str, solo: bool) -> None:
        """Whether only this source, and others that are solo, are heard; raises KeyError."""
        self._set(name, replace(self._strips[name], solo=solo))

    def fill(self, out: Audio) -> None:
        """Write the next block, (frames, 2) within -1..1; for the stream alone."""
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
