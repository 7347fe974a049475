"""The beats of a session, which only ever go on, against those of the song, which a DAW rewinds, loops and leaves."""

from __future__ import annotations

from math import ceil

from musegen_daw.jam.patterns import BarGrid

SLACK_BEATS = 0.6  # how far back a jump may fall without costing a bar: a tenth of a second at any tempo


class Timeline:
    """Counts on in whole bars wherever the song jumps, so that bar lines stay bar lines and nothing plays twice."""

    def __init__(self, grid: BarGrid) -> None:
        self._grid = grid
        self._offset_bars = 0

    @property
    def offset_bars(self) -> int:
        """The number of a bar in the session less its number in the song."""
        return self._offset_bars

    def session_beats(self, song_beats: float) -> float:
        """Where a place in the song lies in the session, as the song runs now."""
        return song_beats + self._offset_bars * self._grid.beats_per_bar

    def song_beats(self, session_beats: float) -> float:
        """Where a place in the session lies in the song, as it runs now."""
        return session_beats - self._offset_bars * self._grid.beats_per_bar

    def jump(self, song_beats: float, reached_beats: float) -> int:
        """The song goes on at `song_beats` when the session has reached `reached_beats`; the bars it went back by."""
        bars = ceil((reached_beats - SLACK_BEATS - song_beats) / self._grid.beats_per_bar)
        moved_bars = bars - self._offset_bars
        self._offset_bars = bars
        return moved_bars
