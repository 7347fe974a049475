"""Which styles the takes of a request are in: the likeliest, and so that they differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.style import Style, StyleBook, vectors

FIRST_CHANGE_NATS = (
    1.0  # by which a style that has nothing of the take's is less likely in a section of the first
)
CHANGE_NATS = 4.0  # and of the others, which are there for another style than is likeliest
SAME_FEEL = 0.5  # of the share of triplets
NEAR_NATS = 4.0  # by how much a style as unlike as can be is less likely where one was asked for


def probabilities(logits: npt.NDArray[np.float32], codes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The probability of every style (styles,) given its logits; 0 for those not among `codes`."""
    found = np.zeros(len(logits))
    own = np.exp(logits[codes].astype(np.float64) - logits[codes].max())
    found[codes] = own / own.sum()
    return found


def serving_style(likely: npt.NDArray[np.float64], likeness: npt.NDArray[np.float32]) -> int:
    """The code that serves best whichever was meant: the likeliest where one stands out, else one like many of them."""
    possible = np.flatnonzero(likely > 0)
    serves = likeness @ np.square(likely)
    return int(possible[serves[possible].argmax()])


def different_styles(
    likely: npt.NDArray[np.float64], count: int, likeness: npt.NDArray[np.float32]
) -> list[int]:
    """`count` codes: one that serves whichever was meant, then those that add most to how well the best does.

    `likeness` (styles, styles) is how well one serves where another was meant. A greedy maximum of a submodular
    coverage (Nemhauser, Wolsey and Fisher, 1978). With fewer styles than asked for they come round again.
    """
    possible = np.flatnonzero(likely > 0)
    chosen = [serving_style(likely, likeness)]
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
    """The style of a section of a take in the style `main`, given how likely each is by the section alone.

    The likelier one, the less unlike the take's by `change_nats`; never of another feel.
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
    """`style` itself, then the codes most like it, the likelier given the parts first among equals."""
    centre = vectors(style.pattern[None], np.array([style.triplets]))
    away = np.square(vectors(book.patterns, book.triplets) - centre).sum(axis=1)
    nats = np.log(np.maximum(likely, 1e-6)) / 2 - NEAR_NATS * away / max(1e-6, float(np.median(away)))
    nats[likely <= 0] = -np.inf
    if style.code >= 0:
        nats[style.code] = -np.inf
    order = [code for code in np.argsort(-nats, kind="stable").tolist() if np.isfinite(nats[code])]
    others = [book[code] for code in order[: count - 1]]
    return [style, *others, *[style] * (count - 1 - len(others))]


def named_like(style: Style, book: StyleBook) -> Style:
    """A style from a file with the code of the learned one that is most like it."""
    if style.code >= 0:
        return style
    return replace(style, code=book.nearest(style.pattern, style.triplets, style.meter))
