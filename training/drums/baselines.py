"""What the model has to beat: beats that never listen, and sequence models without a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.music.kit import VOICES
from training.drums.corpus import Corpus
from training.drums.grid import Grid, drum_grid

Floats = npt.NDArray[np.float64]


def mean_beat(training: Corpus, validation: Corpus) -> Grid:
    """One bar (1, 16, 9): what is hit in more than a share of the training bars, the share chosen on validation."""
    mean = _mean_bar(training)
    human = _mean_bar(validation)
    bars = float(_played_bars(validation))
    best, best_f1 = mean > 0.5, -1.0
    for share in np.arange(0.05, 0.95, 0.01):
        beat = mean > share
        shared = float((human * beat).sum()) * bars
        f1 = 2 * shared / max(1.0, beat.sum() * bars + float(human.sum()) * bars)
        if f1 > best_f1:
            best, best_f1 = beat, f1
    return best[None]


def _mean_bar(corpus: Corpus) -> Floats:
    total = np.zeros((FRAMES_PER_BAR, len(VOICES)))
    for song in np.flatnonzero(corpus.index["tracks"]).tolist():
        bars = int(corpus.index["bars"][song])
        total += drum_grid(corpus.between("hits", song, 0, bars), bars).sum(axis=0)
    return total / max(1, _played_bars(corpus))


def _played_bars(corpus: Corpus) -> int:
    return int((corpus.per_bar("hits", np.flatnonzero(corpus.index["tracks"])) > 0).sum())


def random_notes(bars: int, hits_per_bar: float, random: np.random.Generator) -> Grid:
    """Random hits (bars, 16, 9), as many as usual, anywhere."""
    return random.random((bars, FRAMES_PER_BAR, len(VOICES))) < hits_per_bar / (FRAMES_PER_BAR * len(VOICES))


@dataclass(frozen=True, slots=True)
class Markov:
    """A bigram model of the drum tokens, backed off to frequencies; probabilities (tokens,) and (tokens, tokens)."""

    unigram: Floats
    bigram: npt.NDArray[np.float32]

    @classmethod
    def learn(cls, sequences: list[npt.NDArray[np.int64]], size: int, discount: float = 0.75) -> Markov:
        """Absolute discounting: what is taken from seen pairs is given to all tokens by frequency."""
        counts = np.zeros((size, size), np.float32)
        single = np.full(size, 0.1)
        for sequence in sequences:
            np.add.at(counts, (sequence[:-1], sequence[1:]), 1)
            single += np.bincount(sequence[1:], minlength=size)
        unigram = single / single.sum()
        total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
        seen = (counts > 0).sum(axis=1, keepdims=True)
        rest = np.where(counts.sum(axis=1, keepdims=True) > 0, discount * seen / total, 1.0)
        bigram = np.maximum(counts - discount, 0) / total + rest * unigram[None].astype(np.float32)
        return cls(unigram, bigram.astype(np.float32))

    def bits(self, sequence: npt.NDArray[np.int64]) -> tuple[float, float]:
        """Bits of a sequence under the frequencies alone, and under the pairs."""
        alone = -np.log2(self.unigram[sequence[1:]]).sum()
        pairs = -np.log2(self.bigram[sequence[:-1], sequence[1:]]).sum()
        return float(alone), float(pairs)
