"""Counts repairs by kind, for a one-sentence summary."""

from __future__ import annotations

from enum import Enum


class Fault(Enum):
    """A fault that may occur many times: singular and plural text."""

    DATA_BYTE = "one data byte above 127 was cut to 7 bits", "{} data bytes above 127 were cut to 7 bits"
    NO_STATUS = "one event without a status was skipped", "{} events without a status were skipped"
    REAL_TIME = "one real-time byte was skipped", "{} real-time bytes were skipped"
    SYSTEM = (
        "one system message that belongs in no file was skipped",
        "{} system messages that belong in no file were skipped",
    )
    TEMPO = "an impossible tempo was left out", "{} impossible tempos were left out"
    METER = "an impossible time signature was left out", "{} impossible time signatures were left out"
    LENGTH = "the length of a track was wrong", "the lengths of {} tracks were wrong"
    TORN = "one track ends within an event", "{} tracks end within an event"
    AFTER_END = "events after the end of a track were read", "events after the end of {} tracks were read"
    SECOND_TRACK = "a second track within a chunk was read", "{} more tracks within chunks were read"
    PADDING = "one byte between tracks was skipped", "{} bytes between tracks were skipped"
    LEFT_OUT = "one byte that cannot be read was left out", "{} bytes that cannot be read were left out"


class Repairs:
    """The repairs of a file, in the order in which they were made."""

    def __init__(self) -> None:
        self._found: dict[Fault | str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def count(self, fault: Fault, count: int = 1) -> None:
        self._found[fault] = self._found.get(fault, 0) + count

    def add(self, words: str) -> None:
        """Add a repair that occurs once."""
        self._found[words] = 1

    def extend(self, other: Repairs) -> None:
        """Add those of another."""
        for each, count in other._found.items():
            self._found[each] = self._found.get(each, 0) + count

    def clauses(self) -> tuple[str, ...]:
        """One clause for each repair."""
        return tuple(
            each if isinstance(each, str) else each.value[0] if count == 1 else each.value[1].format(count)
            for each, count in self._found.items()
        )
