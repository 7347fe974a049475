"""Transport: converts between beats and time, by the program's own tempo or by a DAW's clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from enum import Enum
from math import ceil
from typing import Protocol

from musegen_daw.jam.clock.clock import Clock
from musegen_daw.jam.clock.midi_clock import MAX_BPM, MIN_BPM, ClockFollower, ClockState
from musegen_daw.jam.patterns import BarGrid

DEFAULT_BPM = 120.0
BEATS_PER_BAR = 4.0
START_LEAD_SECONDS = 0.1
SIXTEENTH_BEATS = 0.25


class TransportState(Enum):
    """The values are shown to people."""

    STOPPED = "stopped"
    COUNTING_IN = "counting in"
    PLAYING = "playing"


class Transport(Protocol):
    """Time in beats, quarter notes from the start of the song; any thread may ask."""

    @property
    def beats_per_bar(self) -> float:
        """In quarter notes."""
        ...

    @property
    def state(self) -> TransportState: ...

    @property
    def clock_state(self) -> ClockState | None:
        """The state of the DAW's clock; None where none is followed."""
        ...

    @property
    def is_playing(self) -> bool:
        """Whether the beat moves on now, count-in included."""
        ...

    @property
    def first_beat(self) -> float:
        """The first beat of the music, after any count-in."""
        ...

    @property
    def jumps(self) -> int:
        """How often the song has started, stopped or jumped, each of which invalidates plans."""
        ...

    @property
    def tempo_bpm(self) -> float | None:
        """Quarter notes per minute, None while unknown."""
        ...

    def position(self, time_seconds: float) -> float:
        """The beat at a time not far from now; negative in a count-in."""
        ...

    def seconds_at(self, beat: float) -> float | None:
        """When a beat comes or came at the current tempo; None while stopped."""
        ...

    def mark(self, time_seconds: float) -> tuple[float, float] | None:
        """The last beat that was certainly reached by a time close to now, and when; None while stopped."""
        ...


@dataclass(frozen=True, slots=True)
class _Run:
    """From `seconds` on the song moves from `beat`, or stands there; the music starts at `first_beat`."""

    beat: float
    seconds: float
    bpm: float
    moves: bool = False
    first_beat: float = 0.0
    jumps: int = 0

    def position(self, time_seconds: float) -> float:
        return self.beat + (time_seconds - self.seconds) * self.bpm / 60.0 if self.moves else self.beat


class InternalTransport:
    """The program's own tempo, with count-in, tap tempo and relocation."""

    def __init__(
        self, clock: Clock, tempo_bpm: float = DEFAULT_BPM, beats_per_bar: float = BEATS_PER_BAR
    ) -> None:
        if beats_per_bar <= 0:
            raise ValueError(f"a bar must have a length, got {beats_per_bar} beats")
        self.beats_per_bar = beats_per_bar
        self._clock = clock
        self._changing = threading.Lock()
        self._taps = TapTempo()
        self._run = _Run(0.0, clock.now_seconds(), _checked(tempo_bpm))
        self.clock_state: ClockState | None = None

    @property
    def state(self) -> TransportState:
        run = self._run
        if not run.moves:
            return TransportState.STOPPED
        begun = run.position(self._clock.now_seconds()) >= run.first_beat
        return TransportState.PLAYING if begun else TransportState.COUNTING_IN

    @property
    def is_playing(self) -> bool:
        return self._run.moves

    @property
    def jumps(self) -> int:
        return self._run.jumps

    @property
    def first_beat(self) -> float:
        return self._run.first_beat

    @property
    def tempo_bpm(self) -> float:
        return self._run.bpm

    def position(self, time_seconds: float) -> float:
        return self._run.position(time_seconds)

    def seconds_at(self, beat: float) -> float | None:
        run = self._run
        return run.seconds + (beat - run.beat) * 60.0 / run.bpm if run.moves else None

    def mark(self, time_seconds: float) -> tuple[float, float] | None:
        run = self._run
        return (run.position(time_seconds), time_seconds) if run.moves else None

    def start(
        self, beat: float = 0.0, *, count_in_bars: int = 0, lead_seconds: float = START_LEAD_SECONDS
    ) -> None:
        """Play from `beat` after `count_in_bars` bars; the first beat comes `lead_seconds` from now, so that what
        is due there can still be sent in time."""
        if count_in_bars < 0:
            raise ValueError(f"a count-in cannot be negative, got {count_in_bars} bars")
        with self._changing:
            counted = beat - count_in_bars * self.beats_per_bar
            now_seconds = self._clock.now_seconds()
            lead_beats = lead_seconds * self._run.bpm / 60.0
            self._set(counted - lead_beats, now_seconds, moves=True, first_beat=beat)

    def resume(self, *, lead_seconds: float = START_LEAD_SECONDS) -> None:
        """Play from where it stopped; nothing while it plays."""
        run = self._run
        if not run.moves:
            self.start(run.beat, lead_seconds=lead_seconds)

    def stop(self) -> None:
        """Stop, at the start if the count-in was not over."""
        with self._changing:
            now_seconds = self._clock.now_seconds()
            if self._run.moves:
                beat = max(self._run.first_beat, self._run.position(now_seconds))
                self._set(beat, now_seconds, moves=False)

    def relocate(self, beat: float) -> None:
        """Jump to `beat`, playing or stopped."""
        with self._changing:
            self._set(beat, self._clock.now_seconds(), moves=self._run.moves, first_beat=beat)

    def set_tempo(self, tempo_bpm: float) -> None:
        """Change the tempo at the current place; raises ValueError outside 20 to 300 BPM."""
        with self._changing:
            now_seconds = self._clock.now_seconds()
            self._run = replace(
                self._run,
                beat=self._run.position(now_seconds),
                seconds=now_seconds,
                bpm=_checked(tempo_bpm),
            )

    def tap(self) -> float | None:
        """Take a tap at the current time; from the second on, set the tempo and return it."""
        bpm = self._taps.tap(self._clock.now_seconds())
        if bpm is not None:
            self.set_tempo(bpm)
        return bpm

    def _set(self, beat: float, seconds: float, *, moves: bool, first_beat: float | None = None) -> None:
        run = self._run
        self._run = replace(
            run,
            beat=beat,
            seconds=seconds,
            moves=moves,
            first_beat=run.first_beat if first_beat is None else first_beat,
            jumps=run.jumps + 1,
        )


