"""Values read from files fit their types, and the others are named."""

from dataclasses import dataclass, field
from enum import Enum
from math import inf, nan
from typing import Annotated

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from musegen_daw.fields import MAX_TEXT, Text, with_values

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    level: float | None = None
    voices: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.level is not None and not 0 <= self.level <= 1:
            raise ValueError("level")
        if self.voices - {"kick", "snare"}:
            raise ValueError("voices")


@dataclass(frozen=True, slots=True)
class Outer:
    path: Text = ""
    on: bool = True
    bpm: Annotated[float, Meta(ge=20, le=300)] = 120.0
    count: Annotated[int, Meta(ge=-3, le=3)] = 0
    colour: Colour = Colour.RED
    inner: Inner = field(default_factory=Inner)


@given(ANYTHING)
def test_what_is_read_fits_its_type(value):
    read, misfits = with_values(
        Outer(), dict.fromkeys(("path", "on", "bpm", "count", "colour", "inner"), value)
    )
    assert isinstance(read.path, str)
    assert isinstance(read.on, bool)
    assert isinstance(read.bpm, float)
    assert 20 <= read.bpm <= 300
    assert type(read.count) is int
    assert -3 <= read.count <= 3
    assert isinstance(read.colour, Colour)
    assert isinstance(read.inner, Inner)
    assert ("path" in misfits) == (read.path != value or type(value) is not str)
    assert ("on" in misfits) == (type(value) is not bool)
    assert ("inner" in misfits) == (not isinstance(value, dict))


@given(ANYTHING)
def test_a_table_within_is_read_value_by_value(value):
    read, misfits = with_values(Outer(), {"inner": {"level": value, "voices": value}, "on": False})
    assert not read.on
    assert read.inner.level is None or 0 <= read.inner.level <= 1
    assert "voices" in misfits or value == []


def test_what_does_not_fit_is_named_and_the_rest_is_kept():
    state = {
        "bpm": 10**400,
        "count": inf,
        "path": "x" * (MAX_TEXT + 1),
        "on": False,
        "new": 1,
        "colour": "\ud800",
        "inner": {"level": nan, "voices": ["kick", "cowbell", []]},
    }
    read, misfits = with_values(Outer(), state)
    assert read == Outer(on=False, inner=Inner(voices=frozenset({"kick"})))
    assert misfits == ("bpm", "count", "path", "new", "colour", "level", "voices")


def test_a_text_may_hold_surrogates_but_no_null():
    assert with_values(Outer(), {"path": "/dr\udcfcms.wav"}) == (Outer(path="/dr\udcfcms.wav"), ())
    assert with_values(Outer(), {"path": "a\0b"}) == (Outer(), ("path",))
