"""From a log-mel to a WAV and a report, for `vocode` and `bounce --vocode`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegen_daw.cli import terminal
from musegen_daw.errors import AudioError
from musegen_daw.files import atomic_path

if TYPE_CHECKING:
    from musegen_daw.vocoder.decoder import MelDecoder
    from musegen_daw.vocoder.decoder_input import DecoderInput


@dataclass(frozen=True, slots=True)
class Resynthesis:
    """A written WAV: length, channels, peak, clipped samples, and the time that decoding took."""

    path: Path
    seconds: float
    peak_dbfs: float
    clipped_samples: int
    decoder: str
    sample_rate_hz: int
    decoding_seconds: float
    channels: int = 1

    @property
    def form(self) -> str:
        """Channels and sample rate, for a person."""
        return f"{'mono' if self.channels == 1 else 'stereo'} at {self.sample_rate_hz} Hz"

    def facts(self) -> dict[str, Any]:
        """Values for JSON."""
        return {
            "output": str(self.path),
            "decoder": self.decoder,
            "sample_rate_hz": self.sample_rate_hz,
            "channels": self.channels,
            "seconds": round(self.seconds, 3),
            "peak_dbfs": round(self.peak_dbfs, 2) if math.isfinite(self.peak_dbfs) else None,
            "clipped_samples": self.clipped_samples,
            "decoding_seconds": round(self.decoding_seconds, 3),
            "real_time_factor": round(self.decoding_seconds / self.seconds, 5),
        }


def chosen_model(
    path: Path,
    shown_as: Path,
    note: Callable[[str], None] = terminal.note,
    mel_scale: str | None = None,
) -> str | None:
    """The folder of the bundled vocoder that fits a file, and why to `note`; None where none is bundled.

    `shown_as` is the name of the file in the message, `mel_scale` that of a mel where it was given. Raises AudioError
    for audio that cannot be read.
    """
    from musegen_daw import resource_paths
    from musegen_daw.vocoder.choosing import choose_for_file
    from musegen_daw.vocoder.decoders import find_vocoders

    models, _ = find_vocoders([resource_paths.models_dir()])
    chosen = choose_for_file(path, models, str(shown_as), mel_scale)
    if chosen is None:
        return None
    if chosen.reason:
        note(chosen.reason)
    return str(chosen.model.folder)


def resynthesise(
    source: DecoderInput,
    decoder: MelDecoder,
    output: Path,
    save_mel_to: Path | None = None,
    sample_rate_hz: int | None = None,
    *,
    shown_as: Path,
    note: Callable[[str], None] = terminal.note,
) -> Resynthesis:
    """Decode `source` into a 24-bit WAV, as a stream; all is written or nothing.

    The rate of the WAV is that of the model unless `sample_rate_hz` is given. `shown_as` is the name of `output` in
    messages, `note` receives remarks. With `save_mel_to` the mel is written as well. Raises AudioError where either
    cannot be written.
    """
    import numpy as np

    from musegen_daw.audio.file import frames_at, wav_writer
    from musegen_daw.vocoder.mel_file import save_mel

    mel, samples, channels = source.given.mel, source.given.samples, source.channels
    model_rate_hz = decoder.mel.sample_rate_hz
    rate_hz = model_rate_hz if sample_rate_hz is None else sample_rate_hz
    left = mel.shape[1] * decoder.mel.hop_length if samples is None else samples
    left = round(left * rate_hz / model_rate_hz)
    peak, clipped, written = 0.0, 0, 0
    with (
        atomic_path(output, AudioError) as beside,
        terminal.TerminalProgress(f"{shown_as.name}: vocoding") as progress,
    ):
        start_seconds = time.perf_counter()
        with wav_writer(beside, rate_hz, channels) as write:
            blocks = decoder.stream(mel, progress, image=source.image)
            if rate_hz != model_rate_hz:
                frames = (block.reshape(-1, channels) for block in blocks)
                blocks = frames_at(frames, model_rate_hz, rate_hz, channels, str(shown_as))
            for block in blocks:
                kept = block[: left - written]
                levels = np.abs(kept)
                peak = max(peak, float(levels.max(initial=0.0)))
                clipped += int(np.count_nonzero(levels > 1.0))
                write(kept)
                written += len(kept)
        decoding_seconds = time.perf_counter() - start_seconds
        if save_mel_to is not None:
            save_mel(mel, save_mel_to)
    if clipped:
        note(
            f"{clipped} samples of {shown_as} were above full scale and were clipped; the highest was "
            f"{20 * math.log10(peak):+.1f} dBFS."
        )
    return Resynthesis(
        path=output,
        seconds=written / rate_hz,
        peak_dbfs=20 * math.log10(peak) if peak > 0 else -math.inf,
        clipped_samples=clipped,
        decoder=decoder.name,
        sample_rate_hz=rate_hz,
        decoding_seconds=decoding_seconds,
        channels=channels,
    )
