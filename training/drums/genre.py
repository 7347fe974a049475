"""Rules for genres: clips of one part each, with the rule that fitting drums keep in most bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.music.clip import Clip
from musegen_daw.music.kit import VOICES
from training.drums.songs import Grid, clip_grid, starts_of

BARS = 16
JUDGED_BARS = 15  # the last may end the piece
KEPT = 0.7

_KICK, _SNARE, _CLOSED, _OPEN, _RIDE = (
    VOICES.index(name) for name in ("kick", "snare", "closed hat", "open hat", "ride")
)
_TIMEKEEPING_PITCHES = frozenset({22, 26, 42, 44, 46, 51, 53, 59})
_SIDE_STICK = 37
_QUARTERS, _BACKBEATS, _OFF_BEATS = [0, 4, 8, 12], [4, 12], [2, 6, 10, 14]


@dataclass(frozen=True, slots=True, eq=False)
class DrumBar:
    """A bar: the drums (16, 9), where in their beats hats and rides lie, side sticks (16,) and the part (16,)."""

    drums: npt.NDArray[np.bool_]
    within: npt.NDArray[np.float64]
    stick: npt.NDArray[np.bool_]
    part: npt.NDArray[np.bool_]

    @property
    def time(self) -> npt.NDArray[np.bool_]:
        """Where a hat or a ride is hit (16,)."""
        return self.drums[:, _CLOSED] | self.drums[:, _OPEN] | self.drums[:, _RIDE]

    @property
    def kick(self) -> npt.NDArray[np.bool_]:
        """Where the kick is hit (16,)."""
        return self.drums[:, _KICK]

    @property
    def snare(self) -> npt.NDArray[np.bool_]:
        """Where the snare or its rim is hit (16,)."""
        return self.drums[:, _SNARE]

    @property
    def has_backbeat(self) -> bool:
        """Whether the snare is hit on 2 and 4."""
        return bool(self.snare[_BACKBEATS].all())


def house(bar: DrumBar) -> bool:
    """Four on the floor, hats off the beats."""
    return bool(bar.kick[_QUARTERS].all() and bar.time[_OFF_BEATS].sum() >= 3)


def swing(bar: DrumBar) -> bool:
    """Hats or rides off the beat at two thirds of it."""
    off = bar.within[(bar.within > 0.2) & (bar.within < 0.9)]
    return len(off) >= 2 and float((np.abs(off - 2 / 3) < 0.09).mean()) >= KEPT


def gallop(bar: DrumBar) -> bool:
    """The kick on most notes of the part, and a snare."""
    return bool((bar.kick & bar.part).sum() >= 0.6 * bar.part.sum() and bar.snare.any())


def bossa(bar: DrumBar) -> bool:
    """No backbeat; or a side stick under steady eighths."""
    return not bar.has_backbeat or bool(bar.stick.any() and bar.time[::2].sum() >= 6)


def reggae(bar: DrumBar) -> bool:
    """No kick on 1, or one drop, or steppers."""
    one_drop = bar.kick[8] and (bar.snare[8] or bar.stick[8])
    return bool(not bar.kick[0] or one_drop or bar.kick[_QUARTERS].all())


def funk(bar: DrumBar) -> bool:
    """A backbeat, steady eighths, and kicks on notes of the bass."""
    with_bass = (bar.kick & bar.part).sum() >= 0.6 * max(1, bar.kick.sum())
    return bar.has_backbeat and bool(bar.time[::2].sum() >= 6 and with_bass)


def ballad(bar: DrumBar) -> bool:
    """A backbeat, half-time or a side stick, and few hits."""
    beat = bar.has_backbeat or bar.snare[8] or bar.stick[_BACKBEATS].all()
    return bool(beat and bar.drums.sum() <= 14)


@dataclass(frozen=True, slots=True)
class Genre:
    """The rule of a clip, and the words under which the style that fits is found."""

    rule: Callable[[DrumBar], bool]
    style: str


GENRES = {
    "house-piano": Genre(house, "house"),
    "metal-gallop": Genre(gallop, "metal"),
    "bossa-guitar": Genre(bossa, "bossa"),
    "reggae-skank": Genre(reggae, "reggae"),
    "jazz-walking-bass": Genre(swing, "swing"),
    "funk-bass-E": Genre(funk, "funk"),
    "pop-piano-ballad": Genre(ballad, "ballad"),
}


def share_kept(rule: Callable[[DrumBar], bool], drums: Clip, parts: Sequence[Clip]) -> float:
    """The share of the first 15 bars in which `drums` keep a rule."""
    return float(np.mean([rule(bar) for bar in drum_bars(drums, parts)]))


def drum_bars(drums: Clip, parts: Sequence[Clip]) -> list[DrumBar]:
    """The first 15 bars of 4/4 of drums and of the parts they were written for."""
    grid: Grid = clip_grid(drums, BARS)
    part = np.zeros((BARS, FRAMES_PER_BAR), bool)
    for each in parts:
        part |= starts_of([np.array([note.start_ticks for note in each.notes], np.int64)], each.ppq, BARS)
    sticks = [note.start_ticks for note in drums.notes if note.pitch == _SIDE_STICK]
    stick = starts_of([np.array(sticks, np.int64)], drums.ppq, BARS)
    times = np.array(
        [note.start_ticks for note in drums.notes if note.pitch in _TIMEKEEPING_PITCHES], np.int64
    )
    owner = times // (4 * drums.ppq)
    within = times / drums.ppq % 1
    return [DrumBar(grid[bar], within[owner == bar], stick[bar], part[bar]) for bar in range(JUDGED_BARS)]


def count_kept(shares: Sequence[Sequence[float]]) -> tuple[int, int]:
    """Of the shares of some clips' takes: the clips of which any take keeps the rule, and those whose first does."""
    return sum(max(takes) >= KEPT for takes in shares), sum(takes[0] >= KEPT for takes in shares)
