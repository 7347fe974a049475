"""Sequences whose items are made when they are asked for, in place of being held."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, TypeVar, overload

T = TypeVar("T")


class LazySequence(Sequence[T]):
    """A sequence of what `_item` makes; a slice is a list."""

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> Any:
        """The item at `index`, made anew each time."""
        if isinstance(index, slice):
            return [self._item(at) for at in range(*index.indices(len(self)))]
        return self._item(range(len(self))[index])

    @abstractmethod
    def _item(self, at: int) -> T:
        """The item at 0 <= at < len(self)."""
        ...
