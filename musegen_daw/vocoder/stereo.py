"""The stereo image of a sound as three log-mels, and how one decoded channel becomes two with that image.

Both channels are the decoded channel times a gain that depends on time and frequency, and share its phase, so that
their sum has no comb filter. What the channels have in common is a real gain. What is apart is in phase as far as the
levels of the channels differ, and in quadrature as far as they are uncorrelated, leading and lagging by turns from one
range of frequency to the next. Levels and correlations as side information: C. Faller and F. Baumgarte, Binaural Cue
Coding (2003), J. Breebaart et al., Parametric Coding of Stereo Audio (2005). Phase in place of reverberation: F. Zotter
and M. Frank, Efficient Phantom Source Widening (2013).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import tee
from typing import Any

import numpy as np

from musegen_daw.vocoder.mel import Floats, MelConfig, band_frequencies, hann, hz_to_mel, log_mel_blocks
from musegen_daw.vocoder.overlap import OVERLAP, WINDOW_GAIN, overlap_add

BLOCK_WINDOWS = 256
TURN_MELS = 6.0
"""The width of a range in which one channel leads: 400 Hz below 1 kHz, half an octave above."""
_ROUNDING = 1e-5  # of float32 logarithms, as a share of the power


@dataclass(frozen=True, slots=True, eq=False)
class StereoImage:
    """The log-mels (n_mels, frames) of the left channel, the right channel, and half their sum."""

    left: Floats
    right: Floats
    mid: Floats

    @property
    def mel(self) -> Floats:
        """The log-mel (n_mels, frames) of the mean power of both channels, which is decoded.

        In the mel of the mid, what the channels have in opposite phase would be missing.
        """
        return np.logaddexp(self.left, self.right) - np.float32(np.log(2.0))


def image_of_blocks(blocks: Iterable[Floats], config: MelConfig) -> StereoImage:
    """The image of audio in consecutive blocks (samples, 2); memory is bounded by the result."""
    lefts, rights, mids = tee(blocks, 3)
    parts = list(
        zip(
            log_mel_blocks((block[:, 0] for block in lefts), config),
            log_mel_blocks((block[:, 1] for block in rights), config),
            log_mel_blocks((block.mean(axis=1) for block in mids), config),
            strict=True,
        )
    )
    left, right, mid = (np.concatenate(mels, axis=1) for mels in zip(*parts, strict=True))
    return StereoImage(left, right, mid)


def spread(blocks: Iterable[Floats], image: StereoImage, config: MelConfig) -> Iterator[Floats]:
    """Decoded audio in consecutive blocks (samples,) with `image` as blocks (samples, 2).

    Sample t * hop_length is the centre of frame t. Joined, the result does not depend on where the audio was cut, and
    is as long as the audio; memory is bounded by a block.
    """
    step = -(-config.n_fft // OVERLAP)
    length = OVERLAP * step
    given = made = 0
    # The first window is centred one step before the audio, where it begins to overlap it.
    early = step + length // 2
    waiting = np.zeros(early, np.float32)
    tail = np.zeros((2, length - step), np.float32)
    at = -1
    for block, is_last in _with_end(blocks, np.zeros(length + step, np.float32)):
        given += 0 if is_last else len(block)
        waiting = np.concatenate([waiting, block])
        while len(waiting) >= length:
            count = min(BLOCK_WINDOWS, (len(waiting) - length) // step + 1)
            gains = _gains(image, config, length, (at + np.arange(count)) * (step / config.hop_length))
            both = _windows(waiting, count, step, length, gains)
            both[:, : length - step] += tail
            done, tail = both[:, : count * step], both[:, count * step :]
            waiting, at = waiting[count * step :], at + count
            # Where the output so far ends in the audio; before its start and after its end nothing is kept.
            end = (at + 1) * step - early
            kept = done[:, max(0, count * step - (end - made)) :][:, : given - made]
            if kept.shape[1]:
                made += kept.shape[1]
                yield np.ascontiguousarray(kept.T)


def _with_end(blocks: Iterable[Floats], end: Floats) -> Iterator[tuple[Floats, bool]]:
    for block in blocks:
        yield block, False
    yield end, True


def _windows(
    audio: Floats, count: int, step: int, length: int, gains: tuple[Floats, Floats, Floats]
) -> Floats:
    """The first `count` windows of `audio`, spread and overlapped: (2, (count - 1) * step + length)."""
    from scipy.fft import irfft, rfft

    window = hann(length)
    frames = np.lib.stride_tricks.sliding_window_view(audio, length)[::step][:count]
    spectrum: Any = rfft(frames * window, axis=1)
    common, level, quadrature = gains
    mid = spectrum * common
    side = spectrum * (level + 1j * quadrature)
    sides: Any = irfft(np.stack([mid + side, mid - side]), length, axis=2)
    return np.stack([overlap_add(windows) for windows in sides * (window / WINDOW_GAIN)])


def _gains(
    image: StereoImage, config: MelConfig, length: int, at_frames: np.ndarray[Any, Any]
) -> tuple[Floats, Floats, Floats]:
    """What the channels have in common, and what they are apart by, in phase and in quadrature: (windows, bins) each.

    Of the power of a bin, P_l, P_r and P_m are those of left, right and mid by the mean of left and right. The left
    gain is m + z, the right m - z, with m real: then m² = P_m, 4 m Re z = P_l - P_r and m² + |z|² = 1.
    """
    frames = np.clip(np.rint(at_frames), 0, image.left.shape[1] - 1).astype(np.intp)
    left, right, mid = (np.exp(mel[:, frames].T) for mel in (image.left, image.right, image.mid))
    mean = (left + right) / 2
    between, turns = _between_bands(config, length), _turns(config, length)
    common_power = (mid / mean) @ between
    apart_power = np.maximum(1 - common_power, 0)
    common = np.sqrt(common_power)
    most = np.sqrt(apart_power)
    level = ((left - right) / (4 * mean)) @ between / np.maximum(common, 1e-9)
    level = np.maximum(np.minimum(level, most), -most)
    rest = np.sqrt(np.maximum(apart_power - level * level - _ROUNDING, 0))
    return common, level, rest * turns


@cache
def _between_bands(config: MelConfig, length: int) -> Floats:
    """The share of each band in each bin, by linear interpolation of the peaks: (n_mels, 1 + length // 2)."""
    bands_hz = band_frequencies(config)
    bins_hz = np.arange(1 + length // 2) * config.sample_rate_hz / length
    positions = np.interp(bins_hz, bands_hz, np.arange(len(bands_hz)))
    shares = np.maximum(0.0, 1 - np.abs(positions - np.arange(len(bands_hz))[:, None])).astype(np.float32)
    shares.setflags(write=False)
    return shares


@cache
def _turns(config: MelConfig, length: int) -> Floats:
    """Which channel leads in each bin, 1 the left, -1 the right: (1 + length // 2,)."""
    bins_hz = np.arange(1 + length // 2) * config.sample_rate_hz / length
    turns = np.where(hz_to_mel(bins_hz) // TURN_MELS % 2, -1, 1).astype(np.float32)
    turns.setflags(write=False)
    return turns
