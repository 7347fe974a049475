"""Onsets are found where they are, and the rise of the level there is the one that was made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter1d

from training.vocoder.attack import STEP_SECONDS, attack, find_onsets, short_time_power

HERTZ = 2000.0


def _rising(
    db_a_ms: float, rise_db: float, onsets_seconds: tuple[float, ...], rate: int, base_db: float = -50.0
) -> np.ndarray:
    """A tone that rises at each onset by so many dB, so many a millisecond, and falls again 100 ms later."""
    time = np.arange(round((onsets_seconds[-1] + 0.5) * rate)) / rate
    level_db = np.full(len(time), base_db)
    for onset in onsets_seconds:
        up = np.clip((time - onset) * 1000 * db_a_ms, 0, rise_db)
        down = np.clip((time - onset - 0.1) * 1000, 0, rise_db)
        level_db += up - down
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * HERTZ * time)).astype(np.float32)


def _attack(reference: np.ndarray, generated: np.ndarray, rate: int = 12_000):
    there, here = short_time_power(reference, rate), short_time_power(generated, rate)
    return attack(there, here, find_onsets(there))


@settings(deadline=None, max_examples=20)
@given(st.floats(1.0, 4.0), st.sampled_from([12_000, 44_100, 48_000]))
def test_a_steady_rise_is_five_times_what_it_rises_in_a_millisecond(db_a_ms, rate) -> None:
    audio = _rising(db_a_ms, 36.0, (0.5, 1.0, 1.5), rate)
    found = _attack(audio, audio, rate)
    assert found is not None
    assert found.reference_db == pytest.approx(5 * db_a_ms, rel=0.08)
    assert found.lost_db == 0


@settings(deadline=None, max_examples=15)
@given(st.floats(10.0, 30.0), st.sampled_from([12_000, 44_100]))
def test_a_step_rises_by_its_height_and_a_slow_copy_loses_the_rest(step_db, rate) -> None:
    sharp = _rising(1000.0, step_db, (0.5, 1.0), rate)
    slow = _rising(1.0, step_db, (0.5, 1.0), rate)
    found = _attack(sharp, slow, rate)
    assert found is not None
    assert found.reference_db == pytest.approx(step_db, abs=0.7)
    assert found.generated_db == pytest.approx(5.0, abs=0.5)
    assert found.lost_db == pytest.approx(step_db - 5.0, abs=0.9)


def test_every_hit_is_found_once_where_it_is() -> None:
    random = np.random.default_rng(1)
    times = (0.3, 0.55, 1.0, 1.4, 1.6)
    audio = 1e-4 * random.normal(size=24_000)
    for onset in times:
        audio[round(onset * 12_000) :][:1500] += (
            0.3 * random.normal(size=1500) * np.exp(-np.arange(1500) / 300)
        )
    found = find_onsets(short_time_power(audio.astype(np.float32), 12_000))
    assert found.at * STEP_SECONDS == pytest.approx(times, abs=0.004)


def test_smoothing_the_energy_loses_attack() -> None:
    random = np.random.default_rng(2)
    envelope = np.exp(-(np.arange(36_000) % 6000) / 800.0)
    noise = random.normal(size=36_000)
    sharp = (0.2 * noise * envelope).astype(np.float32)
    smeared = (0.2 * noise * uniform_filter1d(envelope, 600)).astype(np.float32)
    found = _attack(sharp, smeared)
    assert found is not None
    assert found.lost_db > 5
    again = _attack(sharp, sharp)
    assert again is not None
    assert again.lost_db == 0


@pytest.mark.parametrize("samples", [0, 1, 10, 300])
def test_even_and_short_sounds_and_silence_have_no_onsets(samples) -> None:
    time = np.arange(24_000) / 12_000
    for audio in (np.sin(2 * np.pi * 500 * time), np.sin(2 * np.pi * 60 * time), np.zeros(24_000)):
        assert _attack(audio.astype(np.float32), audio.astype(np.float32)) is None
    short = np.ones(samples, np.float32)
    assert _attack(short, short) is None


def test_where_a_clip_is_cut_is_no_attack() -> None:
    audio = np.zeros(24_000, np.float32)
    audio[240:] = np.sin(2 * np.pi * HERTZ * np.arange(23_760) / 12_000)
    assert _attack(audio, audio) is None
    onset = np.zeros(24_000, np.float32)
    onset[1200:] = audio[1200:]
    found = _attack(onset, np.zeros_like(onset))
    assert found is not None
    assert found.reference_db == pytest.approx(60, abs=0.5)
    assert found.generated_db == 0
