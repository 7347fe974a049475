"""Plans: the kind of each bar of a drum track, its crash, cymbal, density and energy. Imports no numpy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

MAX_STYLE_NAME = 256
REPEAT_LAGS = (1, 2, 4, 8)
"""Distances in bars from which the network can repeat a bar."""


class BarKind(Enum):
    """A groove is new, a variation keeps most of the bars before, a fill leads into the next bar, a stop is silent."""

    GROOVE = "groove"
    VARIATION = "variation"
    FILL = "fill"
    REPEAT = "repeat"
    STOP = "stop"


class Cymbal(Enum):
    """The timekeeper of a bar."""

    CLOSED_HAT = "closed hat"
    OPEN_HAT = "open hat"
    RIDE = "ride"
    CRASH = "crash"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class BarPlan:
    """One bar of a plan.

    `repeats`: how many bars before is the bar that a repeat plays again, else 0. `crash`: a crash on the downbeat.
    `density` and `energy` run from 0 to 1, the sparsest to the busiest and the softest to the loudest training bars.
    `section` counts from 0. `style` names the style of the bar, "" is the style of the take. Raises ValueError for
    impossible values.
    """

    kind: BarKind = BarKind.GROOVE
    repeats: int = 0
    crash: bool = False
    cymbal: Cymbal = Cymbal.CLOSED_HAT
    density: float = 0.5
    energy: float = 0.6
    section: int = 0
    style: str = ""

    def __post_init__(self) -> None:
        if (self.kind is BarKind.REPEAT) != (self.repeats > 0):
            raise ValueError(f"a {self.kind.value} cannot repeat the bar {self.repeats} before")
        for name in ("density", "energy"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be within 0..1, got {value}")
        if len(self.style) > MAX_STYLE_NAME or not self.style.isprintable():
            raise ValueError(f"{self.style[:40]!r} is not the name of a style")

    @property
    def is_written(self) -> bool:
        """Whether the model writes the bar."""
        return self.kind in (BarKind.GROOVE, BarKind.VARIATION, BarKind.FILL)

    def to_dict(self) -> dict[str, Any]:
        """The values; a style only where the bar has one of its own."""
        own_style = {"style": self.style} if self.style else {}
        return {
            "kind": self.kind.value,
            "repeats": self.repeats,
            "crash": self.crash,
            "cymbal": self.cymbal.value,
            "density": round(self.density, 3),
            "energy": round(self.energy, 3),
            "section": self.section,
            **own_style,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    bars: tuple[BarPlan, ...] = ()

    def __len__(self) -> int:
        return len(self.bars)

    def __iter__(self) -> Iterator[BarPlan]:
        return iter(self.bars)

    def __getitem__(self, index: int) -> BarPlan:
        return self.bars[index]

    def to_list(self) -> list[dict[str, Any]]:
        """One dictionary a bar, numbered from 1, as `generate --json` prints it."""
        return [{"bar": number, **bar.to_dict()} for number, bar in enumerate(self.bars, 1)]

    @classmethod
    def from_list(cls, rows: Sequence[Mapping[str, Any]]) -> Plan:
        """The plan of `to_list`; omitted values are those of the bar before, an omitted kind is a groove.

        Raises ValueError, with a sentence for the user, for anything else.
        """
        bars: list[BarPlan] = []
        before = BarPlan()
        for number, row in enumerate(rows, 1):
            if not isinstance(row, Mapping):
                raise ValueError(f"bar {number} of the plan is not an object")
            unknown = set(row) - {"bar", "style", *before.to_dict()}
            if unknown:
                raise ValueError(f"bar {number} of the plan has an unknown value {min(map(str, unknown))!r}")
            try:
                repeats = int(row.get("repeats", 0) or 0)
                kind = BarKind(row.get("kind", "repeat" if repeats else "groove"))
                bar = BarPlan(
                    kind,
                    repeats if kind is BarKind.REPEAT else 0,
                    bool(row.get("crash", False)),
                    Cymbal(row.get("cymbal", before.cymbal.value)),
                    float(row.get("density", before.density)),
                    float(row.get("energy", before.energy)),
                    int(row.get("section", before.section)),
                    str(row.get("style", "")),
                )
            except (TypeError, ValueError) as error:
                raise ValueError(f"bar {number} of the plan cannot be used: {error}") from error
            if bar.repeats >= number:
                raise ValueError(f"bar {number} of the plan repeats a bar before the first")
            bars.append(bar)
            before = bar
        return cls(tuple(bars))
