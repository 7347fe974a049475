"""Reads plans off drums, as labels for the networks and as bars of a `Plan`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR, POSITIONS_PER_FRAME, VELOCITY_LEVELS, Array
from musegen_daw.drums.plan import REPEAT_LAGS, BarKind, BarPlan, Cymbal
from musegen_daw.music.kit import PIECES, VOICE_OF_PIECE, VOICES

GROOVE, VARIATION, FILL, STOP, FIRST_REPEAT = range(5)
KINDS = FIRST_REPEAT + len(REPEAT_LAGS)
CYMBALS = tuple(Cymbal)
NO_CYMBAL = CYMBALS.index(Cymbal.NONE)
LEVELS = 10
MOST_HITS = 63
ENERGY_STEPS = 4  # a step of energy is a quarter of a level
SAME_PATTERN = 0.6  # Jaccard index from which two bars count as one groove

# kind: 0..7 (groove, variation, fill, stop, repeats of REPEAT_LAGS); cymbal: index into CYMBALS; density and energy:
# 0..1, the share of training bars with less
LABEL = np.dtype([("kind", "u1"), ("crash", "?"), ("cymbal", "u1"), ("density", "<f4"), ("energy", "<f4")])

NEW_KINDS = (BarKind.GROOVE, BarKind.VARIATION, BarKind.FILL, BarKind.STOP)
_SOUND_OF_PIECE = np.array(
    [
        voice if voice is not None else len(VOICES) + sum(other is None for other in VOICE_OF_PIECE[:piece])
        for piece, voice in enumerate(VOICE_OF_PIECE)
    ]
)
_SOUNDS = int(_SOUND_OF_PIECE.max()) + 1
_SNARE, _CRASH = VOICES.index("snare"), VOICES.index("crash")
_TOMS = slice(VOICES.index("low tom"), VOICES.index("high tom") + 1)
_TIMEKEEPERS = [VOICES.index(name) for name in ("closed hat", "open hat", "ride", "crash")]
_CARRIES_ENERGY = np.array([piece.name in ("kick", "snare") for piece in PIECES])


@dataclass(frozen=True, slots=True)
class PlanScale:
    """Density by number of hits (64,) and energy by mean level in quarters (61,): percentile ranks of training bars."""

    density: tuple[float, ...]
    energy: tuple[float, ...]

    @classmethod
    def learn(cls, hits_per_bar: npt.ArrayLike, mean_level: npt.ArrayLike) -> PlanScale:
        """The scale of bars with these hits per sixteen sixteenths and these mean levels 0..15, both (bars,)."""

        def ranks(values: npt.NDArray[np.int64], size: int) -> tuple[float, ...]:
            counts = np.bincount(np.clip(values, 0, size - 1), minlength=size) + 1e-6
            return tuple(((np.cumsum(counts) - counts / 2) / counts.sum()).round(5).tolist())

        hits = np.rint(np.asarray(hits_per_bar, float)).astype(np.int64)
        steps = np.rint(np.asarray(mean_level, float) * ENERGY_STEPS).astype(np.int64)
        return cls(ranks(hits, MOST_HITS + 1), ranks(steps, (VELOCITY_LEVELS - 1) * ENERGY_STEPS + 1))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PlanScale:
        """The scale of `dataclasses.asdict`; raises ValueError, TypeError or KeyError for anything else."""
        density, energy = (tuple(map(float, values[name])) for name in ("density", "energy"))
        if len(density) != MOST_HITS + 1 or len(energy) != (VELOCITY_LEVELS - 1) * ENERGY_STEPS + 1:
            raise ValueError("a plan scale of another size")
        if not all(0 <= share <= 1 for share in (*density, *energy)):
            raise ValueError("a plan scale outside 0..1")
        return cls(density, energy)

    def density_of(self, hits_per_bar: npt.ArrayLike) -> npt.NDArray[np.float32]:
        hits = np.rint(np.asarray(hits_per_bar, float)).astype(np.int64)
        return np.array(self.density, np.float32)[np.clip(hits, 0, MOST_HITS)]

    def energy_of(self, mean_level: npt.ArrayLike) -> npt.NDArray[np.float32]:
        steps = np.rint(np.asarray(mean_level, float) * ENERGY_STEPS).astype(np.int64)
        return np.array(self.energy, np.float32)[np.clip(steps, 0, len(self.energy) - 1)]

    def hits_at(self, density: float) -> int:
        """The number of hits of a 4/4 bar of this density."""
        return int(np.abs(np.array(self.density) - density).argmin())


def bar_measures(
    hits: Array, bars: int, frames: npt.ArrayLike = FRAMES_PER_BAR
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Hits per sixteen sixteenths and mean level of kick and snare (of all where there are none), each (bars,).

    `frames` are the sixteenths of each bar.
    """
    bar = hits["bar"].astype(np.int64)
    count = np.bincount(bar, minlength=bars)
    total = np.bincount(bar, weights=hits["level"], minlength=bars)
    loud = _CARRIES_ENERGY[hits["piece"]]
    loud_count = np.bincount(bar[loud], minlength=bars)
    loud_total = np.bincount(bar[loud], weights=hits["level"][loud], minlength=bars)
    level = np.where(loud_count > 0, loud_total / np.maximum(loud_count, 1), total / np.maximum(count, 1))
    return count * (FRAMES_PER_BAR / np.broadcast_to(frames, bars)), level


