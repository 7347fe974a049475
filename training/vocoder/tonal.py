"""Which bins of a spectrum are tonal, and the STFT distance in those bins alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.vocoder.spectra import (
    HOPS_A_WINDOW,
    RESOLUTIONS,
    Flags,
    Floats,
    Spectrum,
    analysis_n_fft,
    stft_terms,
)

PROMINENCE_DB, RANGE_DB = 12.0, 60.0
AROUND_BINS, AROUND_STEP, AROUND_RANGE_DB = 12, 3, 30.0
PEAK_BINS = 2  # half of the main lobe of a Hann window
_TINY = 1e-10


def partials(analysed: Spectrum) -> Flags:
    """Where an `analysis_spectrum` (bins, frames) has the peak of a partial: (bins, frames).

    A partial is a local maximum over ±2 bins that stands at least 12 dB above the median of the 12 bins to either
    side (every third of them is looked at), is within 30 dB of the loudest of these (the side lobes of a Hann window
    are not) and 60 dB of the loudest bin of all, and goes on from frame to frame, by at most two bins a
    frame, for at least the length of a window: so long that its first and last frame share no sample. White noise
    has none. Peaks that go on are partials after McAulay & Quatieri, Speech
    analysis/synthesis based on a sinusoidal representation, IEEE Trans. ASSP 34(4), 1986.
    """
    from scipy.ndimage import binary_dilation, find_objects, label, maximum_filter1d, median_filter

    levels = 20 * np.log10(np.abs(analysed) + _TINY)
    around = np.zeros((2 * AROUND_BINS + 1, 1), bool)
    around[::AROUND_STEP] = True
    is_peak = levels >= maximum_filter1d(levels, 2 * PEAK_BINS + 1, axis=0)
    is_peak &= levels >= median_filter(levels, footprint=around, mode="nearest") + PROMINENCE_DB
    is_peak &= levels > maximum_filter1d(levels, 2 * AROUND_BINS + 1, axis=0) - AROUND_RANGE_DB
    is_peak &= levels > levels.max() - RANGE_DB
    found: Any = label(binary_dilation(is_peak, np.ones((3, 1), bool)), np.ones((3, 3)))
    tracks, count = found
    frames = [extent[1].stop - extent[1].start for extent in find_objects(tracks)]
    goes_on = np.zeros(count + 1, bool)
    goes_on[1:] = np.array(frames, int) > HOPS_A_WINDOW
    return is_peak & goes_on[tracks]


def tonal_bins(peaks: Flags, sample_rate_hz: int, samples: int) -> tuple[Flags, ...]:
    """Where the `resolution_magnitudes` of so much audio with these `partials` are tonal, of each (bins, frames).

    In every frame these are the bins from the peaks of the nearest frame out to where the main lobe of the window
    has fallen by 6 dB: n_fft / window bins to both sides.
    """
    from scipy.ndimage import binary_dilation

    own_n_fft = analysis_n_fft(sample_rate_hz)
    own_hop = own_n_fft // HOPS_A_WINDOW
    found: list[Flags] = []
    for n_fft, hop, window in RESOLUTIONS:
        frames = 1 + max(samples, n_fft) // hop
        nearest = np.round(np.arange(frames) * hop / own_hop).astype(int)
        at, frame = np.nonzero(peaks[:, np.minimum(nearest, peaks.shape[1] - 1)])
        flags = np.zeros((1 + n_fft // 2, frames), bool)
        flags[np.minimum(np.round(at * n_fft / own_n_fft).astype(int), n_fft // 2), frame] = True
        reach = round(n_fft / window)
        wide: Any = binary_dilation(flags, np.ones((2 * reach + 1, 1), bool))
        found.append(wide)
    return tuple(found)


def tonal_stft_distance(
    reference: Sequence[Floats], generated: Sequence[Floats], is_tonal: Sequence[Flags]
) -> float | None:
    """The multi-resolution STFT distance of two `resolution_magnitudes` in the `tonal_bins`; None where there are none.

    Both terms, windows and floors are those of `measures.stft_distance`, but the norms and the mean are those of
    tonal bins. A smeared haze in place of noise, which the distance over all bins rewards, changes nothing here.
    """
    terms: list[float] = []
    for there, here, flags in zip(reference, generated, is_tonal, strict=True):
        if not flags.any():
            return None
        terms.append(stft_terms(there[flags], here[flags]))
    return float(np.mean(terms))
