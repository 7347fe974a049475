"""Values of files: whatever a file holds, what is read is of the kind that was asked for, and the rest is named."""

from math import inf, nan

from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.fields import MAX_TEXT, Fields

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@given(ANYTHING)
def test_what_is_read_is_what_was_asked_for(value):
    read = Fields(dict.fromkeys("abcdefg", value))
    text, flag, word = read.text("a"), read.flag("b", True), read.one_of("e", ("x", "y"), "y")
    number, whole = read.number("c", 0.5, 2.0, 1.0), read.whole("d", -3, 3, 0)
    assert isinstance(text, str)
    assert isinstance(flag, bool)
    assert isinstance(number, float)
    assert 0.5 <= number <= 2
    assert type(whole) is int
    assert -3 <= whole <= 3
    assert word in ("x", "y")
    assert read.words("f", ("x",)) <= {"x"}
    assert isinstance(read.table("g"), dict)
    named = set(read.passed_over)
    assert ("a" in named) == (text != value or type(value) is not str)
    assert ("b" in named) == (type(value) is not bool)
    assert ("g" in named) == (not isinstance(value, dict))


def test_what_does_not_fit_is_named_once_and_what_fits_is_taken():
    read = Fields(
        {"bpm": 10**400, "level": nan, "far": inf, "path": "x" * (MAX_TEXT + 1), "on": True, "new": 1}
    )
    assert read.number("bpm", 20, 300, 120.0) == 120
    assert read.number("bpm", 20, 300, 120.0) == 120
    assert read.number("level", 0, 1, None) is None
    assert read.whole("far", 0, 9, 4) == 4
    assert read.text("path", "usual") == "usual"
    assert read.flag("on", False)
    read.others(("bpm", "level", "far", "path", "on"))
    assert read.passed_over == ("bpm", "level", "far", "path", "new")
