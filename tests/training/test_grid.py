"""The measures: what counts, what F1 is, and that the baselines are what their names say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.core.drums import PIECES, VOICES
from musegen_daw.drumming.events import HIT, ONSET
from musegen_daw.drumming.grammar import Grammar
from training.drums.baselines import Markov, mean_beat, random_notes
from training.drums.grid import (
    Overlap,
    drum_grid,
    interval,
    overlap,
    pooled_f1,
    rock_beat,
    scored_windows,
    self_similarity,
)

PIECE = {piece.name: index for index, piece in enumerate(PIECES)}
grids = st.lists(st.booleans(), min_size=4 * 16 * 9, max_size=4 * 16 * 9).map(
    lambda values: np.array(values).reshape(4, 16, 9)
)


def _hits(*rows: tuple[int, int, str]) -> np.ndarray:
    return np.array([(bar, position, PIECE[name], 12) for bar, position, name in rows], HIT)


def test_a_hit_counts_at_its_nearest_sixteenth_and_for_its_voice() -> None:
    grid = drum_grid(_hits((0, 6, "kick"), (0, 11, "snare"), (1, 12, "clap"), (0, 6, "cowbell")), 2)
    found = {(int(bar), int(step), VOICES[voice]) for bar, step, voice in np.argwhere(grid)}
    assert found == {(0, 0, "kick"), (0, 0, "snare"), (1, 1, "snare")}


def test_a_window_counts_with_8_hits_and_4_onset_steps() -> None:
    hits = _hits(*[(bar, 6 + 24 * step, "kick") for bar in (0, 2, 4) for step in range(8)])
    onsets = np.zeros(4 + 3, ONSET)
    onsets["bar"] = [0, 0, 1, 1, 2, 2, 2]
    onsets["position"] = [6, 30, 6, 30, 6, 30, 54]
    assert scored_windows(hits, onsets, 6).tolist() == [0]
    assert scored_windows(hits[:7], onsets, 6).tolist() == []


@given(one=grids, two=grids)
def test_f1_is_between_0_and_1_and_1_for_the_same(one, two) -> None:
    windows = np.array([0, 2])
    same, other = overlap(one, one, windows), overlap(one, two, windows)
    assert same.f1 == (1.0 if one.any() else 0.0)
    assert 0 <= other.f1 <= 1
    assert other.shared <= min(other.generated, other.human)


def test_f1_by_hand() -> None:
    assert pooled_f1([Overlap(2, 4, 4), Overlap(0, 0, 2)]) == pytest.approx(2 * 2 / 10)
    low, high = interval([Overlap(2, 4, 4), Overlap(0, 2, 2), Overlap(1, 2, 3)], seed=1)
    assert 0 <= low < pooled_f1([Overlap(2, 4, 4), Overlap(0, 2, 2), Overlap(1, 2, 3)]) < high <= 1


def test_the_rock_beat_has_sixteen_hits_less_what_is_shared() -> None:
    beat = rock_beat()
    assert beat.sum() == 8 + 2 + 4
    assert self_similarity(np.repeat(beat, 2, axis=0), np.array([0])) == [1.0]


def test_random_notes_have_the_density_asked_for() -> None:
    grid = random_notes(2000, 12.0, np.random.default_rng(0))
    assert grid.sum() / 2000 == pytest.approx(12, rel=0.05)


def test_the_mean_beat_keeps_what_most_bars_have(train_corpus) -> None:
    beat = mean_beat(train_corpus, train_corpus)
    assert beat.shape == (1, 16, 9)
    assert beat[0, 4, VOICES.index("snare")]
    assert not beat[0, 1].any()


def test_markov_probabilities_sum_to_one_and_samples_decode(trained_vocabulary) -> None:
    size = len(trained_vocabulary)
    grammar = Grammar(trained_vocabulary)
    random = np.random.default_rng(0)
    usable = np.flatnonzero(grammar.starts.any(axis=0))
    sequences = [random.choice(usable, 200).astype(np.int64) for _ in range(5)]
    model = Markov.learn(sequences, size)
    assert model.bigram.sum(axis=1) == pytest.approx(1, abs=1e-3)
    alone, pairs = model.bits(sequences[0])
    assert 0 < pairs < alone
    hits = model.sample(trained_vocabulary, grammar, 3, random)
    assert set(hits["bar"].tolist()) <= {0, 1, 2}
