"""Duplicates are found across the whole corpus, by rule and not by chance."""

from __future__ import annotations

import numpy as np
import pytest

from training.common.duplicates import (
    ALIKE,
    KEPT,
    SAME_BYTES,
    SIGNATURE_SIZE,
    find_duplicates,
    mixed,
    signature,
)


def _digests(*names: int) -> np.ndarray:
    return np.array([name.to_bytes(16, "big") for name in names], "V16")


def _words(*ranges: range) -> np.ndarray:
    return np.unique(mixed(np.concatenate([np.array(each, np.uint64) for each in ranges])))


def test_words_are_mixed_as_in_the_reference() -> None:
    # the first outputs of the published generator for seed 0
    state = np.uint64(0x9E3779B97F4A7C15) * np.arange(3, dtype=np.uint64)
    assert [hex(word) for word in mixed(state).tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]


@pytest.mark.parametrize("shared", [0, 50, 90, 100])
def test_signatures_agree_as_much_as_their_sets(shared) -> None:
    agreements = []
    for seed in range(40):
        first = 1000 * seed
        one = _words(range(first, first + 100))
        two = _words(range(first, first + shared), range(first + 500, first + 600 - shared))
        agreements.append((signature(one) == signature(two)).mean())
    assert np.mean(agreements) == pytest.approx(shared / (200 - shared), abs=0.06)


def test_an_empty_set_is_like_no_other() -> None:
    signatures = np.array([signature(np.zeros(0, np.uint64))] * 3)
    assert find_duplicates(_digests(1, 2, 3), signatures, [0, 0, 0]).tolist() == [KEPT] * 3


def test_the_held_out_piece_is_kept_and_its_doubles_are_not_trained_on() -> None:
    same, near, other = _words(range(100)), _words(range(97)), _words(range(500, 600))
    signatures = np.array([signature(words) for words in (same, same, near, other, other)])
    train, test = 2, 0
    found = find_duplicates(_digests(1, 1, 2, 3, 4), signatures, [train, test, train, train, train])
    assert found.tolist() == [SAME_BYTES, KEPT, ALIKE, KEPT, ALIKE]


def test_the_same_songs_are_dropped_wherever_a_corpus_is_cut() -> None:
    random = np.random.default_rng(0)
    base = [_words(range(200 * n, 200 * n + 100)) for n in range(40)]
    words = [base[n % 40] if n < 40 else random.permutation(base[n % 40])[:95] for n in range(80)]
    signatures = np.array([signature(each) for each in words])
    found = find_duplicates(_digests(*range(80)), signatures, np.zeros(80, int))
    assert found[:40].tolist() == [KEPT] * 40
    assert (found[40:] == ALIKE).mean() > 0.95
    again = find_duplicates(_digests(*range(80)), signatures.copy(), [0] * 80)
    assert np.array_equal(found, again)
    assert signatures.shape == (80, SIGNATURE_SIZE)
