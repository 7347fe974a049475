"""Loudness is what the Recommendation and the test signals of EBU Tech 3341 say it is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.vocoder.loudness import loudness_lufs


def _sine(dbfs: float, seconds: float, rate: int, hertz: float = 997.0) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    return (10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


@settings(deadline=None, max_examples=12)
@given(st.floats(-40, 0), st.sampled_from([12_000, 44_100, 48_000]))
def test_a_sine_of_997_hz_in_one_channel_is_3_lu_under_its_level(dbfs, rate) -> None:
    assert loudness_lufs(_sine(dbfs, 3, rate), rate) == pytest.approx(dbfs - 3.01, abs=0.05)


def test_quiet_passages_are_gated() -> None:
    # as cases 3 and 4 of EBU Tech 3341, in one channel in place of two: 3 LU less
    loud = _sine(-23, 20, 48_000, 1000)
    for quiet_dbfs in (-36.0, -72.0):
        quiet = _sine(quiet_dbfs, 5, 48_000, 1000)
        found = loudness_lufs(np.concatenate([quiet, loud, quiet]), 48_000)
        assert found == pytest.approx(-26, abs=0.1)
    less = np.concatenate([loud, _sine(-29, 20, 48_000, 1000)])
    both = 10 * math.log10((10**-2.3 + 10**-2.9) / 2) - 3.0
    assert loudness_lufs(less, 48_000) == pytest.approx(both, abs=0.1)


def test_lows_count_less_and_highs_more() -> None:
    levels = [loudness_lufs(_sine(-20, 2, 48_000, hertz), 48_000) for hertz in (40.0, 1000.0, 4000.0)]
    assert levels[0] < levels[1] - 3
    assert levels[2] == pytest.approx(levels[1] + 3.3, abs=0.5)


def test_silence_has_none_and_short_audio_has_some() -> None:
    assert loudness_lufs(np.zeros(48_000, np.float32), 48_000) == -math.inf
    assert loudness_lufs(np.zeros(0, np.float32), 48_000) == -math.inf
    assert loudness_lufs(_sine(-20, 0.1, 12_000), 12_000) == pytest.approx(-23, abs=0.7)
