"""Channel messages other than notes: controllers, pitch bend and pressure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter


class MessageKind(Enum):
    """Channel voice messages of MIDI 1.0 that change how notes sound."""

    CONTROL_CHANGE = "control change"
    PITCH_BEND = "pitch bend"
    CHANNEL_PRESSURE = "channel pressure"
    KEY_PRESSURE = "key pressure"


BEND_CENTRE = 8_192


@dataclass(frozen=True, slots=True)
class ChannelMessage:
    """`number` is the controller or, for key pressure, the pitch, else 0. `value` is in 0..127, for pitch bend in
    0..16383 with its centre at 8192.
    """

    start_ticks: int
    kind: MessageKind
    number: int
    value: int

    def __post_init__(self) -> None:
        if self.start_ticks < 0:
            raise ValueError(f"a message cannot stand before tick 0, got {self.start_ticks}")
        if not 0 <= self.number <= 127:
            raise ValueError(f"the number of a message must be within 0..127, got {self.number}")
        largest = 16_383 if self.kind is MessageKind.PITCH_BEND else 127
        if not 0 <= self.value <= largest:
            raise ValueError(
                f"the value of a {self.kind.value} must be within 0..{largest}, got {self.value}"
            )

    def at(self, start_ticks: int) -> ChannelMessage:
        return ChannelMessage(start_ticks, self.kind, self.number, self.value)


class Messages(tuple[ChannelMessage, ...]):
    """Messages in order of time, stable at equal ticks; sorted once, then shared."""

    __slots__ = ()

    def __new__(cls, messages: Iterable[ChannelMessage] = ()) -> Messages:
        """Returns `messages` itself where it is a `Messages` already."""
        if isinstance(messages, Messages):
            return messages
        return super().__new__(cls, sorted(messages, key=attrgetter("start_ticks")))
