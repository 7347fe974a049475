"""The distances of generated audio from its reference, and the intervals of their means.

The floors and the padding are those under which Griffin-Lim on a known set of clips gives its known figures.
They matter: floors far below hearing give weight to what a low-pass filter has left, and a distance measured
with others cannot be put beside these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property

import numpy as np

from musegen_daw.vocoder.mel import MelConfig, mel_basis
from training.vocoder.attack import Levels, Onsets, attack, find_onsets, short_time_power
from training.vocoder.noise import noise_cells, noise_modulation
from training.vocoder.phase import phase_error
from training.vocoder.spectra import (
    Flags,
    Floats,
    Spectrum,
    analysis_spectrum,
    magnitude,
    resolution_magnitudes,
    stft_terms,
)
from training.vocoder.tonal import partials, tonal_bins, tonal_stft_distance

MEL_FLOOR = 1e-5
LSD_N_FFT, LSD_HOP, LSD_FLOOR = 2048, 512, 1e-6
VALLEY_BINS, VALLEY_DEPTH_DB, VALLEY_RANGE_DB = 8, 20.0, 60.0


@dataclass(frozen=True, slots=True)
class Distances:
    """How far one clip is from its reference: 0 for the reference itself, but for the three fields named here.

    `attack_reference_db` and `attack_generated_db` are the rises whose difference is `attack_lost_db`;
    `noise_modulation` is a ratio, 1 for the reference itself. None is what the reference has nothing of: no partials,
    no sound, no onsets, no noise.
    """

    stft: float
    log_mel: float
    lsd_db: float
    valley_db: float
    tonal_stft: float | None
    phase_rad: float | None
    frequency_rad: float | None
    delay_rad: float | None
    attack_reference_db: float | None
    attack_generated_db: float | None
    attack_lost_db: float | None
    noise_modulation: float | None


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over clips with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Reference:
    """A reference (samples,), with what the measures need of it computed once."""

    audio: Floats
    mel: MelConfig

    @cached_property
    def magnitudes(self) -> tuple[Floats, ...]:
        """The `resolution_magnitudes`."""
        return resolution_magnitudes(self.audio)

    @cached_property
    def levels(self) -> Floats:
        """The `log_spectra`."""
        return log_spectra(self.audio)

    @cached_property
    def analysed(self) -> Spectrum:
        """The `analysis_spectrum`."""
        return analysis_spectrum(self.audio, self.mel.sample_rate_hz)

    @cached_property
    def peaks(self) -> Flags:
        """The `partials`."""
        return partials(self.analysed)

    @cached_property
    def is_tonal(self) -> tuple[Flags, ...]:
        """The `tonal_bins`."""
        return tonal_bins(self.peaks, self.mel.sample_rate_hz, len(self.audio))

    @cached_property
    def is_noise(self) -> Flags:
        """The `noise_cells`."""
        return noise_cells(self.analysed, self.peaks)

    @cached_property
    def power(self) -> Levels:
        """The `short_time_power`."""
        return short_time_power(self.audio, self.mel.sample_rate_hz)

    @cached_property
    def onsets(self) -> Onsets:
        """The onsets in `power`."""
        return find_onsets(self.power)

    def distances(self, generated: Floats) -> Distances:
        """All distances of `generated` (samples,) from this; raises ValueError for another length."""
        if self.audio.shape != generated.shape or generated.ndim != 1:
            raise ValueError(
                f"audio of one length is compared, not of {self.audio.shape} and {generated.shape} samples"
            )
        rate = self.mel.sample_rate_hz
        magnitudes = resolution_magnitudes(generated)
        levels = log_spectra(generated)
        analysed = analysis_spectrum(generated, rate)
        phase = phase_error(self.analysed, analysed)
        rises = attack(self.power, short_time_power(generated, rate), self.onsets)
        return Distances(
            stft=magnitude_distance(self.magnitudes, magnitudes),
            log_mel=log_mel_distance(self.audio, generated, self.mel),
            lsd_db=log_spectral_distance(self.levels, levels),
            valley_db=valley_excess(self.levels, levels),
            tonal_stft=tonal_stft_distance(self.magnitudes, magnitudes, self.is_tonal),
            phase_rad=None if phase is None else phase.mean_rad,
            frequency_rad=None if phase is None else phase.frequency_rad,
            delay_rad=None if phase is None else phase.delay_rad,
            attack_reference_db=None if rises is None else rises.reference_db,
            attack_generated_db=None if rises is None else rises.generated_db,
            attack_lost_db=None if rises is None else rises.lost_db,
            noise_modulation=noise_modulation(self.analysed, analysed, self.is_noise),
        )


def distances(reference: Floats, generated: Floats, mel: MelConfig) -> Distances:
    """All distances of `generated` from `reference`, both (samples,); raises ValueError for unequal lengths."""
    return Reference(reference, mel).distances(generated)


def stft_distance(reference: Floats, generated: Floats) -> float:
    """Multi-resolution STFT distance: the mean over three resolutions of two terms.

    Spectral convergence, |X - Y| over |X| (Frobenius), and the mean absolute difference of the natural
    logarithms of the magnitudes, none taken below 1e-7. Hann windows, centred, ends reflected; audio shorter
    than a window is padded with zeros to one. Yamamoto, Song & Kim, Parallel WaveGAN, ICASSP 2020.
    """
    return magnitude_distance(resolution_magnitudes(reference), resolution_magnitudes(generated))


def magnitude_distance(reference: Sequence[Floats], generated: Sequence[Floats]) -> float:
    """The `stft_distance` of two `resolution_magnitudes`."""
    pairs = zip(reference, generated, strict=True)
    return float(np.mean([stft_terms(there, here) for there, here in pairs]))


def log_mel_distance(reference: Floats, generated: Floats, mel: MelConfig) -> float:
    """Mean absolute difference of natural-log mels of the magnitudes (not the power), none below 1e-5.

    The bands are those of `mel`; centred, ends reflected.
    """
    there, here = (
        np.log(np.maximum(magnitude_mel(audio, mel), MEL_FLOOR)) for audio in (reference, generated)
    )
    return float(np.abs(there - here).mean())


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
    return 20 * np.log10(magnitude(audio, LSD_N_FFT, LSD_HOP, LSD_N_FFT, center=False) + LSD_FLOOR)


def magnitude_mel(audio: Floats, mel: MelConfig) -> Floats:
    """Mel (n_mels, frames) of the magnitudes in the bands of `mel`; centred, ends reflected."""
    return mel_basis(mel) @ magnitude(audio, mel.n_fft, mel.hop_length, mel.n_fft)


def means(clips: Sequence[Distances], *, seed: int = 0, rounds: int = 10_000) -> dict[str, Mean | None]:
    """The mean of every distance with its 95 % interval, by drawing clips again and again (bootstrap).

    Clips without a value are left out of the mean of it, and a draw of nothing else out of its interval; None where
    no clip has one.
    """
    if not clips:
        raise ValueError("there is no clip to take a mean of")
    names = [field.name for field in fields(Distances)]
    table = np.array([[asdict(clip)[name] for name in names] for clip in clips], np.float64)
    chosen = np.random.default_rng(seed).integers(0, len(table), (rounds, len(table)))
    found: dict[str, Mean | None] = {}
    for name, values in zip(names, table.T, strict=True):
        is_known = ~np.isnan(values)
        if not is_known.any():
            found[name] = None
            continue
        known = np.where(is_known, values, 0.0)
        counts = is_known[chosen].sum(axis=1)
        drawn = known[chosen].sum(axis=1)[counts > 0] / counts[counts > 0]
        low, high = np.quantile(drawn, [0.025, 0.975])
        found[name] = Mean(float(values[is_known].mean()), float(low), float(high))
    return found