def read_plan(
    hits: Array, bars: int, scale: PlanScale, frames: npt.ArrayLike = FRAMES_PER_BAR
) -> npt.NDArray[np.void]:
    """The label of each bar, LABEL (bars,), of HIT on the grid of `quantise`; `frames` are the sixteenths of each bar.

    A repeat has the same cells (sixteenth and voice) as the bar 1, 2, 4 or 8 before, the nearest that has. Of the
    others a fill differs from the majority of the four bars before (Jaccard < .6) by two more toms, or two more
    snares in its second half; a variation keeps .6 or more of that majority; the rest are grooves.
    """
    length = np.broadcast_to(np.asarray(frames, np.int64), bars)
    cells = np.zeros((bars, FRAMES_PER_BAR, _SOUNDS), bool)
    cells[hits["bar"], hits["position"] // POSITIONS_PER_FRAME, _SOUND_OF_PIECE[hits["piece"]]] = True
    labels = np.zeros(bars, LABEL)
    played = np.asarray(cells.any(axis=(1, 2)))
    kind = _new_kinds(cells, played, length)
    packed = np.packbits(cells.reshape(bars, -1), axis=1)
    for number in reversed(range(len(REPEAT_LAGS))):
        lag = REPEAT_LAGS[number]
        if lag < bars:
            same = (packed[lag:] == packed[:-lag]).all(axis=1) & (length[lag:] == length[:-lag])
            kind[lag:][same] = FIRST_REPEAT + number
    kind[~played] = STOP
    labels["kind"] = kind
    labels["crash"] = cells[:, 0, _CRASH]
    labels["cymbal"] = _timekeeper(cells, length)
    per_bar, level = bar_measures(hits, bars, length)
    labels["density"] = np.where(played, scale.density_of(per_bar), 0)
    labels["energy"] = np.where(played, scale.energy_of(level), 0)
    return labels


def _new_kinds(
    cells: npt.NDArray[np.bool_], played: npt.NDArray[np.bool_], length: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint8]:
    """Groove, variation or fill for every bar, repeats included."""
    bars = len(cells)
    late = np.arange(FRAMES_PER_BAR) >= length[:, None] // 2
    toms = cells[:, :, _TOMS].sum(axis=(1, 2)).astype(np.int64)
    snares = (cells[:, :, _SNARE] & late).sum(axis=1)
    before = _window(played, -4)
    is_lead_in = np.asarray(~before.any(axis=1))
    around = np.where(is_lead_in[:, None], _window(played, 1), before)
    offsets = np.where(is_lead_in[:, None], np.arange(1, 5), np.arange(-4, 0))
    index = np.clip(np.arange(bars)[:, None] + offsets, 0, max(bars - 1, 0))
    count = around.sum(axis=1)
    flat = cells.reshape(bars, -1)
    votes = np.zeros(flat.shape, np.int64)
    usual_toms, usual_snares = np.zeros(bars), np.zeros(bars)
    for column in range(4):
        present = around[:, column]
        votes += flat[index[:, column]] & present[:, None]
        usual_toms += toms[index[:, column]] * present
        usual_snares += snares[index[:, column]] * present
    some = np.maximum(count, 1)
    majority = (2 * votes >= count[:, None]) & (count > 0)[:, None]
    alike = (flat & majority).sum(axis=1) / np.maximum((flat | majority).sum(axis=1), 1)
    more = (toms - usual_toms / some >= 2) | (snares - usual_snares / some >= 2)
    kind = np.full(bars, GROOVE, np.uint8)
    kind[(alike >= SAME_PATTERN) & ~is_lead_in] = VARIATION
    kind[(alike < SAME_PATTERN) & more & (count > 0)] = FILL
    return kind


def _window(values: npt.NDArray[np.bool_], first: int) -> npt.NDArray[np.bool_]:
    """The values of four bars from an offset of `first` bars on: (bars, 4), False outside."""
    bars = len(values)
    padded = np.concatenate([np.zeros(4, bool), values, np.zeros(5, bool)])
    return padded[np.arange(bars)[:, None] + 4 + first + np.arange(4)]


def _timekeeper(cells: npt.NDArray[np.bool_], length: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    counts = cells[:, :, _TIMEKEEPERS].sum(axis=1)
    enough = counts.max(axis=1) * FRAMES_PER_BAR >= 3 * length
    return np.where(enough, counts.argmax(axis=1), NO_CYMBAL)


def level_of(value: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Density or energy 0..1 as one of `LEVELS` levels."""
    return np.clip((np.asarray(value, float) * LEVELS).astype(np.int64), 0, LEVELS - 1)


def to_bar_plans(labels: npt.NDArray[np.void]) -> list[BarPlan]:
    """Labels (bars,) as bars of a plan, all of section 0."""
    return [_bar_plan(*label) for label in labels.tolist()]


def _bar_plan(kind: int, crash: bool, cymbal: int, density: float, energy: float) -> BarPlan:
    repeats = REPEAT_LAGS[kind - FIRST_REPEAT] if kind >= FIRST_REPEAT else 0
    bar_kind = BarKind.REPEAT if repeats else NEW_KINDS[kind]
    dense, loud = (min(1.0, max(0.0, value)) for value in (density, energy))
    return BarPlan(bar_kind, repeats, crash, CYMBALS[cymbal], dense, loud)


def from_bar_plans(bars: Sequence[BarPlan]) -> npt.NDArray[np.void]:
    """Bars of a plan as LABEL (bars,); a repeat at a distance unknown to the network becomes a groove."""
    labels = np.zeros(len(bars), LABEL)
    for label, bar in zip(labels, bars, strict=True):
        if bar.repeats in REPEAT_LAGS:
            label["kind"] = FIRST_REPEAT + REPEAT_LAGS.index(bar.repeats)
        else:
            label["kind"] = GROOVE if bar.repeats else NEW_KINDS.index(bar.kind)
        label["crash"], label["cymbal"] = bar.crash, CYMBALS.index(bar.cymbal)
        label["density"], label["energy"] = bar.density, bar.energy
    return labels
