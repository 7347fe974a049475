"""Styles have names that a musician knows, and are found by them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from musegen_daw.drums.style import STYLE_BARS, StyleBook
from musegen_daw.drums.style_names import bundled_grooves, find_style, name_styles, style_of_drums
from musegen_daw.drums.style_words import describe
from musegen_daw.errors import MusegenError
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import PIECES
from musegen_daw.music.time import Bar

NAMES = [piece.name for piece in PIECES]
PPQ = 480
EIGHTHS = "x.x.x.x.x.x.x.x."
BACKBEAT = "....x.......x..."


def pattern(**lines):
    """Two bars alike; a line of `x` is certain, of `o` half as likely."""
    found = np.zeros((STYLE_BARS, 16, len(PIECES)), np.float32)
    for name, line in lines.items():
        for step, mark in enumerate(line):
            found[:, step, NAMES.index(name.replace("_", " "))] = {"x": 1.0, "o": 0.5}.get(mark, 0.0)
    return found


ROCK = {"kick": "x.......x.......", "snare": BACKBEAT, "closed_hat": EIGHTHS}


FOUR = "x...x...x...x..."
BETWEEN = "..x...x...x...x."
THIRD = "........x......."
ONCE = "x..............."
SHUFFLED = "x..xx..xx..xx..x"


@pytest.mark.parametrize(
    ("words", "lines", "triplets", "meter"),
    [
        ("rock, eighth hats", ROCK, 0, "4/4"),
        ("rock, quarter hats", {**ROCK, "closed_hat": FOUR}, 0, "4/4"),
        ("rock, few cymbals", {**ROCK, "closed_hat": "................"}, 0, "4/4"),
        ("rock, eighth ride", {"kick": ROCK["kick"], "snare": BACKBEAT, "ride": EIGHTHS}, 0, "4/4"),
        ("heavy rock, quarter crashes", {"kick": EIGHTHS, "snare": BACKBEAT, "crash": FOUR}, 0, "4/4"),
        ("pop, sixteenth hats", {**ROCK, "closed_hat": "x" * 16}, 0, "4/4"),
        ("half-time rock, eighth hats", {**ROCK, "snare": THIRD}, 0, "4/4"),
        ("four on the floor, off-beat open hats",
            {"kick": FOUR, "clap": BACKBEAT, "open_hat": BETWEEN},
            0, "4/4"),
        ("disco, off-beat open hats", {"kick": FOUR, "snare": BACKBEAT, "open_hat": BETWEEN}, 0, "4/4"),
        ("four on the floor, eighth hats", {**ROCK, "kick": FOUR}, 0, "4/4"),
        ("double-time punk, eighth hats", {**ROCK, "kick": FOUR, "snare": BETWEEN}, 0, "4/4"),
        ("ballad, side stick, eighth hats",
            {"kick": ROCK["kick"], "side_stick": BACKBEAT, "closed_hat": EIGHTHS},
            0, "4/4"),
        ("reggae one drop, quarter hats",
            {"kick": THIRD, "side_stick": THIRD, "closed_hat": FOUR},
            0, "4/4"),
        ("shuffle, swung hats", {**ROCK, "closed_hat": SHUFFLED}, 0.9, "4/4"),
        ("half-time shuffle, swung hats", {**ROCK, "snare": THIRD, "closed_hat": SHUFFLED}, 0.9, "4/4"),
        ("swing, swung ride", {"ride": "x...x..xx...x..x", "pedal_hat": BACKBEAT}, 0.9, "4/4"),
        ("train beat, off-beat pedal hats",
            {"kick": FOUR, "snare": "x" * 16, "pedal_hat": BETWEEN},
            0, "4/4"),
        ("eighth tom groove", {"kick": "x.......x.......", "low_tom": EIGHTHS}, 0, "4/4"),
        ("metal gallop, quarter crashes",
            {"kick": "x.xxx.xxx.xxx.xx", "snare": BACKBEAT, "china": FOUR},
            0, "4/4"),
        ("march, few cymbals", {"snare": EIGHTHS, "kick": ONCE}, 0, "4/4"),
        ("waltz, quarter hats",
            {"kick": "x...........", "snare": "....x...x...", "closed_hat": "x...x...x..."},
            0, "3/4"),
        ("jazz waltz, swung ride", {"kick": "x...........", "ride": "x...x..xx..x"}, 0.8, "3/4"),
        ("6/8 ballad, eighth hats",
            {"kick": "x...........", "snare": "......x.....", "closed_hat": "x.x.x.x.x.x."},
            0, "6/8"),
        ("seven eight, eighth hats", {"kick": "x.......x.....", "closed_hat": "x.x.x.x.x.x.x."}, 0, "7/8"),
    ],
)  # fmt: skip
def test_a_groove_is_told_in_words(words, lines, triplets, meter):
    assert describe(pattern(**lines), triplets, meter) == words


def test_tempo_tells_punk_and_ballads_from_rock():
    assert describe(pattern(**ROCK), 0, "4/4", 190).startswith("punk")
    assert describe(pattern(**ROCK), 0, "4/4", 66).startswith("ballad")
    assert describe(pattern(**ROCK), 0, "4/4", 120).startswith("rock")


def test_silence_has_words_too():
    assert describe(pattern(), 0, "4/4")
    assert describe(pattern(), 0, "other")


def test_uncertain_pieces_still_make_the_feel():
    soft = pattern(kick="o.......o.......", snare="....o.......o...", closed_hat="o.o.o.o.o.o.o.o.")
    assert describe(soft, 0, "4/4") == "rock, eighth hats"


@pytest.fixture(scope="module")
def grooves():
    return bundled_grooves()


def book_of(*patterns, meters=None, grooves=()):
    count = len(patterns)
    own = np.array(patterns, np.float32)
    zero = np.zeros(count, np.float32)
    shares = np.linspace(1, 0.5, count).astype(np.float32)
    meters = tuple(meters or ["4/4"] * count)
    return StyleBook(own, zero, name_styles(own, zero, meters, shares, grooves), meters, shares)


@pytest.fixture(scope="module")
def book(grooves):
    return book_of(
        pattern(**ROCK),
        pattern(**{**ROCK, "kick": "x..x..x.x..x..x."}),
        pattern(**{**ROCK, "tambourine": "x" * 16}),
        pattern(**{**ROCK, "snare": THIRD}),
        pattern(kick="x...........", snare="....x...x...", closed_hat="x...x...x..."),
        meters=["4/4"] * 4 + ["3/4"],
        grooves=grooves,
    )


def test_every_style_has_a_name_of_its_own_that_says_what_is_different(book):
    assert book.names == (
        "rock, eighth hats",
        "rock, eighth hats, syncopated kick",
        "rock, sixteenth tambourine",
        "half-time rock, eighth hats",
        "waltz, quarter hats",
    )
    same = book_of(*[pattern(**ROCK)] * 3)
    assert same.names == ("rock, eighth hats", "rock, eighth hats 2", "rock, eighth hats 3")


def test_the_commonest_style_has_the_plain_name():
    rare = pattern(**ROCK)
    names = name_styles(
        np.array([pattern(**{**ROCK, "kick": "x..x..x.x..x..x."}), rare]), [0, 0], ["4/4"] * 2, [0.1, 0.9]
    )
    assert names[1] == "rock, eighth hats"
    assert names[0] != names[1]


def test_a_style_near_a_groove_is_called_after_it(grooves):
    groove = replace(next(each for each in grooves if each.name == "half-time-shuffle"), name="purdie")

    def name(pattern, *known):
        return name_styles(pattern[None], [1.0], ["4/4"], [1.0], known)[0]

    assert name(groove.pattern) == "half-time shuffle, swung hats"
    assert name(0.9 * groove.pattern, groove) == "purdie, swung hats"
    assert "purdie" not in name(0.3 * groove.pattern, groove)
    # Where two known grooves feel alike the feel says no more than its own words.
    assert "purdie" not in name(groove.pattern, groove, replace(groove, name="toto"))


def test_no_style_has_the_name_of_a_groove(grooves):
    (name,) = name_styles(pattern(low_tom=EIGHTHS)[None], [0], ["4/4"], [1.0], grooves[:0])
    taken = replace(grooves[0], name=name, pattern=pattern())
    (other,) = name_styles(pattern(low_tom=EIGHTHS)[None], [0], ["4/4"], [1.0], [taken])
    assert other != name


# Looking up


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("3", 3),
        ("Rock, Eighth Hats", 0),
        ("syncopated kick", 1),
        ("tambourine rock", 2),
        ("half time rock", 3),
        ("halftime eighth hi-hats", 3),
        ("waltz", 4),
        ("quarter waltz", 4),
    ],
)
def test_a_learned_style_is_found(book, grooves, text, code):
    assert find_style(text, book, grooves).code == code


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rock", "rock"),
        ("Four on the Floor", "four-on-the-floor"),
        ("house", "four-on-the-floor"),
        ("techno", "four-on-the-floor"),
        ("jazz", "swing"),
        ("metal", "metal"),
        ("bossa nova", "bossa"),
        ("one drop", "reggae"),
        ("hip hop", "hip-hop"),
        ("boom bap", "hip-hop"),
        ("d'n'b", "breakbeat"),
        ("drum & bass", "breakbeat"),
        ("ballad", "ballad"),
        ("halftime shuffle", "half-time-shuffle"),
        ("sixteenth shaker", "samba"),
    ],
)
def test_a_bundled_groove_is_found_as_it_is(book, grooves, text, name):
    style = find_style(text, book, grooves)
    groove = next(each for each in grooves if each.name == name)
    assert style.name == name
    assert np.array_equal(style.pattern, groove.pattern)
    assert style.code == book.nearest(groove.pattern, groove.triplets, groove.meter)


def test_every_name_that_is_shown_is_found_again(book, grooves):
    for code, name in enumerate(book.names):
        assert find_style(name, book, grooves).code == code
        assert find_style(str(code), book, grooves).code == code
    for groove in grooves:
        assert find_style(groove.name, book, grooves).name == groove.name


@pytest.mark.parametrize(
    "text", ["zydeco", "rocknroll", "techno jazz", "", "  ", "?", "99", "9" * 5000, "²", "x" * 9000]
)
def test_what_is_no_style_is_said_in_one_sentence(book, grooves, text):
    with pytest.raises(MusegenError) as caught:
        find_style(text, book, grooves)
    sentence = str(caught.value)
    assert sentence.startswith("There is no style")
    assert sentence.endswith(".")
    assert len(sentence) < 400


def test_the_nearest_names_are_told(book, grooves):
    with pytest.raises(MusegenError, match="'swing'"):
        find_style("swinging", book, grooves)
    with pytest.raises(MusegenError, match="the nearest are 'rock'"):
        find_style("slow rock", book, grooves)


# Loops


def loop(steps, bars, ppq=PPQ, step_ticks=PPQ // 4):
    notes = [Note(pitch, 100, start * step_ticks, 10) for pitch, start in steps]
    return Clip(tuple(notes), bars[-1].end_ticks, ppq, is_drum=True)


def test_a_loop_of_one_bar_is_both_bars():
    bars = (Bar(0, 4 * PPQ),)
    style = style_of_drums(loop([(35, 0), (38, 4), (38, 12), (36, 8)], bars), bars, "mine")
    assert style.name == "mine"
    assert style.code == -1
    assert style.meter == "4/4"
    assert np.array_equal(style.pattern[0], style.pattern[1])
    assert np.array_equal(style.pattern, pattern(kick="x.......x.......", snare=BACKBEAT))


def test_a_loop_of_four_bars_is_the_mean_of_two():
    bars = tuple(Bar(bar * 4 * PPQ, 4 * PPQ) for bar in range(4))
    clip = loop([(36, 16 * bar) for bar in range(4)] + [(38, 4), (42, 18)], bars)
    style = style_of_drums(clip, bars, "mine")
    assert style.pattern[0, 4, NAMES.index("snare")] == 0.5
    assert style.pattern[1, 2, NAMES.index("closed hat")] == 0.5
    assert (style.pattern[:, 0, NAMES.index("kick")] == 1).all()


def test_a_loop_has_its_own_meter_and_swing():
    three = (Bar(0, 3 * PPQ),)
    assert style_of_drums(loop([(36, 0), (38, 4)], three), three, "waltz").meter == "3/4"
    six = (Bar(0, 6 * PPQ, is_compound=True),)
    assert style_of_drums(loop([(36, 0), (38, 6), (36, 12)], six), six, "slow").meter == "6/8"
    four = (Bar(0, 4 * PPQ),)
    swung = loop([(51, 0), (51, 3), (51, 5), (51, 6), (51, 9), (51, 11)], four, step_ticks=PPQ // 3)
    assert style_of_drums(swung, four, "jazz").triplets == 1


def test_a_loop_without_drums_is_refused():
    bars = (Bar(0, 4 * PPQ),)
    with pytest.raises(MusegenError, match=r"'mine' has no drums to take a style from\."):
        style_of_drums(loop([], bars), bars, "mine")
    with pytest.raises(MusegenError):
        style_of_drums(loop([(36, 0)], bars), (), "mine")


# The bundled grooves keep the rules of their genre, on the grid that the model writes


def bars_of(grooves, name):
    style = next(groove for groove in grooves if groove.name == name)
    return [
        {piece: {step for step in range(16) if bar[step, NAMES.index(piece)] > 0} for piece in NAMES}
        for bar in style.pattern
    ]


def hats(bar):
    return bar["closed hat"] | bar["pedal hat"] | bar["open hat"] | bar["ride"] | bar["ride bell"]


@pytest.mark.parametrize("name", ["four-on-the-floor", "disco"])
def test_house_has_four_kicks_and_hats_between_them(grooves, name):
    for bar in bars_of(grooves, name):
        assert bar["kick"] >= {0, 4, 8, 12}
        assert len(hats(bar) & {2, 6, 10, 14}) >= 3


def test_metal_gallops(grooves):
    for bar in bars_of(grooves, "metal"):
        assert bar["kick"] >= {0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15}
        assert bar["snare"] == {4, 12}


def test_bossa_has_a_clave_and_no_backbeat(grooves):
    bars = bars_of(grooves, "bossa")
    assert [bar["side stick"] for bar in bars] == [{0, 6, 12}, {4, 10}]
    for bar in bars:
        assert not bar["snare"]
        assert hats(bar) >= set(range(0, 16, 2))


def test_reggae_drops_the_one(grooves):
    for bar in bars_of(grooves, "reggae"):
        assert bar["kick"] == {8}
        assert 8 in bar["side stick"]


def test_swing_rides_in_triplets(grooves):
    swing = next(groove for groove in grooves if groove.name == "swing")
    assert swing.triplets == 1
    for bar in bars_of(grooves, "swing"):
        off = {step for step in hats(bar) if step % 4}
        assert off
        assert off <= {3, 7, 11, 15}


@pytest.mark.parametrize("name", ["funk", "rock", "hip-hop", "punk"])
def test_funk_and_rock_have_a_backbeat_and_eighth_hats(grooves, name):
    for bar in bars_of(grooves, name):
        assert bar["snare"] >= {4, 12}
        assert len(hats(bar) & set(range(0, 16, 2))) >= (6 if name == "funk" else 7)


def test_a_ballad_is_quiet(grooves):
    for bar in bars_of(grooves, "ballad"):
        assert bar["snare"] | bar["side stick"] >= {4, 12}
        assert sum(map(len, bar.values())) <= 14


@pytest.mark.parametrize(
    ("name", "feel"),
    [
        ("rock", "rock"),
        ("hip-hop", "rock"),
        ("punk", "rock"),
        ("half-time", "half-time rock"),
        ("four-on-the-floor", "four on the floor"),
        ("funk", "funk"),
        ("soul", "soul"),
        ("breakbeat", "breakbeat"),
        ("reggae", "reggae one drop"),
        ("bossa", "bossa nova"),
        ("swing", "swing"),
        ("shuffle", "shuffle"),
        ("half-time-shuffle", "half-time shuffle"),
        ("metal", "metal gallop"),
        ("disco", "disco"),
        ("ballad", "ballad"),
        ("latin", "latin"),
        ("samba", "samba"),
        ("train-beat", "train beat"),
    ],
)
def test_a_groove_feels_like_its_name(grooves, name, feel):
    style = next(groove for groove in grooves if groove.name == name)
    assert describe(style.pattern, style.triplets, style.meter).split(", ")[0] == feel
