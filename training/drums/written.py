"""What was written for a song while measuring."""

from __future__ import annotations

from dataclasses import dataclass

from musegen_daw.drums.events import Array
from training.drums.grid import Grid
from training.drums.played import PlayedNotes


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The takes on the grid, (bars, 16, 9) each, and the first one as raw HIT and as it is played."""

    takes: tuple[Grid, ...]
    hits: Array
    played: PlayedNotes
    valid: bool

    @property
    def first(self) -> Grid:
        """The take that a person hears first: (bars, 16, 9)."""
        return self.takes[0]
