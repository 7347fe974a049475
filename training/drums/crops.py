"""Where the songs of a corpus are cut: every bar once an epoch, for all songs of a block at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from training.drums.corpus import Corpus

Cuts = npt.NDArray[np.int64]  # (crops, 4): song, first bar, bars, tokens; see BarCrop

SONGS_A_BLOCK = 1 << 14
MIN_PLAYED_SHARE = 0.25


class BarCrop(NamedTuple):
    """Consecutive bars of one song."""

    song: int
    first_bar: int
    bars: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts of up to `max_tokens` drum tokens and `max_bars` bars, the same for the same seed and epoch.

    Every bar of every song comes once an epoch, at a cut that differs between epochs; runs of bars in
    which hardly anything is played are left out.
    """

    corpus: Corpus
    max_tokens: int
    max_bars: int
    seed: int = 0

    def crops(self, epoch: int, songs: npt.NDArray[np.int64] | None = None) -> list[BarCrop]:
        """The cuts of one epoch, song after song, of all songs or of some in ascending order."""
        chosen = np.arange(len(self.corpus.index)) if songs is None else songs
        return _as_crops(self._cut(chosen, self._rooms(epoch)[chosen]))

    def batches(self, epoch: int, batch_size: int) -> Iterator[list[BarCrop]]:
        """The epoch's cuts in batches of similar length, in random order.

        They come from one block of songs after another, drawn from the whole corpus: the first is there at once.
        """
        random = np.random.default_rng((self.seed, epoch, 2))
        songs, rooms = len(self.corpus.index), self._rooms(epoch)
        order = np.arange(songs) if songs <= SONGS_A_BLOCK else random.permutation(songs)
        for first in range(0, songs, SONGS_A_BLOCK):
            chosen = np.sort(order[first : first + SONGS_A_BLOCK])
            cuts = self._cut(chosen, rooms[chosen])
            for batch in _in_batches(cuts, batch_size, random):
                yield _as_crops(batch)

    def _rooms(self, epoch: int) -> npt.NDArray[np.int64]:
        """The bars that the first crop of every song (songs,) has at most."""
        random = np.random.default_rng((self.seed, epoch, 1))
        most = self.max_bars
        return random.integers(most // 2, most + 1, len(self.corpus.index))

    def _cut(self, songs: npt.NDArray[np.int64], rooms: npt.NDArray[np.int64]) -> Cuts:
        """The crops of some songs, song after song, of all at once."""
        if len(songs) == 0:
            return np.zeros((0, 4), np.int64)
        bars = self.corpus.index["bars"][songs].astype(np.int64)
        first = np.cumsum(bars) - bars
        tokens, played = (
            np.concatenate(([0], np.cumsum(values)))
            for values in (self.corpus.per_bar("tokens", songs), self.corpus.per_bar("hits", songs) > 0)
        )
        # from the first bar that is played to behind the last
        at = np.searchsorted(played, played[first], side="right") - 1
        stop = np.searchsorted(played, played[first + bars], side="left")
        song, found = np.arange(len(songs)), []
        while len(song):
            within = np.searchsorted(tokens, tokens[at] + self.max_tokens, side="right") - 1
            end = np.clip(within, at + 1, np.minimum(at + rooms[song], stop[song]))
            keep = played[end] - played[at] >= MIN_PLAYED_SHARE * (end - at)
            cut = (song, at - first[song], end - at, tokens[end] - tokens[at])
            found.append(np.stack(cut, axis=1)[keep])
            rooms[song] = self.max_bars
            more = end < stop[song]
            song, at = song[more], end[more]
        cuts = np.concatenate(found)
        cuts = cuts[np.lexsort((cuts[:, 1], cuts[:, 0]))]
        cuts[:, 0] = songs[cuts[:, 0]]
        return cuts


def _as_crops(cuts: Cuts) -> list[BarCrop]:
    return [BarCrop(*cut) for cut in cuts.tolist()]


def _in_batches(cuts: Cuts, batch_size: int, random: np.random.Generator) -> list[Cuts]:
    order = random.permutation(len(cuts))
    pool = batch_size * 32
    batches: list[Cuts] = []
    for start in range(0, len(order), pool):
        chosen = cuts[order[start : start + pool]]
        chosen = chosen[np.argsort(chosen[:, 3], kind="stable")]
        batches.extend(chosen[at : at + batch_size] for at in range(0, len(chosen), batch_size))
    return [batches[index] for index in random.permutation(len(batches))]
