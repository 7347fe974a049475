"""The numbers of the audio report: how long, how loud, how wide the prepared chunks are, and where from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.vocoder.dataset import AudioCorpus, Floats

MAX_CHUNKS = 2000
BANDWIDTH_RANGE_DB = 70.0
N_FFT, HOP = 2048, 1024
FLOOR_DB = -120.0


@dataclass(frozen=True, slots=True)
class AudioFigures:
    """What is drawn: values by chunk or by recording, and the mean level of every bin by source."""

    values: dict[str, npt.NDArray[np.float64]]
    spectra: dict[str, Floats]  # (1 + N_FFT // 2,) in dB


def analyse(
    facts: Mapping[str, Any], corpora: Mapping[str, AudioCorpus]
) -> tuple[dict[str, Any], AudioFigures]:
    """The numbers of the report as plain values, and what is drawn.

    Durations are those of the recordings of all splits; levels and bandwidths those of at most 2000 chunks
    spread evenly over the training split, without their padding.
    """
    rate = facts["sample_rate_hz"]
    train = corpora["train"]
    chosen = np.unique(np.linspace(0, len(train.chunks) - 1, min(MAX_CHUNKS, len(train.chunks))).astype(int))
    rows: list[tuple[float, float, float]] = []
    powers: dict[str, list[Floats]] = {}
    for chunk in chosen.tolist():
        told = train.chunks[chunk]
        audio = train.read(chunk, 0, told["samples"])
        power = mean_power(audio)
        rows.append((level_dbfs(audio), peak_dbfs(audio), bandwidth_hz(power, rate)))
        powers.setdefault(told["source"], []).append(power)
    level, peak, bandwidth = np.array(rows, np.float64).reshape(-1, 3).T
    values = {
        "duration": durations(corpora, rate),
        "level": level,
        "peak": peak,
        "bandwidth": bandwidth,
    }
    spectra = {
        source: 10 * np.log10(np.maximum(np.mean(own, axis=0), 10 ** (FLOOR_DB / 10)))
        for source, own in sorted(powers.items(), key=lambda item: -len(item[1]))
    }
    statistics = {
        **{name: facts[name] for name in ("sample_rate_hz", "chunk_seconds", "recordings", "kept", "splits")},
        "dropped": facts["dropped"],
        "dropped_chunks": facts["dropped_chunks"],
        "measured_chunks": len(chosen),
        "padding_share": padding_share(corpora),
        "distributions": {name: distribution(array) for name, array in values.items()},
        "full_band_share": float((bandwidth > 0.9 * rate / 2).mean()),
    }
    return statistics, AudioFigures(values, spectra)


def mean_power(audio: Floats) -> Floats:
    """The power (1 + n_fft // 2,) of a sine of that level at every bin, averaged over frames; 1 is full scale."""
    from librosa import stft

    padded = np.pad(audio, (0, max(0, N_FFT - len(audio))))
    spectrum = stft(padded, n_fft=N_FFT, hop_length=HOP, center=False)
    return ((np.abs(spectrum) * (4 / N_FFT)) ** 2).mean(axis=1)


def bandwidth_hz(power: Floats, sample_rate_hz: int) -> float:
    """The highest frequency whose mean power is within 70 dB of the strongest: where a low-pass has cut it off."""
    loud = np.flatnonzero(power > power.max() * 10 ** (-BANDWIDTH_RANGE_DB / 10))
    return float(loud[-1] * sample_rate_hz / N_FFT) if len(loud) else 0.0


def level_dbfs(audio: Floats) -> float:
    """The RMS in dB, 0 for a sine of full scale."""
    return _decibels(float(np.sqrt(2 * np.mean(audio.astype(np.float64) ** 2))))


def peak_dbfs(audio: Floats) -> float:
    """The peak in dB below full scale."""
    return _decibels(float(np.abs(audio).max()))


def durations(corpora: Mapping[str, AudioCorpus], sample_rate_hz: int) -> npt.NDArray[np.float64]:
    """Seconds of every recording that was kept."""
    lengths = (
        np.bincount(corpus.index["recording"], weights=corpus.index["samples"]) for corpus in corpora.values()
    )
    seconds = np.concatenate(list(lengths)) / sample_rate_hz
    return seconds[seconds > 0]


def padding_share(corpora: Mapping[str, AudioCorpus]) -> float:
    """How much of all chunks is padding."""
    real = sum(int(corpus.index["samples"].sum()) for corpus in corpora.values())
    whole = sum(len(corpus.chunks) * corpus.chunk_samples for corpus in corpora.values())
    return 1 - real / max(1, whole)


def distribution(values: npt.NDArray[np.float64]) -> dict[str, float]:
    """A few quantiles, the mean and the extremes; {} for no values."""
    if len(values) == 0:
        return {}
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    named = {"least": values.min(), "5 %": low, "median": middle, "mean": values.mean(), "95 %": high}
    return {name: round(float(value), 2) for name, value in (named | {"most": values.max()}).items()}


def _decibels(amplitude: float) -> float:
    return 20 * float(np.log10(max(amplitude, 10 ** (FLOOR_DB / 20))))
