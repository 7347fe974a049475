"""The distance of generated audio from its reference: four spectral distances, and the interval of their means.

The floors and the padding are those under which Griffin-Lim on a known set of clips gives its known figures.
They matter: floors far below hearing give weight to what a low-pass filter has left, and a distance measured
with others cannot be put beside these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import numpy.typing as npt

from musegen_daw.vocoder.mel import MelConfig, mel_basis

Floats = npt.NDArray[np.float32]

RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))  # n_fft, hop, window
STFT_FLOOR = 1e-7
MEL_FLOOR = 1e-5
LSD_N_FFT, LSD_HOP, LSD_FLOOR = 2048, 512, 1e-6
VALLEY_BINS, VALLEY_DEPTH_DB, VALLEY_RANGE_DB = 8, 20.0, 60.0


@dataclass(frozen=True, slots=True)
class Distances:
    """The distances of one clip from its reference; 0 for the reference itself."""

    stft: float
    log_mel: float
    lsd_db: float
    valley_db: float


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over clips with its 95 % interval."""

    mean: float
    low: float
    high: float


def distances(reference: Floats, generated: Floats, mel: MelConfig) -> Distances:
    """All distances of `generated` from `reference`, both (samples,); raises ValueError for unequal lengths."""
    if reference.shape != generated.shape or reference.ndim != 1:
        raise ValueError(
            f"audio of one length is compared, not of {reference.shape} and {generated.shape} samples"
        )
    levels = log_spectra(reference), log_spectra(generated)
    return Distances(
        stft=stft_distance(reference, generated),
        log_mel=log_mel_distance(reference, generated, mel),
        lsd_db=log_spectral_distance(*levels),
        valley_db=valley_excess(*levels),
    )


def stft_distance(reference: Floats, generated: Floats) -> float:
    """Multi-resolution STFT distance: the mean over three resolutions of two terms.

    Spectral convergence, |X - Y| over |X| (Frobenius), and the mean absolute difference of the natural
    logarithms of the magnitudes, none taken below 1e-7. Hann windows, centred, ends reflected; audio shorter
    than a window is padded with zeros to one. Yamamoto, Song & Kim, Parallel WaveGAN, ICASSP 2020.
    """
    terms: list[float] = []
    for n_fft, hop, window in RESOLUTIONS:
        there, here = (_magnitude(audio, n_fft, hop, window) for audio in (reference, generated))
        norm = max(float(np.linalg.norm(there)), STFT_FLOOR)
        convergence = float(np.linalg.norm(there - here)) / norm
        logarithms = (np.log(np.maximum(each, STFT_FLOOR)) for each in (there, here))
        terms.append(convergence + _mean_difference(*logarithms))
    return float(np.mean(terms))


def log_mel_distance(reference: Floats, generated: Floats, mel: MelConfig) -> float:
    """Mean absolute difference of natural-log mels of the magnitudes (not the power), none below 1e-5.

    The bands are those of `mel`; centred, ends reflected.
    """
    return _mean_difference(
        *(np.log(np.maximum(magnitude_mel(audio, mel), MEL_FLOOR)) for audio in (reference, generated))
    )


def log_spectral_distance(reference: Floats, generated: Floats) -> float:
    """Log-spectral distance in dB of two `log_spectra`: over bins the root mean square, over frames the mean."""
    return float(np.sqrt(((generated - reference) ** 2).mean(axis=0)).mean())


def valley_excess(reference: Floats, generated: Floats) -> float:
    """By how many dB one of the `log_spectra` lies above its reference where that has valleys: residual noise.

    A valley is a bin of the reference at least 20 dB under the largest of the 8 bins to either side, where
    that is within 60 dB of the loudest bin of all; 0 where there is none.
    """
    from scipy.ndimage import maximum_filter1d

    around = maximum_filter1d(reference, 2 * VALLEY_BINS + 1, axis=0)
    is_valley = reference <= around - VALLEY_DEPTH_DB
    is_valley &= around > reference.max() - VALLEY_RANGE_DB
    return float((generated - reference)[is_valley].mean()) if is_valley.any() else 0.0


def log_spectra(audio: Floats) -> Floats:
    """Levels (1025, frames) in dB: 20 log10(|STFT| + 1e-6), n_fft 2048, hop 512, only frames full of audio.

    Audio shorter than a frame is padded with zeros to one.
    """
    return 20 * np.log10(_magnitude(audio, LSD_N_FFT, LSD_HOP, LSD_N_FFT, center=False) + LSD_FLOOR)


def magnitude_mel(audio: Floats, mel: MelConfig) -> Floats:
    """Mel (n_mels, frames) of the magnitudes in the bands of `mel`; centred, ends reflected."""
    return mel_basis(mel) @ _magnitude(audio, mel.n_fft, mel.hop_length, mel.n_fft)


def means(clips: Sequence[Distances], *, seed: int = 0, rounds: int = 10_000) -> dict[str, Mean]:
    """The mean of every distance with its 95 % interval, by drawing clips again and again (bootstrap)."""
    if not clips:
        raise ValueError("there is no clip to take a mean of")
    names = [field.name for field in fields(Distances)]
    table = np.array([[asdict(clip)[name] for name in names] for clip in clips])
    chosen = np.random.default_rng(seed).integers(0, len(table), (rounds, len(table)))
    low, high = np.quantile(table[chosen].mean(axis=1), [0.025, 0.975], axis=0)
    middle = table.mean(axis=0)
    return {
        name: Mean(*map(float, row)) for name, row in zip(names, np.stack([middle, low, high]).T, strict=True)
    }


def _magnitude(audio: Floats, n_fft: int, hop: int, window: int, *, center: bool = True) -> Floats:
    from librosa import stft

    audio = np.pad(audio, (0, max(0, n_fft - len(audio))))
    spectrum = stft(audio, n_fft=n_fft, hop_length=hop, win_length=window, center=center, pad_mode="reflect")
    return np.abs(spectrum)


def _mean_difference(one: Floats, other: Floats) -> float:
    return float(np.abs(one - other).mean())
