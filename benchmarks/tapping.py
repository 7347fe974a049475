"""How often a tapped groove finds its style: two bars of songs, tapped with jitter beside their parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import LEAD_POSITIONS, POSITIONS_PER_FRAME, Array, quantise
from musegen_daw.drums.model import DrumDescription, DrumGraphs
from musegen_daw.drums.style import STYLE_BARS, StyleBook, groove_of, probabilities
from musegen_daw.drums.tapping import TAPPED, Taps, kind_of_piece, tap_fits
from musegen_daw.models.session import Graph
from musegen_daw.music.time import Bar
from training.drums.chooser import whole_view
from training.drums.corpus import Corpus
from training.drums.styles import Grooves, LearnedGroove, codes_of

JITTER_SECONDS = 0.03
FIRST = 5
MOST_BARS = 96
_FRAMES = 16
_BAR_TICKS = 1920
_METER = "4/4"
_BARS = tuple(Bar(_BAR_TICKS * bar, _BAR_TICKS) for bar in range(STYLE_BARS))


@dataclass(frozen=True, slots=True)
class TappedGroove:
    """Two bars of a song as taps, its style by code, and the probability of each style given its parts."""

    taps: Taps
    code: int
    part_fits: npt.NDArray[np.float64]


def tapped_grooves(
    corpus: Corpus, book: StyleBook, choose: Graph, count: int, seed: int = 0
) -> list[TappedGroove]:
    """The two bars nearest to the groove of each of `count` songs in 4/4, tapped with ±30 ms of jitter."""
    random = np.random.default_rng(seed)
    songs = random.permutation(np.flatnonzero(corpus.index["tracks"] > 0))
    found: list[TappedGroove] = []
    for song in songs.tolist():
        view = whole_view(corpus, song)
        if view is None or view[1].meter != _METER:
            continue
        hits = _typical_bars(corpus, song)
        if hits is None:
            continue
        pattern, triplets = groove_of(hits, range(STYLE_BARS))
        code = int(codes_of(Grooves.of([LearnedGroove(pattern, triplets, _METER, MOST_BARS)]), book)[0])
        fits = probabilities(choose(view[0])[0], book.of_meter(_METER))
        late = JITTER_SECONDS * float(corpus.songs[song]["bpm"]) / 60
        found.append(TappedGroove(_taps(hits, late, random), code, fits))
        if len(found) == count:
            break
    return found


def share_found(grooves: list[TappedGroove], book: StyleBook, kinds: tuple[str, ...], *, part: bool) -> float:
    """The share of grooves whose style is among the first five, tapped with `kinds` alone, with or without the part."""
    voices = {TAPPED.index(kind) for kind in kinds}
    right = 0
    for groove in grooves:
        taps = Taps(tuple(tap for tap in groove.taps.taps if tap[0] in voices))
        own = groove.part_fits if part else np.where(groove.part_fits > 0, book.shares, 0)
        fits = np.array(tap_fits(book, taps, own.tolist()))
        right += groove.code in np.argsort(-fits, kind="stable")[:FIRST]
    return right / max(1, len(grooves))


def _typical_bars(corpus: Corpus, song: int) -> Array | None:
    """The hits of two bars, from an even one on, that are nearest to the groove of their song."""
    bars = min(int(corpus.index["bars"][song]), MOST_BARS)
    hits = quantise(corpus.between("hits", song, 0, bars))
    if len(hits) == 0:
        return None
    whole, _ = groove_of(hits, range(bars))
    best: tuple[float, Array] | None = None
    for first in range(0, bars - 1, STYLE_BARS):
        own = hits[(hits["bar"] >= first) & (hits["bar"] < first + STYLE_BARS)].copy()
        if len(own):
            own["bar"] -= first
            away = float(np.square(groove_of(own, range(STYLE_BARS))[0] - whole).sum())
            if best is None or away < best[0]:
                best = away, own
    return None if best is None else best[1]


def _taps(hits: Array, late_beats: float, random: np.random.Generator) -> Taps:
    taps = Taps()
    for hit in hits:
        voice = kind_of_piece(int(hit["piece"]))
        if voice is not None:
            frames = (float(hit["position"]) - LEAD_POSITIONS) / POSITIONS_PER_FRAME
            frames += 4 * late_beats * random.uniform(-1, 1)
            ticks = max(0.0, (int(hit["bar"]) + frames / _FRAMES) * _BAR_TICKS)
            taps = taps.tapped(voice, ticks, _BARS)
    return taps


def benchmark(data: Path, model: Path, split: str, count: int, seed: int) -> list[dict[str, Any]]:
    """Print the share of `count` tapped grooves of a split whose style is found, alone and beside the part."""
    spec, graphs = DrumGraphs.open(model, 1, exact=False)
    book = DrumDescription.of(spec).styles
    grooves = tapped_grooves(Corpus(data, split), book, graphs.choose, count, seed)
    print(
        f"| tapped | among the first {FIRST} of {len(book.of_meter(_METER))} | beside the part |\n|---|---|---|"
    )
    rows: list[dict[str, Any]] = []
    for kinds in (TAPPED[:2], TAPPED):
        alone, beside = (share_found(grooves, book, kinds, part=part) for part in (False, True))
        rows.append({"tapped": " and ".join(kinds), "alone": alone, "beside_part": beside})
        print(f"| {rows[-1]['tapped']} | {alone:.0%} | {beside:.0%} |")
    return rows
