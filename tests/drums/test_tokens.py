"""The laws of the drum tokens: nothing is lost on the way there and back, and they are miditok's REMI."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from symusic import Note, Score, Tempo, Track

from musegen_daw.drums.events import HIT, POSITIONS_PER_BAR, POSITIONS_PER_BEAT
from musegen_daw.drums.grammar import AFTER_BAR, AFTER_HIT, AT_START, Grammar, GrammarState
from musegen_daw.drums.tokens import (
    BOS,
    EOS,
    PAD,
    WRITTEN_LEVEL,
    DrumTokenizer,
    DrumVocabulary,
    base_tokenizer,
)
from musegen_daw.music.kit import PIECES
from tests.drum_strategies import drum_hits, walk


@given(drum_hits())
def test_hits_come_back_from_their_tokens(tokenizer, vocabulary, drawn) -> None:
    hits, bars = drawn
    encoded = tokenizer.encode_bars(hits, bars)
    assert len(encoded) == bars
    assert all(
        tokens[0] == vocabulary.bar_token and vocabulary.bar_token not in tokens[1:] for tokens in encoded
    )
    decoded, decoded_bars = vocabulary.decode(token for tokens in encoded for token in tokens)
    assert decoded_bars == bars
    hits["level"] = WRITTEN_LEVEL
    assert np.array_equal(decoded, hits)


@given(drum_hits())
def test_a_bar_is_encoded_the_same_wherever_it_stands(trained_tokenizer, drawn) -> None:
    hits, bars = drawn
    encoded = trained_tokenizer.encode_bars(hits, bars)
    for bar in range(bars):
        alone = hits[hits["bar"] == bar].copy()
        alone["bar"] = 0
        assert trained_tokenizer.encode_bars(alone, 1) == [encoded[bar]]


@given(drum_hits())
def test_byte_pairs_are_never_more_than_the_base_tokens(plain_tokenizer, trained_tokenizer, drawn) -> None:
    hits, bars = drawn
    plain, trained = plain_tokenizer.encode_bars(hits, bars), trained_tokenizer.encode_bars(hits, bars)
    assert all(len(few) <= len(many) for few, many in zip(trained, plain, strict=True))


def test_byte_pairs_shorten_what_they_were_trained_on(plain_tokenizer, trained_tokenizer) -> None:
    rock = [(6, 0), (6, 4), (30, 4), (54, 2), (54, 4), (78, 4), (102, 0), (102, 4), (150, 2), (150, 4)]
    hits = np.array([(0, position, piece, 12) for position, piece in rock], HIT)
    assert len(trained_tokenizer.encode_bars(hits, 1)[0]) < 0.8 * len(plain_tokenizer.encode_bars(hits, 1)[0])


@given(drum_hits())
def test_the_base_tokens_are_those_of_miditok(plain_tokenizer, drawn) -> None:
    hits, bars = drawn
    track = Track(is_drum=True)
    for bar, position, piece, level in hits.tolist():
        # a position counts from half a sixteenth before the bar line: the same notes, moved later by that
        time = bar * POSITIONS_PER_BAR + position
        track.notes.append(Note(time, 12, PIECES[piece].pitch, level * 8 + 7))
    score = Score(POSITIONS_PER_BEAT)
    score.tempos.append(Tempo(0, 120))
    score.tracks.append(track)
    used = int(hits["bar"].max()) + 1 if len(hits) else 0
    ours = [token for tokens in plain_tokenizer.encode_bars(hits, bars)[:used] for token in tokens]
    theirs = base_tokenizer()(score)[0].ids if used else []
    assert ours == theirs


def test_every_base_event_has_a_token_of_its_own(vocabulary) -> None:
    alone = {(run[0][0], run[0][1]) for run in vocabulary.to_runs() if len(run) == 1}
    wanted = {(DrumVocabulary.BAR, 0)}
    wanted |= {(DrumVocabulary.POSITION, position) for position in range(POSITIONS_PER_BAR)}
    wanted |= {(DrumVocabulary.PIECE, piece) for piece in range(len(PIECES))}
    assert alone == wanted


def test_bar_lines_are_never_joined_and_special_tokens_say_nothing(vocabulary) -> None:
    runs = vocabulary.to_runs()
    assert [run for run in runs if [DrumVocabulary.BAR, 0] in run] == [[[DrumVocabulary.BAR, 0]]]
    assert runs[PAD] == runs[BOS] == runs[EOS] == []


def test_a_vocabulary_comes_back_from_its_runs(vocabulary) -> None:
    again = DrumVocabulary.from_runs(vocabulary.to_runs())
    assert np.array_equal(again.kinds, vocabulary.kinds)
    assert np.array_equal(again.values, vocabulary.values)


@given(drum_hits())
def test_a_saved_tokenizer_is_the_same(saved_tokenizer, trained_tokenizer, drawn) -> None:
    assert saved_tokenizer.encode_bars(*drawn) == trained_tokenizer.encode_bars(*drawn)


def test_a_saved_tokenizer_has_the_same_vocabulary(saved_tokenizer, trained_tokenizer) -> None:
    assert saved_tokenizer.vocabulary().to_runs() == trained_tokenizer.vocabulary().to_runs()


@given(st.data())
def test_decoding_refuses_exactly_what_the_grammar_does(tokenizer, vocabulary, grammar, data) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    tokens = walk(grammar, 2, random)
    at = data.draw(st.integers(0, len(tokens)))
    spoil = data.draw(st.sampled_from(["replace", "drop", "insert", "cut", "nothing"]))
    strange = data.draw(st.integers(EOS + 1, len(vocabulary) - 1))
    if spoil == "cut":
        tokens = tokens[:at]
    elif spoil != "nothing":
        tokens[at : at + (spoil != "insert")] = [] if spoil == "drop" else [strange]
    if _within(grammar, tokens):
        assert vocabulary.decode(tokens)[1] == tokens.count(vocabulary.bar_token)
    else:
        with pytest.raises(ValueError, match="hit|after|not of the drums|end within"):
            vocabulary.decode(tokens)


@pytest.mark.parametrize("token", [-1, 10**6])
def test_decoding_refuses_what_is_no_token(vocabulary, token) -> None:
    with pytest.raises(ValueError, match="not of the drums"):
        vocabulary.decode([vocabulary.bar_token, token])


@pytest.fixture(scope="module")
def grammar(vocabulary) -> Grammar:
    return Grammar(vocabulary)


@pytest.fixture(scope="module")
def saved_tokenizer(trained_tokenizer, tmp_path_factory) -> DrumTokenizer:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    trained_tokenizer.save(path)
    return DrumTokenizer.load(path)


def _within(grammar: Grammar, tokens: list[int]) -> bool:
    place = GrammarState.start(1)
    for token in tokens:
        if not grammar.allowed(place)[0, token]:
            return False
        place = grammar.advance(place, np.array([token]))
    return int(place.phase[0]) in (AT_START, AFTER_BAR, AFTER_HIT)
