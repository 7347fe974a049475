"""What the spread of people consists of, read off what a network leaves unexplained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from musegen_daw.drums.events import POSITIONS_PER_BAR, POSITIONS_PER_FRAME
from musegen_daw.drums.hand import (
    OFFSET_MEAN,
    OFFSET_SPREAD,
    VELOCITY_MEAN,
    VELOCITY_SPREAD,
    Noise,
    read_steps,
)
from training.drums.hand_data import DrumPerformance, EnergyScale
from training.drums.hand_model import HandNetwork

Floats = npt.NDArray[np.float64]
OWN_SHARE = 0.05  # at least so much of the variance is each hit's own
_CUT = 3.0  # spreads: single hits far off say nothing of how others go


class _Mean:
    """A mean of products over many pairs, or their correlation."""

    def __init__(self) -> None:
        self.total, self.pairs = 0.0, 0.0

    def add(self, total: float, pairs: float) -> None:
        self.total += total
        self.pairs += pairs

    @property
    def value(self) -> float:
        return self.total / self.pairs if self.pairs else 0.0


def read_noise(network: HandNetwork, performances: Sequence[DrumPerformance], scale: EnergyScale) -> Noise:
    """The shares of `Noise`, from products of standardised residuals of two hits of a performance."""
    loud_take, loud_place, total = _Mean(), _Mean(), _Mean()
    late_take, late_place, late_step, late_next, late_total = _Mean(), _Mean(), _Mean(), _Mean(), _Mean()
    for each in performances:
        steps = read_steps(each.hits, scale.energy_of(each.level), each.bpm)
        with torch.no_grad():
            found = network(torch.from_numpy(steps.features)[None])[0].numpy()
        means = found[steps.step, :, each.hits["piece"]].astype(np.float64)
        louder = (each.velocity / 127 - means[:, VELOCITY_MEAN]) / means[:, VELOCITY_SPREAD]
        later = (each.offset_ms - means[:, OFFSET_MEAN]) / means[:, OFFSET_SPREAD]
        known = ~np.isnan(later)
        louder, later = np.clip(louder, -_CUT, _CUT), np.clip(later, -_CUT, _CUT)[known]
        piece, position = each.hits["piece"].astype(np.int64), each.hits["position"].astype(np.int64)
        place = piece * POSITIONS_PER_BAR + position
        total.add(float(np.square(louder).sum()), len(louder))
        same, at_place = _pairs(louder, piece), _pairs(louder, place)
        bar, repeats = each.hits["bar"].astype(np.int64), each.repeats
        loud_place.add(*_again(louder, place, bar, repeats))
        loud_take.add(same[0] - at_place[0], same[1] - at_place[1])

        step = steps.step[known]
        late_total.add(float(np.square(later).sum()), len(later))
        late_place.add(*_again(later, place[known], bar[known], repeats))
        in_step, every = _pairs(later, step), _pairs(later, np.zeros(len(later), np.int64))
        late_step.add(*in_step)
        late_take.add(every[0] - in_step[0], every[1] - in_step[1])
        sums = np.bincount(step, later, len(steps.at))
        counts = np.bincount(step, minlength=len(steps.at))
        near = np.diff(steps.at) == 2 * POSITIONS_PER_FRAME
        late_next.add(
            float((sums[1:] * sums[:-1])[near].sum()), float((counts[1:] * counts[:-1])[near].sum())
        )

    def share(part: float, whole: float = 1.0) -> float:
        return float(np.clip(part / max(whole, 1e-6), 0.0, 0.9))

    velocity_take = share(loud_take.value, total.value)
    velocity_place = min(share(loud_place.value - velocity_take), 1 - OWN_SHARE - velocity_take)
    offset_take = share(late_take.value, late_total.value)
    offset_drift = share(late_step.value - late_take.value, late_total.value)
    offset_place = min(
        share(late_place.value - offset_take),
        1 - OWN_SHARE - offset_take - offset_drift,
    )
    remembered = (late_next.value - late_take.value) / max(late_step.value - late_take.value, 1e-6)
    memory = float(np.sqrt(np.clip(remembered, 0.01, 0.9)))
    return Noise(velocity_take, velocity_place, offset_take, max(0.0, offset_place), offset_drift, memory)


def _pairs(values: Floats, key: npt.NDArray[np.int64]) -> tuple[float, float]:
    """The sum of products over ordered pairs of different values with one key, and how many there are."""
    count = np.bincount(key).astype(np.float64)
    total = np.bincount(key, values)
    return float(np.square(total).sum() - np.square(values).sum()), float((count * (count - 1)).sum())


def _again(
    values: Floats, place: npt.NDArray[np.int64], bar: npt.NDArray[np.int64], repeats: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """Values at one place in a bar and in the one that repeats it: sum of products, and of what they are at most."""
    order = np.lexsort((bar, place))
    follows = (np.diff(place[order]) == 0) & (np.diff(bar[order]) == 1) & repeats[bar[order][1:]]
    first, second = values[order][:-1][follows], values[order][1:][follows]
    return float((first * second).sum()), float((np.square(first) + np.square(second)).sum() / 2)
