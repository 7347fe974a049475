"""How near the mels of other tools come to the program's own mels of the same sound, made as those tools make them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from musegen_daw import resource_paths as resources
from musegen_daw.models.spec import load_spec
from musegen_daw.vocoder.foreign_mel import log_mel_of
from musegen_daw.vocoder.mel import MelConfig, band_edges, log_mel
from musegen_daw.vocoder.mel_scales import PRESETS, SCALES, MelBands, MelForm, mel_form
from musegen_daw.vocoder.vocoder import KIND, read_mel_config

MAX_SECONDS = 15
POWER_FLOOR, MAGNITUDE_FLOOR = 1e-10, 1e-5
OCTAVES_HZ = tuple(62.5 * 2**octave for octave in range(9))
HEARD_NATS, QUIET_OCTAVE = 9.0, 1e-5
"""Cells within 39 dB of the loudest and octaves within 50 dB of all power are compared."""

Floats = NDArray[np.float32]


def benchmark(audio: Path, models: tuple[str, ...] = ("vocoder-12k", "vocoder-44k")) -> list[dict[str, Any]]:
    """Print and return, for every model and form, differences in dB: of the power in all, in octaves, in cells."""
    clips = sorted(path for path in audio.iterdir() if path.suffix in (".flac", ".ogg", ".wav"))
    if not clips:
        raise SystemExit(f"{audio} has no audio.")
    rows: list[dict[str, Any]] = []
    for name in models:
        config = read_mel_config(load_spec(resources.vocoder_dir(name), KIND))
        for form in map(mel_form, (*SCALES, *PRESETS, "log:htk", "ln-magnitude:htk")):
            rows.append({"model": name, "mel": form.name, **_measured(clips, form, config)})
    _print(rows)
    return rows


def values_of(sound: Floats, rate_hz: int, form: MelForm, config: MelConfig) -> Floats:
    """The values (bands, frames) that a tool makes of mono sound (samples,), with librosa's transform and filters."""
    bands = form.bands or MelBands(
        config.sample_rate_hz, config.n_fft, config.hop_length, config.n_mels, config.fmin_hz, config.fmax_hz,
        is_htk=form.is_htk, is_area=not form.is_htk,
    )  # fmt: skip
    heard = soxr.resample(sound, rate_hz, bands.sample_rate_hz)
    if not bands.is_centred:
        heard = np.pad(heard, (bands.n_fft - bands.hop_length) // 2, mode="reflect")
    magnitude = np.abs(
        librosa.stft(heard, n_fft=bands.n_fft, hop_length=bands.hop_length, center=bands.is_centred)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchaudio's default has bands without a bin
        filters = librosa.filters.mel(
            sr=bands.sample_rate_hz, n_fft=bands.n_fft, n_mels=bands.n_mels, fmin=bands.fmin_hz, fmax=bands.fmax_hz,
            htk=bands.is_htk, norm="slaney" if bands.is_area else None,
        )  # fmt: skip
    scale = form.scale
    sums = filters @ (magnitude**2 if scale.is_power else magnitude)
    sums = np.maximum(sums, POWER_FLOOR if scale.is_power else MAGNITUDE_FLOOR)
    values = sums if scale.nats is None else (np.log(sums) - scale.offset_nats) / scale.nats
    return values.astype(np.float32)


def octave_powers(mel: Floats, config: MelConfig, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """The power in each octave of a log-mel that lies within these ends, 0 where none does: (octaves,)."""
    edges = band_edges(config.n_mels, config.fmin_hz, config.fmax_hz)
    widths = edges[2:] - edges[:-2]
    power = (np.exp(mel.astype(np.float64)).sum(axis=1) * widths)[None]
    centres = edges[1:-1]
    starts = np.array((0.0, *OCTAVES_HZ))[:, None]
    ends = np.array((*OCTAVES_HZ, np.inf))[:, None]
    inside = (edges[:-2] >= low_hz) & (edges[2:] <= high_hz)
    return (power * ((centres >= starts) & (centres < ends) & inside)).sum(axis=1)


def _measured(clips: list[Path], form: MelForm, config: MelConfig) -> dict[str, float]:
    in_all: list[float] = []
    in_octaves: list[float] = []
    in_cells: list[float] = []
    low_hz, high_hz = config.fmin_hz, config.fmax_hz
    if form.bands is not None:
        low_hz, high_hz = max(low_hz, form.bands.fmin_hz), min(high_hz, form.bands.fmax_hz)
    edges = band_edges(config.n_mels, config.fmin_hz, config.fmax_hz)
    is_inside = (edges[:-2] >= low_hz) & (edges[2:] <= high_hz)
    for path in clips:
        sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        mono = sound[: MAX_SECONDS * rate_hz].mean(axis=1)
        own = log_mel(soxr.resample(mono, rate_hz, config.sample_rate_hz), config)
        made = np.maximum(log_mel_of(values_of(mono, rate_hz, form, config), form, config), config.floor)
        frames = min(own.shape[1], made.shape[1])
        own, made = own[:, :frames], made[:, :frames].astype(np.float32)
        wanted, found = (octave_powers(mel, config, low_hz, high_hz) for mel in (own, made))
        in_all.append(10 * np.log10(found.sum() / wanted.sum()))
        is_loud = wanted > QUIET_OCTAVE * wanted.sum()
        in_octaves.extend(10 * np.log10(found[is_loud] / wanted[is_loud]))
        is_heard = (own > own.max() - HEARD_NATS) & is_inside[:, None]
        in_cells.append(10 / np.log(10) * float(np.sqrt(np.mean((made - own)[is_heard] ** 2))))
    return {
        "mean_db": float(np.mean(in_all)),
        "worst_db": float(np.max(np.abs(in_all))),
        "within_1_db": float(np.mean(np.abs(in_all) <= 1)),
        "octave_rms_db": float(np.sqrt(np.mean(np.square(in_octaves)))),
        "cell_rms_db": float(np.mean(in_cells)),
    }


def _print(rows: list[dict[str, Any]]) -> None:
    print("| model | mel | RMS dB, mean | worst | clips within 1 dB | octaves, RMS dB | cells, RMS dB |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['model']} | {row['mel']} | {row['mean_db']:+.2f} | {row['worst_db']:.2f} | "
            f"{row['within_1_db']:.0%} | {row['octave_rms_db']:.2f} | {row['cell_rms_db']:.1f} |"
        )
