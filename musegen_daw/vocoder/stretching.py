"""Another length at the same pitch: time is stretched between the attacks of a sound, not within them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from musegen_daw.vocoder.interpolation import interpolated
from musegen_daw.vocoder.mel import Floats, MelConfig

Frames = npt.NDArray[np.float64]

MIN_STRETCH, MAX_STRETCH = 0.1, 10.0
EXTRA_FRAMES = 1.0
SLOWER = 2.0
"""How many times as slow, or as fast, as on average time may go between the kept spans of two attacks."""
BEFORE = 0.75
"""Of the room between two attacks, what comes before the second: in a log-mel the rise is there."""
RANGE_NATS = 60.0 * math.log(10.0) / 10.0
"""What lies this far under the loudest band of all counts as silence."""
MEDIAN_SECONDS = 1.0
LEAST_RISE_NATS = 0.2
LEAST_GAP_FRAMES = 1.0


def stretch(mel: Floats, factor: float, config: MelConfig | None = None) -> Floats:
    """The log-mel (n_mels, frames) at `factor` times the length and the same pitch: (n_mels, ceil(frames * factor)).

    With the `config` of the mel its attacks stay as steep as they are; without, all frames are stretched alike. Frames
    are interpolated linearly in the logarithm. Raises ValueError for a factor outside 0.1..10.
    """
    return mel if factor == 1 else taken_at(mel, stretch_map(mel, factor, config))


def stretch_map(mel: Floats, factor: float, config: MelConfig | None = None) -> Frames:
    """Which frame of the log-mel each frame of `stretch` is, to be shared by the log-mels of one sound."""
    if config is None:
        return time_map(np.empty(0), mel.shape[1], factor, 0.0)
    return time_map(attacks(mel, config), mel.shape[1], factor, kept_frames(config))


def taken_at(mel: Floats, positions: Frames) -> Floats:
    """The log-mel (n_mels, frames) at `positions` in frames, interpolated in the logarithm: (n_mels, positions)."""
    return interpolated(mel.T, positions).T


def kept_frames(config: MelConfig) -> float:
    """How far an attack is seen in a mel, before and after, and time is to go at its own speed."""
    return config.n_fft / 2 / config.hop_length + EXTRA_FRAMES


def time_map(attacks: Frames, frames: int, factor: float, kept: float) -> Frames:
    """Which of `frames` frames each frame of a sound `factor` times as long is: (ceil(frames * factor),), in order.

    Each of the `attacks`, frames in order, comes to lie within half a frame of `factor` times its frame, and for `kept`
    frames before and after it time goes on at its own speed. Where the next attack is too close for that, it does so
    for less, so that time in between is at most twice as slow, or as fast, as it would be on average. Raises ValueError
    for a factor outside 0.1..10.
    """
    if not MIN_STRETCH <= factor <= MAX_STRETCH:
        raise ValueError(f"factor must lie within {MIN_STRETCH:g}..{MAX_STRETCH:g}, got {factor:g}")
    # Rounded first: the error of a product like 100 * 1.1 must not add a frame.
    stretched = np.arange(math.ceil(round(frames * factor, 6)), dtype=np.float64)
    if not len(attacks):
        return stretched / factor
    # By whole frames: an attack read between frames would be less steep.
    moved = np.maximum(attacks + np.rint(attacks * (factor - 1)), 0.0)
    gaps = np.diff(attacks, prepend=0.0, append=float(frames))
    moved_gaps = np.maximum(np.diff(moved, prepend=0.0, append=frames * factor), 0.0)
    shorter, longer = np.minimum(gaps, moved_gaps), np.maximum(gaps, moved_gaps)
    room = shorter / np.maximum(SLOWER - shorter / np.maximum(longer, 1e-9), 1.0)
    before, after = room[:-1].copy(), room[1:].copy()
    before[1:] *= BEFORE
    before = np.minimum(kept, before)
    after[:-1] -= before[1:]
    after = np.minimum(kept, after)
    around = np.stack([-before, np.zeros(len(attacks)), after], axis=1)
    source = np.concatenate([[0.0], (attacks[:, np.newaxis] + around).ravel(), [frames]])
    output = np.concatenate([[0.0], (moved[:, np.newaxis] + around).ravel(), [frames * factor]])
    # Attacks closer than a frame may have changed places.
    return np.interp(stretched, np.maximum.accumulate(output), np.maximum.accumulate(source))


def attacks(mel: Floats, config: MelConfig) -> Frames:
    """Where sounds begin in a log-mel (n_mels, frames) of `config`: (attacks,) in frames and parts of them, in order.

    An attack is where the bands on average rise by clearly more than they usually do around it, silence aside, as in
    S. Dixon, Onset Detection Revisited (2006). Its place follows from where their power rises the fastest.
    """
    if mel.shape[1] < 3:
        return np.empty(0)
    from scipy.ndimage import maximum_filter1d, median_filter

    half = math.ceil(config.n_fft / 2 / config.hop_length)
    heard = np.maximum(mel, mel.max() - np.float32(RANGE_NATS))
    lag = max(1, min(half // 2, mel.shape[1] - 1))
    rise = np.zeros(mel.shape[1])
    rise[lag:] = np.maximum(heard[:, lag:] - heard[:, :-lag], 0).mean(axis=0)
    usual = median_filter(rise, 1 + 2 * round(MEDIAN_SECONDS * config.frames_per_second / 2), mode="reflect")
    highest = maximum_filter1d(rise, 2 * half + 1, mode="reflect")
    peaks = np.flatnonzero((rise == highest) & (rise > usual + LEAST_RISE_NATS))
    places = np.array([_place(heard, int(peak), half) for peak in peaks])
    # In most bands an attack is a click, and the power of Hann's window rises the fastest at a third of its first half.
    places = np.minimum(np.maximum.accumulate(places) + half / 3, mel.shape[1] - 1)
    # Of two peaks with one fastest rise.
    return places[np.diff(places, prepend=-np.inf) >= LEAST_GAP_FRAMES]


def _place(heard: Floats, peak: int, half: int) -> float:
    """Where the power rises the fastest within half a window after the log-mel does."""
    first, last = max(0, peak - half), min(heard.shape[1], peak + half + 2)
    near = heard[:, first:last]
    power = np.exp(near - near.max(axis=1, keepdims=True)).sum(axis=0)
    speed = np.gradient(power)
    start = peak - first
    at = start + int(np.argmax(speed[start:]))
    if not 0 < at < len(speed) - 1:
        return float(first + at)
    before, top, after = speed[at - 1 : at + 2]
    bend = before - 2 * top + after
    return first + at + float(np.clip((before - after) / (2 * bend), -0.5, 0.5) if bend < 0 else 0.0)
