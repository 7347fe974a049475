"""Which seconds are in sight, and where they lie in a width of pixels."""

from __future__ import annotations

from dataclasses import dataclass

MIN_SHOWN_SECONDS = 0.25
_LINE_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True, slots=True)
class VisibleSpan:
    """[start, end) of `seconds` in all, over `width` pixels."""

    seconds: float
    start: float
    end: float
    width: float

    @classmethod
    def whole(cls, seconds: float, width: float) -> VisibleSpan:
        """All of it."""
        return cls(seconds, 0.0, max(seconds, MIN_SHOWN_SECONDS), max(1.0, width))

    @property
    def is_whole(self) -> bool:
        """Whether nothing is out of sight."""
        return self.start <= 0 and self.end >= self.seconds

    def x_at(self, seconds: float) -> float:
        """Pixels from the left."""
        return (seconds - self.start) / (self.end - self.start) * self.width

    def seconds_at(self, x: float) -> float:
        """The seconds at a place, held within all."""
        return min(max(0.0, self.start + x / self.width * (self.end - self.start)), self.seconds)

    def resized(self, width: float) -> VisibleSpan:
        """The same seconds over another width."""
        return VisibleSpan(self.seconds, self.start, self.end, max(1.0, width))

    def zoomed(self, factor: float, x: float) -> VisibleSpan:
        """`factor` times larger around x."""
        shown = (self.end - self.start) / factor
        if shown >= self.seconds:
            return VisibleSpan.whole(self.seconds, self.width)
        shown = max(shown, MIN_SHOWN_SECONDS)
        anchor = self.start + x / self.width * (self.end - self.start)
        return self._within(anchor - x / self.width * shown, shown)

    def scrolled(self, pixels: float) -> VisibleSpan:
        """Moved by so many pixels."""
        shown = self.end - self.start
        return self._within(self.start + pixels / self.width * shown, shown)

    def lines(self, least_pixels: float) -> tuple[tuple[float, str], ...]:
        """Round seconds in sight with how they are written, at least so far from each other."""
        least = least_pixels / self.width * (self.end - self.start)
        step = next((each for each in _LINE_SECONDS if each >= least), _LINE_SECONDS[-1])
        first = int(self.start / step)
        count = int((self.end - self.start) / step) + 2
        places = (round((first + index) * step, 3) for index in range(count))
        return tuple((each, clock(each, step)) for each in places if self.start <= each <= self.end)

    def _within(self, start: float, shown: float) -> VisibleSpan:
        start = min(max(0.0, start), max(0.0, self.seconds - shown))
        return VisibleSpan(self.seconds, start, start + shown, self.width)


def clock(seconds: float, step: float = 0.1) -> str:
    """Minutes and seconds, with as many decimals as a step of that size needs."""
    decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2
    minutes, rest = divmod(round(seconds, decimals), 60)
    return f"{int(minutes)}:{rest:0{3 + decimals if decimals else 2}.{decimals}f}"
