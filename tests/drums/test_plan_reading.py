"""Plans read off drums."""

from __future__ import annotations

import numpy as np

from musegen_daw.drums.events import HIT
from musegen_daw.drums.plan import BarKind, Cymbal
from musegen_daw.drums.plan_reading import (
    CYMBALS,
    FILL,
    FIRST_REPEAT,
    GROOVE,
    STOP,
    VARIATION,
    PlanScale,
    from_bar_plans,
    read_plan,
    to_bar_plans,
)
from musegen_daw.music.kit import PIECES

NAMES = [piece.name for piece in PIECES]
SCALE = PlanScale.learn(np.arange(1, 31), np.linspace(4, 15, 30))
BEAT = {"kick": (0, 8), "snare": (4, 12), "closed hat": (0, 2, 4, 6, 8, 10, 12, 14)}
SPARSE = {"kick": (0,), "ride": (0, 4, 8, 12)}
WITH_TOMS = {"kick": (0,), "snare": (8, 9), "high tom": (10, 11), "mid tom": (12, 13), "low tom": (14, 15)}


def hits(*bars: dict[str, tuple[int, ...]], level: int = 10) -> np.ndarray:
    rows = [
        (bar, 6 + 12 * frame, NAMES.index(name), level)
        for bar, content in enumerate(bars)
        for name, frames in content.items()
        for frame in frames
    ]
    return np.sort(np.array(rows, HIT), order=["bar", "position", "piece"])


def kinds(*bars: dict[str, tuple[int, ...]]) -> list[int]:
    return read_plan(hits(*bars), len(bars), SCALE)["kind"].tolist()


def test_the_nearest_equal_bar_is_repeated():
    assert kinds(BEAT, BEAT, SPARSE, BEAT, SPARSE) == [
        GROOVE, FIRST_REPEAT, GROOVE, FIRST_REPEAT + 1, FIRST_REPEAT + 1
    ]  # fmt: skip


def test_a_repeat_of_four_bars_before_is_found():
    last = BEAT | {"kick": (0, 8, 10)}
    assert kinds(BEAT, BEAT, BEAT, last, BEAT, BEAT, BEAT, last)[4:] == [
        FIRST_REPEAT + 1, FIRST_REPEAT, FIRST_REPEAT, FIRST_REPEAT + 2
    ]  # fmt: skip


def test_toms_at_the_end_are_a_fill_and_one_more_kick_a_variation():
    assert kinds(BEAT, BEAT, BEAT, WITH_TOMS)[-1] == FILL
    assert kinds(BEAT, BEAT, BEAT, BEAT | {"kick": (0, 8, 10)})[-1] == VARIATION
    assert kinds(BEAT, BEAT, SPARSE)[-1] == GROOVE


def test_a_fill_before_the_first_groove_is_a_fill_though_nothing_lies_before_it():
    assert kinds({}, WITH_TOMS, BEAT, BEAT)[:2] == [STOP, FILL]
    assert kinds(BEAT, BEAT)[0] == GROOVE


def test_crash_cymbal_density_and_energy():
    labels = read_plan(hits(BEAT | {"crash": (0,)}, SPARSE, {}), 3, SCALE)
    assert labels["crash"].tolist() == [True, False, False]
    assert [CYMBALS[each] for each in labels["cymbal"]] == [Cymbal.CLOSED_HAT, Cymbal.RIDE, Cymbal.NONE]
    assert labels["density"][0] > labels["density"][1] > labels["density"][2] == 0
    loud, soft = (read_plan(hits(BEAT, level=level), 1, SCALE)["energy"][0] for level in (14, 6))
    assert loud > 0.7
    assert soft < 0.4


def test_a_bar_of_another_length_is_no_repeat():
    labels = read_plan(hits(SPARSE, SPARSE), 2, SCALE, np.array([16, 12]))
    assert labels["kind"].tolist() != [GROOVE, FIRST_REPEAT]


def test_labels_and_bars_of_a_plan_are_equivalent():
    labels = read_plan(hits(BEAT, BEAT, WITH_TOMS, {}), 4, SCALE)
    bars = to_bar_plans(labels)
    assert [bar.kind for bar in bars] == [BarKind.GROOVE, BarKind.REPEAT, BarKind.FILL, BarKind.STOP]
    again = from_bar_plans(bars)
    for name in ("kind", "crash", "cymbal"):
        np.testing.assert_array_equal(again[name], labels[name])
    np.testing.assert_allclose(again["density"], labels["density"], atol=1e-6)


def test_the_scale_is_a_share_of_bars_and_invertible():
    assert 0.45 < SCALE.density_of(15) < 0.52
    assert SCALE.hits_at(float(SCALE.density_of(20))) == 20
