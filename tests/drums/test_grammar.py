"""What is sampled within the grammar always decodes to exactly the bars asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drums.events import LEAD_POSITIONS
from musegen_daw.drums.grammar import AFTER_HIT, Grammar, GrammarState
from tests.drum_strategies import drum_hits, walk


@pytest.fixture(scope="module")
def grammar(vocabulary) -> Grammar:
    return Grammar(vocabulary)


@given(seed=st.integers(0, 2**32), bars=st.integers(1, 4))
def test_every_walk_decodes_to_its_bars(grammar, vocabulary, seed, bars) -> None:
    tokens = walk(grammar, bars, np.random.default_rng(seed))
    hits, decoded_bars = vocabulary.decode(tokens)
    assert decoded_bars == bars
    order = list(zip(hits["bar"], hits["position"], hits["piece"], strict=True))
    assert order == sorted(set(order))


@given(drum_hits())
def test_whatever_the_tokenizer_writes_is_allowed(grammar, tokenizer, drawn) -> None:
    hits, bars = drawn
    place = GrammarState.start(1)
    for token in (token for tokens in tokenizer.encode_bars(hits, bars) for token in tokens):
        assert grammar.allowed(place)[0, token]
        place = grammar.advance(place, np.array([token]))
    if len(hits) and hits["bar"][-1] == bars - 1:
        assert place.phase[0] == AFTER_HIT
        assert (place.position[0], place.piece[0]) == (hits["position"][-1], hits["piece"][-1])
        assert grammar.frame(place)[0] == hits["position"][-1] // 12


def test_only_a_bar_can_begin(grammar) -> None:
    assert np.flatnonzero(grammar.allowed(GrammarState.start(1))[0]).tolist() == [grammar.bar_token]


def test_rows_do_not_touch_each_other(grammar) -> None:
    random = np.random.default_rng(0)
    walks = [walk(grammar, 1, random)[:6] for _ in range(4)]
    length = min(map(len, walks))
    together = GrammarState.start(4)
    alone = [GrammarState.start(1) for _ in walks]
    for at in range(length):
        together = grammar.advance(together, np.array([tokens[at] for tokens in walks]))
        alone = [
            grammar.advance(place, np.array([tokens[at]])) for place, tokens in zip(alone, walks, strict=True)
        ]
        expected = np.concatenate([grammar.allowed(place) for place in alone])
        assert np.array_equal(grammar.allowed(together), expected)


def test_what_lies_on_the_grid_is_told_from_what_does_not(grammar, vocabulary) -> None:
    for token, run in enumerate(vocabulary.to_runs()):
        away = [value - LEAD_POSITIONS for kind, value in run if kind == vocabulary.POSITION]
        assert grammar.on_grid[token] == all(each % 12 == 0 or each % 8 == 0 for each in away)
        assert grammar.is_straight[token] == all(each % 12 == 0 for each in away)
        pieces = {value for kind, value in run if kind == vocabulary.PIECE}
        assert set(np.flatnonzero(grammar.has_piece[token]).tolist()) == pieces
