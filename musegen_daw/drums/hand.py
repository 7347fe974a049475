"""How hits are played: what two hands can play, and the velocity and micro-timing of each hit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import (
    LEAD_POSITIONS,
    POSITIONS_PER_BAR,
    POSITIONS_PER_BEAT,
    POSITIONS_PER_FRAME,
    Array,
)
from musegen_daw.models.session import Graph
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
# The first excludes the second: they are one instrument, or one arm plays both.
_EXCLUDES = tuple(
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
# Positions within the beat from strong to weak: the beat, the half, thirds, sixteenths, the others.
_WEAKNESS = np.full(POSITIONS_PER_BEAT, 4)
_WEAKNESS[[12, 36]] = 3
_WEAKNESS[[16, 32]] = 2
_WEAKNESS[24] = 1
_WEAKNESS[0] = 0


def playable(hits: Array, bpm: float | None = None) -> Array:
    """The HIT of `hits`, on the grid of `quantise`, that one drummer can play, in the same order.

    At each position two hands strike two pieces at most: snare and toms have priority over cymbals, cymbals over hats,
    hats over percussion; on the downbeat a crash has priority over a tom. Of an open and a closed hat, of a snare and
    a side stick, and of several crashes at once, one stays. With `bpm`, no piece is struck more than 14 times a
    second: strokes on weak positions are left out.
    """
    if len(hits) == 0:
        return hits.copy()
    found = hits[_within_two_hands(hits)]
    return found if bpm is None else _within_stroke_rate(found, bpm)


def _within_two_hands(hits: Array) -> npt.NDArray[np.bool_]:
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
    for stays, goes in _EXCLUDES:
        struck[:, goes] &= ~struck[:, stays]
    need = np.where(struck & ~_IS_FOOT, np.broadcast_to(_NEED, struck.shape), _LAST + 1)
    doubled = struck[:, _SNARE] & struck[:, _CLAP]
    need[doubled, _CLAP] = _LAST
    downbeat = onset_of_hit % POSITIONS_PER_BAR == LEAD_POSITIONS
    need[downbeat & struck[:, _CRASH], _CRASH] = 0
    rank = np.argsort(np.argsort(need * 16 - level, axis=1, kind="stable"), axis=1, kind="stable")
    struck &= _IS_FOOT | (rank < HANDS)
    return first & struck[rows, piece]


def _within_stroke_rate(hits: Array, bpm: float) -> Array:
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


_PHASES, _BEATS = 12, 4  # steps of 4 positions a beat, beats a bar
_ENERGY_KNOTS = np.arange(8) / 8
_MAX_GAP_BEATS, _MAX_GAP_SECONDS = 2.0, 1.5
STEP_FEATURES = len(PIECES) + _PHASES + _BEATS + 4 + 1 + len(_ENERGY_KNOTS) + 2

_PLACE_STEP = 4  # positions; hits within one step share the noise that recurs from bar to bar
_PLACES = POSITIONS_PER_BAR // _PLACE_STEP
_DRIFT_FRAMES = 48
_MAX_OFFSET_BEATS = 0.125
_GAP_SHARE = 0.45  # of the way to the next onset: an offset never swaps two hits
_LEAST_APART_BEATS = 0.125 + 0.002  # a 32nd, and the rounding to ticks
_MAX_APART_MS = 8.0  # of hits at one position, from their mean
_KNEE = 112.0  # velocity above which values are compressed towards 127
_SOFT_KNEE, _SOFTEST = 24.0, 6.0  # below the knee values are compressed towards the softest that people play
VELOCITY_MEAN, VELOCITY_SPREAD, OFFSET_MEAN, OFFSET_SPREAD = range(4)


class Noise(NamedTuple):
    """The components of human variation, as shares of its variance; the rest is independent from hit to hit.

    Velocity varies by piece over the whole take (`velocity_take`) and by piece and place in the bar
    (`velocity_place`). Timing varies over the whole take (`offset_take`), by piece and place (`offset_place`), and by a
    drift that all pieces share (`offset_drift`), whose autocorrelation from one sixteenth to the next is
    `drift_memory`.
    """

    velocity_take: float
    velocity_place: float
    offset_take: float
    offset_place: float
    offset_drift: float
    drift_memory: float


@dataclass(frozen=True, slots=True)
class PlayedHits:
    """Velocity 6..127 (hits,) and offset from the grid in quarter notes (hits,), negative for early hits."""

    velocity: npt.NDArray[np.int64]
    offset_beats: npt.NDArray[np.float64]


class HandSteps(NamedTuple):
    """Hits as the network reads them: all hits at one position are one step.

    `features` (steps, STEP_FEATURES); `step` (hits,): the step of each hit; `at` (steps,): positions from the start of
    the first bar.
    """

    features: npt.NDArray[np.float32]
    step: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]


def read_steps(hits: Array, energy: npt.NDArray[np.float64], bpm: float) -> HandSteps:
    """The steps of `hits` (sorted by bar and position): pieces, place, distance to neighbours, tempo, energy.

    `energy` (bars,) runs from 0 to 1.
    """
    place = hits["bar"].astype(np.int64) * POSITIONS_PER_BAR + hits["position"]
    begins = np.ones(len(hits), bool)
    begins[1:] = place[1:] != place[:-1]
    step = np.cumsum(begins) - 1
    at = place[begins]
    steps = np.arange(len(at))
    bar, position = np.divmod(at, POSITIONS_PER_BAR)
    beat, phase = np.divmod(np.maximum(position - LEAD_POSITIONS, 0), POSITIONS_PER_BEAT)

    features = np.zeros((len(at), STEP_FEATURES), np.float32)
    features[step, hits["piece"]] = 1
    first = len(PIECES)
    features[steps, first + phase // (POSITIONS_PER_BEAT // _PHASES)] = 1
    first += _PHASES
    features[steps, first + np.minimum(beat, _BEATS - 1)] = 1
    first += _BEATS
    gaps = _gaps(at)
    features[:, first : first + 2] = np.minimum(gaps, _MAX_GAP_BEATS)
    features[:, first + 2 : first + 4] = np.minimum(gaps * 60 / bpm, _MAX_GAP_SECONDS)
    features[:, first + 4] = np.log2(bpm / 120)
    first += 5
    own = energy[bar]
    features[:, first : first + len(_ENERGY_KNOTS)] = np.maximum(own[:, None] - _ENERGY_KNOTS, 0)
    first += len(_ENERGY_KNOTS)
    features[:, first] = energy[np.maximum(bar - 1, 0)] - own
    features[:, first + 1] = energy[np.minimum(bar + 1, len(energy) - 1)] - own
    return HandSteps(features, step, at)


def _gaps(at: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Beats from the previous and to the next step (steps, 2); 8 where there is none."""
    gaps = np.full((len(at), 2), 8.0)
    between = np.diff(at) / POSITIONS_PER_BEAT
    gaps[1:, 0] = gaps[:-1, 1] = between
    return gaps


