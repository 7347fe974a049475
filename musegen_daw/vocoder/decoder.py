"""The interface of everything that decodes mel spectrograms to audio: checks, chunks, progress, cancelling."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np

from musegen_daw.errors import AudioError
from musegen_daw.progress import Cancelled, IsCancelled, Progress
from musegen_daw.vocoder.mel import Floats, MelConfig
from musegen_daw.vocoder.stereo import StereoImage, spread

MAX_SECONDS = 2 * 60 * 60
MAX_LOG_POWER = 40.0
"""Far above any sound: a full-scale sine has about 9."""


class MelDecoder(ABC):
    """Decodes log-mels of one configuration to audio; sample t * hop_length is the centre of frame t."""

    def __init__(self, name: str, mel: MelConfig) -> None:
        self.name = name
        self.mel = mel

    def vocode(
        self,
        mel: Floats,
        progress: Progress | None = None,
        cancelled: IsCancelled | None = None,
        made_with: MelConfig | None = None,
        image: StereoImage | None = None,
    ) -> Floats:
        """The audio of a log-mel (n_mels, frames), (frames * hop_length,) or with an image 2 of them; see `stream`."""
        return np.concatenate([*self.stream(mel, progress, cancelled, made_with, image)])

    def stream(
        self,
        mel: Floats,
        progress: Progress | None = None,
        cancelled: IsCancelled | None = None,
        made_with: MelConfig | None = None,
        image: StereoImage | None = None,
    ) -> Iterator[Floats]:
        """The audio of a log-mel (n_mels, frames) in consecutive blocks (samples,); memory is bounded by a block.

        With an `image`, that of as many frames, the blocks are stereo: (samples, 2).
        `progress` receives frames done and frames in all. Raises Cancelled when `cancelled` returns true, AudioError at
        once for a mel that this decoder cannot read, or that was `made_with` another configuration.
        """
        if made_with is not None:
            self.check_config(made_with)
        check_mel(mel, self.mel)
        if image is not None and any(
            each.shape != mel.shape for each in (image.left, image.right, image.mid)
        ):
            raise ValueError(f"the image must have the shape of the mel, {mel.shape}, not {image.left.shape}")
        return self._streamed(mel, image, progress, cancelled)

    def check_config(self, made_with: MelConfig) -> None:
        """Raises AudioError, naming the differences, unless `made_with` is the configuration of this decoder."""
        expected, given = self.mel.to_dict(), made_with.to_dict()
        differing = [
            f"{name} {given[name]:g} in place of {expected[name]:g}"
            for name in expected
            if given[name] != expected[name]
        ]
        if differing:
            raise AudioError(f"{self.name} cannot read this mel: it was made with {', '.join(differing)}.")

    @abstractmethod
    def _decode(self, mel: Floats) -> Iterator[Floats]:
        """The audio in blocks of whole hops."""

    def _streamed(
        self,
        mel: Floats,
        image: StereoImage | None,
        progress: Progress | None,
        cancelled: IsCancelled | None,
    ) -> Iterator[Floats]:
        blocks = self._watched(mel, progress, cancelled)
        return blocks if image is None else spread(blocks, image, self.mel)

    def _watched(
        self, mel: Floats, progress: Progress | None, cancelled: IsCancelled | None
    ) -> Iterator[Floats]:
        blocks = self._decode(mel)
        frames, done = mel.shape[1], 0
        while done < frames:
            if cancelled is not None and cancelled():
                raise Cancelled
            block = next(blocks)
            done += len(block) // self.mel.hop_length
            if progress is not None:
                progress(done, frames)
            yield block


def check_mel(mel: Floats, config: MelConfig) -> None:
    """Raises AudioError unless `mel` is a finite log-mel (n_mels, frames) of a possible level and length."""
    if mel.ndim != 2 or mel.shape[0] != config.n_mels:
        raise AudioError(
            f"A mel of the shape {mel.shape} cannot be read: (n_mels, frames) with n_mels {config.n_mels} is expected."
        )
    frames = mel.shape[1]
    if frames == 0:
        raise AudioError("The mel is empty: it has no frames.")
    check_seconds(frames / config.frames_per_second)
    if not np.isfinite(mel).all():
        raise AudioError("The mel has values that are not finite numbers.")
    if mel.max() > MAX_LOG_POWER:
        raise AudioError(
            f"The mel reaches {mel.max():g}, far above full scale: natural logarithms of power are expected."
        )


def check_seconds(seconds: float) -> None:
    """Raises AudioError for a mel that lasts too long."""
    if seconds > MAX_SECONDS:
        raise AudioError(
            f"The mel lasts {seconds / 3600:.1f} hours; at most {MAX_SECONDS // 3600} are turned into audio."
        )
