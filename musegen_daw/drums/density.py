"""How many hits a bar gets: by its plan, by what a person asks for, and by its meter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.plan import Plan
from musegen_daw.drums.plan_reading import PlanScale
from musegen_daw.drums.request import DrumRequest

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

LEAST_ASKED, MOST_ASKED = 0.25, 2.0
UNASKED_SHARE = 0.02  # of the probability of hits that are too many
ADDED, LEAST_ADDED = 0.97, 0.02  # the probability of hits that are too few, and from which it can be raised
USUAL_DENSITY = 0.92  # tuned on the validation split
DENSITY_NATS = 1.6
MOST_BY_METER = 2.0  # the factor, or its inverse, by which a meter other than 4/4 changes the density at most


def planned_density(request: DrumRequest, plan: Plan, scale: PlanScale) -> npt.NDArray[np.float64]:
    """The number of hits of each planned bar over the number expected in its style: (bars,).

    A plan of the model says which bars are busier than others; the overall density is that of the style.
    """
    hits = np.array([scale.hits_at(bar.density) if bar.is_written else 0 for bar in plan], float)
    usual = hits[hits > 0].mean() if (hits > 0).any() else 1.0
    if request.plan is not None and request.plan_before is None:
        usual = scale.hits_at(0.5)
    usual_density = USUAL_DENSITY if request.style is None else 1.0
    return usual_density * np.clip(hits / max(usual, 1.0), 0.25, 3.0)


def asked_density(
    request: DrumRequest, plan: Plan, before: Plan | None, scale: PlanScale
) -> npt.NDArray[np.float64]:
    """How many times as many hits as planned a person asks for in each bar: (bars,).

    By the control, and by the densities of a plan that was edited, `before` being the plan before that.
    """
    found = np.ones(len(plan))
    if before is not None:
        old, new = (
            np.array([max(1, scale.hits_at(bar.density)) for bar in each], float) for each in (before, plan)
        )
        found *= np.clip(new / old, LEAST_ASKED, MOST_ASKED)
    if request.density is not None:
        found *= np.exp((request.density - 0.5) * DENSITY_NATS)
    return found


def with_density(expected: Floats, threshold: float, asked: float) -> Floats:
    """The expected hits of a bar (16, pieces) with `asked` times as many of them above the threshold.

    The least likely ones go first, the likeliest of those that are not played come first; hits that are all but
    impossible never come.
    """
    if asked == 1:
        return expected
    found = expected.copy()
    flat = found.reshape(-1)
    order = np.argsort(-flat, kind="stable")
    played = int((flat > threshold).sum())
    wanted = round(played * asked)
    if asked < 1:
        flat[order[max(1, wanted) :]] *= UNASKED_SHARE
    else:
        more = order[played : min(wanted, int((flat > LEAST_ADDED).sum()))]
        flat[more] = np.maximum(flat[more], ADDED)
    return found


def meter_factors(expected: Floats, frames: Ints, usual_hits: float) -> Floats:
    """The factors that bring short bars to the density of 4/4: (rows, bars), 1 for bars of four quarter notes.

    In meters that are rare in the training data the expected hits (rows, bars, 16, pieces) are too few. `frames`
    (bars,) are the sixteenths of the bars, `usual_hits` the hits a sixteenth in 4/4.
    """
    short = frames < FRAMES_PER_BAR
    found = np.ones(expected.shape[:2], np.float32)
    if short.any():
        inside = np.arange(FRAMES_PER_BAR) < frames[:, None]
        hits = (expected * inside[None, :, :, None]).sum(axis=(2, 3))[:, short].sum(axis=1)
        level = usual_hits / np.maximum(hits / frames[short].sum(), 1e-3)
        found[:, short] = np.clip(level, 1 / MOST_BY_METER, MOST_BY_METER)[:, None]
    return found
