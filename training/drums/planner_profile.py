"""How plans compare with those read off human drums: the shares of what their bars are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.plan_reading import FILL, FIRST_REPEAT, KINDS, LEVELS, STOP, level_of
from musegen_daw.drums.planner_inputs import PlanHistory

KIND_NAMES = ("groove", "variation", "fill", "stop", "repeat 1", "repeat 2", "repeat 4", "repeat 8")


def profile(
    plans: Sequence[npt.NDArray[np.void]], onsets: Sequence[npt.NDArray[np.floating]]
) -> dict[str, float]:
    """Statistics of plans, LABEL (bars,) each, beside the onsets of their parts (bars,) each.

    Shares of kinds; of bars equal to those 1, 2, 4 and 8 before, both played; of fills among played bars, repeated
    ones too; of crashes after a fill and elsewhere; spread of density; its mean correlation with onsets in a song.
    """
    found: dict[str, list[float]] = {}

    def add(name: str, values: npt.ArrayLike) -> None:
        found.setdefault(name, []).extend(np.atleast_1d(np.asarray(values, float)).tolist())

    for labels, notes in zip(plans, onsets, strict=True):
        history = _history(labels)
        kind, origin, pattern = labels["kind"], history.origin[0], history.pattern[0]
        played = origin != STOP
        for number, name in enumerate(KIND_NAMES[:KINDS]):
            add(name, kind == number)
        for lag in (1, 2, 4, 8):
            both = played[lag:] & played[:-lag]
            if both.sum() >= 8:
                add(f"same {lag}", (pattern[lag:] == pattern[:-lag])[both].mean())
        fill = origin == FILL
        add("fills", fill[played])
        after = np.concatenate([[False], fill[:-1]])
        add("crash after fill", labels["crash"][played & after])
        add("crash else", labels["crash"][played & ~after])
        density = labels["density"]
        add("density spread", density[played].std() if played.any() else [])
        add("distinct", len(np.unique(pattern[played])) / played.sum() if played.any() else [])
        there = played & (notes > 0)
        if there.sum() > 16 and min(density[there].std(), notes[there].std()) > 1e-3:
            add("density with onsets", np.corrcoef(density[there], notes[there])[0, 1])
    return {name: float(np.mean(values)) for name, values in found.items() if values}


def _history(labels: npt.NDArray[np.void]) -> PlanHistory:
    history = PlanHistory.empty(1, len(labels))
    for bar, label in enumerate(labels):
        kind = int(label["kind"])
        _, usable = history.source(bar)
        if kind >= FIRST_REPEAT and not usable[0, kind - FIRST_REPEAT]:
            kind = 0
        values = (kind, int(label["crash"]), int(label["cymbal"]), int(level_of(label["density"])), LEVELS)
        history.settle(bar, *(np.full(1, value) for value in values))
    return history
