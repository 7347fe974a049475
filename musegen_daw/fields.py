"""Values from a person's own files: those that fit their type are taken, the others are named and left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

from msgspec import Meta, convert

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MAX_TEXT = 4096
Text = Annotated[str, Meta(max_length=MAX_TEXT, pattern=r"\A[^\0]*\Z")]
"""No longer than the longest path that a system opens, and without a null character."""

T = TypeVar("T", bound="DataclassInstance")


def with_values(usual: T, table: Mapping[str, Any]) -> tuple[T, tuple[str, ...]]:
    """`usual` with the values of `table` that fit its fields, and the names of those that do not, in order.

    What fits is said by the types of the fields, with the `Meta` in their annotations, and by `__post_init__`. A field
    that is itself a dataclass is read value by value, a list element by element. Unknown names do not fit.
    """
    hints = get_type_hints(type(usual), include_extras=True)
    misfits: list[str] = []
    for name, value in table.items():
        if name not in hints:
            misfits.append(name)
            continue
        own = getattr(usual, name)
        if is_dataclass(own) and not isinstance(own, type) and isinstance(value, dict):
            inner, inner_misfits = with_values(own, value)
            usual = replace(usual, **{name: inner})
            misfits += inner_misfits
            continue
        fitting = value
        if isinstance(value, list):
            fitting = [each for each in value if _with_value(usual, name, hints[name], [each]) is not None]
        changed = _with_value(usual, name, hints[name], fitting)
        if changed is None or (fitting is not value and len(fitting) < len(value)):
            misfits.append(name)
        usual = usual if changed is None else changed
    return usual, tuple(misfits)


def _with_value(usual: T, name: str, hint: Any, value: Any) -> T | None:
    try:
        return replace(usual, **{name: convert(value, hint)})
    except ValueError:
        return None
