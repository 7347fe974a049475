"""Undo and redo of anything immutable: the states before and after the present one, each with what led to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

T = TypeVar("T")
MAX_STEPS = 500


@dataclass(frozen=True, slots=True)
class HistoryEntry(Generic[T]):
    """A state and the name of the edit between it and the present side of it."""

    state: T
    label: str


@dataclass(frozen=True, slots=True)
class History(Generic[T]):
    """The present state, what can be undone (the last step first) and what can be redone (the next first)."""

    present: T
    past: tuple[HistoryEntry[T], ...] = ()
    future: tuple[HistoryEntry[T], ...] = ()

    @property
    def undo_label(self) -> str | None:
        """What an undo takes back."""
        return self.past[0].label if self.past else None

    @property
    def redo_label(self) -> str | None:
        """What a redo does again."""
        return self.future[0].label if self.future else None

    def record(self, state: T, label: str) -> History[T]:
        """A new present, one step on; what was undone before is gone."""
        return History(state, (HistoryEntry(self.present, label), *self.past[: MAX_STEPS - 1]))

    def amend(self, state: T) -> History[T]:
        """Another present that is no step of its own."""
        return replace(self, present=state)

    def undo(self) -> History[T]:
        """The state one step back, the same history where there is none."""
        if not self.past:
            return self
        step, *past = self.past
        return History(step.state, tuple(past), (HistoryEntry(self.present, step.label), *self.future))

    def redo(self) -> History[T]:
        """The state one step on, the same history where there is none."""
        if not self.future:
            return self
        step, *future = self.future
        return History(step.state, (HistoryEntry(self.present, step.label), *self.past), tuple(future))
