"""Sections as data: stored under a letter, kept as JSON, and read back value by value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.control.sections import NAMES, Section, Sections
from musegen_daw.music.kit import VOICES

share = st.floats(0, 1)
sections = st.builds(
    Section.of,
    st.sampled_from(("", "bossa", "half-time")),
    st.builds(
        Controls,
        st.none() | share,
        share,
        share,
        st.floats(0.5, 0.75),
        st.booleans(),
        st.frozensets(st.sampled_from(VOICES)),
    ),
)


@given(st.dictionaries(st.sampled_from(NAMES), sections))
def test_what_is_stored_comes_back_from_json(stored) -> None:
    kept = json.loads(json.dumps(Sections(stored).as_dict()))
    assert Sections.from_dict(kept) == (Sections(stored), ())


def test_a_section_holds_no_pattern_and_is_stored_beside_the_others() -> None:
    first = Section.of("bossa", Controls(energy=0.8, hold=True))
    assert first.controls == Controls(energy=0.8)
    both = Sections().with_section("A", first).with_section("C", Section())
    assert (both.get("A"), both.get("B"), both.get("C")) == (first, None, Section())
    assert both.with_section("A", Section()).get("A") == Section()
    with pytest.raises(ValueError, match="there is no section 'E'; there are A, B, C, D"):
        both.with_section("E", first)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"E": {}}, ("E",)),
        ({"B": 7}, ("B",)),
        ({"B": {"style": 3}}, ("style of section B",)),
        ({"B": {"controls": {"energy": 2, "density": 0.2}}}, ("energy of section B",)),
        ({"B": {"colour": "red"}}, ("colour of section B",)),
    ],
)
def test_what_does_not_fit_is_named_and_the_rest_kept(values, names) -> None:
    good = {"A": {"style": "bossa", "controls": {"energy": 0.25}}}
    found, misfits = Sections.from_dict({**good, **values})
    assert misfits == names
    assert found.get("A") == Section("bossa", Controls(energy=0.25))
