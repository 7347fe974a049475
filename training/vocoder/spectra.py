"""The STFTs that the measures of generated audio are taken from."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]
Flags = npt.NDArray[np.bool_]

RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))  # n_fft, hop, window
STFT_FLOOR = 1e-7
ANALYSIS_SECONDS = 0.085
"""Long enough to part the partials of a bass, short enough to follow a melody."""
HOPS_A_WINDOW = 8


def spectrum(audio: Floats, n_fft: int, hop: int, window: int, *, center: bool = True) -> Spectrum:
    """The STFT (1 + n_fft // 2, frames) of audio (samples,) with a Hann window, ends reflected where centred.

    Audio shorter than `n_fft` is padded with zeros to it.
    """
    from librosa import stft

    audio = np.pad(audio, (0, max(0, n_fft - len(audio))))
    return stft(audio, n_fft=n_fft, hop_length=hop, win_length=window, center=center, pad_mode="reflect")


def magnitude(audio: Floats, n_fft: int, hop: int, window: int, *, center: bool = True) -> Floats:
    """The magnitude (1 + n_fft // 2, frames) of `spectrum`."""
    return np.abs(spectrum(audio, n_fft, hop, window, center=center))


def resolution_magnitudes(audio: Floats) -> tuple[Floats, ...]:
    """The magnitudes (bins, frames) of the three resolutions of the STFT distance."""
    return tuple(magnitude(audio, *resolution) for resolution in RESOLUTIONS)


def analysis_n_fft(sample_rate_hz: int) -> int:
    """The power of two nearest to 85 ms: 1024 samples at 12 kHz, 4096 at 44.1 kHz."""
    return max(16, 2 ** round(math.log2(ANALYSIS_SECONDS * sample_rate_hz)))


def analysis_spectrum(audio: Floats, sample_rate_hz: int) -> Spectrum:
    """The STFT (bins, frames) that partials, phases and noise are read off: eight hops in a window, see above."""
    n_fft = analysis_n_fft(sample_rate_hz)
    return spectrum(audio, n_fft, n_fft // HOPS_A_WINDOW, n_fft)


def stft_terms(there: Floats, here: Floats) -> float:
    """Both terms of the STFT distance of magnitudes of any shape, added.

    |X - Y| over |X| (Frobenius), and the mean absolute difference of natural logarithms, none taken below 1e-7.
    """
    convergence = float(np.linalg.norm(there - here)) / max(float(np.linalg.norm(there)), STFT_FLOOR)
    there, here = (np.log(np.maximum(each, STFT_FLOOR)) for each in (there, here))
    return convergence + float(np.abs(there - here).mean())
