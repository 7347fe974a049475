"""The phase error of generated audio: how far instantaneous frequency and group delay are from the reference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from training.vocoder.spectra import HOPS_A_WINDOW, Spectrum

FRAMES_APART = HOPS_A_WINDOW // 2
BINS_APART = 2


@dataclass(frozen=True, slots=True)
class PhaseError:
    """Mean differences of phase derivatives in radians: 0 for the reference itself, pi / 2 by chance.

    `frequency_rad` is that in time (instantaneous frequency), `delay_rad` that in frequency (group delay).
    """

    frequency_rad: float
    delay_rad: float

    @property
    def mean_rad(self) -> float:
        return (self.frequency_rad + self.delay_rad) / 2


def phase_error(reference: Spectrum, generated: Spectrum) -> PhaseError | None:
    """The phase error of one `analysis_spectrum` (bins, frames) from another; None where the reference is silent.

    The phase differences of cells half a window apart in time, and of cells two bins apart in frequency, are
    compared between both spectra, wrapped to at most pi, and averaged with the amplitude of the reference (the
    geometric mean of both cells) as weight. At these distances a Hann window alone relates neighbours by 1/6
    only, in time and in frequency, so two unrelated noises are about pi / 2 apart; closer cells would agree whatever
    the audio. A constant phase offset changes neither part. A delay of d samples leaves steady tones, which have no
    time, as they are, and turns the group delay of all else by 4 pi d / n_fft. Cells in which the generated audio
    is digitally silent count as chance.

    Derivatives and weights after Dai et al., GOMPSNR, AAAI 2026 (which has eight directions and adds an amplitude
    term); wrapping after Ai & Ling, Neural speech phase prediction with anti-wrapping losses, ICASSP 2023.
    """
    times = _difference(
        reference[:, FRAMES_APART:],
        reference[:, :-FRAMES_APART],
        generated[:, FRAMES_APART:],
        generated[:, :-FRAMES_APART],
    )
    frequencies = _difference(
        reference[BINS_APART:], reference[:-BINS_APART], generated[BINS_APART:], generated[:-BINS_APART]
    )
    if times is None or frequencies is None:
        return None
    return PhaseError(times, frequencies)


def _difference(
    after: Spectrum, before: Spectrum, made_after: Spectrum, made_before: Spectrum
) -> float | None:
    there = after.astype(np.complex128) * before.conj()
    here = made_after.astype(np.complex128) * made_before.conj()
    weights = np.sqrt(np.abs(there))
    total = float(weights.sum())
    if total == 0:
        return None
    turned = np.where(here == 0, math.pi / 2, np.abs(np.angle(here * there.conj())))
    return float((weights * turned).sum()) / total
