"""Attacks: where the reference has onsets, and how fast the level rises there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.vocoder.spectra import Floats

Levels = npt.NDArray[np.float64]

HIGH_PASS_HZ, HIGH_PASS_ORDER = 400.0, 4
STEP_SECONDS, LEVEL_SECONDS, RISE_SECONDS = 0.0005, 0.0025, 0.005
ONSET_SECONDS, APART_SECONDS, NEAR_SECONDS = 0.02, 0.05, 0.01
ONSET_DB, LOUD_RANGE_DB, LEVEL_RANGE_DB = 6.0, 30.0, 60.0


@dataclass(frozen=True, slots=True)
class Attack:
    """Means over the onsets of a clip: by how many dB the level rises within 5 ms, there and here."""

    reference_db: float
    generated_db: float

    @property
    def lost_db(self) -> float:
        return self.reference_db - self.generated_db


@dataclass(frozen=True, slots=True)
class Onsets:
    """The onsets of a reference: indices of its `power`, and the power below which nothing is measured."""

    at: npt.NDArray[np.intp]  # (onsets,)
    floor_power: float


def attack(reference: Levels, generated: Levels, onsets: Onsets) -> Attack | None:
    """The mean rises at the onsets of the reference, of two `short_time_power`; None where there are no onsets.

    The rise at an onset is the largest difference between two levels 5 ms apart within ±10 ms of it: of the
    reference and of the generated audio alike, so that neither has to be on time to the millisecond. No level
    is taken below 60 dB under the loudest of the reference.
    """
    if not len(onsets.at):
        return None
    there, here = (
        float(_rises(power, onsets)[_near(onsets, len(power))].max(axis=1).mean())
        for power in (reference, generated)
    )
    return Attack(there, here)


def steepest_attack(audio: Floats, sample_rate_hz: int) -> tuple[float, float] | None:
    """Where the level of the audio (samples,) rises most within 5 ms at an onset, in seconds, and by how many dB."""
    power = short_time_power(audio, sample_rate_hz)
    onsets = find_onsets(power)
    if not len(onsets.at):
        return None
    rises = _rises(power, onsets)[_near(onsets, len(power))].max(axis=1)
    at = int(rises.argmax())
    return float(onsets.at[at] * STEP_SECONDS), float(rises[at])


def find_onsets(power: Levels) -> Onsets:
    """The onsets in a `short_time_power` (steps,).

    An onset is where the mean level of the next 20 ms is at least 6 dB above that of the last 20 ms, by more than
    anywhere within 50 ms, and at most 30 dB under the loudest such level; not within 50 ms of the ends, because a clip
    that was cut out of a song has no attack there. These windows are longer than those the rise is measured in: a
    slow attack is an onset too, and none is chosen for being steep.
    """
    from scipy.ndimage import maximum_filter1d

    around = round(ONSET_SECONDS / STEP_SECONDS)
    apart = round(APART_SECONDS / STEP_SECONDS)
    loudest = float(power.max(initial=0.0))
    floor_power = loudest * 10 ** (-LEVEL_RANGE_DB / 10)
    if loudest <= 0 or len(power) < 2 * around:
        return Onsets(np.zeros(0, np.intp), floor_power)
    total = np.concatenate([[0.0], np.cumsum(np.maximum(power, floor_power))])
    means_db = 10 * np.log10((total[around:] - total[:-around]) / around)
    rises_db = means_db[around:] - means_db[:-around]
    after_db = means_db[around:]
    is_onset = rises_db >= maximum_filter1d(rises_db, 2 * apart + 1)
    is_onset &= (rises_db >= ONSET_DB) & (after_db >= means_db.max() - LOUD_RANGE_DB)
    found = np.flatnonzero(is_onset) + around
    found = found[(found >= apart) & (found < len(power) - apart)]
    # equal rises in a row are one onset
    return Onsets(found[np.diff(found, prepend=-apart - 1) > apart], floor_power)


def short_time_power(audio: Floats, sample_rate_hz: int) -> Levels:
    """The mean power (steps,) of the audio (samples,) above 400 Hz, in windows of 2.5 ms, one every 0.5 ms.

    Lower tones rise and fall within 5 ms by themselves. The high-pass (Butterworth, fourth order) runs forwards only,
    so that nothing sounds before its time.
    """
    from scipy.signal import butter, sosfilt

    length = max(1, round(LEVEL_SECONDS * sample_rate_hz))
    if len(audio) < length:
        return np.zeros(0)
    filtered = sosfilt(
        butter(HIGH_PASS_ORDER, HIGH_PASS_HZ, "highpass", fs=sample_rate_hz, output="sos"),
        audio.astype(np.float64),
    )
    total = np.concatenate([[0.0], np.cumsum(np.square(filtered))])
    steps = 1 + int((len(audio) - length) / (STEP_SECONDS * sample_rate_hz))
    starts = np.round(np.arange(steps) * STEP_SECONDS * sample_rate_hz).astype(int)
    starts = starts[starts + length <= len(audio)]
    return np.maximum(total[starts + length] - total[starts], 0.0) / length


def _rises(power: Levels, onsets: Onsets) -> Levels:
    """By how many dB the level is higher 2.5 ms after than 2.5 ms before a step: (steps,), 0 at both ends."""
    half = round(RISE_SECONDS / STEP_SECONDS / 2)
    levels_db = 10 * np.log10(np.maximum(power, max(onsets.floor_power, np.finfo(np.float64).tiny)))
    rises = np.zeros(len(power))
    rises[half:-half] = levels_db[2 * half :] - levels_db[: -2 * half]
    return rises


def _near(onsets: Onsets, steps: int) -> npt.NDArray[np.intp]:
    """The steps around each onset: (onsets, steps near)."""
    near = round(NEAR_SECONDS / STEP_SECONDS)
    return np.clip(onsets.at[:, None] + np.arange(-near, near + 1), 0, steps - 1)
