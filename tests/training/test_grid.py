"""The grid and the plain baselines: what counts, what F1 is, and that the baselines are what their names say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drums.events import HIT
from musegen_daw.music.kit import PIECES, VOICES
from training.drums.baselines import mean_beat, random_notes, rock_beat
from training.drums.bits import Markov
from training.drums.measures import self_similarity
from training.drums.overlap import Overlap, interval, mean_interval, overlap, pooled_f1
from training.drums.songs import drum_grid, step_of, windows_of

PIECE = {piece.name: index for index, piece in enumerate(PIECES)}
grids = st.lists(st.booleans(), min_size=4 * 16 * 9, max_size=4 * 16 * 9).map(
    lambda values: np.array(values).reshape(4, 16, 9)
)


def _hits(*rows: tuple[int, int, str]) -> np.ndarray:
    return np.array([(bar, position, PIECE[name], 12) for bar, position, name in rows], HIT)


def test_a_hit_counts_at_its_nearest_sixteenth_and_for_its_voice() -> None:
    grid = drum_grid(_hits((0, 6, "kick"), (0, 11, "snare"), (1, 13, "clap"), (0, 6, "cowbell")), 2)
    found = {(int(bar), int(step), VOICES[voice]) for bar, step, voice in np.argwhere(grid)}
    assert found == {(0, 0, "kick"), (0, 0, "snare"), (1, 1, "snare")}


def test_what_lies_between_two_sixteenths_goes_to_the_even_one() -> None:
    assert step_of([0, 12, 24, 36, 191]).tolist() == [0, 0, 2, 2, 15]


def test_a_window_counts_with_8_hits_and_4_onset_steps() -> None:
    grid, starts = np.zeros((6, 16, 9), bool), np.zeros((6, 16), bool)
    grid[[0, 2, 4], :8, 0] = True
    starts[[0, 0, 1, 1, 2, 2, 2], [0, 2, 0, 2, 0, 2, 4]] = True
    assert windows_of(grid, starts).tolist() == [0]
    grid[0, 0, 0] = False
    assert windows_of(grid, starts).tolist() == []


@given(one=grids, two=grids)
def test_f1_is_between_0_and_1_and_1_for_the_same(one, two) -> None:
    windows = np.array([0, 2])
    same, other = overlap(one, one, windows), overlap(one, two, windows)
    assert same.f1 == (1.0 if one.any() else 0.0)
    assert 0 <= other.f1 <= 1
    assert other.shared <= min(other.generated, other.human)


def test_f1_by_hand() -> None:
    assert pooled_f1([Overlap(2, 4, 4), Overlap(0, 0, 2)]) == pytest.approx(2 * 2 / 10)
    songs = [Overlap(2, 4, 4), Overlap(0, 2, 2), Overlap(1, 2, 3)]
    low, high = interval(songs, seed=1)
    assert 0 <= low < pooled_f1(songs) < high <= 1
    low, high = mean_interval([song.f1 for song in songs], seed=1)
    assert 0 <= low < np.mean([song.f1 for song in songs]) < high <= 1
    assert mean_interval([0.5, 0.5]) == (0.5, 0.5)


def test_the_rock_beat_has_twelve_hits() -> None:
    beat = rock_beat()
    assert beat.sum() == 8 + 2 + 2
    assert self_similarity(np.repeat(beat, 2, axis=0), np.array([0])) == [1.0]


def test_random_notes_have_the_density_asked_for() -> None:
    grid = random_notes(2000, 12.0, np.random.default_rng(0))
    assert grid.sum() / 2000 == pytest.approx(12, rel=0.05)


def test_the_mean_beat_keeps_what_most_bars_have(train_corpus) -> None:
    beat = mean_beat(train_corpus, train_corpus)
    assert beat.shape == (1, 16, 9)
    assert beat[0, 4, VOICES.index("snare")]
    assert not beat[0, 1].any()


def test_markov_probabilities_sum_to_one_and_pairs_tell_more_than_frequencies() -> None:
    random = np.random.default_rng(0)
    sequences = [np.cumsum(random.integers(1, 3, 200)) % 50 for _ in range(5)]
    model = Markov.learn(sequences, 60)
    assert model.unigram.sum() == pytest.approx(1)
    assert model.bigram.sum(axis=1) == pytest.approx(1, abs=1e-3)
    alone, pairs = model.bits(sequences[0])
    assert 0 < pairs < alone / 2
