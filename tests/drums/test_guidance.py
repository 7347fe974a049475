"""What the guidance pays for a bar: good hits once each, and no way to earn more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.features import frame_of
from musegen_daw.drums.grammar import Grammar, GrammarState
from musegen_daw.drums.guidance import BarGuidance, Guidance
from musegen_daw.music.kit import PIECES
from tests.drum_strategies import walk

THRESHOLD, STRENGTH = 0.2, 3.0


def _scores(guidance: Guidance, bar: BarGuidance, place: GrammarState, lingers: np.ndarray) -> np.ndarray:
    """What is added to the logits of a sequence."""
    return guidance.apply(np.zeros((1, bar.tokens.size), np.float32), [bar], place, lingers)


@pytest.fixture(scope="module")
def grammar(vocabulary) -> Grammar:
    return Grammar(vocabulary)


@pytest.fixture(scope="module")
def guidance(vocabulary, grammar) -> Guidance:
    return Guidance(vocabulary, grammar)


@given(seed=st.integers(0, 2**32))
def test_no_path_through_a_bar_earns_more_than_its_good_hits(grammar, guidance, vocabulary, seed) -> None:
    """Over a bar the scores, beside those of standing still, come to the worth of the hits less all there was."""
    random = np.random.default_rng(seed)
    expected = random.random((FRAMES_PER_BAR, len(PIECES))).astype(np.float32) ** 2
    worth = STRENGTH * (np.log(expected / (1 - expected)) - np.log(THRESHOLD / (1 - THRESHOLD)))
    good = np.clip(worth, 0, 6 * STRENGTH)
    bar = guidance.of_bar(expected, THRESHOLD, STRENGTH)
    tokens = walk(grammar, 1, random)
    place, lingers, earned = GrammarState.start(1), np.zeros(1, bool), 0.0
    place = grammar.advance(place, np.array([tokens[0]]))
    for token in [*tokens[1:], grammar.bar_token]:
        scores = _scores(guidance, bar, place, lingers)
        frame = int(grammar.frame(place)[0])
        stands = (frame + 1) * len(PIECES) if lingers[0] else frame * len(PIECES) + int(place.piece[0]) + 1
        earned += float(scores[0, token] + bar.passed[stands])
        after = grammar.advance(place, np.array([token]))
        moves, stays = after.position != place.position, grammar.frame(after) == grammar.frame(place)
        lingers = (stays & (lingers | (moves & (place.position >= 0)))) | guidance.lingers[[token]]
        place = after
    hits, _ = vocabulary.decode(tokens)
    cells = {(int(frame_of(hit["position"])), int(hit["piece"])) for hit in hits}
    assert earned <= sum(good[cell] for cell in cells) - good.sum() + 1e-2


def test_good_hits_raise_a_token_and_bad_ones_lower_it(grammar, guidance, vocabulary) -> None:
    kick = next(index for index, piece in enumerate(PIECES) if piece.name == "kick")
    runs = vocabulary.to_runs()
    alone = [token for token, run in enumerate(runs) if len(run) == 1]
    at_first = next(token for token in alone if runs[token] == [[2, 6]])
    plays = next(token for token in alone if runs[token] == [[3, kick]])
    place = GrammarState.start(1)
    for token in (grammar.bar_token, at_first):
        place = grammar.advance(place, np.array([token]))
    expected = np.full((FRAMES_PER_BAR, len(PIECES)), 0.01, np.float32)
    low = _scores(guidance, guidance.of_bar(expected, THRESHOLD, STRENGTH), place, np.zeros(1, bool))
    expected[0, kick] = 0.9
    high = _scores(guidance, guidance.of_bar(expected, THRESHOLD, STRENGTH), place, np.zeros(1, bool))
    others = [token for token in alone if runs[token][0][0] == 3 and token != plays]
    assert low[0, plays] == pytest.approx(low[0, others].max())
    assert high[0, plays] > high[0, others].max() + STRENGTH


def test_each_row_is_guided_by_its_own_bar_and_none_is_left_alone(grammar, guidance) -> None:
    random = np.random.default_rng(0)
    expected = random.random((2, FRAMES_PER_BAR, len(PIECES))).astype(np.float32)
    one, two = (guidance.of_bar(each, THRESHOLD, STRENGTH) for each in expected)
    logits = random.normal(size=(3, one.tokens.size)).astype(np.float32)
    place = grammar.advance(GrammarState.start(3), np.full(3, grammar.bar_token))
    found = guidance.apply(logits, [one, None, two], place, np.zeros(3, bool))
    alone = grammar.advance(GrammarState.start(1), np.full(1, grammar.bar_token))
    for row, bar in ((0, one), (2, two)):
        own = guidance.apply(logits[row : row + 1], [bar], alone, np.zeros(1, bool))
        assert np.array_equal(found[row], own[0])
        assert not np.allclose(found[row], logits[row])
    assert np.array_equal(found[1], logits[1])


def test_nobody_moves_to_where_every_hit_is_bad(grammar, guidance, vocabulary) -> None:
    """A position binds to a hit: one without good hits is worth less than passing it by."""
    expected = np.full((FRAMES_PER_BAR, len(PIECES)), 0.01, np.float32)
    expected[[0, 8], 0] = 0.9
    bar = guidance.of_bar(expected, THRESHOLD, STRENGTH)
    alone = {
        run[0][1]: token
        for token, run in enumerate(vocabulary.to_runs())
        if len(run) == 1 and run[0][0] == vocabulary.POSITION
    }
    place = GrammarState.start(1)
    kick = next(t for t, run in enumerate(vocabulary.to_runs()) if run == [[vocabulary.PIECE, 0]])
    for token in (grammar.bar_token, alone[6], kick):
        place = grammar.advance(place, np.array([token]))
    scores = _scores(guidance, bar, place, np.zeros(1, bool))[0]
    good = alone[6 + 96]
    for position, token in alone.items():
        if frame_of(position) not in (0, 8):
            assert scores[token] < scores[good] - STRENGTH
