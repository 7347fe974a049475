"""Which styles takes are in, and sections of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drums.style import (
    Style,
    StyleBook,
    different_styles,
    probabilities,
    style_of_section,
    styles_like,
    with_nearest_code,
)
from musegen_daw.music.kit import PIECES

_NAMES = [piece.name for piece in PIECES]


def _pattern(kicks: list[int], hats: list[int]) -> np.ndarray:
    found = np.zeros((2, 16, len(PIECES)), np.float32)
    found[:, kicks, _NAMES.index("kick")] = 0.9
    found[:, [4, 12], _NAMES.index("snare")] = 0.9
    found[:, hats, _NAMES.index("closed hat")] = 0.9
    return found


@pytest.fixture(scope="module")
def book() -> StyleBook:
    """Two grooves that are nearly one, a busy one, and a shuffle of the first."""
    patterns = [
        _pattern([0, 8], [0, 4, 8, 12]),
        _pattern([0, 8, 10], [0, 4, 8, 12]),
        _pattern([0, 4, 8, 12], list(range(16))),
        _pattern([0, 8], [0, 4, 8, 12]),
    ]
    return StyleBook(
        np.stack(patterns),
        np.array([0, 0, 0, 0.9], np.float32),
        ("plain", "plain, more kick", "busy", "shuffle"),
        ("4/4",) * 4,
        np.full(4, 0.25, np.float32),
    )


def test_only_codes_of_the_meter_are_likely_and_chances_add_up() -> None:
    found = probabilities(np.array([3.0, 900.0, 1.0, -2.0], np.float32), np.array([0, 2, 3]))
    assert found[1] == 0
    assert found.sum() == pytest.approx(1)
    assert found[0] > found[2] > found[3] > 0


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(any), st.integers(1, 9))
def test_takes_are_in_different_styles_the_likeliest_first(chances, count) -> None:
    likely = np.array(chances) / sum(chances)
    likeness = np.eye(4, dtype=np.float32)
    found = different_styles(likely, count, likeness)
    possible = int((likely > 0).sum())
    assert len(found) == count
    assert likely[found[0]] == likely.max()
    assert len(set(found[:possible])) == min(count, possible)
    assert all(likely[code] > 0 for code in found)


def test_a_style_that_differs_is_chosen_before_one_that_is_nearly_there_already(book) -> None:
    assert different_styles(np.array([0.5, 0.3, 0.2, 0]), 2, book.likeness) == [0, 2]


def test_a_section_that_asks_for_another_style_has_it_if_it_is_like_the_songs(book) -> None:
    sure = np.array([0.01, 0.97, 0.01, 0.01])
    assert style_of_section(book[0], sure, book, book.likeness).code == 1
    unsure = np.array([0.3, 0.32, 0.3, 0.08])
    assert style_of_section(book[0], unsure, book, book.likeness).code == 0


def test_a_section_never_changes_the_feel_and_a_loop_stays_what_it_is(book) -> None:
    swung = np.array([0.001, 0.001, 0.001, 0.997])
    assert style_of_section(book[0], swung, book, book.likeness).code == 0
    loop = Style(book.patterns[0], 0.0, "my loop")
    assert style_of_section(loop, np.array([0.0, 1.0, 0.0, 0.0]), book, book.likeness) is loop


def test_the_style_that_is_asked_for_comes_first_then_those_most_like_it(book) -> None:
    likely = np.full(4, 0.25)
    found = styles_like(book, book[0], likely, 3)
    assert [style.code for style in found] == [0, 1, 3]
    assert [style.code for style in styles_like(book, book[0], likely, 6)][4:] == [0, 0]
    loop = with_nearest_code(Style(book.patterns[2], 0.0, "my loop"), book)
    assert (loop.name, loop.code) == ("my loop", 2)
