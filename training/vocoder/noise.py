"""How restless noise is: the spectral kurtosis of the bins without partials."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from training.vocoder.spectra import HOPS_A_WINDOW, Flags, Floats, Spectrum

RANGE_DB = 60.0
CLEAR_BINS = 4
PATCH_BINS, PATCH_FRAMES = 25, 1 + 2 * HOPS_A_WINDOW
MIN_CELLS = 256
ROUNDING = 1e-12
"""Of the largest power: running means are not exact below."""


def noise_modulation(reference: Spectrum, generated: Spectrum, is_noise: Flags) -> float | None:
    """The kurtosis of the noise of one `analysis_spectrum` over that of its reference; 1 for the reference itself.

    Noise that is drawn as streaks, few bins louder than the rest, gives more than 1; noise that is smeared to an even
    haze less, down to 1/2 of Gaussian noise. None where the reference has no noise.
    """
    if np.count_nonzero(is_noise) < MIN_CELLS:
        return None
    there, here = (kurtosis(np.abs(each) ** 2, is_noise) for each in (reference, generated))
    return here / there if there > 0 else None


def kurtosis(power: Floats, is_noise: Flags) -> float:
    """The mean of P² over the square of the mean of P, of a power (bins, frames) in the flagged cells.

    The mean of P is that of the flagged cells within a patch of 25 bins by two windows, so that neither the colour nor
    the dynamics of the noise count: 2 for stationary Gaussian noise, less a little for the patch being finite, and
    1 for a constant magnitude. J. Antoni, The spectral kurtosis, Mechanical Systems and Signal Processing 20, 2006,
    whose quantity is less by 2. Where all is silent P counts as 0.
    """
    inside = is_noise.astype(np.float64)
    shares, means = (_patch_means(values, "constant") for values in (inside, inside * power))
    is_heard = is_noise & (means > power.max() * ROUNDING)
    if not is_heard.any():
        return 0.0
    ratios = power[is_heard] * shares[is_heard] / means[is_heard]
    return float((ratios**2).sum() / np.count_nonzero(is_noise))


def noise_cells(analysed: Spectrum, peaks: Flags) -> Flags:
    """Where an `analysis_spectrum` (bins, frames) has noise: no peak of a partial within 4 bins and half a window.

    Only cells whose neighbourhood, the mean of a patch, is within 60 dB of the loudest cell.
    """
    from scipy.ndimage import maximum_filter

    power = np.abs(analysed.astype(np.complex128)) ** 2
    near = maximum_filter(peaks.astype(np.uint8), (2 * CLEAR_BINS + 1, 1 + HOPS_A_WINDOW)) > 0
    least = power.max() * 10 ** (-RANGE_DB / 10)
    return (_patch_means(power, "nearest") > least) & ~near


def _patch_means(values: npt.NDArray[np.float64], mode: str) -> npt.NDArray[np.float64]:
    """The mean over the patch around each cell (bins, frames)."""
    from scipy.ndimage import uniform_filter

    patch: Any = (PATCH_BINS, PATCH_FRAMES)
    return uniform_filter(values, patch, mode=mode)
