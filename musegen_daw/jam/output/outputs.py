"""Outputs: everything the drums are sent to, each with a scheduler of its own, so that each has its own latency."""

from __future__ import annotations

from typing import Protocol

from musegen_daw.jam.events import TimedNote


class PlaysNotes(Protocol):
    """What playing asks of what it sends to; every method may be called from any thread (see `Scheduler`)."""

    @property
    def offset_seconds(self) -> float:
        """What is added to every time, the earliest where there are several."""
        ...

    def play(self, *notes: TimedNote) -> None:
        """Send each note-on and its note-off when they are due."""
        ...

    def cancel_after(self, time_seconds: float) -> None:
        """Drop what is due from `time_seconds` on and not sent; what sounds keeps its end."""
        ...

    def release_all(self) -> None:
        """Drop everything that is not sent and end everything that sounds, before this returns."""
        ...

    def panic(self) -> None:
        """`release_all`, and all notes off on every channel that was played."""
        ...


class Outputs:
    """Several schedulers as one; closing them stays with their owner."""

    def __init__(self, *schedulers: PlaysNotes) -> None:
        self.schedulers = schedulers

    @property
    def offset_seconds(self) -> float:
        """The least of the offsets, by which all have to be told early enough."""
        return min((each.offset_seconds for each in self.schedulers), default=0.0)

    def play(self, *notes: TimedNote) -> None:
        """Send each note-on and its note-off everywhere when they are due there."""
        for each in self.schedulers:
            each.play(*notes)

    def cancel_after(self, time_seconds: float) -> None:
        """Drop what is due from `time_seconds` on and not sent; what sounds keeps its end."""
        for each in self.schedulers:
            each.cancel_after(time_seconds)

    def release_all(self) -> None:
        """Drop everything that is not sent and end everything that sounds, before this returns."""
        for each in self.schedulers:
            each.release_all()

    def panic(self) -> None:
        """`release_all`, and all notes off on every channel that was played."""
        for each in self.schedulers:
            each.panic()
