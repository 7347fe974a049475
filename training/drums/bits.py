"""Bits of the drum tokens per written bar: under the network, with and without the parts, and under n-grams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from musegen_daw.drums.tokens import BOS, EOS, DrumTokenizer
from training.drums.corpus import Corpus
from training.drums.crops import BarCrop
from training.drums.dataset import DrumConditionalDataset, DrumDataConfig, DrumExample, collate
from training.drums.train import bits_per_bar, load_model, other_onsets, other_songs

BATCH = 12
OWN, OTHER, NONE = "own parts", "another song's parts", "no parts"


def bits(checkpoint: Path, data: Path, split: str, count: int, crops: int = 0) -> dict[str, float]:
    """Bits a written bar, hits without velocities, of the first `count` songs in 4/4 with parts (0: all).

    Style and plan are hidden, unless it is said that the style is given. `crops` limits how many are read, evenly
    spread (0: all). Raises ValueError for data that was prepared with another tokenizer.
    """
    model, tokenizer, _ = load_model(checkpoint)
    prepared = DrumTokenizer.load(data / "tokenizer.json")
    if prepared.vocabulary().to_runs() != tokenizer.vocabulary().to_runs():
        raise ValueError(
            f"{data} was prepared with another tokenizer than that of {checkpoint}: prepare it again"
        )
    corpus = Corpus(data, split)
    tracks = np.flatnonzero(corpus.index["tracks"])
    songs = np.array([song for song in tracks.tolist() if corpus.songs[song]["four_four"]], np.int64)
    songs = songs[:count] if count else songs
    dataset = DrumConditionalDataset(corpus, tokenizer, DrumDataConfig(), 0)
    chosen = dataset.crops(0, songs)
    chosen = sorted(
        chosen[:: max(1, len(chosen) // crops)] if crops else chosen, key=lambda crop: crop.tokens
    )
    other = dict(zip(songs.tolist(), songs[other_songs(len(songs))].tolist(), strict=True))

    def others(crop: BarCrop, *, style: bool) -> DrumExample:
        return _with_parts_of(dataset, crop, other[crop.song], style=style)

    conditions: dict[str, Callable[[BarCrop], DrumExample]] = {
        OWN: lambda crop: dataset.plain(crop, style=False, planned=False),
        OTHER: lambda crop: others(crop, style=False),
        NONE: lambda crop: dataset.plain(crop, heard=False, style=False, planned=False),
        f"{OWN}, style given": lambda crop: dataset.plain(crop, planned=False),
        f"{OTHER}, style given": lambda crop: others(crop, style=True),
    }
    found: dict[str, float] = {}
    with torch.no_grad():
        for name, condition in conditions.items():
            batches = (
                collate([condition(crop) for crop in chosen[at : at + BATCH]])
                for at in range(0, len(chosen), BATCH)
            )
            found[name] = bits_per_bar(model, batches, torch.device("cpu"))
    return found | counted(data, corpus, chosen, len(tokenizer.vocabulary()))


def _with_parts_of(dataset: DrumConditionalDataset, crop: BarCrop, other: int, *, style: bool) -> DrumExample:
    onsets = other_onsets(dataset.corpus, other, crop.first_bar, crop.bars)
    return dataset.plain(crop, onsets=onsets, style=style, planned=False)


def counted(data: Path, corpus: Corpus, crops: list[BarCrop], size: int) -> dict[str, float]:
    """Bits a written bar by the frequencies of tokens and of their pairs, learned from the training songs."""
    training = Corpus(data, "train")
    markov = Markov.learn(
        [_sequence(training, song, 0, int(bars)) for song, bars in enumerate(training.index["bars"])], size
    )
    alone = pairs = 0.0
    bars = tokens = 0
    for crop in crops:
        sequence = _sequence(corpus, crop.song, crop.first_bar, crop.bars)
        one, two = markov.bits(sequence)
        alone, pairs, tokens = alone + one, pairs + two, tokens + len(sequence) - 1
        bars += int((corpus.counts("tokens", crop.song, crop.first_bar, crop.bars) > 0).sum())
    bars = max(1, bars)
    return {"unigram": alone / bars, "Markov": pairs / bars, "tokens a bar": tokens / bars}


def _sequence(
    corpus: Corpus, song: int, first_bar: int, bars: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    tokens = corpus.between("tokens", song, first_bar, bars).astype(np.int64)
    return np.concatenate(([BOS], tokens, [EOS]))


@dataclass(frozen=True, slots=True)
class Markov:
    """A bigram model of the drum tokens, backed off to frequencies; probabilities (tokens,) and (tokens, tokens)."""

    unigram: npt.NDArray[np.float64]
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
