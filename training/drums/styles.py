"""Learn the book of styles from a prepared folder: k-means of the mean two bars of its songs, meter by meter.

Written into the prepared folder: `styles.json`, the book, and for each split `grooves.npz`: the groove of every
song (songs, 2, 16, pieces), the share of its beats in triplets (songs,), and the code of the style nearest to it
(songs,), -1 for songs that hardly play.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from tqdm import tqdm

from musegen_daw.drums.events import FRAMES_PER_BAR, Array, quantise
from musegen_daw.drums.meter import METERS, meter_level
from musegen_daw.drums.style import STYLE_BARS, StyleBook, groove_of, vectors
from musegen_daw.music.kit import PIECES, VOICE_OF_PIECE
from training.common.prepared import write_json
from training.drums.corpus import Corpus
from training.drums.gigamidi import SPLITS

CODES = {"4/4": 192, "3/4": 16, "6/8": 16}
MIN_BARS = 4
SONGS_A_CODE = 12
_ATTEMPTS = 4
_WEIGHT = np.array([0.25 if voice is None else 1.0 for voice in VOICE_OF_PIECE], np.float32)

Floats = npt.NDArray[np.float32]


class LearnedGroove(NamedTuple):
    """A groove (2, 16, pieces), its share of beats in triplets, its meter by name or "other", and its played bars."""

    pattern: Floats
    triplets: float
    meter: str
    bars: int

    @classmethod
    def read(cls, hits: Array, levels: npt.NDArray[np.int64]) -> LearnedGroove:
        """The groove of the bars, of these levels (bars,), that have their commonest meter: HIT of the corpus."""
        commonest = int(np.bincount(levels).argmax())
        played = quantise(hits)
        own = np.flatnonzero((levels == commonest) & (np.bincount(played["bar"], minlength=len(levels)) > 0))
        return cls(*groove_of(played, own), [*METERS, "other"][commonest - 1], len(own))


@dataclass(frozen=True, slots=True)
class Grooves:
    """Many grooves; `meters` are names of METERS or "other"."""

    patterns: Floats
    triplets: Floats
    meters: tuple[str, ...]
    bars: npt.NDArray[np.int64]

    @classmethod
    def of(cls, grooves: Sequence[LearnedGroove]) -> Grooves:
        shape = len(grooves), STYLE_BARS, FRAMES_PER_BAR, len(PIECES)
        return cls(
            np.array([each.pattern for each in grooves], np.float32).reshape(shape),
            np.array([each.triplets for each in grooves], np.float32),
            tuple(each.meter for each in grooves),
            np.array([each.bars for each in grooves], np.int64),
        )

    @classmethod
    def read(cls, corpus: Corpus) -> Grooves:
        """The grooves of all songs of a split, each over the bars of its commonest meter."""
        found: list[LearnedGroove] = []
        for song in tqdm(range(len(corpus.index)), desc=f"grooves of {corpus.split}", leave=False):
            bars = int(corpus.index["bars"][song])
            levels = meter_levels(corpus.songs[song]["meters"], bars)
            found.append(LearnedGroove.read(corpus.between("hits", song, 0, bars), levels))
        return cls.of(found)


def meter_levels(runs: list[list[int]], bars: int) -> npt.NDArray[np.int64]:
    """The level of the meter of every bar (bars,), of the runs that a prepared song has."""
    levels = np.zeros(bars, np.int64)
    for first, frames, is_compound in runs:
        levels[first:] = meter_level(int(frames), is_compound=bool(is_compound))
    return levels


def learn(
    grooves: Grooves, codes: dict[str, int], seed: int = 0, songs_a_code: int = SONGS_A_CODE
) -> StyleBook:
    """A book of up to `codes` styles of each meter, one for each `songs_a_code` songs; the commonest style first."""
    patterns: list[Floats] = []
    triplets: list[float] = []
    meters: list[str] = []
    counts: list[int] = []
    for meter, most in codes.items():
        own = np.flatnonzero([each == meter for each in grooves.meters] & (grooves.bars >= MIN_BARS))
        if len(own) == 0:
            continue
        wanted = max(1, min(most, len(own) // songs_a_code))
        points = weighted(grooves.patterns[own], grooves.triplets[own])
        label = _clusters(points, wanted, seed)
        for code in np.argsort(-np.bincount(label, minlength=wanted), kind="stable"):
            members = own[label == code]
            if len(members) == 0:
                continue
            patterns.append(grooves.patterns[members].mean(axis=0))
            triplets.append(float(grooves.triplets[members].mean()))
            meters.append(meter)
            counts.append(len(members))
    shares = (np.array(counts, np.float32) / max(1, sum(counts))).astype(np.float32)
    names = tuple(f"style {number}" for number in range(1, len(counts) + 1))
    return StyleBook(
        np.array(patterns, np.float32), np.array(triplets, np.float32), names, tuple(meters), shares
    )


def weighted(patterns: Floats, triplets: Floats) -> Floats:
    """Points (songs, width) whose distance counts percussion beside the kit for less."""
    return vectors(patterns * np.sqrt(_WEIGHT), triplets)


def _clusters(points: Floats, codes: int, seed: int) -> npt.NDArray[np.int64]:
    """The best of several runs of k-means: the cluster of each point."""
    means: Any = KMeans(codes, random_state=seed)  # whose types say that the number of attempts is text
    return np.asarray(means.set_params(n_init=_ATTEMPTS).fit(points).labels_, np.int64)


def codes_of(grooves: Grooves, book: StyleBook) -> npt.NDArray[np.int64]:
    found = np.full(len(grooves.meters), -1, np.int64)
    points = weighted(grooves.patterns, grooves.triplets)
    centres = weighted(book.patterns, book.triplets)
    for meter in set(grooves.meters):
        own = np.flatnonzero([each == meter for each in grooves.meters] & (grooves.bars >= MIN_BARS))
        codes = book.of_meter(meter)
        away = (
            np.square(centres[codes]).sum(axis=1)[None] - 2 * points[own] @ centres[codes].T
        )  # less what is the same for all codes
        found[own] = codes[away.argmin(axis=1)]
    return found


def write_styles(
    data: Path, codes: dict[str, int], seed: int = 0, songs_a_code: int = SONGS_A_CODE
) -> StyleBook:
    """Learn the book from the training split and write what the module says; returns the book."""
    found = {split: Grooves.read(Corpus(data, split)) for split in SPLITS}
    book = learn(found["train"], codes, seed, songs_a_code)
    for split, grooves in found.items():
        np.savez(
            data / split / "grooves.npz",
            patterns=grooves.patterns.astype(np.float16),
            triplets=grooves.triplets,
            codes=codes_of(grooves, book),
        )
    write_json(data / "styles.json", book.to_dict())
    return book


def read_styles(data: Path) -> StyleBook:
    """The book of a prepared folder; raises ValueError where it has none yet."""
    path = data / "styles.json"
    if not path.exists():
        raise ValueError(
            f"{data} has no styles yet: run `python -m training.drums styles --data {data}` first"
        )
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return StyleBook.from_dict(values)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.drums styles", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="prepared folder")
    parser.add_argument("--codes", type=int, default=CODES["4/4"], help="styles of 4/4 (default: 64)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    book = write_styles(options.data, {**CODES, "4/4": options.codes}, options.seed)
    print(
        f"{len(book)} styles: {', '.join(f'{m} {book.meters.count(m)}' for m in dict.fromkeys(book.meters))}"
    )
    return 0