def _room_per_piece(hits: Array) -> npt.NDArray[np.float64]:
    """How far each hit can move, in beats (hits,), so that two hits of a piece stay at least a 32nd apart."""
    place = hits["bar"].astype(np.int64) * POSITIONS_PER_BAR + hits["position"]
    order = np.lexsort((place, hits["piece"]))
    room = np.full(len(hits), np.inf)
    between = np.diff(place[order]) / POSITIONS_PER_BEAT
    between[np.diff(hits["piece"][order].astype(np.int64)) != 0] = np.inf
    own = np.maximum(between - _LEAST_APART_BEATS, 0) / 2
    room[order[:-1]] = own
    room[order[1:]] = np.minimum(room[order[1:]], own)
    return room


class Hand:
    """Gives hits the velocity and timing of human drummers, learned from Groove MIDI (Gillick et al., 2019).

    The graph takes the features of a few bars (steps, STEP_FEATURES) and returns mean and spread of velocity (in
    127ths) and of time (ms), (steps, 4, pieces), and the shares of `Noise`. The noise is drawn here: repeated bars keep
    their accents without being identical.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def play(
        self,
        hits: Array,
        *,
        bars: int,
        energy: npt.NDArray[np.float64],
        bpm: float,
        seed: int,
        spread: float = 1.0,
    ) -> PlayedHits:
        """How each of `hits` (HIT on the grid, sorted by bar, position and piece) is played, the same for a seed.

        `energy` (bars,) runs from 0 to 1. `spread` scales the noise: 0 plays the mean. Raises ValueError where
        `energy` has another length or the tempo is not positive.
        """
        if np.shape(energy) != (bars,):
            raise ValueError(f"energy must have one value for each of {bars} bars, got {np.shape(energy)}")
        if not bpm > 0:
            raise ValueError(f"tempo must be positive, got {bpm}")
        if len(hits) == 0:
            return PlayedHits(np.zeros(0, np.int64), np.zeros(0))
        steps = read_steps(hits, np.clip(energy, 0.0, 1.0), bpm)
        outputs, noise = self._graph(steps.features)
        means = outputs[steps.step, :, hits["piece"]].astype(np.float64)
        velocity, offset_ms = 127 * means[:, VELOCITY_MEAN], means[:, OFFSET_MEAN]
        if spread > 0:
            louder, later = _draw(
                hits, steps, bars, Noise(*np.clip(noise, 0, 1).tolist()), np.random.default_rng(seed)
            )
            velocity = velocity + spread * 127 * means[:, VELOCITY_SPREAD] * louder
            offset_ms = offset_ms + spread * means[:, OFFSET_SPREAD] * later
        room = np.minimum(_MAX_OFFSET_BEATS, _GAP_SHARE * _gaps(steps.at).min(axis=1))[steps.step]
        room = np.minimum(room, _room_per_piece(hits))
        offset = _drawn_together(offset_ms, steps.step) * bpm / 60_000
        return PlayedHits(_compressed(velocity), np.clip(offset, -room, room))


def _compressed(velocity: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Velocities 6..127 with soft knees at both ends, so that very loud and very soft hits still differ."""
    above, below = np.maximum(velocity - _KNEE, 0), np.maximum(_SOFT_KNEE - velocity, 0)
    reach, depth = 127 - _KNEE, _SOFT_KNEE - _SOFTEST
    held = np.clip(velocity, _SOFT_KNEE, _KNEE)
    bent = held + reach * -np.expm1(-above / reach) + depth * np.expm1(-below / depth)
    return np.rint(bent).astype(np.int64)


