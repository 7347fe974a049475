"""Takes out of drums what two hands and two feet cannot play."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import LEAD_POSITIONS, POSITIONS_PER_BAR, POSITIONS_PER_BEAT, Array
from musegen_daw.music.kit import PIECES

HANDS = 2
MOST_STROKES_A_SECOND = 14.0

_NAMES = [piece.name for piece in PIECES]
_IS_FOOT = np.array([name in ("kick", "pedal hat") for name in _NAMES])
_KEPT_FIRST = (
    ("snare",),
    ("low tom", "mid tom", "high tom"),
    ("crash",),
    ("china",),
    ("splash",),
    ("side stick",),
    ("clap",),
    ("open hat",),
    ("ride bell",),
    ("ride",),
    ("closed hat",),
    ("cowbell",),
    ("tambourine",),
    ("shaker",),
)
_NEED = np.array([next((n for n, names in enumerate(_KEPT_FIRST) if name in names), 0) for name in _NAMES])
_LAST = len(_KEPT_FIRST)
# The second is silent where the first sounds: they are one instrument, or one arm's reach.
_INSTEAD = tuple(
    (_NAMES.index(first), _NAMES.index(second))
    for first, second in (
        ("open hat", "closed hat"),
        ("open hat", "pedal hat"),
        ("snare", "side stick"),
        ("ride bell", "ride"),
        ("crash", "china"),
        ("crash", "splash"),
        ("china", "splash"),
    )
)
_SNARE, _CLAP, _CRASH = (_NAMES.index(name) for name in ("snare", "clap", "crash"))
# How weak a place within the beat is: the beat, the half, thirds, sixteenths, sixths.
_WEAKNESS = np.full(POSITIONS_PER_BEAT, 4)
_WEAKNESS[[12, 36]] = 3
_WEAKNESS[[16, 32]] = 2
_WEAKNESS[24] = 1
_WEAKNESS[0] = 0


def playable(hits: Array, bpm: float | None = None) -> Array:
    """The HIT of `hits`, on the grid of `quantise`, that one drummer can play, in the order given.

    At each position two hands strike two pieces at most: the snare and toms stay before cymbals, cymbals before
    hats, percussion goes first; on the downbeat a crash stays before a tom. Of an open and a closed hat, of a snare
    and a side stick, and of several crashes at once, one stays. With `bpm`, no piece is struck more than 14 times a
    second: strokes on weak places go.
    """
    if len(hits) == 0:
        return hits.copy()
    found = hits[_by_hands(hits)]
    return found if bpm is None else _slow_enough(found, bpm)


def _by_hands(hits: Array) -> npt.NDArray[np.bool_]:
    """Which hits stay so that no position needs a third hand (hits,)."""
    onset_of_hit, onset = np.unique(
        hits["bar"].astype(np.int64) * POSITIONS_PER_BAR + hits["position"], return_inverse=True
    )
    rows, piece = onset.reshape(-1), hits["piece"].astype(np.int64)
    order = np.lexsort((-hits["level"].astype(np.int64), piece, rows))
    first = np.ones(len(hits), bool)
    first[order[1:]] = (rows[order[1:]] != rows[order[:-1]]) | (piece[order[1:]] != piece[order[:-1]])

    struck = np.zeros((len(onset_of_hit), len(PIECES)), bool)
    struck[rows, piece] = True
    level = np.zeros(struck.shape, np.int64)
    level[rows[first], piece[first]] = hits["level"][first]
    for stays, goes in _INSTEAD:
        struck[:, goes] &= ~struck[:, stays]
    need = np.where(struck & ~_IS_FOOT, np.broadcast_to(_NEED, struck.shape), _LAST + 1)
    doubled = struck[:, _SNARE] & struck[:, _CLAP]
    need[doubled, _CLAP] = _LAST
    downbeat = onset_of_hit % POSITIONS_PER_BAR == LEAD_POSITIONS
    need[downbeat & struck[:, _CRASH], _CRASH] = 0
    rank = np.argsort(np.argsort(need * 16 - level, axis=1, kind="stable"), axis=1, kind="stable")
    struck &= _IS_FOOT | (rank < HANDS)
    return first & struck[rows, piece]


def _slow_enough(hits: Array, bpm: float) -> Array:
    """Those HIT that leave no two strokes of a piece too near to each other."""
    least = POSITIONS_PER_BEAT * bpm / (60 * MOST_STROKES_A_SECOND)
    while True:
        time = hits["bar"].astype(np.int64) * POSITIONS_PER_BAR + hits["position"]
        order = np.lexsort((time, hits["piece"]))
        earlier, later = order[:-1], order[1:]
        hurried = (hits["piece"][earlier] == hits["piece"][later]) & (time[later] - time[earlier] < least)
        if not hurried.any():
            return hits
        weak = _WEAKNESS[(time - LEAD_POSITIONS) % POSITIONS_PER_BEAT]
        goes = np.where(weak[earlier] > weak[later], earlier, later)[hurried]
        stays = np.ones(len(hits), bool)
        stays[goes] = False
        hits = hits[stays]
