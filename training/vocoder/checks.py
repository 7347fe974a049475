"""Checks of a vocoder on sounds whose answer is known: silence, a sine sweep, and a long clip in chunks."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from musegen_daw.vocoder.mel import Floats, MelConfig, log_mel
from musegen_daw.vocoder.vocoder import Vocoder
from training.vocoder.measures import LSD_HOP, LSD_N_FFT, log_spectra
from training.vocoder.methods import ReferenceClip
from training.vocoder.pictures import PictureLine, Sound, draw_lines

SILENCE_SECONDS, SWEEP_SECONDS, LONG_SECONDS = 10.0, 10.0, 180.0
SWEEP_LEVEL = 0.25
SWEEP_RANGE = (50.0, 0.45)  # from so many Hz to so much of the sample rate
FLOOR_DB = -100.0
_NEAR_SHARE, _NEAR_HZ, _AROUND_BINS = 0.5, 200.0, 12


def check(model: Path, clip: ReferenceClip, out: Path) -> dict[str, Any]:
    """All checks of the model in a folder; draws the sweep to `out`/sweep.png. `clip` is what is repeated."""
    vocoder = Vocoder.open(model)
    config = vocoder.mel
    silence = vocoder.vocode(log_mel(np.zeros(_samples(SILENCE_SECONDS, config), np.float32), config))
    sweep, hertz = sine_sweep(config)
    audio = vocoder.vocode(log_mel(sweep, config))[: len(sweep)]
    sounds = (
        Sound("in", sweep, config.sample_rate_hz),
        Sound("out", audio, config.sample_rate_hz),
    )
    draw_lines(
        [PictureLine("sine sweep", sounds)], out / "sweep.png", range_db=-FLOOR_DB, seconds=SWEEP_SECONDS
    )
    prominence_db, level_db, line_hertz = constant_line(audio, hertz, config)
    return {
        "silence_dbfs": peak_dbfs(silence),
        "sweep_line_db": prominence_db,
        "sweep_line_level_db": level_db,
        "sweep_line_hz": line_hertz,
        "seam_difference": seam_difference(model, clip),
        "seam_seconds": LONG_SECONDS,
    }


def in_words(found: dict[str, Any]) -> str:
    return "\n".join(
        [
            f"silence in: peak {found['silence_dbfs']:.1f} dBFS out",
            f"sine sweep in: the most constant line stands {found['sweep_line_db']:.1f} dB above what is around it, "
            f"{-found['sweep_line_level_db']:.0f} dB below the loudest bin, at {found['sweep_line_hz']:.0f} Hz "
            "(sweep.png)",
            f"{found['seam_seconds']:.0f} s in chunks and in one pass: largest difference "
            f"{found['seam_difference']:.2g} of full scale",
        ]
    )


def peak_dbfs(audio: Floats) -> float:
    """The peak in dB below full scale; -inf for digital silence."""
    peak = float(np.abs(audio).max(initial=0.0))
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def sine_sweep(config: MelConfig) -> tuple[Floats, Floats]:
    """A sine that rises evenly on a logarithmic scale (samples,), and its frequency in Hz (samples,)."""
    low, high = SWEEP_RANGE[0], SWEEP_RANGE[1] * config.sample_rate_hz
    share = np.arange(_samples(SWEEP_SECONDS, config)) / _samples(SWEEP_SECONDS, config)
    hertz = low * (high / low) ** share
    phase = 2 * np.pi * np.cumsum(hertz) / config.sample_rate_hz
    return (SWEEP_LEVEL * np.sin(phase)).astype(np.float32), hertz.astype(np.float32)


def constant_line(audio: Floats, hertz: Floats, config: MelConfig) -> tuple[float, float, float]:
    """By how many dB the most constant tone in what a model makes of a sweep stands out, its level and frequency.

    The level of a bin is the median over the frames in which the sweep (`hertz`) is elsewhere, in dB from the
    loudest bin and not below -100; it stands out from the median of the 12 bins to either side.
    """
    from scipy.ndimage import median_filter

    levels = log_spectra(audio)
    levels = np.maximum(levels - levels.max(), FLOOR_DB)
    bins = np.arange(len(levels)) * config.sample_rate_hz / LSD_N_FFT
    centres = hertz[np.arange(levels.shape[1]) * LSD_HOP + LSD_N_FFT // 2]
    near = np.abs(bins[:, None] - centres) < _NEAR_HZ + _NEAR_SHARE * centres
    level = np.ma.median(np.ma.array(levels, mask=near), axis=1).filled(FLOOR_DB)
    prominence = level - median_filter(level, 2 * _AROUND_BINS + 1, mode="nearest")
    at = int(np.argmax(prominence))
    return float(prominence[at]), float(level[at]), float(bins[at])


def seam_difference(model: Path, clip: ReferenceClip) -> float:
    """The largest difference between a clip, repeated to three minutes, vocoded in chunks and in one pass."""
    samples = _samples(LONG_SECONDS, clip.config)
    mel = log_mel(np.resize(clip.audio, samples), clip.config)
    chunked = Vocoder.open(model).vocode(mel)
    whole = Vocoder.open(model, chunk_frames=mel.shape[1]).vocode(mel)
    return float(np.abs(chunked - whole).max())


def _samples(seconds: float, config: MelConfig) -> int:
    return round(seconds * config.sample_rate_hz)
