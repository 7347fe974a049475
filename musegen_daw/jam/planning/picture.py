"""JamPicture: what was heard, what plays and what is planned, for drawing."""

from __future__ import annotations

from dataclasses import dataclass, field

from musegen_daw.jam.patterns import BarGrid, Pattern, PlayedPatterns
from musegen_daw.jam.planning.heard import Heard, HeardNote
from musegen_daw.jam.planning.modes import Mode

HEARD_BARS = 4
PLAYED_BARS = 2
PLANNED_BARS = 2


@dataclass(frozen=True, slots=True)
class JamPicture:
    """A session at one moment; beats and bars are those of the session, which never go back.

    `heard` are the notes of the last four bars, `played` the bars that are settled, from two before the one that
    sounds, and `planned` the next bars as they would be played now.
    """

    beats: float = 0.0
    grid: BarGrid = field(default_factory=BarGrid)
    bar: int = 0
    heard: tuple[HeardNote, ...] = ()
    played: tuple[Pattern, ...] = ()
    planned: tuple[Pattern, ...] = ()


def picture_of(
    beats: float, settled: int, heard: Heard, played: PlayedPatterns, mode: Mode, grid: BarGrid
) -> JamPicture:
    bar = grid.index_at(beats)
    from_beats = grid.start_beats(bar + 1 - HEARD_BARS)
    of_played = (played.get(each) for each in range(bar - PLAYED_BARS, settled + 1))
    of_planned = (mode.planned(each) for each in range(settled + 1, bar + 1 + PLANNED_BARS))
    return JamPicture(
        beats=beats,
        grid=grid,
        bar=bar,
        heard=tuple(sorted(heard.newest(from_beats, beats + 1.0), key=lambda note: note.start_beats)),
        played=tuple(pattern for pattern in of_played if pattern is not None),
        planned=tuple(pattern for pattern in of_planned if pattern is not None),
    )
