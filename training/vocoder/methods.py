"""The methods of turning a mel back into audio that are compared: the model, Griffin-Lim, and oracles."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from musegen_daw.vocoder.decoder import MelDecoder
from musegen_daw.vocoder.griffin_lim import MOMENTUM, GriffinLim
from musegen_daw.vocoder.mel import Floats, MelConfig, inverse_basis, log_mel, prior_magnitude
from musegen_daw.vocoder.vocoder import Vocoder
from training.vocoder.measures import MEL_FLOOR, magnitude_mel
from training.vocoder.recordings import load_mono

MODEL = "gan"
LABELS = {
    MODEL: "this model",
    "gl32": "Griffin-Lim 32, pseudo-inverse",
    "gl100": "Griffin-Lim 100, pseudo-inverse",
    "nnls32": "Griffin-Lim 32, NNLS (librosa)",
    "gl32-magnitude": "Griffin-Lim 32, mel of magnitudes",
    "gl100-magnitude": "Griffin-Lim 100, mel of magnitudes",
    "oracle-magnitude": "oracle: true magnitude, Griffin-Lim 32",
    "oracle-phase": "oracle: pseudo-inverse, true phase",
}
TIMED = (MODEL, "gl32", "gl100", "nnls32")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: a method, the model that it may need, and the mels it is given."""

    key: str
    label: str
    method: str
    model: Path
    config: MelConfig


def rows_of(methods: Sequence[str], model: Path, config: MelConfig, beside: Sequence[Path] = ()) -> list[Row]:
    """The rows of all methods for one model, then one for each model in the folders `beside`, at its own rate.

    Griffin-Lim stands under a model of another mel configuration, with the same mels, where it is one of the methods.
    Raises ModelError for a folder without a model, ValueError for two of one name.
    """
    rows = [Row(method, LABELS[method], method, model, config) for method in methods]
    if beside and MODEL in methods:
        label = f"{LABELS[MODEL]} ({model.resolve().name})"
        rows[methods.index(MODEL)] = Row(MODEL, label, MODEL, model, config)
    known = {config}
    for folder in beside:
        name, own = folder.resolve().name, decoder(MODEL, folder, config).mel
        at = "" if own == config else f", {_rate(own)}"
        rows.append(Row(name, f"{name}{at}", MODEL, folder, own))
        if own not in known and "gl32" in methods:
            rows.append(Row(f"gl32 for {name}", f"{LABELS['gl32']}{at}", "gl32", folder, own))
        known.add(own)
    keys = [row.key for row in rows]
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        raise ValueError(f"two models are named {twice[0]}: rename the folder of one")
    return rows


def _rate(config: MelConfig) -> str:
    return f"{config.sample_rate_hz / 1000:g} kHz"


@dataclass(frozen=True)
class ReferenceClip:
    """A reference clip at the rate of the mel, with its spectra."""

    name: str
    audio: Floats  # (samples,)
    config: MelConfig

    @cached_property
    def mel(self) -> Floats:
        """The log-mel (n_mels, frames) that a decoder reads."""
        return log_mel(self.audio, self.config)

    @cached_property
    def spectrum(self) -> np.ndarray:
        """The STFT (1 + n_fft // 2, frames) of the mel's configuration."""
        from librosa import stft

        return stft(
            self.audio, n_fft=self.config.n_fft, hop_length=self.config.hop_length, pad_mode="constant"
        )

    @classmethod
    def load(cls, path: Path, config: MelConfig) -> ReferenceClip:
        """The audio file `path`; raises ValueError naming it."""
        return cls(path.stem, load_mono(path, config.sample_rate_hz), config)


def make(method: str, clip: ReferenceClip, model: Path, seed: int = 0) -> Floats:
    """The audio (samples,) that a method gives for a clip, as long as it."""
    if method in TIMED:
        return decoder(method, model, clip.config, seed=seed).vocode(clip.mel)[: len(clip.audio)]
    config, length = clip.config, len(clip.audio)
    if method == "oracle-phase":
        from librosa import istft

        prior = prior_magnitude(clip.mel, config) * np.exp(1j * np.angle(clip.spectrum))
        return istft(prior, n_fft=config.n_fft, hop_length=config.hop_length, length=length)
    if method == "oracle-magnitude":
        return _griffin_lim(np.abs(clip.spectrum), 32, clip, seed)
    iterations = {"gl32-magnitude": 32, "gl100-magnitude": 100}[method]
    # magnitudes, not power: the figures that are known for Griffin-Lim were measured so
    prior = np.maximum(inverse_basis(config) @ magnitude_mel(clip.audio, config), MEL_FLOOR)
    return _griffin_lim(prior, iterations, clip, seed)


@cache
def decoder(method: str, model: Path, config: MelConfig, threads: int = 1, seed: int = 0) -> MelDecoder:
    """What the app runs for one of the methods in TIMED, kept open."""
    if method == MODEL:
        return Vocoder.open(model, threads)
    iterations = 100 if method == "gl100" else 32
    return GriffinLim(config, iterations, "nnls" if method == "nnls32" else "pinv", seed)


def _griffin_lim(magnitude: Floats, iterations: int, clip: ReferenceClip, seed: int) -> Floats:
    from librosa import griffinlim

    return griffinlim(
        magnitude,
        n_iter=iterations,
        hop_length=clip.config.hop_length,
        n_fft=clip.config.n_fft,
        momentum=MOMENTUM,
        random_state=seed,
        length=len(clip.audio),
    )


def real_time_factors(
    rows: Sequence[Row],
    clips: Mapping[MelConfig, ReferenceClip],
    *,
    threads: int,
    repeats: int = 5,
    done: Callable[[], object] = lambda: None,
) -> dict[str, float]:
    """Seconds of work for a second of audio, from log-mel to audio: the median of `repeats` after one to warm up.

    By the keys of `rows`; `clips` has the clip for every configuration. The rows take turns, so that what else the
    machine does falls on all of them.
    """
    seconds: dict[str, list[float]] = {row.key: [] for row in rows}
    with threadpool_limits(threads):
        for repeat in range(repeats + 1):
            for row in rows:
                vocode = decoder(row.method, row.model, row.config, threads).vocode
                mel = clips[row.config].mel
                started = time.perf_counter()
                vocode(mel)
                if repeat:
                    seconds[row.key].append(time.perf_counter() - started)
                done()
    lengths = {row.key: len(clips[row.config].audio) / row.config.sample_rate_hz for row in rows}
    return {key: statistics.median(taken) / lengths[key] for key, taken in seconds.items()}
