"""Swing, humanise and velocity curves."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.groove import humanise, straight_ticks, swing, swung_ticks, velocity_curve
from tests.strategies import clips

RATIOS = st.floats(0.5, 0.8)
DIVISIONS = st.sampled_from([8, 16])


def hat_eighths(ppq=480, bars=2):
    return Clip(tuple(Note(42, 80, i * ppq // 2, 30) for i in range(8 * bars)), 4 * ppq * bars, ppq)


@given(clips(), RATIOS, DIVISIONS)
def test_swing_changes_only_time_and_keeps_order_and_beats(clip, ratio, division):
    swung = swing(clip, ratio, division=division)
    pair_ticks = 8 * clip.ppq / division
    assert Counter((n.pitch, n.velocity) for n in swung.notes) == Counter(
        (n.pitch, n.velocity) for n in clip.notes
    )
    for before, after in zip(
        sorted(n.start_ticks for n in clip.notes), sorted(n.start_ticks for n in swung.notes), strict=True
    ):
        assert before <= after + 0.5 <= before + pair_ticks * (ratio - 0.5) + 1
        if before % pair_ticks == 0:
            assert after == before


@given(st.floats(-1e6, 1e6), RATIOS)
def test_straight_ticks_undo_swung_ticks(ticks, ratio):
    assert straight_ticks(swung_ticks(ticks, ratio, 480), ratio, 480) == pytest.approx(ticks, abs=1e-6)


@given(clips())
def test_straight_swing_changes_nothing(clip):
    assert swing(clip, 0.5) == clip


def test_triplet_swing_puts_the_off_beat_on_the_triplet():
    starts = [note.start_ticks for note in swing(hat_eighths(), 2 / 3).notes[:4]]
    assert starts == [0, 320, 480, 800]
    sixteenths = swing(hat_eighths(ppq=960).map_notes(lambda n: n), 2 / 3, division=16)
    assert [note.start_ticks for note in sixteenths.notes[:3]] == [0, 480, 960]


@given(st.integers(1, 127), st.floats(0.2, 5))
def test_a_velocity_curve_keeps_the_order_of_loudness(velocity, exponent):
    note, louder = Note(38, velocity, 0, 1), Note(38, min(127, velocity + 1), 0, 1)
    curved = velocity_curve(note, exponent)
    assert curved.velocity <= velocity_curve(louder, exponent).velocity
    assert (curved.velocity - velocity) * (1 - exponent) >= 0
    assert velocity_curve(Note(38, 127, 0, 1), exponent).velocity == 127


@given(clips(), st.integers(0, 2**32), st.floats(0, 1))
def test_humanise_is_seeded_and_bounded(clip, seed, amount):
    bar_ticks = 4 * clip.ppq
    played = humanise(clip, amount, seed=seed, bar_ticks=bar_ticks)
    assert played == humanise(clip, amount, seed=seed, bar_ticks=bar_ticks)
    for note in clip.notes:
        (single,) = humanise(clip.with_notes([note]), amount, seed=seed, bar_ticks=bar_ticks).notes
        assert abs(single.start_ticks - note.start_ticks) <= max(1, clip.ppq // 4) / 4 + 0.5
        assert abs(single.velocity - note.velocity) <= 15.5
    assert humanise(clip, 0, seed=seed, bar_ticks=bar_ticks) == clip


def test_humanise_repeats_every_bar_and_depends_on_the_seed():
    played = humanise(hat_eighths(), 1, seed=5, bar_ticks=1920)
    first, second = played.slice(60, 1860), played.slice(1980, 3780)
    assert first.notes == second.notes
    assert first.notes != hat_eighths().slice(60, 1860).notes
    assert played != humanise(hat_eighths(), 1, seed=6, bar_ticks=1920)


@pytest.mark.parametrize(
    "change",
    [
        lambda clip: swing(clip, 0.4),
        lambda clip: swing(clip, 0.6, division=12),
        lambda clip: humanise(clip, 2, seed=0, bar_ticks=4),
        lambda clip: humanise(clip, 1, seed=0, bar_ticks=0),
    ],
)
def test_values_out_of_range_are_rejected(change):
    with pytest.raises(ValueError, match=r"must|cannot|moves"):
        change(Clip((), 0, 4))