def _drawn_together(
    offset_ms: npt.NDArray[np.float64], step: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Offsets of the hits of one step close to their mean, so that the ear hears one onset."""
    middle = (np.bincount(step, offset_ms) / np.bincount(step))[step]
    return middle + _MAX_APART_MS * np.tanh((offset_ms - middle) / _MAX_APART_MS)


def _draw(
    hits: Array, steps: HandSteps, bars: int, noise: Noise, random: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How much louder and later than the mean each hit is, in units of its spread, each (hits,)."""
    piece = hits["piece"]
    place = hits["position"] // _PLACE_STEP
    take = random.standard_normal(len(PIECES) + 1)
    places = random.standard_normal((2, len(PIECES), _PLACES))
    own = random.standard_normal((2, len(hits)))
    drift = _drift(bars, noise.drift_memory, random)[steps.at // POSITIONS_PER_FRAME][steps.step]
    louder = _mix(
        (noise.velocity_take, take[piece]), (noise.velocity_place, places[0, piece, place]), rest=own[0]
    )
    later = _mix(
        (noise.offset_take, take[-1:]),
        (noise.offset_place, places[1, piece, place]),
        (noise.offset_drift, drift),
        rest=own[1],
    )
    return louder, later


def _mix(
    *parts: tuple[float, npt.NDArray[np.float64]], rest: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    left = max(0.0, 1 - sum(share for share, _ in parts))
    mixed = left**0.5 * rest
    for share, drawn in parts:
        mixed = mixed + share**0.5 * drawn
    return mixed


def _drift(bars: int, memory: float, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """A slow drift of variance 1 (16·bars,)."""
    kernel = memory ** np.arange(_DRIFT_FRAMES)
    frames = bars * (POSITIONS_PER_BAR // POSITIONS_PER_FRAME)
    drawn = random.standard_normal(frames + _DRIFT_FRAMES - 1)
    return np.convolve(drawn, kernel / np.linalg.norm(kernel), "valid").astype(np.float64)
