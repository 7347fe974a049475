"""Styles: the hits expected at each sixteenth of two bars, the book of learned styles, and the choice among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR, POSITIONS_PER_FRAME, Array
from musegen_daw.drums.meter import METERS
from musegen_daw.drums.plan import MAX_STYLE_NAME
from musegen_daw.music.kit import PIECES, VOICE_OF_PIECE, VOICES

Floats = npt.NDArray[np.float32]

STYLE_BARS = 2
STYLE_FEATURES = STYLE_BARS * len(PIECES) + 1
TRIPLET_WEIGHT = 2.0
FIRST_CHANGE_NATS = 1.0  # by which a section of the first take disfavours the most dissimilar style
CHANGE_NATS = 4.0  # the same for the other takes, which exist to be in other styles
SAME_FEEL = 0.5  # difference of the shares of triplets
SIMILAR_NATS = 4.0  # by which the choice of similar styles disfavours dissimilar ones


@dataclass(frozen=True, eq=False)
class Style:
    """The probability of each piece at each sixteenth of two bars (2, 16, pieces), and the share of beats in triplets.

    `code` is the number in the book, -1 for a style from a file. `meter` is a name in `METERS`.
    """

    pattern: Floats
    triplets: float = 0.0
    name: str = ""
    code: int = -1
    meter: str = "4/4"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Style) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[object, ...]:
        return self.pattern.tobytes(), self.triplets, self.name, self.code, self.meter

    def frames(self, bars: int, first_bar: int = 0) -> Floats:
        """The features of the style over `bars` bars: (bars, 16, STYLE_FEATURES).

        The current bar of the two, then the other one; last, the share of triplets.
        """
        own = (np.arange(bars) + first_bar) % STYLE_BARS
        rows = [self.pattern[own], self.pattern[1 - own], np.full((bars, FRAMES_PER_BAR, 1), self.triplets)]
        return np.concatenate(rows, axis=-1, dtype=np.float32)


def by_identity(line: Iterable[Style]) -> dict[int, Style]:
    """The different styles of some bars by `id`, because their patterns are slow to compare."""
    return {id(style): style for style in line}


def frames_of(line: Sequence[Style]) -> Floats:
    """The features of the styles of consecutive bars, from bar 0 on: (bars, 16, STYLE_FEATURES)."""
    every = {key: style.frames(len(line)) for key, style in by_identity(line).items()}
    return np.stack([every[id(style)][bar] for bar, style in enumerate(line)])


def groove_of(hits: Array, bars: npt.NDArray[np.int64] | Sequence[int]) -> tuple[Floats, float]:
    """The mean of the even and of the odd `bars` of HIT (2, 16, pieces), and the share of beats in triplets.

    Bars without hits do not count. Where only even or only odd bars have hits, they stand for both.
    """
    chosen = np.asarray(bars, np.int64)
    pattern = np.zeros((STYLE_BARS, FRAMES_PER_BAR, len(PIECES)), np.float32)
    if len(hits) == 0 or len(chosen) == 0:
        return pattern, 0.0
    wanted = np.zeros(int(max(chosen.max(), hits["bar"].max())) + 1, bool)
    wanted[chosen] = True
    own = hits[wanted[hits["bar"]]]
    bar = own["bar"].astype(np.int64)
    played = np.unique(bar)
    cells = np.unique(
        (bar * FRAMES_PER_BAR + own["position"] // POSITIONS_PER_FRAME) * len(PIECES) + own["piece"]
    )
    owner = cells // (FRAMES_PER_BAR * len(PIECES)) % STYLE_BARS
    np.add.at(pattern.reshape(STYLE_BARS, -1), (owner, cells % (FRAMES_PER_BAR * len(PIECES))), 1)
    counts = np.bincount(played % STYLE_BARS, minlength=STYLE_BARS)
    pattern /= np.maximum(counts, 1)[:, None, None]
    for parity in range(STYLE_BARS):
        if counts[parity] == 0:
            pattern[parity] = pattern[1 - parity]
    return pattern, triplet_share(own)


def triplet_share(hits: Array) -> float:
    """The share of triplets among the beats that have HIT (on the grid of `quantise`) off the beat."""
    away = hits["position"].astype(np.int64) - POSITIONS_PER_FRAME // 2
    beat = hits["bar"].astype(np.int64) * 4 + away // (4 * POSITIONS_PER_FRAME)
    within = away % (4 * POSITIONS_PER_FRAME)
    off = within != 0
    if not off.any():
        return 0.0
    beats = np.unique(beat[off])
    triplets = np.unique(beat[off & (within % POSITIONS_PER_FRAME != 0)])
    return len(triplets) / len(beats)


@dataclass(frozen=True, eq=False)
class StyleBook:
    """The learned styles: patterns (codes, 2, 16, pieces); triplets, names, meters, shares of the corpus (codes,)."""

    patterns: Floats
    triplets: Floats
    names: tuple[str, ...]
    meters: tuple[str, ...]
    shares: Floats

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, code: int) -> Style:
        return Style(
            self.patterns[code], float(self.triplets[code]), self.names[code], code, self.meters[code]
        )

    def of_meter(self, meter: str) -> npt.NDArray[np.int64]:
        """The codes of a meter, those of 4/4 where it has none."""
        codes = np.flatnonzero([own == meter for own in self.meters])
        return codes if len(codes) else np.flatnonzero([own == "4/4" for own in self.meters])

    def nearest(
        self, pattern: Floats, triplets: float, meter: str = "4/4", among: Iterable[int] | None = None
    ) -> int:
        """The code of the style most similar to `pattern`."""
        codes = np.array(list(among), np.int64) if among is not None else self.of_meter(meter)
        away = vectors(self.patterns[codes], self.triplets[codes]) - vectors(
            pattern[None], np.array([triplets])
        )
        return int(codes[np.square(away).sum(axis=1).argmin()])

    @property
    def likeness(self) -> Floats:
        """The similarity of any two styles (codes, codes): F1 of their most likely hits, by voice."""
        played = np.stack([_likeliest(_by_voice(pattern)) for pattern in self.patterns]).astype(np.float32)
        total = played.sum(axis=1)
        return 2 * (played @ played.T) / np.maximum(total[:, None] + total[None], 1)

    def to_dict(self) -> dict[str, Any]:
        return {
            "patterns": np.round(self.patterns.astype(float), 3).tolist(),
            "triplets": np.round(self.triplets.astype(float), 3).tolist(),
            "names": list(self.names),
            "meters": list(self.meters),
            "shares": np.round(self.shares.astype(float), 6).tolist(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> StyleBook:
        """The book of `to_dict`; raises ValueError, TypeError or KeyError for anything else."""
        names, meters = (tuple(_words(values[key])) for key in ("names", "meters"))
        patterns = np.array(values["patterns"], np.float32)
        triplets, shares = (np.array(values[key], np.float32) for key in ("triplets", "shares"))
        if patterns.shape != (len(names), STYLE_BARS, FRAMES_PER_BAR, len(PIECES)):
            raise ValueError(f"patterns of {patterns.shape} for {len(names)} styles")
        if not len(names) == len(meters) == len(triplets) == len(shares) or not set(meters) <= set(METERS):
            raise ValueError("a style without its values")
        if "4/4" not in meters or not ((patterns >= 0) & (patterns <= 1)).all():
            raise ValueError("no style of 4/4, or chances outside 0..1")
        if not ((triplets >= 0) & (triplets <= 1)).all() or not ((shares > 0) & (shares <= 1)).all():
            raise ValueError("shares outside 0..1")
        return cls(patterns, triplets, names, meters, shares)


def _words(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if type(value) is not str or len(value) > MAX_STYLE_NAME or not value.isprintable():
            raise ValueError(f"the word {value!r:.40}")
        yield value


def _by_voice(pattern: Floats) -> Floats:
    voices = np.zeros((*pattern.shape[:-1], len(VOICES)), np.float32)
    for piece, voice in enumerate(VOICE_OF_PIECE):
        if voice is not None:
            voices[..., voice] = np.maximum(voices[..., voice], pattern[..., piece])
    return voices


def _likeliest(pattern: Floats) -> npt.NDArray[np.bool_]:
    """The most likely hits of a pattern, as many as it has on average, flat."""
    flat = pattern.ravel()
    most = np.argsort(-flat, kind="stable")[: max(1, round(float(flat.sum())))]
    found = np.zeros(len(flat), bool)
    found[most] = True
    return found


def vectors(patterns: Floats, triplets: npt.NDArray[np.floating[Any]]) -> Floats:
    """Patterns (styles, 2, 16, pieces) and triplets (styles,) as vectors for Euclidean distance: (styles, width)."""
    return np.concatenate(
        [
            patterns.reshape(len(patterns), int(np.prod(patterns.shape[1:]))),
            TRIPLET_WEIGHT * np.asarray(triplets, np.float32)[:, None],
        ],
        axis=1,
    ).astype(np.float32)


def probabilities(logits: npt.NDArray[np.float32], codes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The softmax over `codes` of logits (styles,); 0 for the other styles."""
    found = np.zeros(len(logits))
    own = np.exp(logits[codes].astype(np.float64) - logits[codes].max())
    found[codes] = own / own.sum()
    return found


