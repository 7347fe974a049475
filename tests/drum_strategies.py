"""Arbitrary drum hits, meters and walks through the grammar for the property tests."""

from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import strategies as st

from musegen_daw.drums.events import HIT, ONSET, POSITIONS_PER_BAR
from musegen_daw.drums.grammar import Grammar, GrammarState
from musegen_daw.music.kit import PIECES
from musegen_daw.music.time import TimeMap, TimeSignature

METERS = st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8), (5, 4), (2, 4)])


@cache
def _levels(bars, lowest_position):
    place = st.tuples(
        st.integers(0, bars - 1),
        st.integers(lowest_position, POSITIONS_PER_BAR - 1),
        st.integers(0, len(PIECES) - 1),
    )
    return st.dictionaries(place, st.integers(0, 15), max_size=50)


@st.composite
def drum_hits(draw, max_bars=4, lowest_position=0):
    """HIT in order, and their number of bars."""
    bars = draw(st.integers(1, max_bars))
    levels = draw(_levels(bars, lowest_position))
    return np.array([(*place, level) for place, level in sorted(levels.items())], HIT), bars


@cache
def _onsets(bars):
    return st.lists(
        st.tuples(
            st.integers(0, bars - 1),
            st.integers(0, POSITIONS_PER_BAR - 1),
            st.integers(0, 127),
            st.integers(0, 15),
            st.integers(1, 768),
            st.integers(0, 2),
            st.integers(0, 254),
        ),
        max_size=40,
    )


@st.composite
def part_onsets(draw, max_bars=3):
    """ONSET in order, and their number of bars."""
    bars = draw(st.integers(1, max_bars))
    return np.array(sorted(draw(_onsets(bars))), ONSET), bars


@st.composite
def timelines(draw, ppqs):
    """A PPQ and a few bars of one meter, from the second bar of the timeline on."""
    ppq = draw(ppqs)
    time_map = TimeMap(ppq, (), (TimeSignature(0, *draw(METERS)),))
    length_ticks = time_map.bars(1)[0].length_ticks
    return ppq, time_map.bars(length_ticks * draw(st.integers(2, 6)))[1:]


def walk(grammar: Grammar, bars: int, random: np.random.Generator) -> list[int]:
    """Tokens of `bars` bars, each drawn uniformly from those allowed."""
    place, tokens, seen = GrammarState.start(1), [], 0
    while True:
        token = int(random.choice(np.flatnonzero(grammar.allowed(place)[0])))
        seen += token == grammar.bar_token
        if seen > bars:
            return tokens
        tokens.append(token)
        place = grammar.advance(place, np.array([token]))
