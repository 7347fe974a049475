"""One-bar drum patterns on the grid of a session."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace

from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.time import Bar, TimeSignature

LIVE_PPQ = 480
LEAD_TICKS = (
    LIVE_PPQ // 8
)  # a hit up to half a sixteenth ahead of a bar line belongs to the bar it leads into
LEAD_BEATS = LEAD_TICKS / LIVE_PPQ
KEPT_BARS = 64
DENOMINATORS = (2, 4, 8, 16)
USUAL_ENERGY = 0.5  # of the control, where it leaves the drums as they are
PHRASE_BARS = 2  # grooves often answer themselves every other bar


@dataclass(frozen=True, slots=True)
class BarGrid:
    """Bars of one meter from beat 0 on, numbered from 0; beats are quarter notes, ticks are counted at `LIVE_PPQ`."""

    numerator: int = 4
    denominator: int = 4

    def __post_init__(self) -> None:
        if self.numerator < 1 or self.denominator not in DENOMINATORS or self.beats_per_bar < 1:
            raise ValueError(f"there are no bars of {self.numerator}/{self.denominator}")

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @property
    def is_compound(self) -> bool:
        """Whether the pulse is dotted, as in 6/8."""
        return TimeSignature(0, self.numerator, self.denominator).is_compound

    @property
    def beats_per_bar(self) -> float:
        """In quarter notes."""
        return 4 * self.numerator / self.denominator

    @property
    def pulse_beats(self) -> float:
        """The beat of a count-in in quarter notes: the unit of the meter, or a dotted beat."""
        return (3 if self.is_compound else 1) * 4 / self.denominator

    @property
    def bar_ticks(self) -> int:
        return round(self.beats_per_bar * LIVE_PPQ)

    def bar(self, index: int) -> Bar:
        return Bar(index * self.bar_ticks, self.bar_ticks, self.is_compound)

    def bars(self, first: int, end: int) -> tuple[Bar, ...]:
        return tuple(self.bar(index) for index in range(first, end))

    def start_beats(self, index: int) -> float:
        return index * self.beats_per_bar

    def index_at(self, beats: float) -> int:
        """The bar that sounds at `beats`."""
        return int(beats // self.beats_per_bar)

    def index_of_onset(self, beats: float) -> int:
        """The bar that a note struck at `beats` belongs to."""
        return self.index_at(beats + LEAD_BEATS)


@dataclass(frozen=True, slots=True)
class Pattern:
    """The drums of one bar at General MIDI pitches, in ticks from beat 0 of the session.

    `energy` is that of the controls when the pattern was requested.
    """

    bar: int
    notes: tuple[Note, ...]
    is_fill: bool = False
    energy: float = USUAL_ENERGY

    def moved(self, bar: int, grid: BarGrid) -> Pattern:
        offset_ticks = (bar - self.bar) * grid.bar_ticks
        notes = tuple(
            replace(note, start_ticks=max(0, note.start_ticks + offset_ticks)) for note in self.notes
        )
        return replace(self, bar=bar, notes=notes)


def patterns_of(
    drums: Clip,
    bars: Iterable[int],
    grid: BarGrid,
    *,
    fills: Container[int] = (),
    energy: float = USUAL_ENERGY,
) -> dict[int, Pattern]:
    """What `drums`, at `LIVE_PPQ`, play in each of `bars`, of which `fills` are fills."""
    notes: dict[int, list[Note]] = {bar: [] for bar in bars}
    for note in drums.notes:
        of_bar = notes.get((note.start_ticks + LEAD_TICKS) // grid.bar_ticks)
        if of_bar is not None:
            of_bar.append(note)
    return {bar: Pattern(bar, tuple(of_bar), bar in fills, energy) for bar, of_bar in notes.items()}


def clip_of(patterns: Iterable[Pattern], length_ticks: int) -> Clip:
    notes = tuple(note for pattern in patterns for note in pattern.notes)
    return Clip(notes, length_ticks, LIVE_PPQ, name="Drums", is_drum=True)


class PlayedPatterns:
    """The patterns that were played, and a fallback for a bar without a plan."""

    def __init__(self, grid: BarGrid) -> None:
        self._grid = grid
        self._played: dict[int, Pattern] = {}

    def add(self, pattern: Pattern) -> None:
        self._played.pop(pattern.bar, None)
        self._played[pattern.bar] = pattern
        while len(self._played) > KEPT_BARS:
            del self._played[next(iter(self._played))]

    def get(self, bar: int) -> Pattern | None:
        """None for a rest or a bar that is no longer kept."""
        return self._played.get(bar)

    def last_good(self, bar: int) -> Pattern | None:
        """A fallback for `bar`: the pattern one phrase before it, else the last bar that was no fill, else None."""
        before = self._played.get(bar - PHRASE_BARS)
        if before is None or before.is_fill or self._played.get(bar - 1) is None:
            earlier = (
                each for each in reversed(self._played.values()) if each.bar < bar and not each.is_fill
            )
            before = next(earlier, None)
        return None if before is None else before.moved(bar, self._grid)
