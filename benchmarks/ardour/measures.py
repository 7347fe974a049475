"""What a jam with Ardour is judged by: hits where they were meant to be, in every bar, all of them ended."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.ardour.jam import BEATS_PER_BAR, RATE_HZ, RecordedJam
from benchmarks.ardour.session_file import Onset
from benchmarks.jack_server import PERIOD_SAMPLES
from musegen_daw.jam.patterns import LEAD_BEATS
from musegen_daw.midi import smf

PERIOD_MS = 1000 * PERIOD_SAMPLES / RATE_HZ
MAX_ERROR_MS = 5.0 + PERIOD_MS
SAME_BEATS = 0.12  # further apart than this, two hits of one pitch are not the same one


@dataclass(frozen=True, slots=True)
class Findings:
    """A jam in numbers.

    `errors_ms` (hits,) is how much later than intended each hit is in Ardour's region, `beats` (hits,) where it was
    intended. A hit is `missing` that was intended before the stop and is not in the region, `extra` the other way.
    `ruler_ms` is the same for the part, through a cable within Ardour; `ruler_missing` counts what it lost.
    """

    bpm: float
    hits: int
    beats: npt.NDArray[np.float64]
    errors_ms: npt.NDArray[np.float64]
    missing: int
    extra: int
    empty_bars: tuple[int, ...]
    hanging: int
    strikes_after_stop: int
    ruler_ms: npt.NDArray[np.float64]
    ruler_missing: int
    xruns: int

    @property
    def largest_error_ms(self) -> float:
        """How far from its place the worst hit lies."""
        return float(np.abs(self.errors_ms).max(initial=0.0))

    @property
    def is_good(self) -> bool:
        """Whether every hit is on its place, every bar has some, and every note has ended."""
        faults = self.missing, self.extra, len(self.empty_bars), self.hanging, self.strikes_after_stop
        return self.hits > 0 and not any(faults) and self.largest_error_ms <= MAX_ERROR_MS

    def row(self) -> dict[str, float]:
        """What a table shows of it."""
        late = np.abs(self.errors_ms)
        return {
            "BPM": self.bpm,
            "hits": self.hits,
            "missing": self.missing,
            "extra": self.extra,
            "empty bars": len(self.empty_bars),
            "p50 ms": round(float(np.median(late)), 2),
            "p99 ms": round(float(np.quantile(late, 0.99)), 2),
            "max ms": round(self.largest_error_ms, 2),
            "mean ms": round(float(self.errors_ms.mean()), 2),
            "hanging": self.hanging,
            "after stop": self.strikes_after_stop,
            "ruler missing": self.ruler_missing,
            "ruler max ms": round(float(np.abs(self.ruler_ms).max(initial=0.0)), 2),
            "xruns": self.xruns,
        }


def findings(take: RecordedJam) -> Findings:
    """Judge a jam; bars are numbered from 1, and the first is the player's alone."""
    end_beats = take.bars * BEATS_PER_BAR
    pairs, unmet, extra = _pairs(take.intended, take.recorded)
    ruled, lost, _ = _pairs([onset for onset in take.part if onset.beats < end_beats], take.ruler)
    played = {1 + int((onset.beats + LEAD_BEATS) // BEATS_PER_BAR) for onset in take.recorded}
    beat_ms = 60_000 / take.bpm
    return Findings(
        bpm=take.bpm,
        hits=len(take.recorded),
        beats=np.array([meant.beats for meant, _ in pairs]),
        errors_ms=np.array([(got.beats - meant.beats) * beat_ms for meant, got in pairs]),
        # What is due as Ardour stops may be on either side of the end of the region.
        missing=sum(onset.beats < end_beats - SAME_BEATS for onset in unmet),
        extra=len(extra),
        empty_bars=tuple(bar for bar in range(2, take.bars + 1) if bar not in played),
        hanging=_hanging(data for _, data in take.sent),
        strikes_after_stop=sum(
            seconds > take.stopped_seconds + PERIOD_MS / 1000 and _is_strike(data)
            for seconds, data in take.sent
        ),
        ruler_ms=np.array([(got.beats - meant.beats) * beat_ms for meant, got in ruled]),
        ruler_missing=len(lost),
        xruns=take.xruns,
    )


def _pairs(
    meant: Iterable[Onset], got: Iterable[Onset]
) -> tuple[list[tuple[Onset, Onset]], list[Onset], list[Onset]]:
    """Each onset with the nearest of its pitch that is left, nearest pairs first; and what is left of both."""
    candidates: dict[int, list[Onset]] = defaultdict(list)
    for onset in got:
        candidates[onset.pitch].append(onset)
    meant = list(meant)
    near = sorted(
        (abs(other.beats - onset.beats), index, other)
        for index, onset in enumerate(meant)
        for other in candidates[onset.pitch]
        if abs(other.beats - onset.beats) <= SAME_BEATS
    )
    pairs: dict[int, Onset] = {}
    free = Counter(onset for of_pitch in candidates.values() for onset in of_pitch)
    for _, index, other in near:
        if index not in pairs and free[other]:
            pairs[index] = other
            free[other] -= 1
    unmet = [onset for index, onset in enumerate(meant) if index not in pairs]
    return [(meant[index], other) for index, other in sorted(pairs.items())], unmet, list(free.elements())


def _hanging(messages: Iterable[bytes]) -> int:
    """How many note-ons have no note-off of their own after them."""
    sounding: Counter[tuple[int, int]] = Counter()
    for data in messages:
        kind, key = data[0] & 0xF0, (data[0] & 0x0F, data[1] if len(data) > 1 else 0)
        if _is_strike(data):
            sounding[key] += 1
        elif kind in (smf.NOTE_OFF, smf.NOTE_ON):
            sounding[key] -= 1
    return sum(abs(count) for count in sounding.values())


def _is_strike(data: bytes) -> bool:
    return len(data) == 3 and data[0] & 0xF0 == smf.NOTE_ON and data[2] > 0
