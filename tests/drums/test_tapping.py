"""Styles by tapped rhythms: quantised to sixteenths of two bars, weighed with what the part suggests."""

import numpy as np
import pytest

from musegen_daw.drums.style_choices import matching, style_choices
from musegen_daw.drums.style_names import bundled_grooves
from musegen_daw.drums.tapping import TAPPED, Taps, kind_of_piece, tap_fits
from musegen_daw.music.kit import PIECES
from musegen_daw.music.time import Bar
from tests.style_book import BOOK, NAMES

KICK, SNARE, HAT = range(3)
BARS = tuple(Bar(1920 * bar, 1920) for bar in range(4))
EVEN = (0.4, 0.4, 0.0)


def tapped(*taps):
    found = Taps()
    for voice, ticks in taps:
        found = found.tapped(voice, ticks, BARS)
    return found


def test_a_tap_counts_as_the_nearest_sixteenth_of_two_bars():
    taps = tapped((KICK, 10), (SNARE, 470), (KICK, 1920 + 3 * 120), (HAT, 2 * 1920 - 5), (HAT, 3 * 1920 + 61))
    assert taps.taps == ((KICK, 0), (SNARE, 4), (KICK, 19), (HAT, 0), (HAT, 17))


def test_what_comes_round_more_often_counts_as_sure():
    pattern = tapped((KICK, 0), (KICK, 2 * 1920), (SNARE, 480)).pattern()
    assert pattern[0, 0, KICK] == 1
    assert pattern[0, 4, SNARE] == 0.5


@pytest.mark.parametrize(
    ("taps", "style"),
    [
        ([(KICK, 0), (SNARE, 480), (KICK, 960), (SNARE, 1440)], 0),
        ([(KICK, 480 * beat) for beat in range(8)], 1),
        ([(KICK, 480 * beat) for beat in range(8)] + [(HAT, 240 + 480 * beat) for beat in range(8)], 1),
    ],
)
def test_the_style_that_plays_so_fits_best(taps, style):
    found = tap_fits(BOOK, tapped(*taps), EVEN)
    assert int(np.argmax(found)) == style
    assert sum(found) == pytest.approx(1)
    assert found[2] == 0  # another meter


def test_the_other_bar_first_fits_as_well():
    taps = [(KICK, 0), (SNARE, 480), (KICK, 960), (SNARE, 1440)]
    later = [(voice, ticks + 1920) for voice, ticks in taps]
    assert tap_fits(BOOK, tapped(*taps), EVEN) == pytest.approx(tap_fits(BOOK, tapped(*later), EVEN))


def test_what_has_not_come_by_yet_does_not_count():
    first_hats = tapped((HAT, 0), (HAT, 240))
    assert int(np.argmax(tap_fits(BOOK, first_hats, EVEN))) == 0
    assert first_hats.heard().sum() == 3
    assert tapped((HAT, 0), (HAT, 240), (HAT, 2 * 1920)).heard().all()


def test_without_taps_the_part_decides():
    assert tap_fits(BOOK, Taps(), (0.7, 0.3, 0.0)) == (0.7, 0.3, 0.0)


def test_every_drum_of_the_kit_but_toms_and_percussion_can_be_tapped():
    kinds = {piece.name: kind_of_piece(index) for index, piece in enumerate(PIECES)}
    assert TAPPED[kinds["side stick"]] == "snare"
    assert TAPPED[kinds["ride"]] == "hat"
    assert kinds["low tom"] is None


def test_choices_come_by_fit_with_their_words():
    choices = style_choices(BOOK, bundled_grooves(), (0.1, 0.4, 0.0))
    assert choices[0].fit == 1
    assert [choice.fit for choice in choices] == sorted((choice.fit for choice in choices), reverse=True)
    names = [choice.name for choice in choices]
    assert NAMES[2] not in names
    assert {"funk", "bossa"} <= set(names)
    assert "bossa" in [choice.name for choice in matching(choices, "Bossa Nova")]
    assert NAMES[1] in [choice.name for choice in matching(choices, "flo")]
    assert matching(choices, " ") == choices
    assert matching(choices, "no such style") == ()
