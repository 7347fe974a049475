"""Audio, a mel or a song to what can be compared by ear: the original, its mel, and what decoders make of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musegen_daw.audio.file import open_audio, wav_writer
from musegen_daw.errors import AudioError
from musegen_daw.files import atomic_path
from musegen_daw.music.clip import Song
from musegen_daw.playback.rendering import balanced, render_source
from musegen_daw.playback.source import Audio, AudioSpool, Source, resampled
from musegen_daw.progress import Cancelled, IsCancelled, Progress
from musegen_daw.vocoder.decoder import MelDecoder
from musegen_daw.vocoder.inputs import MelInput, edited, mel_of_blocks
from musegen_daw.vocoder.mel import Floats, MelConfig, log_mel
from musegen_daw.vocoder.mel_file import load_mel

MEL_SUFFIX = ".npy"
ORIGINAL = "Original"
SONG_RATE_HZ = 44_100
_BLOCK_SAMPLES = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What is to be resynthesised: its log-mel, how it sounds where that is known, what it was taken for."""

    name: str
    config: MelConfig
    mel: MelInput
    original: Source | None = None
    note: str = ""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        samples = self.mel.samples
        if samples is None:
            samples = self.mel.mel.shape[1] * self.config.hop_length
        return samples / self.config.sample_rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class Rendition:
    """What a decoder made of a mel that was changed in tempo and pitch: (samples,) at its own rate, and as a source.

    `mel` is the log-mel of that audio, `wanted` the one that was decoded, both (n_mels, frames).
    """

    method: str
    decoder: str
    audio: Floats
    sample_rate_hz: int
    source: Source
    mel: Floats
    wanted: Floats
    decoding_seconds: float

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.audio) / self.sample_rate_hz

    @property
    def peak(self) -> float:
        """Its highest amplitude; above 1 it is clipped where it is written."""
        return float(max(self.audio.max(initial=0.0), -self.audio.min(initial=0.0)))


def read_given(
    path: Path,
    config: MelConfig,
    deck_rate_hz: int,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
    scale: str | None = None,
    scale_option: str = "--mel-scale",
) -> Given:
    """What is in an audio file or .npy mel, read once; raises AudioError naming the file, or Cancelled."""
    if path.suffix.lower() == MEL_SUFFIX:
        notes: list[str] = []
        mel = load_mel(path, config, notes.append, scale, scale_option)
        return Given(path.stem, config, MelInput(mel), note=" ".join(notes))
    reader = open_audio(path)
    blocks = _watched(reader.blocks(), reader.frames, progress, cancelled)
    return _heard(path.stem, str(path), blocks, reader.sample_rate_hz, reader.channels, config, deck_rate_hz)


def render_given(
    name: str,
    song: Song,
    config: MelConfig,
    deck_rate_hz: int,
    soundfont: Path | None = None,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> Given:
    """A song as it is bounced, peaking at -1 dBFS; raises AudioError or Cancelled."""
    rendered = render_source(name, song.clips, song.time_map, SONG_RATE_HZ, soundfont, progress, cancelled)
    (bounce,) = balanced((rendered,))
    blocks = (
        bounce.audio[start : start + _BLOCK_SAMPLES] * np.float32(bounce.gain)
        for start in range(0, len(bounce.audio), _BLOCK_SAMPLES)
    )
    watched = _watched(blocks, 0, None, cancelled)
    return _heard(name, name, watched, SONG_RATE_HZ, 2, config, deck_rate_hz)


def decode(
    given: Given,
    decoder: MelDecoder,
    name: str,
    deck_rate_hz: int,
    stretch: float = 1.0,
    semitones: float = 0.0,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> Rendition:
    """The mel, changed in tempo and pitch, as audio; `name` is that of its source. Raises AudioError or Cancelled.

    It is what `musegen-daw vocode` writes.
    """
    decoder.check_config(given.config)
    changed = edited(given.mel, stretch, semitones, given.config)
    start_seconds = time.perf_counter()
    audio = decoder.vocode(changed.mel, progress, cancelled)[: changed.samples]
    decoding_seconds = time.perf_counter() - start_seconds
    rate_hz = given.config.sample_rate_hz
    return Rendition(
        method=name,
        decoder=decoder.name,
        audio=audio,
        sample_rate_hz=rate_hz,
        source=Source(name, resampled(audio, rate_hz, deck_rate_hz), stretch=stretch),
        mel=log_mel(audio, given.config),
        wanted=changed.mel,
        decoding_seconds=decoding_seconds,
    )


def write_wav(path: Path, audio: Audio, sample_rate_hz: int) -> None:
    """Write audio (samples,) or (samples, channels) as 24-bit WAV, whole or not at all; raises AudioError."""
    channels = 1 if audio.ndim == 1 else audio.shape[1]
    with atomic_path(path, AudioError) as beside, wav_writer(beside, sample_rate_hz, channels) as write:
        for start in range(0, len(audio), _BLOCK_SAMPLES):
            write(audio[start : start + _BLOCK_SAMPLES])


def free_path(folder: Path, stem: str, suffix: str = ".wav") -> Path:
    """A path in `folder` that no file has: the name, or the name with the first free number from 2 on."""
    number = 1
    while True:
        path = folder / f"{stem}{'' if number == 1 else f' {number}'}{suffix}"
        if not path.exists():
            return path
        number += 1


def _heard(
    name: str,
    called: str,
    blocks: Iterable[Audio],
    rate_hz: int,
    channels: int,
    config: MelConfig,
    deck_rate_hz: int,
) -> Given:
    """The mel of blocks (samples, channels) and, from the same pass, their sound; above two channels, as one."""
    heard_channels = channels if channels <= 2 else 1
    tape = AudioSpool(rate_hz, deck_rate_hz, heard_channels)

    def taped() -> Iterator[Audio]:
        for block in blocks:
            tape.add(block if heard_channels == channels else block.mean(axis=1))
            yield block

    mel = mel_of_blocks(taped(), rate_hz, config, called)
    return Given(name, config, mel, Source(ORIGINAL, tape.finish()))


def _watched(
    blocks: Iterable[Audio], frames: int, progress: Progress | None, cancelled: IsCancelled | None
) -> Iterator[Audio]:
    done = 0
    for block in blocks:
        if cancelled is not None and cancelled():
            raise Cancelled
        yield block
        done += len(block)
        if progress is not None and frames:
            progress(min(done, frames), frames)