class FollowedTransport:
    """A DAW leads: beats are those of its clock. Without a song position they count from the first tick, until
    `align` sets a bar line."""

    def __init__(self, clock: Clock, follower: ClockFollower, beats_per_bar: float = BEATS_PER_BAR) -> None:
        if beats_per_bar <= 0:
            raise ValueError(f"a bar must have a length, got {beats_per_bar} beats")
        self.beats_per_bar = beats_per_bar
        self._clock, self._follower = clock, follower
        self._aligned: tuple[float, int] = (0.0, 0)  # beats added, how often

    @property
    def clock_state(self) -> ClockState:
        return self._follower.state(self._clock.now_seconds())

    @property
    def state(self) -> TransportState:
        return TransportState.PLAYING if self.is_playing else TransportState.STOPPED

    @property
    def is_playing(self) -> bool:
        """Whether the DAW's song runs and its clock arrives."""
        return self._follower.running and self.clock_state in (ClockState.LOCKING, ClockState.LOCKED)

    @property
    def first_beat(self) -> float:
        """Below every beat: a DAW sends no clock while it counts in."""
        return float("-inf")

    @property
    def jumps(self) -> int:
        return self._follower.jumps + self._aligned[1]

    @property
    def tempo_bpm(self) -> float | None:
        """Quarter notes per minute; while stopped the last reliable tempo, None before any."""
        return self._follower.tempo_bpm if self.is_playing else self._follower.steady_bpm

    def position(self, time_seconds: float) -> float:
        """The beat at a time not far from now, 0 before any."""
        beat = self._follower.position(time_seconds)
        return 0.0 if beat is None else beat + self._offset()

    def seconds_at(self, beat: float) -> float | None:
        return self._follower.seconds_at(beat - self._offset())

    def mark(self, time_seconds: float) -> tuple[float, float] | None:
        """The beat of the last tick and its time, None while stopped."""
        tick = self._follower.last_tick
        return None if tick is None else (tick[0] + self._offset(), tick[1])

    def align(self) -> None:
        """A bar begins now: the nearest sixteenth becomes a bar line, unless the DAW sends song positions."""
        beat = self.position(self._clock.now_seconds())
        nearest = round(beat / SIXTEENTH_BEATS) * SIXTEENTH_BEATS
        bars = round(nearest / self.beats_per_bar)
        self._aligned = (self._offset() + bars * self.beats_per_bar - nearest, self._aligned[1] + 1)

    def _offset(self) -> float:
        return 0.0 if self._follower.position_is_known else self._aligned[0]


def _checked(tempo_bpm: float) -> float:
    if not MIN_BPM <= tempo_bpm <= MAX_BPM:
        raise ValueError(f"a tempo must be within {MIN_BPM:g}..{MAX_BPM:g} BPM, got {tempo_bpm:g}")
    return tempo_bpm


MAX_TAPS = 8
FORGET_SECONDS = 3.0
MIN_TAP_BPM, MAX_TAP_BPM = 20.0, 300.0
NEW_TEMPO = 0.3


class TapTempo:
    """Averages the last taps; a pause, or a tap far from the tempo so far, starts again."""

    def __init__(self) -> None:
        self._taps: list[float] = []

    def tap(self, time_seconds: float) -> float | None:
        """Take a tap; returns quarter notes per minute, None at the first tap."""
        taps = self._taps
        if taps and not 0.0 < time_seconds - taps[-1] <= FORGET_SECONDS:
            taps.clear()
        if len(taps) >= 2:
            expected_seconds = (taps[-1] - taps[0]) / (len(taps) - 1)
            if abs(time_seconds - taps[-1] - expected_seconds) > NEW_TEMPO * expected_seconds:
                del taps[:-1]
        taps.append(time_seconds)
        del taps[:-MAX_TAPS]
        if len(taps) < 2:
            return None
        bpm = 60.0 * (len(taps) - 1) / (taps[-1] - taps[0])
        return min(MAX_TAP_BPM, max(MIN_TAP_BPM, bpm))


SLACK_BEATS = 0.6  # how far back a jump may fall without costing a bar: a tenth of a second at any tempo


class Timeline:
    """Session beats never go back: where the song jumps, they go on in whole bars, so nothing plays twice."""

    def __init__(self, grid: BarGrid) -> None:
        self._grid = grid
        self._offset_bars = 0

    @property
    def offset_bars(self) -> int:
        """Bar number in the session minus bar number in the song."""
        return self._offset_bars

    def session_beats(self, song_beats: float) -> float:
        return song_beats + self._offset_bars * self._grid.beats_per_bar

    def song_beats(self, session_beats: float) -> float:
        return session_beats - self._offset_bars * self._grid.beats_per_bar

    def jump(self, song_beats: float, reached_beats: float) -> int:
        """The song continues at `song_beats` while the session is at `reached_beats`; returns the bars it went back."""
        bars = ceil((reached_beats - SLACK_BEATS - song_beats) / self._grid.beats_per_bar)
        moved_bars = bars - self._offset_bars
        self._offset_bars = bars
        return moved_bars
