"""Corrects the levels of decoded audio, band by band, to the mel it was decoded from."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from musegen_daw.vocoder.mel import Floats, MelConfig, hann, mel_basis
from musegen_daw.vocoder.overlap import OVERLAP, WINDOW_GAIN, overlap_add

LIMIT = 6.0  # the largest change of a band in one round, in nats of power
FLOOR_TIMES = 10.0
SILENT_WITHIN = 1e-3
"""Nats above the floor of the mel within which a band is silent."""
SILENCED = 20.0
"""Nats of power that a silent band loses in one round."""


def step_samples(config: MelConfig) -> int:
    """The hop: a quarter of a window, which must be whole frames of the mel; else raises ValueError."""
    frames, rest = divmod(config.n_fft // OVERLAP, config.hop_length)
    if rest or config.n_fft % OVERLAP:
        raise ValueError(
            f"a hop of {config.hop_length} samples does not divide a quarter of the window of {config.n_fft}"
        )
    return frames * config.hop_length


@cache
def spreading(config: MelConfig) -> Floats:
    """The share of each bin in the change of each band: (1 + n_fft // 2, n_mels), rows add up to 1.

    A bin outside all bands, as that of 0 Hz, goes with the nearest bin inside one.
    """
    basis = mel_basis(config)
    total = basis.sum(axis=0)
    inside = np.flatnonzero(total > total.max() * 1e-6)
    nearest = inside[np.abs(np.arange(len(total))[:, None] - inside).argmin(axis=1)]
    shares = (basis / np.maximum(total, 1e-9)).T[nearest]
    shares.setflags(write=False)
    return shares


def impose(audio: Floats, mel: Floats, config: MelConfig, rounds: int) -> Floats:
    """Audio (frames * hop_length,) whose mel is closer to `mel` (n_mels, frames), a log-mel of `config`.

    Each round scales the bins of the STFT by the missing level of their bands and keeps the phases; bands in which the
    mel is at its floor lose `SILENCED` a round. Windows that reach beyond the audio do not change, so both ends fade to
    the original. Sample t * hop_length is the centre of frame t.
    """
    step = step_samples(config)
    length = config.n_fft
    first = length // 2 // step
    count = (len(audio) - length) // step + 1
    if count < 1 or not rounds:
        return audio
    from scipy.fft import irfft, rfft

    window = hann(length)
    floor = FLOOR_TIMES * config.floor_power
    at = (first + np.arange(count)) * (step // config.hop_length)
    wanted = np.log(np.exp(mel[:, at]) + floor)  # (n_mels, count)
    is_silent = mel[:, at] <= config.floor + SILENT_WITHIN
    out = audio.copy()
    for _ in range(rounds):
        frames = np.lib.stride_tricks.sliding_window_view(out, length)[::step][:count]
        spectrum: Any = rfft(frames * window, axis=1)
        power = mel_basis(config) @ (spectrum.real**2 + spectrum.imag**2).T
        lack = np.clip(wanted - np.log(power + floor), -LIMIT, LIMIT)
        lack[is_silent] = -SILENCED
        spectrum *= (np.exp(0.5 * (spreading(config) @ lack)) - 1).T
        change: Any = irfft(spectrum, length, axis=1)
        change *= window / WINDOW_GAIN
        total = overlap_add(change)
        out[: total.size] += total
    return out
