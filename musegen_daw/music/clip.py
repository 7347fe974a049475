"""Notes, clips and songs. Immutable; every change returns a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter

from musegen_daw.music.messages import ChannelMessage, Messages
from musegen_daw.music.time import TimeMap


@dataclass(frozen=True, slots=True)
class Note:
    """A note over [start_ticks, start_ticks + duration_ticks)."""

    pitch: int
    velocity: int
    start_ticks: int
    duration_ticks: int

    def __post_init__(self) -> None:
        if not 0 <= self.pitch <= 127:
            raise ValueError(f"a pitch must be within 0..127, got {self.pitch}")
        if not 1 <= self.velocity <= 127:
            raise ValueError(f"a velocity must be within 1..127, got {self.velocity}")
        if self.start_ticks < 0:
            raise ValueError(f"a note cannot start before tick 0, got {self.start_ticks}")
        if self.duration_ticks < 0:
            raise ValueError(f"a duration cannot be negative, got {self.duration_ticks}")

    @property
    def end_ticks(self) -> int:
        return self.start_ticks + self.duration_ticks


_order = attrgetter("start_ticks", "pitch", "duration_ticks", "velocity")


@dataclass(frozen=True, slots=True)
class Clip:
    """The notes of one track, in order of time, over [0, length_ticks) at `ppq` ticks a quarter note.

    `program` is the General MIDI program from 0, or the drum kit; `bank` is 128 times controller 0 plus controller
    32. `is_drum` marks drums on any channel. `messages` are all messages of the channel in order of time, without
    bank selects. `channel`, from 1, is where the notes were read from, None where they were made; it does not count
    for equality.
    """

    notes: tuple[Note, ...]
    length_ticks: int
    ppq: int
    name: str = ""
    program: int = 0
    is_drum: bool = False
    bank: int = 0
    messages: tuple[ChannelMessage, ...] = ()
    channel: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.ppq <= 0:
            raise ValueError(f"ppq must be positive, got {self.ppq}")
        if self.length_ticks < 0:
            raise ValueError(f"a length cannot be negative, got {self.length_ticks}")
        object.__setattr__(self, "notes", tuple(sorted(self.notes, key=_order)))
        object.__setattr__(self, "messages", Messages(self.messages))

    @property
    def end_ticks(self) -> int:
        """The end of the last note, at least `length_ticks`."""
        return max([self.length_ticks, *(note.end_ticks for note in self.notes)])

    def with_notes(self, notes: Iterable[Note]) -> Clip:
        return replace(self, notes=tuple(notes))

    def map_notes(self, change: Callable[[Note], Note | None]) -> Clip:
        """Apply `change` to every note; notes for which it returns None are dropped."""
        return self.with_notes(changed for changed in map(change, self.notes) if changed is not None)

    def slice(self, start_ticks: int, end_ticks: int) -> Clip:
        """Notes that start in [start_ticks, end_ticks), moved to 0; tails are cut at the end.

        Messages before the end are kept, those before the start at 0, so that the channel state is the same.
        """
        if not 0 <= start_ticks <= end_ticks:
            raise ValueError(f"[{start_ticks}, {end_ticks}) is not an interval")
        kept = (
            replace(
                note,
                start_ticks=note.start_ticks - start_ticks,
                duration_ticks=min(note.duration_ticks, end_ticks - note.start_ticks),
            )
            for note in self.notes
            if start_ticks <= note.start_ticks < end_ticks
        )
        messages = (
            message.at(max(0, message.start_ticks - start_ticks))
            for message in self.messages
            if message.start_ticks < end_ticks
        )
        return replace(
            self, notes=tuple(kept), length_ticks=end_ticks - start_ticks, messages=tuple(messages)
        )

    def shift(self, ticks: int) -> Clip:
        """Move everything by `ticks`, messages no earlier than 0; raises ValueError if a note would start before 0."""
        if not ticks:
            return self
        moved = (replace(note, start_ticks=note.start_ticks + ticks) for note in self.notes)
        messages = (message.at(max(0, message.start_ticks + ticks)) for message in self.messages)
        return replace(
            self,
            notes=tuple(moved),
            length_ticks=max(0, self.length_ticks + ticks),
            messages=tuple(messages),
        )

    def merge(self, other: Clip) -> Clip:
        """Add the notes of another clip, not its messages; raises ValueError on unequal PPQ."""
        if other.ppq != self.ppq:
            raise ValueError(f"clips of {self.ppq} and {other.ppq} PPQ cannot be merged")
        length_ticks = max(self.length_ticks, other.length_ticks)
        return replace(self, notes=self.notes + other.notes, length_ticks=length_ticks)

    def at_ppq(self, ppq: int) -> Clip:
        """Rescale to another PPQ, rounded to the nearest tick."""
        if ppq == self.ppq:
            return self

        def rescale(ticks: int) -> int:
            return (2 * ticks * ppq + self.ppq) // (2 * self.ppq)

        notes = (
            replace(
                note,
                start_ticks=rescale(note.start_ticks),
                duration_ticks=max(
                    min(1, note.duration_ticks), rescale(note.end_ticks) - rescale(note.start_ticks)
                ),
            )
            for note in self.notes
        )
        messages = (message.at(rescale(message.start_ticks)) for message in self.messages)
        return replace(
            self,
            notes=tuple(notes),
            length_ticks=rescale(self.length_ticks),
            ppq=ppq,
            messages=tuple(messages),
        )


@dataclass(frozen=True, slots=True)
class Marker:
    start_ticks: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Song:
    """Clips on one time map, with markers in order of time.

    `remarks` are sentences about repairs and guesses made on reading.
    """

    clips: tuple[Clip, ...]
    time_map: TimeMap
    markers: tuple[Marker, ...] = ()
    remarks: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        for clip in self.clips:
            if clip.ppq != self.time_map.ppq:
                raise ValueError(f"clip {clip.name!r} has {clip.ppq} PPQ, the song {self.time_map.ppq}")

    @property
    def end_ticks(self) -> int:
        return max((clip.end_ticks for clip in self.clips), default=0)

    @property
    def drums(self) -> tuple[Clip, ...]:
        return tuple(clip for clip in self.clips if clip.is_drum)

    @property
    def parts(self) -> tuple[Clip, ...]:
        """The clips with notes that are not drums."""
        return tuple(clip for clip in self.clips if not clip.is_drum and clip.notes)
