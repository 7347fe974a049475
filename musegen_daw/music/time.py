"""Tempo, meter and bars: conversion between ticks, seconds and bars."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace

DEFAULT_QUARTER_MICROSECONDS = 500_000


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo from `start_ticks` on."""

    start_ticks: int
    quarter_microseconds: int

    @property
    def bpm(self) -> float:
        """Quarter notes per minute."""
        return 60e6 / self.quarter_microseconds


@dataclass(frozen=True, slots=True)
class TimeSignature:
    start_ticks: int
    numerator: int
    denominator: int

    @property
    def is_compound(self) -> bool:
        """Whether beats are three eighths or sixteenths, as in 6/8."""
        return self.denominator >= 8 and self.numerator > 3 and self.numerator % 3 == 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar over [start_ticks, start_ticks + length_ticks).

    `is_compound` means that beats are dotted quarters, as in 6/8 and 12/8.
    """

    start_ticks: int
    length_ticks: int
    is_compound: bool = False

    @property
    def end_ticks(self) -> int:
        return self.start_ticks + self.length_ticks


@dataclass(frozen=True, slots=True)
class TimeMap:
    """Tempo and meter over time, at `ppq` ticks a quarter note.

    Before the first entry 120 BPM and 4/4 hold, as the Standard MIDI File specification says.
    """

    ppq: int
    tempos: tuple[Tempo, ...] = ()
    time_signatures: tuple[TimeSignature, ...] = ()
    _tempo_ticks: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _tempo_seconds: tuple[float, ...] = field(init=False, repr=False, compare=False)
    _tempo_values: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.ppq <= 0:
            raise ValueError(f"ppq must be positive, got {self.ppq}")
        for tempo in self.tempos:
            if tempo.quarter_microseconds <= 0:
                raise ValueError(
                    f"a tempo must be positive, got {tempo.quarter_microseconds} µs per quarter note"
                )
        for signature in self.time_signatures:
            if signature.numerator <= 0 or signature.denominator <= 0:
                raise ValueError(f"{signature.numerator}/{signature.denominator} is not a time signature")
        tempos = sorted(self.tempos, key=lambda tempo: tempo.start_ticks)
        signatures = sorted(self.time_signatures, key=lambda signature: signature.start_ticks)
        object.__setattr__(self, "tempos", tuple(tempos))
        object.__setattr__(self, "time_signatures", tuple(signatures))
        ticks, values, seconds = [0], [DEFAULT_QUARTER_MICROSECONDS], [0.0]
        for tempo in tempos:
            start_ticks = max(0, tempo.start_ticks)
            if start_ticks == ticks[-1]:
                values[-1] = tempo.quarter_microseconds
                continue
            elapsed_ticks = start_ticks - ticks[-1]
            seconds.append(seconds[-1] + elapsed_ticks * values[-1] / (1e6 * self.ppq))
            ticks.append(start_ticks)
            values.append(tempo.quarter_microseconds)
        object.__setattr__(self, "_tempo_ticks", tuple(ticks))
        object.__setattr__(self, "_tempo_values", tuple(values))
        object.__setattr__(self, "_tempo_seconds", tuple(seconds))

    def until(self, end_ticks: int) -> TimeMap:
        """Without tempos and time signatures at `end_ticks` and later; those at 0 are kept."""
        return replace(
            self,
            tempos=tuple(tempo for tempo in self.tempos if tempo.start_ticks < max(1, end_ticks)),
            time_signatures=tuple(
                meter for meter in self.time_signatures if meter.start_ticks < max(1, end_ticks)
            ),
        )

    def seconds_at(self, ticks: float) -> float:
        index = max(0, bisect_right(self._tempo_ticks, ticks) - 1)
        elapsed_ticks = ticks - self._tempo_ticks[index]
        return self._tempo_seconds[index] + elapsed_ticks * self._tempo_values[index] / (1e6 * self.ppq)

    def ticks_at(self, seconds: float) -> float:
        """Not rounded."""
        index = max(0, bisect_right(self._tempo_seconds, seconds) - 1)
        elapsed_seconds = seconds - self._tempo_seconds[index]
        return self._tempo_ticks[index] + elapsed_seconds * 1e6 * self.ppq / self._tempo_values[index]

    def bpm_at(self, ticks: float) -> float:
        return 60e6 / self._tempo_values[max(0, bisect_right(self._tempo_ticks, ticks) - 1)]

    def bar_ticks(self, numerator: int, denominator: int) -> int:
        """The length of a bar of that meter, at least 1."""
        return max(1, round(4 * self.ppq * numerator / denominator))

    def bars(self, end_ticks: int) -> tuple[Bar, ...]:
        """All bars from 0 that start before `end_ticks`; a meter change cuts a bar short."""
        bars: list[Bar] = []
        signatures = self._signatures_in_force()
        for index, signature in enumerate(signatures):
            length_ticks = self.bar_ticks(signature.numerator, signature.denominator)
            section_end = signatures[index + 1].start_ticks if index + 1 < len(signatures) else end_ticks
            is_last = index + 1 == len(signatures)
            start_ticks = signature.start_ticks
            while start_ticks < min(section_end, end_ticks):
                room = length_ticks if is_last else min(length_ticks, section_end - start_ticks)
                bars.append(Bar(start_ticks, room, signature.is_compound))
                start_ticks += room
        return tuple(bars)

    def bar_count(self, end_ticks: int) -> int:
        """The number of bars that `bars` returns, in constant time for each meter."""
        signatures = self._signatures_in_force()
        ends = [*(signature.start_ticks for signature in signatures[1:]), end_ticks]
        return sum(
            max(
                0,
                -(
                    -(min(end, end_ticks) - each.start_ticks)
                    // self.bar_ticks(each.numerator, each.denominator)
                ),
            )
            for each, end in zip(signatures, ends, strict=True)
        )

    def _signatures_in_force(self) -> list[TimeSignature]:
        in_force = [TimeSignature(0, 4, 4)]
        for signature in self.time_signatures:
            if signature.start_ticks <= in_force[-1].start_ticks:
                in_force[-1] = TimeSignature(
                    in_force[-1].start_ticks, signature.numerator, signature.denominator
                )
            else:
                in_force.append(signature)
        return in_force
