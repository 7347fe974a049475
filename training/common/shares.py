"""How the items of one training step are divided among devices, and among pieces that fit their memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Share(Generic[Item]):
    """What one device computes at once of the items of a step: `own` of `whole`.

    The losses and figures of all shares add up to those of the step, so each is a sum over `own` divided by what
    `whole` has. A share `is_idle` where there are too few items for all: its loss counts nothing.
    """

    own: Sequence[Item]
    whole: Sequence[Item]
    is_idle: bool = False

    @property
    def part(self) -> float:
        """How much of the whole it is, where all items weigh the same."""
        return len(self.own) / len(self.whole)


def shares(items: Sequence[Item], device: int, devices: int, accumulate: int) -> list[Share[Item]]:
    """The shares of one device, one after the other: of all devices' each item is in exactly one."""
    count = devices * accumulate
    cut = (items[device * accumulate + piece :: count] for piece in range(accumulate))
    return [Share(own, items) if own else Share(items[:1], items, is_idle=True) for own in cut]
