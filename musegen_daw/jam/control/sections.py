"""Sections: a style and controls that are stored under a letter and recalled while playing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from musegen_daw.fields import Text, with_values
from musegen_daw.jam.control.controls import SECTIONS, Controls

NAMES = tuple(SECTIONS.values())


@dataclass(frozen=True, slots=True)
class Section:
    """`style` is a name, empty for one that fits what is played. A section does not hold a pattern."""

    style: Text = ""
    controls: Controls = field(default_factory=Controls)

    @classmethod
    def of(cls, style: str, controls: Controls) -> Section:
        return cls(style, replace(controls, hold=False))


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections that are stored, by name."""

    stored: Mapping[str, Section] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(self.stored.keys() - set(NAMES))
        if unknown:
            raise ValueError(f"there is no section {unknown[0]!r}; there are {', '.join(NAMES)}")

    def get(self, name: str) -> Section | None:
        """None where it is empty."""
        return self.stored.get(name)

    def with_section(self, name: str, section: Section) -> Sections:
        """Raises ValueError for a name that no section has."""
        return Sections({**self.stored, name: section})

    def as_dict(self) -> dict[str, Any]:
        """What JSON can hold of them."""
        found = {name: asdict(self.stored[name]) for name in NAMES if name in self.stored}
        for each in found.values():
            each["controls"]["muted"] = sorted(each["controls"]["muted"])
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> tuple[Sections, tuple[str, ...]]:
        """The sections of `as_dict`, with defaults for what does not fit, and the names of that."""
        stored: dict[str, Section] = {}
        misfits: list[str] = []
        for name, value in values.items():
            if name not in NAMES or not isinstance(value, dict):
                misfits.append(name)
                continue
            section, unfit = with_values(Section(), value)
            stored[name] = Section.of(section.style, section.controls)
            misfits += [f"{each} of section {name}" for each in unfit]
        return cls(stored), tuple(misfits)