def consensus_style(likely: npt.NDArray[np.float64], likeness: npt.NDArray[np.float32]) -> int:
    """The code with the highest expected similarity to the right style: the likeliest if one stands out."""
    possible = np.flatnonzero(likely > 0)
    serves = likeness @ np.square(likely)
    return int(possible[serves[possible].argmax()])


def different_styles(
    likely: npt.NDArray[np.float64], count: int, likeness: npt.NDArray[np.float32]
) -> list[int]:
    """`count` codes, the consensus style first, such that one of them is probably similar to the right style.

    `likeness` (styles, styles) is the similarity of styles. The greedy maximum of a submodular coverage (Nemhauser,
    Wolsey and Fisher, 1978). Codes repeat where there are fewer styles than `count`.
    """
    possible = np.flatnonzero(likely > 0)
    chosen = [consensus_style(likely, likeness)]
    covered = likeness[chosen[0]].copy()
    while len(chosen) < min(count, len(possible)):
        gain = (likely[None] * np.maximum(likeness - covered[None], 0)).sum(axis=1)
        gain[chosen] = -1.0
        gain[likely <= 0] = -1.0
        code = int(gain.argmax())
        chosen.append(code)
        covered = np.maximum(covered, likeness[code])
    return [chosen[index % len(chosen)] for index in range(count)]


