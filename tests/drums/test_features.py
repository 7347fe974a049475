"""What the model reads is finite, of fixed shape, the same every time, and says what it should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drums.events import HIT, LEAD_POSITIONS, ONSET
from musegen_daw.drums.features import (
    DENSITY_SIZE,
    DRUM_FEATURES,
    DURATIONS,
    FAMILIES,
    PART_FEATURES,
    PITCHES,
    TEMPO_SIZE,
    UNKNOWN,
    density_level,
    drum_frames,
    feel_levels,
    frame_of,
    offset_of,
    part_frames,
    tempo_level,
)
from musegen_daw.music.kit import PIECES
from tests.drum_strategies import drum_hits, part_onsets

SNARE, LOW_TOM = (
    next(i for i, piece in enumerate(PIECES) if piece.name == name) for name in ("snare", "low tom")
)


def _hits(rows) -> np.ndarray:
    return np.array(sorted(rows), HIT)


@given(part_onsets())
def test_frames_of_parts_are_finite_and_the_same_every_time(drawn) -> None:
    onsets, bars = drawn
    before = onsets.copy()
    frames = part_frames(onsets, bars)
    assert frames.shape == (16 * bars, PART_FEATURES)
    assert frames.dtype == np.float32
    assert np.isfinite(frames).all()
    assert np.array_equal(frames, part_frames(onsets, bars))
    assert np.array_equal(onsets, before)


@given(part_onsets())
def test_frames_of_parts_say_what_starts_where(drawn) -> None:
    onsets, bars = drawn
    frames = part_frames(onsets, bars)
    starts = np.bincount(onsets["bar"] * 16 + frame_of(onsets["position"]), minlength=16 * bars)
    assert np.array_equal(frames[:, -1], starts > 0)
    statistics = frames[:, len(FAMILIES) * (PITCHES + DURATIONS) : -1].reshape(-1, len(FAMILIES), 3)
    assert np.allclose(statistics[..., 0].sum(axis=1) * 4, starts)
    assert ((statistics[..., 1] >= 0) & (statistics[..., 1] <= 1)).all()
    assert (np.abs(statistics[..., 2]) <= 1 + 1e-6).all()
    pitches = frames[:, : len(FAMILIES) * PITCHES].reshape(-1, len(FAMILIES), PITCHES)
    assert np.array_equal(pitches.any(axis=(1, 2)), starts > 0)
    assert set(np.unique(pitches)) <= {0, 1}


@given(part_onsets(), st.randoms())
def test_frames_of_parts_do_not_depend_on_order_or_track(drawn, random) -> None:
    onsets, bars = drawn
    order = list(range(len(onsets)))
    random.shuffle(order)
    mixed = onsets[order].copy()
    mixed["track"] = 0
    assert np.allclose(part_frames(mixed, bars), part_frames(onsets, bars), atol=1e-5)


@given(drum_hits())
def test_frames_of_drums_say_what_is_hit_where(drawn) -> None:
    hits, bars = drawn
    frames = drum_frames(hits, bars)
    assert frames.shape == (16 * bars, DRUM_FEATURES)
    assert np.isfinite(frames).all()
    assert np.array_equal(frames, drum_frames(hits, bars))
    struck = {(bar * 16 + position // 12, piece) for bar, position, piece, _ in hits.tolist()}
    assert set(zip(*(axis.tolist() for axis in np.nonzero(frames[:, : len(PIECES)])), strict=True)) == struck
    assert (np.abs(frames[:, -1]) <= 1).all()


@given(st.integers(0, 191))
def test_a_position_is_its_sixteenth_and_its_offset(position) -> None:
    assert frame_of(position) * 12 + LEAD_POSITIONS + offset_of(position) == position
    assert -6 <= offset_of(position) <= 5


@pytest.mark.parametrize("pitch", [0, 20, 21, 60, 108, 109, 127])
def test_a_pitch_out_of_range_keeps_its_name(pitch) -> None:
    onsets = np.array([(0, 6, pitch, 8, 12, 1, 0)], ONSET)
    (feature,) = np.flatnonzero(part_frames(onsets, 1)[0, PITCHES : 2 * PITCHES])
    assert (feature + 21 - pitch) % 12 == 0


def test_more_hits_are_never_a_lower_density() -> None:
    levels = density_level(np.arange(45)).tolist()
    assert levels == sorted(levels)
    assert set(levels) == set(range(1, DENSITY_SIZE))


@given(st.integers(0, 40), st.sampled_from([8, 12, 14]))
def test_density_is_counted_a_sixteenth(hits, frames) -> None:
    assert density_level(hits, frames) == density_level(hits * 16 / frames)


def test_a_faster_tempo_is_never_a_lower_level() -> None:
    levels = [tempo_level(bpm) for bpm in range(20, 300)]
    assert levels == sorted(levels)
    assert tempo_level(None) == UNKNOWN
    assert set(levels) == set(range(1, TEMPO_SIZE))


def test_a_machine_is_told_from_a_drummer() -> None:
    machine = _hits((0, position, 0, 12) for position in range(6, 192, 12))
    triplets = _hits((0, position, 0, 12) for position in range(6, 192, 16))
    drummer = _hits((0, position + at % 3, 0, at // 2) for at, position in enumerate(range(5, 192, 12)))
    assert feel_levels(machine) == feel_levels(triplets) == (1, 1)
    assert feel_levels(drummer) == (2, 2)
    assert feel_levels(_hits([])) == (UNKNOWN, UNKNOWN)
