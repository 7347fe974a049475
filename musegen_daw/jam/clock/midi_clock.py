"""ClockFollower: the position of a DAW's transport, from clock, start, continue, stop and song position."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.jam.clock.two_clocks import (
    MAX_GAP_SECONDS,
    MIN_GAP_SECONDS,
    Floats,
    SeparatedTicks,
    TwoClocks,
)
from musegen_daw.jam.events import (
    CLOCK,
    CLOCKS_PER_BEAT,
    CONTINUE,
    SIXTEENTHS_PER_BEAT,
    SONG_POSITION,
    START,
    STOP,
)

MIN_BPM, MAX_BPM = 20.0, 300.0
MIN_PERIOD_SECONDS = 60.0 / (MAX_BPM * CLOCKS_PER_BEAT)
MAX_PERIOD_SECONDS = 60.0 / (MIN_BPM * CLOCKS_PER_BEAT)
CLOCKS_PER_SIXTEENTH = CLOCKS_PER_BEAT // SIXTEENTHS_PER_BEAT

LOCK_TICKS = CLOCKS_PER_BEAT
LOCK_DEVIATION_SECONDS = 0.001
STALL_SECONDS, STALL_TICKS = 0.25, 4

# Tolerance in ticks for a tick that is due, and for one with a copy beside it.
OFF_TICKS, ON_TICKS = 0.6, 0.25
LATE_TICKS, UNEVEN = 3, 0.6  # so many late ones make a clock if their gaps are as even as this
DOUBT_TICKS = 8  # so many are looked at once one has come far too early
COPY_TICKS = 0.32  # how far behind a tick its copy comes at most
TWIN_UNEVEN = 0.75  # how unlike the gaps before and after a copy are, of their mean
MAX_SKIPPED_TICKS = 6  # after more the line begins anew
JUMP_TICKS = 6


class ClockState(Enum):
    """The state of a followed clock; the values are shown to people."""

    NO_CLOCK = "no clock"
    LOCKING = "locking"
    LOCKED = "locked"
    STOPPED = "stopped"
    STALLED = "stalled"


@dataclass(frozen=True, slots=True)
class _View:
    """The published state, replaced as a whole so that any thread reads it without a lock.

    Song position in ticks is the number of a tick plus `offset`; `held` is where the song stands or starts from.
    `told` is set once anything but clock has come, `begun` by the first tick after START or CONTINUE. `steady_bpm` is
    the last tempo measured over a beat. `last_seconds` is the time of the last accepted tick, or of a later START.
    """

    line: Line | None = None
    steady_bpm: float | None = None
    last_seconds: float | None = None
    locked: bool = False
    offset: float = 0.0
    held: float = 0.0
    begun: bool = False
    running: bool = False
    told: bool = False
    is_known: bool = False
    jumps: int = 0


class ClockFollower:
    """Follows one MIDI clock, 24 ticks a quarter note.

    The first tick after START is beat 0, the first after CONTINUE the song position or where STOP left it, the
    first after a song position sent while running is that position. Ticks without any of these are a song joined
    midway: it runs, beats count from the first tick, and the song position is unknown.

    The tick count is authoritative, as in the MIDI specification, with two exceptions: a clock that arrives twice, as
    over two cables, counts once, and of two clocks at one port only one is followed. `feed` is called by one thread at
    a time; everything else may be called from any thread.
    """

    def __init__(self) -> None:
        self._feeding = threading.Lock()
        self._track = ClockLine()
        self._two = TwoClocks()
        self._strays: tuple[float, ...] = ()
        self._doubts: list[tuple[float, float]] = []
        self._sure_ticks = LOCK_TICKS
        self._late = 0
        self._view = _View()

    def feed(self, data: bytes, time_seconds: float) -> None:
        """Take one MIDI message; anything that is not about time is ignored."""
        if not data:
            return
        with self._feeding:
            if data[0] == CLOCK:
                self._tick(time_seconds)
            elif data[0] == START:
                self._two.started()
                self._place(0.0, time_seconds, runs=True)
            elif data[0] == CONTINUE:
                self._two.started()
                self._continue(time_seconds)
            elif data[0] == STOP:
                self._stop()
            elif data[0] == SONG_POSITION and len(data) == 3:
                sixteenths = (data[1] & 0x7F) | (data[2] & 0x7F) << 7
                ticks = float(sixteenths * CLOCKS_PER_SIXTEENTH)
                self._place(ticks, time_seconds, runs=self._view.running)

    def reset(self) -> None:
        """Forget the clock and the song, as when another input is followed."""
        with self._feeding:
            self._track = ClockLine()
            self._two = TwoClocks()
            self._sure_ticks = LOCK_TICKS
            self._forget_strays()
            self._view = _View(jumps=self._view.jumps + 1)

    @property
    def tempo_bpm(self) -> float | None:
        """Quarter notes per minute, None before the second tick."""
        line = self._view.line
        return None if line is None else 60.0 / (line.period_seconds * CLOCKS_PER_BEAT)

    @property
    def steady_bpm(self) -> float | None:
        """The last reliable tempo, None before any: the few ticks around a stop are not reliable."""
        return self._view.steady_bpm

    @property
    def running(self) -> bool:
        """Whether the sender has started the song, or the follower joined while ticks came."""
        return self._view.running

    @property
    def position_is_known(self) -> bool:
        """Whether the sender has given a song position; else beats count from the first tick."""
        return self._view.is_known

    @property
    def last_tick(self) -> tuple[float, float] | None:
        """The beat and time of the last accepted tick, None while the song stands."""
        view = self._view
        if view.line is None or view.last_seconds is None or not (view.running and view.begun):
            return None
        return (view.line.number + view.offset) / CLOCKS_PER_BEAT, view.last_seconds

    @property
    def jumps(self) -> int:
        """How often the song has started, stopped or jumped, each of which invalidates plans."""
        return self._view.jumps

    def state(self, time_seconds: float) -> ClockState:
        view = self._view
        if view.told and not view.running:
            return ClockState.STOPPED
        if view.last_seconds is None:
            return ClockState.NO_CLOCK
        if time_seconds > view.last_seconds + _stall_seconds(view.line):
            return ClockState.STALLED
        return ClockState.LOCKED if view.locked else ClockState.LOCKING

    def position(self, time_seconds: float) -> float | None:
        """The beat, in quarter notes from the start of the song, at a time not far from now.

        Constant while the song is stopped or the clock stalled; None before any message.
        """
        view = self._view
        if view.last_seconds is None and not view.told:
            return None
        return self._ticks_at(view, time_seconds) / CLOCKS_PER_BEAT

    def seconds_at(self, beat: float) -> float | None:
        """When `beat` comes or came at the current tempo; None while the song stands."""
        view = self._view
        if view.line is None or not (view.running and view.begun):
            return None
        return view.line.seconds_at(beat * CLOCKS_PER_BEAT - view.offset)

    @staticmethod
    def _ticks_at(view: _View, time_seconds: float) -> float:
        if not (view.running and view.begun) or view.line is None or view.last_seconds is None:
            return view.held
        if time_seconds > view.last_seconds + _stall_seconds(view.line):
            return max(view.held, view.line.number + view.offset)
        return max(view.held, view.line.number_at(time_seconds) + view.offset)

    def _place(self, ticks: float, seconds: float, *, runs: bool, is_known: bool = True) -> None:
        """The song is at `ticks` from the next tick on."""
        view, track = self._view, self._track
        goes_on = view.running and runs and not self._late
        if not goes_on:
            # A new start may have another beat.
            track.restart(track.number + self._late, np.empty(0))
        self._forget_strays()
        self._view = replace(
            view,
            offset=ticks - (track.number + 1),
            held=ticks,
            begun=view.begun and goes_on,
            locked=view.locked and goes_on,
            # The first tick may take as long as any other.
            last_seconds=view.last_seconds if goes_on or not runs else seconds,
            running=runs,
            told=True,
            is_known=is_known,
            jumps=view.jumps + 1,
        )

    def _continue(self, seconds: float) -> None:
        view = self._view
        if not view.running:
            self._place(view.held, seconds, runs=True, is_known=view.is_known)

    def _stop(self) -> None:
        view = self._view
        next_ticks = self._track.number + self._late + 1 + view.offset
        self._view = replace(
            view,
            held=next_ticks if view.running and view.begun else view.held,
            running=False,
            begun=False,
            told=True,
            jumps=view.jumps + 1,
        )

    def _tick(self, seconds: float) -> None:
        number = self._track.number + self._late + 1
        kept = self._two.keeps(seconds, number, self._track.line)
        if isinstance(kept, SeparatedTicks):
            self._accept(kept.number, kept.times)
            self._publish(float(kept.times[-1]))
        elif kept:
            self._take(seconds)

    def _take(self, seconds: float) -> None:
        track, last_seconds = self._track, self._view.last_seconds
        if track.line is not None and track.ticks >= self._sure_ticks:
            if not self._weigh(seconds, track.line):
                return
        elif not track.ticks or last_seconds is None or seconds > last_seconds + _stall_seconds(track.line):
            track.restart(track.number + 1, np.array([seconds]))
        else:
            track.add(seconds)
        if track.ticks == LOCK_TICKS:
            self._drop_twins()
        self._publish(seconds)

    def _weigh(self, seconds: float, line: Line) -> bool:
        """Accept a tick that comes when one is due; keep one that is far off until more have come."""
        track = self._track
        error_ticks = line.number_at(seconds) - (track.number + self._late + 1)
        if error_ticks < -OFF_TICKS or self._doubts:
            self._doubts.append((seconds, error_ticks))
        if abs(error_ticks) <= OFF_TICKS:
            if self._late <= MAX_SKIPPED_TICKS:
                track.add(seconds, skipped=self._late)
            else:
                track.restart(track.number + self._late + 1, np.array([seconds]))
            self._strays, self._late = (), 0
            return self._resolve_doubts() or True
        if error_ticks < 0:
            return self._resolve_doubts()
        self._late += 1
        self._strays = (*self._strays, seconds)[-LATE_TICKS:]
        gaps = np.diff(self._strays)
        period = float(gaps.mean()) if len(gaps) == LATE_TICKS - 1 else 0.0
        if not MIN_PERIOD_SECONDS <= period <= MAX_PERIOD_SECONDS:
            return False
        if np.abs(gaps - period).max() > UNEVEN * period:
            return False
        # The late ticks are the clock now: a slower one, or the same after a gap.
        early = sum(error < -OFF_TICKS for _, error in self._doubts)
        return self._accept(track.number + self._late + early, np.array(self._strays))

    def _resolve_doubts(self) -> bool:
        """Once `DOUBT_TICKS` have come since an early tick: are early ticks copies, or a faster clock?"""
        if len(self._doubts) < DOUBT_TICKS:
            return False
        times, errors = np.array(self._doubts).T
        self._doubts = []
        is_early = errors < -OFF_TICKS
        early, others = errors[is_early], errors[~is_early]
        if (
            (is_early[:-1] != is_early[1:]).all()
            and abs(others.mean()) < ON_TICKS
            and np.abs(others).max() < 2 * ON_TICKS
            and early.mean() - others.mean() < COPY_TICKS - 1
            # from each tick to its copy
            and np.diff(times)[1::2].mean() < COPY_TICKS * (times[-1] - times[0]) * 2 / (len(times) - 1)
        ):
            return False
        return self._accept(self._track.number + len(early), times)

    def _accept(self, number: int, times: Floats) -> bool:
        """Take `times` for the last ticks up to `number`."""
        before = self._track.line
        self._track.restart(number, times)
        self._sure_ticks = LOCK_TICKS
        self._forget_strays()
        after, newest = self._track.line, float(times[-1])
        if (
            before is None
            or after is None
            or abs(after.number_at(newest) - before.number_at(newest)) > JUMP_TICKS
        ):
            self._view = replace(self._view, jumps=self._view.jumps + 1)
        return True

    def _forget_strays(self) -> None:
        self._strays = ()
        self._doubts = []
        self._late = 0

    def _drop_twins(self) -> None:
        """If every tick has come twice since the first, keep the first of each pair."""
        track = self._track
        gaps = np.diff(track.times)
        short, long = sorted((float(gaps[::2].mean()), float(gaps[1::2].mean())))
        if long - short > TWIN_UNEVEN * float(gaps.mean()):
            kept = track.times[int(gaps[::2].mean() == long) :: 2]
            self._track = ClockLine()
            self._track.restart(track.number - (track.ticks - len(kept)), kept)
            self._sure_ticks = len(kept)
            self._view = replace(self._view, jumps=self._view.jumps + 1)

    def _publish(self, seconds: float) -> None:
        view, track = self._view, self._track
        line = track.line
        joins = not view.running and not view.told
        is_steady = line is not None and track.ticks >= LOCK_TICKS
        self._view = replace(
            view,
            line=line,
            steady_bpm=60.0 / (line.period_seconds * CLOCKS_PER_BEAT)
            if line and is_steady
            else view.steady_bpm,
            last_seconds=seconds,
            locked=line is not None
            and (line.deviation_seconds <= LOCK_DEVIATION_SECONDS or track.ticks >= LOCK_TICKS),
            offset=-float(track.number) if joins else view.offset,
            running=view.running or joins,
            begun=view.running or joins,
        )


def _stall_seconds(line: Line | None) -> float:
    period = MAX_PERIOD_SECONDS if line is None else line.period_seconds
    return max(STALL_SECONDS, STALL_TICKS * period)


MAX_TICKS = 768  # thirty-two beats
STRAIGHT_TICKS = (2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, MAX_TICKS)
CURVED_TICKS = (24, 32, 48, 64, 96, 128, 192)
AGREEMENT = 4.5  # standard deviations
JITTER_TICKS, STEP_TICKS = 128, 256
MIN_JITTER_SECONDS = 0.001
STEP_TIMES, MIN_STEPS = 4.0, 4
FIRST_JITTER_SECONDS = 0.0025
KNOWING_TICKS, KNOWN_TEMPO_TICKS = 24, 32


@dataclass(frozen=True, slots=True)
class Line:
    """Tick `number` comes at `seconds`, the next ones `period_seconds` apart; `deviation_seconds` is the standard
    deviation of `seconds`."""

    number: int
    seconds: float
    period_seconds: float
    deviation_seconds: float

    def seconds_at(self, number: float) -> float:
        return self.seconds + (number - self.number) * self.period_seconds

    def number_at(self, seconds: float) -> float:
        """The number of the tick at `seconds`, with a fraction."""
        return self.number + (seconds - self.seconds) / self.period_seconds


class ClockLine:
    """Local regression over a window that is as long as the ticks allow.

    Straight lines are fitted to the last 2, 3, 4, ... ticks and parabolas to the last 24, 32, ...; of all fits
    that agree with every noisier accepted fit, the one with the least variance at the newest
    tick is taken (the intersection of confidence intervals, Goldenshluger and Nemirovski 1997, Katkovnik
    1999). So a steady tempo is averaged over thirty-two beats, a ramp is followed by a parabola, and a jump is
    forgotten after a few ticks. The jitter is measured in second differences, which tempo does not touch.
    """

    def __init__(self) -> None:
        self._fits = _fits()
        self._times: Floats = np.empty(0)
        self._jitter_seconds = FIRST_JITTER_SECONDS
        self._known_period: float | None = None
        self.number = -1
        self.line: Line | None = None

    @property
    def ticks(self) -> int:
        return len(self._times)

    @property
    def times(self) -> Floats:
        """When the remembered ticks came, oldest first."""
        return self._times

    def restart(self, number: int, times: Floats) -> None:
        """Forget all ticks but `times`, the last ones up to `number`; the tempo is kept as a guess."""
        if self.line is not None and len(self._times) >= KNOWING_TICKS:
            self._known_period = self.line.period_seconds
        self.number = number
        self._times = np.array(times, float)[-MAX_TICKS:]
        self.line = self._fit() if len(self._times) else None

    def add(self, seconds: float, skipped: int = 0) -> None:
        """Take the next tick; `skipped` ticks before it did not arrive and are predicted."""
        line = self.line
        predicted = (
            np.array([line.seconds_at(self.number + 1 + index) for index in range(skipped)])
            if line is not None
            else np.empty(0)
        )
        self.number += 1 + len(predicted)
        self._times = np.concatenate((self._times, predicted, (seconds,)))[-MAX_TICKS:]
        self.line = self._fit()

    def _fit(self) -> Line | None:
        count = len(self._times)
        newest = float(self._times[-1])
        recent = self._times - newest
        self._measure_jitter(recent)
        known = self._known_tempo(recent, newest)
        if known is not None or count < 2:
            return known
        fits = self._fits
        padded = np.zeros(MAX_TICKS)
        padded[MAX_TICKS - count :] = recent
        periods = fits.period_weights @ padded
        usable = np.flatnonzero(
            (fits.ticks <= count) & (periods >= MIN_GAP_SECONDS) & (periods <= MAX_GAP_SECONDS)
        )
        if not len(usable):
            return None
        ends, periods = fits.end_weights[usable] @ padded, periods[usable]
        limit = AGREEMENT * self._jitter_seconds
        pairs = np.ix_(usable, usable)
        agrees = (np.abs(ends[:, None] - ends) <= limit * fits.end_deviations[pairs] + 1e-9) & (
            np.abs(periods[:, None] - periods) <= limit * fits.period_deviations[pairs] + 1e-9
        )
        believed = [0]
        for index in range(1, len(usable)):
            if agrees[index, believed].all():
                believed.append(index)
        best = believed[-1]
        deviation = self._jitter_seconds * float(np.linalg.norm(fits.end_weights[usable[best]]))
        return Line(self.number, newest + float(ends[best]), float(periods[best]), deviation)

    def _measure_jitter(self, recent: Floats) -> None:
        bends = np.sort(np.abs(np.diff(recent[-JITTER_TICKS:], 2)))
        if len(bends) >= 10:
            kept = bends[: int(len(bends) * 0.9)]
            # The smallest 90 % of normal deviates have 0.623 of the variance, a second difference six times that.
            measured = max(MIN_JITTER_SECONDS, float(np.sqrt(np.mean(kept**2) / (0.623 * 6))))
            # Times rounded to a step, as JACK's are to its period, are even for long and then jump there and back.
            # One jump is a change of tempo or a late tick; many are rounding, which is uniform over the step.
            bends = np.abs(np.diff(recent[-STEP_TICKS:], 2))
            steps = bends[bends > STEP_TIMES * measured]
            if len(steps) >= MIN_STEPS:
                measured = max(measured, float(np.median(steps)) / 12**0.5)
            self._jitter_seconds = measured

    def _known_tempo(self, recent: Floats, newest: float) -> Line | None:
        """The line at the tempo before a restart, while few ticks have come and all fit it."""
        period, count = self._known_period, len(recent)
        if period is None or count > KNOWN_TEMPO_TICKS:
            return None
        back = recent + period * np.arange(count - 1, -1, -1)
        end = float(back.mean())
        slope = 0.0 if count < 3 else float(np.polyfit(np.arange(count), back, 1)[0])
        slope_deviation = (12.0 / max(1, count**3 - count)) ** 0.5
        limit = AGREEMENT * self._jitter_seconds
        if np.abs(back - end).max() > limit or abs(slope) > limit * slope_deviation:
            self._known_period = None
            return None
        return Line(self.number, newest + end, period, self._jitter_seconds / count**0.5)


@dataclass(frozen=True, slots=True)
class _Fits:
    """Weights that turn the last `MAX_TICKS` times into the end and the slope of each fit, noisiest fit first.

    `ticks` (fits,), weights (fits, MAX_TICKS), deviations of the difference of two fits at jitter 1 (fits, fits).
    """

    ticks: npt.NDArray[Any]
    end_weights: Floats
    period_weights: Floats
    end_deviations: Floats
    period_deviations: Floats


@cache
def _fits() -> _Fits:
    rows: list[tuple[float, int, Floats, Floats]] = []
    for degree, sizes in ((1, STRAIGHT_TICKS), (2, CURVED_TICKS)):
        for ticks in sizes:
            ages = np.arange(1 - ticks, 1.0)
            coefficients = np.linalg.pinv(np.vander(ages, degree + 1, increasing=True))
            end, period = np.zeros(MAX_TICKS), np.zeros(MAX_TICKS)
            end[MAX_TICKS - ticks :], period[MAX_TICKS - ticks :] = coefficients[0], coefficients[1]
            rows.append((float(np.linalg.norm(end)), ticks, end, period))
    rows.sort(key=lambda row: -row[0])
    ends, periods = np.array([row[2] for row in rows]), np.array([row[3] for row in rows])
    return _Fits(np.array([row[1] for row in rows]), ends, periods, _differences(ends), _differences(periods))


def _differences(weights: Floats) -> Floats:
    return np.linalg.norm(weights[:, None] - weights[None], axis=2)