def style_of_section(
    main: Style,
    likely: npt.NDArray[np.float64],
    book: StyleBook,
    likeness: npt.NDArray[np.float32],
    change_nats: float = CHANGE_NATS,
) -> Style:
    """The style of a section of a take in the style `main`, given the probabilities from that section alone.

    Dissimilarity to `main` costs up to `change_nats`; a style of another feel is never chosen.
    """
    if main.code < 0:
        return main
    usable = (likely > 0) & (np.abs(book.triplets - main.triplets) < SAME_FEEL)
    usable[main.code] = True
    nats = np.log(np.maximum(likely, 1e-9)) + change_nats * (likeness[main.code] - 1)
    nats[~usable] = -np.inf
    code = int(nats.argmax())
    return main if code == main.code else book[code]


def styles_like(book: StyleBook, style: Style, likely: npt.NDArray[np.float64], count: int) -> list[Style]:
    """`style` itself, then the most similar ones, the more likely first among equals."""
    centre = vectors(style.pattern[None], np.array([style.triplets]))
    away = np.square(vectors(book.patterns, book.triplets) - centre).sum(axis=1)
    nats = np.log(np.maximum(likely, 1e-6)) / 2 - SIMILAR_NATS * away / max(1e-6, float(np.median(away)))
    nats[likely <= 0] = -np.inf
    if style.code >= 0:
        nats[style.code] = -np.inf
    order = [code for code in np.argsort(-nats, kind="stable").tolist() if np.isfinite(nats[code])]
    others = [book[code] for code in order[: count - 1]]
    return [style, *others, *[style] * (count - 1 - len(others))]


def with_nearest_code(style: Style, book: StyleBook) -> Style:
    """A style from a file, with the code of the most similar learned style."""
    if style.code >= 0:
        return style
    return replace(style, code=book.nearest(style.pattern, style.triplets, style.meter))
