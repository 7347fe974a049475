"""Lets a part that comes again be heard with the drums that it had before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.bar_features import PartBars
from musegen_daw.drums.plan import BarKind, Plan
from musegen_daw.drums.style import Style

MEMORY_BARS = 512  # how far back a bar is looked for
RECALLED = 0.9  # how alike the part must be for a new bar to play what was played then
REPEATED = 0.02  # by how much more alike it must be than where a bar was to be repeated from
IN_PHRASE = 0.06  # what the same place in a phrase counts, in likeness
_PHRASE_BARS = 4
_NEW = BarKind.GROOVE, BarKind.VARIATION


def with_recall(
    plan: Plan,
    part: PartBars,
    line: Sequence[Style],
    fixed: Sequence[bool],
    places: npt.NDArray[np.int64] | None = None,
) -> Plan:
    """A plan in which bars play again what was played where the part was most like what it is now.

    A groove or a variation becomes a repeat where the part is as it was; a repeat is taken from where the part was
    more alike than where it was planned to be taken from. Never from a fill, a rest, another meter or another style:
    `line` has the style of each bar. Bars that are `fixed` stay as they are. `places` (bars,) tell the parts of long
    bars apart: none plays what another plays.
    """
    bars = list(plan.bars)
    codes = np.array([style.code for style in line])
    places = np.zeros(len(bars), np.int64) if places is None else places
    known = part.heard & part.sounds
    is_groove = np.zeros(len(bars), bool)  # whether a bar plays what was written as one, itself or repeated
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
                # What repeats a fill, or a bar in which nothing is known of the part, was meant to.
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
