"""The mel scale and its bands: a few lines of arithmetic, so that no sound starts with the import of a toolbox.

After M. Slaney, Auditory Toolbox (1998): linear below 1 kHz, logarithmic above, triangles of equal area.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

HZ_A_MEL = 200.0 / 3.0  # below
BEND_HZ = 1000.0
BEND_MEL = BEND_HZ / HZ_A_MEL
NATS_A_MEL = np.log(6.4) / 27.0  # above


def hz_to_mel(hz: npt.ArrayLike) -> Numbers:
    """Frequencies in mel."""
    hz = np.asarray(hz, np.float64)
    above = BEND_MEL + np.log(np.maximum(hz, BEND_HZ) / BEND_HZ) / NATS_A_MEL
    return np.where(hz >= BEND_HZ, above, hz / HZ_A_MEL)


def mel_to_hz(mel: npt.ArrayLike) -> Numbers:
    """Mels as frequencies."""
    mel = np.asarray(mel, np.float64)
    above = BEND_HZ * np.exp(NATS_A_MEL * (np.maximum(mel, BEND_MEL) - BEND_MEL))
    return np.where(mel >= BEND_MEL, above, HZ_A_MEL * mel)


def band_edges(n_mels: int, fmin_hz: float, fmax_hz: float) -> Numbers:
    """Band i reaches from edge i over its middle, edge i + 1, to edge i + 2: (n_mels + 2,) in Hz."""
    lowest, highest = hz_to_mel([fmin_hz, fmax_hz])
    return mel_to_hz(np.linspace(lowest, highest, n_mels + 2))


def triangles(sample_rate_hz: int, n_fft: int, edges_hz: Numbers) -> npt.NDArray[np.float32]:
    """The weights of the bins in each band: (n_mels, 1 + n_fft // 2)."""
    bins_hz = np.arange(1 + n_fft // 2) * sample_rate_hz / n_fft
    widths_hz = np.diff(edges_hz)[:, None]
    rising = (bins_hz - edges_hz[:-2, None]) / widths_hz[:-1]
    falling = (edges_hz[2:, None] - bins_hz) / widths_hz[1:]
    weights = np.maximum(0.0, np.minimum(rising, falling))
    return (weights * (2.0 / (edges_hz[2:] - edges_hz[:-2]))[:, None]).astype(np.float32)
