"""Outputs: all destinations of the drums, each with its own scheduler and latency."""

from __future__ import annotations

from typing import Protocol

from musegen_daw.jam.events import TimedNote


class PlaysNotes(Protocol):
    """A destination of notes (see `Scheduler`); every method may be called from any thread."""

    @property
    def offset_seconds(self) -> float:
        """What is added to every time, the earliest where there are several."""
        ...

    def play(self, *notes: TimedNote) -> None: ...

    def cancel_after(self, time_seconds: float) -> None: ...

    def release_all(self) -> None: ...

    def panic(self) -> None: ...


class Outputs:
    """Several destinations as one; closing them stays with the caller."""

    def __init__(self, *schedulers: PlaysNotes) -> None:
        self.schedulers = schedulers

    @property
    def offset_seconds(self) -> float:
        """The earliest offset: all must be told of a note that early."""
        return min((each.offset_seconds for each in self.schedulers), default=0.0)

    def play(self, *notes: TimedNote) -> None:
        for each in self.schedulers:
            each.play(*notes)

    def cancel_after(self, time_seconds: float) -> None:
        for each in self.schedulers:
            each.cancel_after(time_seconds)

    def release_all(self) -> None:
        for each in self.schedulers:
            each.release_all()

    def panic(self) -> None:
        for each in self.schedulers:
            each.panic()
