"""How each hit is played: velocity and micro-timing of hits on the grid, as people play them."""

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

_PHASES, _BEATS = 12, 4  # steps of 4 positions a beat, beats a bar
_ENERGY_KNOTS = np.arange(8) / 8
_MAX_GAP_BEATS, _MAX_GAP_SECONDS = 2.0, 1.5
STEP_FEATURES = len(PIECES) + _PHASES + _BEATS + 4 + 1 + len(_ENERGY_KNOTS) + 2

_PLACE_STEP = 4  # positions: what is nearer than this shares what recurs from bar to bar
_PLACES = POSITIONS_PER_BAR // _PLACE_STEP
_DRIFT_FRAMES = 48
_MAX_OFFSET_BEATS = 0.125
_GAP_SHARE = 0.45  # of the way to the next onset: an offset never swaps two hits
_LEAST_APART_BEATS = 0.125 + 0.002  # a 32nd, and what rounding to ticks may take
_MAX_APART_MS = 8.0  # of hits that sound together, from their middle
_KNEE = 112.0  # velocity from which a drawn one is bent towards 127, in place of being cut there
_SOFT_KNEE, _SOFTEST = (
    24.0,
    6.0,
)  # below the knee they are bent towards the softest: people play none below it
VELOCITY_MEAN, VELOCITY_SPREAD, OFFSET_MEAN, OFFSET_SPREAD = range(4)


class Noise(NamedTuple):
    """What the spread of people is made of, as shares of its variance; what is left is each hit's own.

    A take's hits of a piece are all a little louder than the mean (`velocity_take`) and those at one place in the
    bar more so (`velocity_place`). In time the whole take leans one way (`offset_take`), each piece at its place
    too (`offset_place`), and all pieces drift together (`offset_drift`, which keeps the share `drift_memory` of
    itself from one sixteenth to the next).
    """

    velocity_take: float
    velocity_place: float
    offset_take: float
    offset_place: float
    offset_drift: float
    drift_memory: float


@dataclass(frozen=True, slots=True)
class PlayedHits:
    """How each hit is played: velocity 6..127 (hits,), and offset from the grid in quarter notes (hits,).

    A negative offset is early.
    """

    velocity: npt.NDArray[np.int64]
    offset_beats: npt.NDArray[np.float64]


class HandSteps(NamedTuple):
    """Hits as the network reads them: what sounds together is one step.

    `features` (steps, STEP_FEATURES) float32; `step` (hits,) is each hit's; `at` (steps,) is counted in positions
    from the start of the first bar.
    """

    features: npt.NDArray[np.float32]
    step: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]


def read_steps(hits: Array, energy: npt.NDArray[np.float64], bpm: float) -> HandSteps:
    """The steps of `hits` (sorted by bar and position): pieces, place, distance to neighbours, tempo, energy."""
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
    """Beats from the step before and to the step after, (steps, 2); 8 where there is none."""
    gaps = np.full((len(at), 2), 8.0)
    between = np.diff(at) / POSITIONS_PER_BEAT
    gaps[1:, 0] = gaps[:-1, 1] = between
    return gaps


def _room_of_pieces(hits: Array) -> npt.NDArray[np.float64]:
    """How far each hit may move, in beats (hits,), so that two of a piece that are a 32nd apart stay so."""
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
    """Plays hits as people do; learned from drummers at full resolution (Gillick et al. 2019, Groove MIDI).

    The graph takes the features of a few bars, (steps, STEP_FEATURES), and gives mean and spread of velocity (in
    127ths) and of time (ms), (steps, 4, pieces), and the shares of `Noise`. What the spread consists of is drawn
    here: bars that repeat keep their accents and still are never quite the same.
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
        """How each of `hits` (HIT on the grid, sorted by bar, position and piece) is played.

        `energy` (bars,) runs from 0 to 1. `spread` scales what is random: 0 plays the mean. The same seed plays
        the same. Raises ValueError where `energy` is of another length or the tempo is not positive.
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
        room = np.minimum(room, _room_of_pieces(hits))
        offset = _together(offset_ms, steps.step) * bpm / 60_000
        return PlayedHits(_whole(velocity), np.clip(offset, -room, room))


def _whole(velocity: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Velocities 6..127; beyond the knees they approach the ends, so that loud and soft hits still differ."""
    above, below = np.maximum(velocity - _KNEE, 0), np.maximum(_SOFT_KNEE - velocity, 0)
    reach, depth = 127 - _KNEE, _SOFT_KNEE - _SOFTEST
    held = np.clip(velocity, _SOFT_KNEE, _KNEE)
    bent = held + reach * -np.expm1(-above / reach) + depth * np.expm1(-below / depth)
    return np.rint(bent).astype(np.int64)


def _together(offset_ms: npt.NDArray[np.float64], step: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Hits of one step near to their common time: what would be heard as two is drawn in."""
    middle = (np.bincount(step, offset_ms) / np.bincount(step))[step]
    return middle + _MAX_APART_MS * np.tanh((offset_ms - middle) / _MAX_APART_MS)


def _draw(
    hits: Array, steps: HandSteps, bars: int, noise: Noise, random: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How much louder and later than the mean each hit is, in its own spreads, each (hits,)."""
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
    """A slow wander of variance 1 for every sixteenth of `bars`."""
    kernel = memory ** np.arange(_DRIFT_FRAMES)
    frames = bars * (POSITIONS_PER_BAR // POSITIONS_PER_FRAME)
    drawn = random.standard_normal(frames + _DRIFT_FRAMES - 1)
    return np.convolve(drawn, kernel / np.linalg.norm(kernel), "valid").astype(np.float64)
