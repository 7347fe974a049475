"""PlayedTempo: the few tempi of a recording, fitted afterwards to its beats and their times."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musegen_daw.music.time import Tempo

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]

MIN_TOLERANCE_SECONDS = 0.003  # of what is exact: less than a player hears
JITTER_TIMES = 2.5  # standard deviations of the jitter within which a place agrees with a tempo
STEP_TIMES, MIN_STEPS, ALIKE = (
    4.0,
    12,
    0.1,
)  # what is a step, and how many that are so much alike are rounding
NEIGHBOURS = 33
OUTSIDE_PLACES = 3  # so many in a row on one side contradict a tempo; fewer came late
FIRST_PLACES = 32
MIN_BEATS = 0.5  # of a tempo of its own
MIN_RUN_BEATS = 1.5  # of a stretch that tempo is read from, where there are longer ones
SHARPENINGS = 6
MAX_CLEANINGS = 4
BRIDGE_BEATS = 1.0  # in which time is made up for that was lost or won at one tempo
ROUND_SECONDS = 0.001  # by which a round tempo may be off in the end
MIN_QUARTER_SECONDS, MAX_QUARTER_SECONDS = 60 / 357, 60 / 17  # as a clock is followed


@dataclass(frozen=True, slots=True)
class _Line:
    """One tempo over the places [first, end): `quarter_seconds` a beat, from `offsets` seconds in each run on."""

    first: int
    end: int
    quarter_seconds: float
    offsets: dict[int, float]


class PlayedTempo:
    """Collects beats and their times, and fits the fewest tempi to them.

    A stop or a jump of the song ends a run; time is continuous within a run only. For one thread at a time.
    """

    def __init__(self) -> None:
        self._beats, self._seconds = array("d"), array("d")
        self._runs = array("q")
        self._run = 0

    def add(self, beats: float, seconds: float) -> None:
        """The song was at `beats` at `seconds`; a time no later than the last is ignored."""
        if self._runs and self._runs[-1] == self._run:
            if beats == self._beats[-1] or seconds <= self._seconds[-1]:
                return
            if beats < self._beats[-1]:
                self._run += 1
        self._beats.append(beats)
        self._seconds.append(seconds)
        self._runs.append(self._run)

    def interrupt(self) -> None:
        """The song stopped or jumped: the next place starts a run."""
        self._run += 1

    def tempos(self, ppq: int) -> tuple[Tempo, ...]:
        """The tempi in order of time, the first from tick 0 on; none where too little was played.

        Within a run every beat is at its time, up to jitter; of tempi that fit equally the roundest is taken.
        """
        places = _Places(np.array(self._beats), np.array(self._seconds), np.array(self._runs, np.intp))
        places = places.of_long_runs()
        lines = places.sharpened(places.lines())
        for _ in range(MAX_CLEANINGS):
            loose = [line for line in lines if places.beats_of(line) < MIN_BEATS]
            if not loose or len(loose) == len(lines):
                break
            places = places.without(loose)
            lines = places.sharpened(places.lines())
        return _tempos(places.knots(lines), ppq)


@dataclass(frozen=True, slots=True)
class _Knot:
    """From `beats` on a beat lasts `quarter_seconds`, up to `end_beats` at least."""

    beats: float
    end_beats: float
    quarter_seconds: float


class _Places:
    """Beats, seconds and runs, (places,) each, in order of time."""

    def __init__(self, beats: Floats, seconds: Floats, runs: Whole) -> None:
        self._beats, self._seconds, self._runs = beats, seconds, runs
        self._tolerance_seconds = self._measured_tolerance()

    def of_long_runs(self) -> _Places:
        """Without runs in which a clock was hardly found, unless there are no others."""
        _, firsts, counts = np.unique(self._runs, return_index=True, return_counts=True)
        long = self._beats[firsts + counts - 1] - self._beats[firsts] >= MIN_RUN_BEATS
        return self._only(np.repeat(long, counts)) if long.any() else self

    def without(self, lines: list[_Line]) -> _Places:
        kept = np.ones(len(self._beats), bool)
        for line in lines:
            kept[line.first : line.end] = False
        return self._only(kept)

    def beats_of(self, line: _Line) -> float:
        return float(self._beats[line.end - 1] - self._beats[line.first])

    def lines(self) -> list[_Line]:
        """Each line as long as its places agree with one tempo, in order."""
        lines: list[_Line] = []
        first, count = 0, len(self._beats)
        while first < count:
            line = self._longest(first)
            lines.append(line)
            first = line.end
        return lines

    def sharpened(self, lines: list[_Line]) -> list[_Line]:
        """The lines with borders where they meet, joined where one tempo fits both."""
        for _ in range(SHARPENINGS):
            firsts = [0, *(self._border(one, other) for one, other in pairwise(lines))]
            firsts = sorted(set(firsts) - {len(self._beats)})
            if firsts == [line.first for line in lines]:
                break
            ends = [*firsts[1:], len(self._beats)]
            lines = [self._line(first, end) for first, end in zip(firsts, ends, strict=True)]
        joined = lines[:1]
        for line in lines[1:]:
            both = self._agreeing(joined[-1].first, line.end)
            if both is None:
                joined.append(line)
            else:
                joined[-1] = both
        return joined

    def knots(self, lines: list[_Line]) -> list[_Knot]:
        """Where the tempo changes, with a bridge where two lines do not meet."""
        knots: list[_Knot] = []
        for index, line in enumerate(lines):
            end_beats = float(self._beats[line.end - 1])
            if index == 0:
                knots.append(_Knot(float(self._beats[0]), end_beats, line.quarter_seconds))
                continue
            before, run = lines[index - 1], int(self._runs[line.first])
            start_beats = float(self._beats[line.first])
            if run in before.offsets:
                meeting = _meeting(before, line, run)
                near = float(self._beats[line.first - 1]), start_beats
                slack = (near[1] - near[0]) + 1e-6
                if meeting is not None and near[0] - slack <= meeting <= near[1] + slack:
                    start_beats = meeting
                else:
                    half = min(BRIDGE_BEATS, self.beats_of(before), self.beats_of(line)) / 2
                    bridge = start_beats - half, start_beats + half
                    lasts = _seconds(line, run, bridge[1]) - _seconds(before, run, bridge[0])
                    quarter = min(MAX_QUARTER_SECONDS, max(MIN_QUARTER_SECONDS, lasts / (2 * half)))
                    knots[-1] = replace(knots[-1], end_beats=bridge[0])
                    knots.append(_Knot(*bridge, quarter))
                    start_beats = bridge[1]
            knots[-1] = replace(knots[-1], end_beats=start_beats)
            knots.append(_Knot(start_beats, max(start_beats, end_beats), line.quarter_seconds))
        return knots

    def _only(self, kept: npt.NDArray[np.bool_]) -> _Places:
        return _Places(self._beats[kept], self._seconds[kept], self._runs[kept])

    def _measured_tolerance(self) -> float:
        """From how much longer or shorter than its neighbours each step is, for what it is long in beats."""
        from scipy.ndimage import median_filter  # not before it is needed

        beats, seconds = np.diff(self._beats), np.diff(self._seconds)
        within = (np.diff(self._runs) == 0) & (beats > 0)
        beats, seconds = beats[within], seconds[within]
        if len(beats) < 2:
            return MIN_TOLERANCE_SECONDS
        off = np.abs(seconds - beats * median_filter(seconds / beats, NEIGHBOURS, mode="nearest"))
        # The median of absolute normal deviates is .6745 standard deviations; a step has the jitter of both its ends.
        jitter = float(np.median(off)) / 0.6745 / 2**0.5
        # Times rounded to a step, as JACK's are to its period, are even for long and then jump.
        jumps = off[off > STEP_TIMES * max(jitter, 1e-4)]
        usual = float(np.median(jumps)) if len(jumps) >= MIN_STEPS else 0.0
        if 2 * np.count_nonzero(np.abs(jumps - usual) <= ALIKE * usual) > len(jumps):
            jitter = max(jitter, usual / JITTER_TIMES)
        return max(MIN_TOLERANCE_SECONDS, JITTER_TIMES * jitter)

    def _longest(self, first: int) -> _Line:
        """The longest line from a place on: steps that double, then bisection."""
        count = len(self._beats)
        if first == 0 and (whole := self._agreeing(first, count)) is not None:
            return whole  # in most songs
        best, size = self._line(first, min(count, first + 2)), FIRST_PLACES
        too_far = count
        while best.end < count:
            end = min(count, first + size)
            line = self._agreeing(first, end)
            if line is None:
                too_far = end
                break
            best, size = line, 2 * size
        while too_far - best.end > 1:
            middle = (best.end + too_far) // 2
            line = self._agreeing(first, middle)
            if line is None:
                too_far = middle
            else:
                best = line
        return best

    def _agreeing(self, first: int, end: int) -> _Line | None:
        """The line through places that agree with one tempo, None where they do not."""
        line = self._line(first, end)
        if not MIN_QUARTER_SECONDS <= line.quarter_seconds <= MAX_QUARTER_SECONDS:
            return None if end - first > FIRST_PLACES else line
        sides = self._sides(line)
        rows = sides[: len(sides) - OUTSIDE_PLACES + 1] != 0
        for index in range(1, OUTSIDE_PLACES):
            rows &= sides[index : len(sides) - OUTSIDE_PLACES + 1 + index] == sides[: len(rows)]
        return None if rows.any() else line

    def _line(self, first: int, end: int) -> _Line:
        """Least squares without late outliers: one tempo, and an offset for each run."""
        line = self._fitted(first, end, np.ones(end - first, bool))
        for _ in range(2):
            inside = self._sides(line) == 0
            if inside.all() or 2 * int(inside.sum()) < end - first:
                break
            line = self._fitted(first, end, inside)
        return line

    def _fitted(self, first: int, end: int, used: npt.NDArray[np.bool_]) -> _Line:
        beats, seconds = self._beats[first:end], self._seconds[first:end]
        runs, places = np.unique(self._runs[first:end], return_inverse=True)
        counts = np.maximum(1, np.bincount(places, used))
        mean_beats = np.bincount(places, used * beats) / counts
        mean_seconds = np.bincount(places, used * seconds) / counts
        across, along = (beats - mean_beats[places]) * used, seconds - mean_seconds[places]
        spread = float(across @ across)
        quarter = float(across @ along) / spread if spread > 0 else 60 / 120
        offsets = mean_seconds - quarter * mean_beats
        return _Line(first, end, quarter, dict(zip(runs.tolist(), offsets.tolist(), strict=True)))

    def _sides(self, line: _Line) -> npt.NDArray[np.int8]:
        """For each place of a line: 0 where it agrees, 1 where it is later, -1 where it is earlier."""
        runs, places = np.unique(self._runs[line.first : line.end], return_inverse=True)
        offsets = np.array([line.offsets[run] for run in runs.tolist()])
        expected = offsets[places] + line.quarter_seconds * self._beats[line.first : line.end]
        late = self._seconds[line.first : line.end] - expected
        return (np.sign(late) * (np.abs(late) > self._tolerance_seconds)).astype(np.int8)

    def _border(self, before: _Line, line: _Line) -> int:
        """The first place of the second line: where the two meet, or its run begins."""
        run = int(self._runs[line.first])
        if run not in before.offsets:
            return line.first
        meeting = _meeting(before, line, run)
        first = int(np.searchsorted(self._runs, run))
        last = int(np.searchsorted(self._runs, run, "right"))
        first, last = max(first, before.first), min(last, line.end)
        if meeting is None or not self._beats[first] - BRIDGE_BEATS <= meeting < self._beats[last - 1]:
            return line.first
        return first + int(np.searchsorted(self._beats[first:last], meeting))


def _seconds(line: _Line, run: int, beats: float) -> float:
    return line.offsets[run] + line.quarter_seconds * beats


def _meeting(before: _Line, line: _Line, run: int) -> float | None:
    """The beat at which two lines meet in a run, None where they never do."""
    change = line.quarter_seconds - before.quarter_seconds
    return (before.offsets[run] - line.offsets[run]) / change if abs(change) > 1e-9 else None


def _tempos(knots: list[_Knot], ppq: int) -> tuple[Tempo, ...]:
    tempos: list[Tempo] = []
    late_seconds = 0.0
    for index, knot in enumerate(knots):
        start_ticks = 0 if index == 0 else max(0, round(knot.beats * ppq))
        length_beats = max(0.0, knot.end_beats - max(0.0, knot.beats))
        microseconds = _rounded(knot.quarter_seconds, length_beats, late_seconds)
        late_seconds += length_beats * (microseconds / 1e6 - knot.quarter_seconds)
        if tempos and tempos[-1].start_ticks >= start_ticks:
            start_ticks = tempos.pop().start_ticks
        if not tempos or tempos[-1].quarter_microseconds != microseconds:
            tempos.append(Tempo(start_ticks, microseconds))
    return tuple(tempos)


def _rounded(quarter_seconds: float, length_beats: float, late_seconds: float) -> int:
    """Microseconds of a beat: of the roundest tempo that fits, else the nearest."""
    for digits in range(4):
        microseconds = round(60e6 / round(60 / quarter_seconds, digits))
        off_seconds = late_seconds + length_beats * (microseconds / 1e6 - quarter_seconds)
        if abs(off_seconds) <= ROUND_SECONDS:
            return microseconds
    return round(quarter_seconds * 1e6)
