"""A strip whose hits are drawn where they sound: the base of the drum grid and the velocity lane."""

from __future__ import annotations

from collections.abc import Callable

from musegen_daw.music.groove import STRAIGHT, straight_ticks, swung_ticks
from musegen_daw.ui.widgets.time_axis import TimeAxis
from musegen_daw.ui.widgets.time_strip import TimeStrip


class SwungStrip(TimeStrip):
    """Off-beat eighths are swung as in playback; straight at first. Bar lines and playhead stay in time."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis)
        self._swing_ratio = STRAIGHT

    @property
    def sounding(self) -> Callable[[float], float] | None:
        if self._swing_ratio == STRAIGHT:
            return None
        ratio, pair_ticks = self._swing_ratio, self.axis.ppq
        return lambda ticks: swung_ticks(ticks, ratio, pair_ticks)

    def set_swing(self, ratio: float) -> None:
        """`ratio` is the share of the first of a pair of eighths."""
        if ratio != self._swing_ratio:
            self._swing_ratio = ratio
            self.redraw()

    def x_of(self, ticks: float) -> float:
        """Where a hit at some ticks is drawn."""
        if self._swing_ratio != STRAIGHT:
            ticks = swung_ticks(ticks, self._swing_ratio, self.axis.ppq)
        return self.x_at(ticks)

    def ticks_of(self, x: float) -> float:
        """The ticks of a hit that is drawn at x."""
        ticks = self.ticks_at(x)
        if self._swing_ratio != STRAIGHT:
            ticks = straight_ticks(ticks, self._swing_ratio, self.axis.ppq)
        return ticks
