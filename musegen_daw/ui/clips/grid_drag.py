"""Drags in the drum grid: of hits, and of a frame around hits. Values and geometry; no widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from PySide6.QtCore import QPointF, QRectF

from musegen_daw.ui.widgets.drum_grid import Hit
from musegen_daw.ui.widgets.time_axis import TimeAxis

DRAG_PIXELS = 5
VELOCITY_PER_PIXEL = 0.8
OFFSET_PIXELS = 96.0
"""Pixels of a drag for the offset of a whole cell; small cells are not coarser."""


class Changes(Enum):
    """What a drag of hits changes: up and down the velocity, sideways the cell, with Alt the timing in the cell."""

    VELOCITY = auto()
    OFFSET = auto()
    CELL = auto()


@dataclass(slots=True)
class HitDrag:
    """A press on `lead`, which is one of `hits`; they change together."""

    start: QPointF
    lead: Hit
    hits: tuple[Hit, ...]
    changes: Changes | None = None
    amount: int = 0
    """Of the velocity, or ticks."""

    def begin(self, way: QPointF, *, with_alt: bool) -> bool:
        """Whether the press has become a drag."""
        if self.changes is None and max(abs(way.x()), abs(way.y())) >= DRAG_PIXELS:
            is_sideways = abs(way.x()) > abs(way.y())
            sideways = Changes.OFFSET if with_alt else Changes.CELL
            self.changes = sideways if is_sideways else Changes.VELOCITY
        return self.changes is not None

    def drag_to(self, way: QPointF, axis: TimeAxis, cell_of: Callable[[int], int]) -> None:
        if self.changes is Changes.VELOCITY:
            self.amount = round(-way.y() * VELOCITY_PER_PIXEL)
        elif self.changes is Changes.OFFSET:
            scale = max(axis.pixels_per_tick, OFFSET_PIXELS / axis.step_ticks)
            self.amount = round(way.x() / scale)
        else:
            cells = [cell_of(hit.start_ticks) for hit in self.hits]
            steps = round(way.x() / axis.pixels_per_tick / axis.step_ticks) * axis.step_ticks
            self.amount = min(
                cell_of(axis.end_ticks - 1) - max(cells), max(axis.first_ticks - min(cells), steps)
            )

    def shown(self, hit: Hit, axis: TimeAxis, cell_of: Callable[[int], int]) -> Hit:
        """A hit of the drag as it has become."""
        if self.changes is Changes.VELOCITY:
            return replace(hit, velocity=min(127, max(1, hit.velocity + self.amount)))
        if self.changes is Changes.OFFSET:
            cell, limit = cell_of(hit.start_ticks), axis.step_ticks * 5 // 12
            offset = min(limit, max(-limit, hit.start_ticks - cell + self.amount))
            return replace(hit, start_ticks=max(0, cell + offset))
        return replace(hit, start_ticks=max(0, hit.start_ticks + self.amount))


@dataclass(slots=True)
class Marquee:
    """A press on empty ground, which becomes a frame when it is moved; `before` stays selected."""

    start_ticks: float
    start_y: float
    before: tuple[Hit, ...]
    end_ticks: float
    end_y: float
    is_drawn: bool = False

    def rect(self, x_at: Callable[[float], float]) -> QRectF:
        corners = QPointF(x_at(self.start_ticks), self.start_y), QPointF(x_at(self.end_ticks), self.end_y)
        return QRectF(*corners).normalized()

    def selected(self, inside: Sequence[Hit]) -> tuple[Hit, ...]:
        """What is selected with these hits in the frame."""
        return tuple(dict.fromkeys((*self.before, *inside)))
