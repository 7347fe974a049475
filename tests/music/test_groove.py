"""Laws of swing and humanise."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.groove import humanise, scale_timing, scale_velocity, swing, velocity_curve
from tests.strategies import clips

RATIOS = st.floats(0.5, 0.8)
DIVISIONS = st.sampled_from([8, 16])


def hat_eighths(ppq=480, bars=2):
    return Clip(tuple(Note(42, 80, i * ppq // 2, 30) for i in range(8 * bars)), 4 * ppq * bars, ppq)


@given(clips(), RATIOS, DIVISIONS)
def test_swing_keeps_order_beats_and_all_but_time(clip, ratio, division):
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


@given(clips())
def test_straight_swing_changes_nothing(clip):
    assert swing(clip, 0.5) == clip


def test_triplet_swing_puts_the_off_beat_on_the_triplet():
    starts = [note.start_ticks for note in swing(hat_eighths(), 2 / 3).notes[:4]]
    assert starts == [0, 320, 480, 800]
    sixteenths = swing(hat_eighths(ppq=960).map_notes(lambda n: n), 2 / 3, division=16)
    assert [note.start_ticks for note in sixteenths.notes[:3]] == [0, 480, 960]


@given(clips(), st.floats(0, 4))
def test_scaling_velocity_keeps_time_and_pitch(clip, scale):
    scaled = scale_velocity(clip, scale)
    assert Counter((n.pitch, n.start_ticks) for n in scaled.notes) == Counter(
        (n.pitch, n.start_ticks) for n in clip.notes
    )
    assert scale_velocity(clip, 1.0) == clip


def test_scaling_velocity_to_nothing_is_flat_for_each_pitch():
    clip = Clip((Note(38, 40, 0, 1), Note(38, 100, 1, 1), Note(42, 90, 0, 1)), 4, 4)
    assert [n.velocity for n in scale_velocity(clip, 0).notes] == [70, 90, 70]
    assert [n.velocity for n in scale_velocity(clip, 2).notes] == [10, 90, 127]


@given(clips(), st.floats(0.2, 5))
def test_a_velocity_curve_keeps_the_order_of_loudness(clip, exponent):
    curved = velocity_curve(clip, exponent)
    assert sorted(n.velocity for n in curved.notes) == sorted(
        velocity_curve(clip.with_notes([n]), exponent).notes[0].velocity for n in clip.notes
    )
    louder = all(
        c.velocity >= n.velocity for n in clip.notes for c in velocity_curve(clip.with_notes([n]), 0.5).notes
    )
    assert louder


@given(clips(), st.integers(1, 500))
def test_scaling_timing_runs_from_quantized_to_unchanged(clip, grid_ticks):
    assert scale_timing(clip, 0, grid_ticks) == clip.quantize(grid_ticks)
    assert scale_timing(clip, 1, grid_ticks) == clip


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


def test_a_feel_repeats_every_bar_and_differs_by_seed():
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
        lambda clip: scale_velocity(clip, -1),
        lambda clip: velocity_curve(clip, 0),
        lambda clip: scale_timing(clip, -1, 10),
        lambda clip: scale_timing(clip, 1, 0),
        lambda clip: humanise(clip, 2, seed=0, bar_ticks=4),
        lambda clip: humanise(clip, 1, seed=0, bar_ticks=0),
    ],
)
def test_values_out_of_range_are_refused(change):
    with pytest.raises(ValueError, match=r"must|cannot|moves"):
        change(Clip((), 0, 4))
