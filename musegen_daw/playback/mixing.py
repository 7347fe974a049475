"""The audio thread's side of a deck: executes orders and fades everything that would click."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from musegen_daw.playback.levels import PeakMeter, soften
from musegen_daw.playback.source import Audio, Source

FADE_SECONDS = 0.01
RUN_SAMPLES = 1024
START_SECONDS = 0.06
"""Of sources that still arrive: what must be there to begin."""
REFILL_SECONDS = 1.0
"""What must be there to go on where playing had caught up with what arrives."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders to the audio thread, replaced as a whole.

    `audible` are the sources to play, with their gains. Lengths, `loop` and `seek` are samples of the music, of which a
    source plays `stretch` times as many. A start and a seek are executed once for each of their numbers.
    """

    playing: bool = False
    start_number: int = 0
    audible: tuple[tuple[Source, float], ...] = ()
    stretch: float = 1.0
    length_samples: int = 0
    loop: tuple[int, int] | None = None
    seek: int = 0
    seek_number: int = 0


@dataclass(frozen=True, slots=True)
class StreamState:
    """The state of the audio thread, replaced as a whole: the position, and which orders are done."""

    music_samples: float = 0.0
    stretch: float = 1.0
    seek_number: int = 0
    ended_number: int = 0
    has_gone_round: bool = False
    is_waiting: bool = False


@dataclass(slots=True, eq=False)
class _Take:
    """One source, playing from `cursor` on, with a fade between two powers; a leaving one does not return."""

    source: Source
    cursor: int
    power_from: float
    power_to: float
    faded: int = 0
    leaving: bool = False


class Mixing:
    """Mixes sources block by block; never waits, and allocates only views and small objects.

    Starts, ends and gain changes are faded with equal power over `FADE_SECONDS`, except a start at the first sample of
    a source. A loop repeats at the exact sample: its end crossfades into the audio before its start. Where a source has
    not arrived yet, all of them fade out and wait for it at their place, so that what is heard is never half of it.
    `is_soft`: what is too loud is bent, not cut.
    """

    def __init__(self, sample_rate_hz: int, is_soft: bool = False) -> None:
        self.state = StreamState()
        self.meter = PeakMeter(sample_rate_hz, RUN_SAMPLES)
        self._is_soft = is_soft
        self._start_samples, self._refill_samples = (
            round(seconds * sample_rate_hz) for seconds in (START_SECONDS, REFILL_SECONDS)
        )
        self._awaited_samples = 0
        fade_samples = round(FADE_SECONDS * sample_rate_hz)
        angles = np.pi / 2 * (np.arange(fade_samples) + 0.5) / fade_samples
        self._curve = (np.sin(angles) ** 2).astype(np.float32)[:, np.newaxis]
        self._gains = np.zeros((RUN_SAMPLES, 1), np.float32)
        self._sound = np.zeros((RUN_SAMPLES, 2), np.float32)
        self._orders = Orders()
        self._takes: list[_Take] = []
        self._at = 0
        self._is_turning = False
        self._has_gone_round = False
        self._ended_number = 0

    def fill(self, out: Audio, orders: Orders) -> None:
        """Write the next block (frames, 2) within -1..1."""
        if orders is not self._orders:
            self._execute(orders)
        out.fill(0)
        done = until_turn = 0
        while done < len(out):
            run = min(len(out) - done, RUN_SAMPLES)
            if self._is_running:
                until_turn = self._samples_to_next_turn()
            is_moving = self._is_running and self._is_there()
            if is_moving:
                run = min(run, until_turn, self._samples_there())
            block = out[done : done + run]
            for take in self._takes:
                self._add(take, block)
            self.meter.measure(block)
            if self._is_soft:
                soften(block, self._sound[:run])
            self._drop_finished()
            if is_moving:
                self._at += run
            done += run
        np.clip(out, -1, 1, out=out)
        self.state = StreamState(
            self._at / orders.stretch,
            orders.stretch,
            orders.seek_number,
            self._ended_number,
            self._has_gone_round,
            self._awaited_samples > 0,
        )

    @property
    def is_sounding(self) -> bool:
        """Whether anything plays or fades."""
        return bool(self._takes)

    @property
    def _is_running(self) -> bool:
        return self._orders.playing and self._ended_number != self._orders.start_number

    def _execute(self, orders: Orders) -> None:
        old, self._orders = self._orders, orders
        if self._is_turning and (loop := self._loop(old)) is not None:
            self._at += loop[0] - loop[1]
            self._is_turning = False
        if orders.seek_number != old.seek_number:
            self._leave()
            self._awaited_samples = 0
            self._at = round(orders.seek * orders.stretch)
            self._has_gone_round = False
        elif orders.stretch != old.stretch:
            self._at = round(self._at / old.stretch * orders.stretch)
        if self._is_running:
            self._begin_or_wait()
        else:
            self._leave()
            self._awaited_samples = 0

    def _is_there(self) -> bool:
        """Whether it goes on; else all sources fade out, and wait until enough has arrived."""
        ahead = self._ahead()
        if self._awaited_samples:
            if ahead < self._awaited_samples:
                return False
            self._awaited_samples = 0
            self._begin()
        elif ahead <= len(self._curve):  # enough to fade out
            self._leave()
            self._awaited_samples = self._refill_samples
            return False
        return True

    def _samples_there(self) -> int:
        return int(min(RUN_SAMPLES, self._ahead() - len(self._curve)))

    def _ahead(self) -> float:
        """How many samples from the next one on are there of every source."""
        at = self._at + self._turned_by()
        arriving = [source for source, _ in self._orders.audible if source.arrival is not None]
        return min((_ahead_of(source, at, self._orders.stretch) for source in arriving), default=math.inf)

    def _begin_or_wait(self) -> None:
        needed = max(self._start_samples, self._awaited_samples)
        if self._ahead() >= needed:
            self._awaited_samples = 0
            self._begin()
        else:
            self._leave()
            self._awaited_samples = needed

    def _turned_by(self) -> int:
        """How far the sources are from the position: before its end a loop is already at its start."""
        loop = self._loop(self._orders)
        return loop[0] - loop[1] if self._is_turning and loop is not None else 0

    def _samples_to_next_turn(self) -> int:
        """Do what is due now, and return the samples until something is due again, at least 1."""
        loop = self._loop(self._orders)
        if loop is not None:
            start, end = loop
            if self._is_turning and self._at >= end:
                self._at += start - end
                self._is_turning = False
            turn = end - len(self._curve)
            if turn <= self._at < end and not self._is_turning:
                self._leave()
                self._is_turning = self._has_gone_round = True
                self._begin_or_wait()
            if self._at < end:
                return (end if self._is_turning else turn) - self._at
        length = round(self._orders.length_samples * self._orders.stretch)
        if self._at >= length:
            self._leave()
            self._at = 0
            self._ended_number = self._orders.start_number
            return RUN_SAMPLES
        return length - self._at

    def _loop(self, orders: Orders) -> tuple[int, int] | None:
        if orders.loop is None:
            return None
        return round(orders.loop[0] * orders.stretch), round(orders.loop[1] * orders.stretch)

    def _begin(self) -> None:
        """Fade every source to its ordered power."""
        stretch, at = self._orders.stretch, self._at + self._turned_by()
        wanted = {_key(source): (source, gain**2) for source, gain in self._orders.audible}
        for take in self._takes:
            if take.leaving:
                continue
            if take.source.stretch == stretch:
                self._turn_to(take, wanted.pop(_key(take.source), (take.source, 0.0))[1])
            else:
                self._turn_to(take, 0.0)
                take.leaving = True
        for source, power in wanted.values():
            cursor = _cursor(source, at, stretch)
            self._takes.append(_Take(source, cursor, power if cursor <= 0 else 0.0, power))

    def _leave(self) -> None:
        for take in self._takes:
            self._turn_to(take, 0.0)
            take.leaving = True

    def _turn_to(self, take: _Take, power: float) -> None:
        if power != take.power_to:
            share = float(self._curve[take.faded - 1, 0]) if take.faded else 0.0
            take.power_from += share * (take.power_to - take.power_from)
            take.power_to, take.faded = power, 0

    def _add(self, take: _Take, block: Audio) -> None:
        frames = len(block)
        first = min(frames, max(0, -take.cursor))
        sound = take.source.audio[take.cursor + first : max(0, take.cursor + frames)]
        if len(sound):
            gains = self._gains_of(take, frames)[first : first + len(sound)]
            block[first : first + len(sound)] += np.multiply(sound, gains, out=self._sound[: len(sound)])
        take.cursor += frames
        take.faded = min(len(self._curve), take.faded + frames)

    def _gains_of(self, take: _Take, frames: int) -> Audio:
        gains = self._gains[:frames]
        gains.fill(take.power_to)
        fading = self._curve[take.faded : take.faded + frames]
        if len(fading):
            powers = np.multiply(fading, take.power_to - take.power_from, out=gains[: len(fading)])
            np.add(powers, take.power_from, out=powers)
        np.maximum(gains, 0, out=gains)
        return np.sqrt(gains, out=gains)

    def _drop_finished(self) -> None:
        for index in range(len(self._takes) - 1, -1, -1):
            take = self._takes[index]
            if take.power_to == 0 and (take.power_from == 0 or take.faded == len(self._curve)):
                del self._takes[index]


def _cursor(source: Source, at: int, stretch: float) -> int:
    """The sample of a source at a position of the music that is stretched by `stretch`."""
    return at if source.stretch == stretch else round(at / stretch * source.stretch)


def _ahead_of(source: Source, at: int, stretch: float) -> float:
    assert source.arrival is not None
    cursor = _cursor(source, at, stretch)
    return source.arrival.ahead(max(0, cursor)) - min(0, cursor)


def _key(source: Source) -> tuple[str, int]:
    """Equal for sources that differ in gain alone."""
    return source.name, id(source.audio)
