"""Which bars of a drum track repeat earlier ones: found in drums, and changed in plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import POSITIONS_PER_BAR, Array
from musegen_daw.drums.part import PartBars
from musegen_daw.drums.plan import REPEAT_LAGS, BarKind, Plan
from musegen_daw.drums.style import Style
from musegen_daw.music.kit import PIECES


def repeat_lags(grid: Array, bars: int) -> npt.NDArray[np.int64]:
    """The least of 1, 2, 4 and 8 bars before which each bar was the same (bars,); 0 for none and for rests.

    `grid` is HIT on the grid of `quantise`.
    """
    random = np.random.default_rng(0)  # bars are equal where the sums of such numbers are
    words = random.integers(1, 2**63, POSITIONS_PER_BAR * len(PIECES), np.uint64)
    digest = np.zeros(bars, np.uint64)
    np.add.at(digest, grid["bar"], words[grid["position"].astype(np.int64) * len(PIECES) + grid["piece"]])
    lags = np.zeros(bars, np.int64)
    for lag in REPEAT_LAGS:
        same = np.zeros(bars, bool)
        same[lag:] = (digest[lag:] == digest[:-lag]) & (digest[lag:] != 0)
        lags[same & (lags == 0)] = lag
    return lags


def is_written(grid: Array, bars: int) -> npt.NDArray[np.bool_]:
    """Whether each bar has hits and is no repeat (bars,)."""
    played = np.bincount(grid["bar"], minlength=bars) > 0
    return played & (repeat_lags(grid, bars) == 0)


def within_styles(plan: Plan, styles: Sequence[Style]) -> Plan:
    """A plan in which no bar repeats a bar of another style; `styles` has the style of each bar.

    Such a bar repeats one in its own style, at the distance nearest to the planned one, or becomes a groove.
    """
    bars = list(plan.bars)
    for bar, own in enumerate(bars):
        if own.kind is not BarKind.REPEAT or styles[bar - own.repeats].code == styles[bar].code:
            continue
        lags = [lag for lag in REPEAT_LAGS if lag <= bar and styles[bar - lag].code == styles[bar].code]
        lag = min(lags, key=lambda each: abs(each - own.repeats), default=0)
        bars[bar] = replace(own, repeats=lag, kind=BarKind.REPEAT if lag else BarKind.GROOVE)
    return Plan(tuple(bars))


MEMORY_BARS = 512  # how far back to search
RECALLED = 0.9  # similarity of the part from which a new bar becomes a repeat
REPEATED = 0.02  # by how much more similar the new source of a repeat must be
IN_PHRASE = 0.06  # bonus for the same place in a phrase
_PHRASE_BARS = 4
_NEW = BarKind.GROOVE, BarKind.VARIATION


def with_recall(
    plan: Plan,
    part: PartBars,
    styles: Sequence[Style],
    fixed: Sequence[bool],
    places: npt.NDArray[np.int64] | None = None,
) -> Plan:
    """A plan in which a part that returns has the drums that it had before.

    A groove or variation becomes a repeat of the bar with the most similar part, if that is similar enough; a repeat
    moves to a bar whose part is more similar. Bars never repeat a fill, a rest, another meter, another style (`styles`,
    that of each bar) or another place within a long bar (`places` (bars,)). `fixed` bars do not change.
    """
    bars = list(plan.bars)
    codes = np.array([style.code for style in styles])
    places = np.zeros(len(bars), np.int64) if places is None else places
    known = part.heard & part.sounds
    is_groove = np.zeros(len(bars), bool)  # whether a bar is a groove or a repeat of one
    for bar, own in enumerate(bars):
        is_open = not fixed[bar] and bool(known[bar])
        if bar and is_open and (own.kind in _NEW or own.kind is BarKind.REPEAT):
            before = np.arange(max(0, bar - MEMORY_BARS), bar)
            alike = part.texture[before] @ part.texture[bar]
            alike += IN_PHRASE * ((bar - before) % _PHRASE_BARS == 0)
            possible = is_groove[before] & known[before]
            possible &= (codes[before] == codes[bar]) & (part.frames[before] == part.frames[bar])
            possible &= places[before] == places[bar]
            alike[~possible] = -1
            best = len(before) - 1 - int(alike[::-1].argmax())
            least = RECALLED
            if own.kind is BarKind.REPEAT:
                # Repeats of fills, and of bars whose part is unknown, stay.
                planned = alike[bar - own.repeats - before[0]]
                least = planned + REPEATED if planned >= 0 else np.inf
            if alike[best] >= least:
                source = bars[before[best]]
                own = replace(
                    own,
                    kind=BarKind.REPEAT,
                    repeats=int(bar - before[best]),
                    cymbal=source.cymbal,
                    density=source.density,
                )
                bars[bar] = own
        is_groove[bar] = is_groove[bar - own.repeats] if own.kind is BarKind.REPEAT else own.kind in _NEW
    return Plan(tuple(bars))
