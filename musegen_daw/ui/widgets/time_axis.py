"""The time axis that strips share: ticks to pixels, scroll, zoom, grid lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from musegen_daw.music.time import Bar

MIN_STEP_PIXELS, MIN_BEAT_PIXELS = 7.0, 14.0
MAX_PIXELS_PER_BEAT = 480.0
HEAD_WIDTH = 96


class TimeAxis(QObject):
    """Maps ticks to x, which is counted from the right edge of the row heads; all strips have them `head_width` wide.

    `changed` is emitted after scroll, zoom and change of bars. A fitted axis shows all bars at any width.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None, *, head_width: int = HEAD_WIDTH) -> None:
        super().__init__(parent)
        self.head_width = head_width
        self.ppq = 480
        self.beat_ticks = 480
        self.step_ticks = 120
        self.bars: tuple[Bar, ...] = (Bar(0, 1920),)
        self._bar_starts = [0]
        self.start_ticks = 0.0
        self.width = 1.0
        self._pixels_per_tick = 0.0
        self.is_fitted = True

    @property
    def first_ticks(self) -> int:
        return self.bars[0].start_ticks

    @property
    def end_ticks(self) -> int:
        """The first tick after the last bar."""
        return self.bars[-1].end_ticks

    @property
    def pixels_per_tick(self) -> float:
        if self.is_fitted:
            return self.width / max(1, self.end_ticks - self.first_ticks)
        return self._pixels_per_tick

    @property
    def shown_ticks(self) -> tuple[float, float]:
        return self.start_ticks, self.start_ticks + self.width / self.pixels_per_tick

    def x_at(self, ticks: float) -> float:
        """May be outside the view."""
        return (ticks - self.start_ticks) * self.pixels_per_tick

    def ticks_at(self, x: float) -> float:
        return self.start_ticks + x / self.pixels_per_tick

    def bar_at(self, ticks: float) -> int:
        """The index of the bar that contains `ticks`, clamped to the first and last."""
        return max(0, bisect_right(self._bar_starts, ticks) - 1)

    def set_bars(
        self, bars: Sequence[Bar], ppq: int, *, beat_ticks: int | None = None, step_ticks: int | None = None
    ) -> None:
        """By default a beat is a quarter and a step a sixteenth. Raises ValueError for no bars."""
        if not bars:
            raise ValueError("an axis needs at least one bar")
        self.bars, self.ppq = tuple(bars), ppq
        self._bar_starts = [bar.start_ticks for bar in self.bars]
        self.beat_ticks = beat_ticks or ppq
        self.step_ticks = step_ticks or max(1, ppq // 4)
        self._settle()

    def set_width(self, width: float) -> None:
        if width != self.width:
            self.width = max(1.0, width)
            self._settle()

    def fit(self) -> None:
        self.is_fitted = True
        self._settle()

    def show(self, start_ticks: float, end_ticks: float) -> None:
        self.is_fitted = False
        self._pixels_per_tick = self.width / max(1.0, end_ticks - start_ticks)
        self.start_ticks = start_ticks
        self._settle()

    def zoom(self, factor: float, x: float) -> None:
        """Zoom in, or out (factor below 1), around x."""
        ticks = self.ticks_at(x)
        self._pixels_per_tick = self.pixels_per_tick * factor
        self.is_fitted = False
        self._pixels_per_tick = min(self._pixels_per_tick, MAX_PIXELS_PER_BEAT / self.beat_ticks)
        self.start_ticks = ticks - x / self._pixels_per_tick
        self._settle()

    def scroll(self, pixels: float) -> None:
        """Scroll to later ticks, or earlier if negative."""
        self.start_ticks += pixels / self.pixels_per_tick
        self._settle()

    def reveal(self, ticks: float) -> None:
        """Turn the page if `ticks` are out of view."""
        start, end = self.shown_ticks
        if not start <= ticks < end:
            self.start_ticks = float(self.bars[self.bar_at(ticks)].start_ticks)
            self._settle()

    def lines(
        self, sounding: Callable[[float], float] | None = None
    ) -> tuple[list[float], list[float], list[float]]:
        """The x of bar lines, beats and steps in view, each without those of the stronger kind.

        Beats and steps are where they sound, if that is given. Lines that would be too close together are left out.
        """
        heard = sounding or float
        start, end = self.shown_ticks
        scale = self.pixels_per_tick
        bars: list[float] = []
        beats: list[float] = []
        steps: list[float] = []
        with_beats = self.beat_ticks * scale >= MIN_BEAT_PIXELS
        with_steps = self.step_ticks * scale >= MIN_STEP_PIXELS
        every = 1
        while every * self.bars[0].length_ticks * scale < 6:
            every *= 2
        for index in range(self.bar_at(start), len(self.bars)):
            bar = self.bars[index]
            if bar.start_ticks >= end:
                break
            if index % every == 0:
                bars.append(self.x_at(bar.start_ticks))
            if not with_beats:
                continue
            for ticks in range(bar.start_ticks, bar.end_ticks, self.step_ticks):
                into = ticks - bar.start_ticks
                if into and into % self.beat_ticks == 0:
                    beats.append(self.x_at(heard(ticks)))
                elif into and with_steps:
                    steps.append(self.x_at(heard(ticks)))
        return bars, beats, steps

    def _settle(self) -> None:
        lowest = self.width / max(1, self.end_ticks - self.first_ticks)
        if not self.is_fitted and self._pixels_per_tick <= lowest:
            self.is_fitted = True
        if self.is_fitted:
            self.start_ticks = float(self.first_ticks)
        else:
            last = self.end_ticks - self.width / self._pixels_per_tick
            self.start_ticks = max(float(self.first_ticks), min(self.start_ticks, last))
        self.changed.emit()
