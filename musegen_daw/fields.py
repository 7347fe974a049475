"""What a person's own files may hold, value by value: what fits is taken, what does not is named and left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

MAX_TEXT = 4096
"""Characters of a text; no path that a computer opens is longer."""

T = TypeVar("T")


class Fields:
    """Reads a table of values of any kind; `passed_over` has the names of those that do not fit, in order."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table
        self._passed_over: list[str] = []

    @property
    def passed_over(self) -> tuple[str, ...]:
        """The names of the values that were there and could not be used."""
        return tuple(dict.fromkeys(self._passed_over))

    def text(self, name: str, usual: str = "") -> str:
        """A text of at most MAX_TEXT characters and without a null character, which no name of a file has."""
        value = self._table.get(name, usual)
        fits = type(value) is str and len(value) <= MAX_TEXT and "\0" not in value
        return value if fits else self._not(name, usual)

    def flag(self, name: str, usual: bool) -> bool:
        """True or false."""
        value = self._table.get(name, usual)
        return value if type(value) is bool else self._not(name, usual)

    def number(self, name: str, low: float, high: float, usual: T) -> float | T:
        """A number within [low, high], which no infinity is and nothing that is no number."""
        value = self._table.get(name, usual)
        if value is usual:
            return usual
        fits = type(value) in (int, float) and low <= value <= high
        return float(value) if fits else self._not(name, usual)

    def whole(self, name: str, low: int, high: int, usual: T) -> int | T:
        """A whole number within [low, high]."""
        value = self._table.get(name, usual)
        return (
            value
            if value is usual or (type(value) is int and low <= value <= high)
            else self._not(name, usual)
        )

    def one_of(self, name: str, choices: Sequence[str], usual: str) -> str:
        """One of some words."""
        value = self._table.get(name, usual)
        return (
            value
            if isinstance(value, str) and (value in choices or value == usual)
            else self._not(name, usual)
        )

    def words(self, name: str, choices: Sequence[str]) -> frozenset[str]:
        """Those of some words that are in a list; others are passed over."""
        values = self._table.get(name, [])
        if not isinstance(values, list):
            return self._not(name, frozenset())
        known = frozenset(each for each in values if isinstance(each, str) and each in choices)
        return known if len(known) == len(values) else self._not(name, known)

    def table(self, name: str) -> Mapping[str, Any]:
        """A table within."""
        value = self._table.get(name, {})
        return value if isinstance(value, dict) else self._not(name, {})

    def others(self, known: Sequence[str]) -> None:
        """Name what is there besides what is known."""
        self._passed_over += sorted(self._table.keys() - set(known))

    def _not(self, name: str, usual: T) -> T:
        self._passed_over.append(name)
        return usual
