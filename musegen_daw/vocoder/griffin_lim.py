"""Griffin-Lim behind the interface of the vocoder, as the baseline to compare it with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from musegen_daw.vocoder.decoder import MelDecoder
from musegen_daw.vocoder.mel import Floats, MelConfig, prior_magnitude

Inversion = Literal["pinv", "nnls"]

ITERATIONS = 32
MOMENTUM = 0.99
SEGMENT_FRAMES = 2048
FADE_FRAMES = 16


class GriffinLim(MelDecoder):
    """The fast Griffin-Lim algorithm (Perraudin, Balazs and Søndergaard, 2013) of librosa.

    The magnitude comes from the pseudo-inverse of the mel bands ("pinv") or from non-negative least squares ("nnls",
    the default of librosa); the initial phase is random, the same for the same `seed`. Longer mels are decoded in
    segments of `segment_frames` for bounded memory, with equal-power crossfades because their phases are unrelated.
    """

    def __init__(
        self,
        mel: MelConfig,
        iterations: int = ITERATIONS,
        inversion: Inversion = "pinv",
        seed: int = 0,
        segment_frames: int = SEGMENT_FRAMES,
    ) -> None:
        super().__init__(f"griffin-lim-{iterations}-{inversion}", mel)
        if iterations < 1:
            raise ValueError(f"iterations must be at least 1, got {iterations}")
        if segment_frames <= 2 * FADE_FRAMES:
            raise ValueError(f"segment_frames must be above {2 * FADE_FRAMES}, got {segment_frames}")
        self._iterations = iterations
        self._inversion = inversion
        self._seed = seed
        self._segment_frames = segment_frames

    def _decode(self, mel: Floats) -> Iterator[Floats]:
        rng = np.random.default_rng(self._seed)
        fade_samples = FADE_FRAMES * self.mel.hop_length
        angle = np.linspace(0, np.pi / 2, fade_samples, dtype=np.float32)
        fading_out = np.zeros(0, np.float32)
        start, frames = 0, mel.shape[1]
        while True:
            end = min(frames, start + self._segment_frames)
            audio = self._segment(mel[:, start:end], rng)
            if start:
                audio[:fade_samples] = np.sin(angle) * audio[:fade_samples] + np.cos(angle) * fading_out
            if end == frames:
                yield audio
                return
            yield audio[:-fade_samples]
            fading_out = audio[-fade_samples:]
            start = end - FADE_FRAMES

    def _segment(self, mel: Floats, rng: np.random.Generator) -> Floats:
        from librosa import griffinlim

        hop, frames = self.mel.hop_length, mel.shape[1]
        # librosa ends at the centre of the last frame and needs at least one window of audio.
        extra = max(1, self.mel.n_fft // hop + 1 - frames)
        audio = griffinlim(
            self._magnitude(np.pad(mel, ((0, 0), (0, extra)), mode="edge")),
            n_iter=self._iterations,
            hop_length=hop,
            n_fft=self.mel.n_fft,
            momentum=MOMENTUM,
            random_state=rng,
        )
        return audio[: frames * hop]

    def _magnitude(self, mel: Floats) -> Floats:
        """(n_mels, frames) to (1 + n_fft // 2, frames)."""
        if self._inversion == "pinv":
            return prior_magnitude(mel, self.mel)
        from librosa.feature.inverse import mel_to_stft

        return mel_to_stft(
            np.exp(mel),
            sr=self.mel.sample_rate_hz,
            n_fft=self.mel.n_fft,
            power=2.0,
            fmin=self.mel.fmin_hz,
            fmax=self.mel.fmax_hz,
        )
