"""Bits a written bar: what a hardly trained network needs, and what counting needs."""

from __future__ import annotations

import numpy as np
import pytest

from musegen_daw.drums.tokens import BOS, EOS
from training.drums.bits import counted
from training.drums.corpus import Corpus
from training.drums.crops import BarCrop


def test_counting_is_reckoned_over_written_bars(prepared) -> None:
    corpus = Corpus(prepared, "test")
    size = 800
    song = int(np.flatnonzero(corpus.index["tracks"])[0])
    bars = int(corpus.index["bars"][song])
    found = counted(prepared, corpus, [BarCrop(song, 0, bars, 0)], size)
    tokens = corpus.between("tokens", song, 0, bars)
    written = int((corpus.per_bar("tokens", np.array([song])) > 0).sum())
    assert 0 < written <= bars
    assert found["tokens a bar"] == pytest.approx((len(tokens) + 1) / written)
    assert 0 < found["Markov"] < found["unigram"]

    training = Corpus(prepared, "train")
    every = [training.between("tokens", at, 0, int(each)) for at, each in enumerate(training.index["bars"])]
    counts = np.full(size, 0.1)
    for sequence in every:
        np.add.at(counts, np.append(sequence, EOS), 1)
    share = counts / counts.sum()
    expected = -np.log2(share[np.append(tokens, EOS)]).sum() / written
    assert found["unigram"] == pytest.approx(expected)
    assert BOS != EOS
