"""Resynthesis for comparison by ear: the original, its mel, and the output of decoders."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from musegen_daw.audio.file import open_audio, wav_writer
from musegen_daw.errors import AudioError
from musegen_daw.files import atomic_path
from musegen_daw.music.clip import Song
from musegen_daw.playback.levels import peak_of
from musegen_daw.playback.rendering import balanced, render_source
from musegen_daw.playback.source import Audio, AudioSpool, Source, resampled
from musegen_daw.progress import Cancelled, IsCancelled, Progress
from musegen_daw.vocoder.choosing import ChosenVocoder, choose_for_blocks, choose_for_file
from musegen_daw.vocoder.decoder import MelDecoder
from musegen_daw.vocoder.decoder_input import DecoderInput, edited_input, input_of_blocks
from musegen_daw.vocoder.decoders import VocoderFacts
from musegen_daw.vocoder.mel import Floats, MelConfig, log_mel
from musegen_daw.vocoder.mel_file import load_mel
from musegen_daw.vocoder.mel_input import MelInput
from musegen_daw.vocoder.stereo import image_of_blocks

MEL_SUFFIX = ".npy"
ORIGINAL = "Original"
SONG_RATE_HZ = 44_100
_BLOCK_SAMPLES = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The input of a resynthesis: its log-mel, its audio where that is known, and a note on how it was read.

    `model` is the vocoder that was chosen for it, if one was.
    """

    name: str
    config: MelConfig
    input: DecoderInput
    original: Source | None = None
    note: str = ""
    model: VocoderFacts | None = None

    @property
    def mel(self) -> MelInput:
        return self.input.given

    @property
    def seconds(self) -> float:
        samples = self.mel.samples
        if samples is None:
            samples = self.mel.mel.shape[1] * self.config.hop_length
        return samples / self.config.sample_rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class Rendition:
    """The output of a decoder: `audio`, (samples,) or (samples, 2), at its own rate, and the same as a source.

    `wanted` is the decoded log-mel, stretched and transposed, `mel` that of the audio, both (n_mels, frames).
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
        return len(self.audio) / self.sample_rate_hz

    @property
    def peak(self) -> float:
        """The highest amplitude; a file clips above 1."""
        return peak_of(self.audio)


def read_given(
    path: Path,
    config: MelConfig | Sequence[VocoderFacts],
    deck_rate_hz: int,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
    scale: str | None = None,
    scale_option: str = "--mel-scale",
) -> Given:
    """The input from an audio file or .npy mel; raises AudioError, naming the file, or Cancelled.

    Of several vocoders in place of a configuration, the one that fits the file is chosen.
    """
    if not isinstance(config, MelConfig):
        chosen = choose_for_file(path, config, path.name, scale)
        if cancelled is not None and cancelled():
            raise Cancelled
        given = read_given(path, _config_of(chosen), deck_rate_hz, progress, cancelled, scale, scale_option)
        return _with_choice(given, chosen)
    if path.suffix.lower() == MEL_SUFFIX:
        notes: list[str] = []
        mel = load_mel(path, config, notes.append, scale, scale_option)
        return Given(path.stem, config, DecoderInput(MelInput(mel)), note=" ".join(notes))
    reader = open_audio(path)
    blocks = _watched(reader.blocks(), reader.frames, progress, cancelled)
    return _given_of_blocks(
        path.stem, str(path), blocks, reader.sample_rate_hz, reader.channels, config, deck_rate_hz
    )


def render_given(
    name: str,
    song: Song,
    config: MelConfig | Sequence[VocoderFacts],
    deck_rate_hz: int,
    soundfont: Path | None = None,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> Given:
    """The input from a song, rendered with a peak of -1 dBFS; raises AudioError or Cancelled.

    Of several vocoders in place of a configuration, the one that fits the sound is chosen.
    """
    rendered = render_source(name, song.clips, song.time_map, SONG_RATE_HZ, soundfont, progress, cancelled)
    (bounce,) = balanced((rendered,))

    def blocks() -> Iterator[Audio]:
        for start in range(0, len(bounce.audio), _BLOCK_SAMPLES):
            yield bounce.audio[start : start + _BLOCK_SAMPLES] * np.float32(bounce.gain)

    chosen = None
    if not isinstance(config, MelConfig):
        measured = _watched(blocks(), 0, None, cancelled)
        chosen = choose_for_blocks(measured, SONG_RATE_HZ, config, name)
        config = _config_of(chosen)
    watched = _watched(blocks(), 0, None, cancelled)
    given = _given_of_blocks(name, name, watched, SONG_RATE_HZ, 2, config, deck_rate_hz)
    return _with_choice(given, chosen)


def decode(
    given: Given,
    decoder: MelDecoder,
    name: str,
    deck_rate_hz: int,
    stretch: float = 1.0,
    semitones: float = 0.0,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
    *,
    keep_formants: bool = False,
) -> Rendition:
    """The mel, stretched and transposed, its formants too or not, as audio, the same that `musegen-daw vocode` writes.

    `name` is that of its source. Raises AudioError or Cancelled.
    """
    decoder.check_config(given.config)
    changed = edited_input(given.input, stretch, semitones, given.config, keep_formants)
    wanted = changed.given.mel
    start_seconds = time.perf_counter()
    audio = decoder.vocode(wanted, progress, cancelled, image=changed.image)[: changed.given.samples]
    decoding_seconds = time.perf_counter() - start_seconds
    rate_hz = given.config.sample_rate_hz
    return Rendition(
        method=name,
        decoder=decoder.name,
        audio=audio,
        sample_rate_hz=rate_hz,
        source=Source(name, resampled(audio, rate_hz, deck_rate_hz), stretch=stretch),
        mel=log_mel(audio, given.config) if audio.ndim == 1 else image_of_blocks([audio], given.config).mel,
        wanted=wanted,
        decoding_seconds=decoding_seconds,
    )


def write_wav(path: Path, audio: Audio, sample_rate_hz: int) -> None:
    """Write audio (samples,) or (samples, channels) as 24-bit WAV, completely or not at all; raises AudioError."""
    channels = 1 if audio.ndim == 1 else audio.shape[1]
    with atomic_path(path, AudioError) as beside, wav_writer(beside, sample_rate_hz, channels) as write:
        for start in range(0, len(audio), _BLOCK_SAMPLES):
            write(audio[start : start + _BLOCK_SAMPLES])


def free_path(folder: Path, stem: str, suffix: str = ".wav") -> Path:
    """A free path in `folder`: the name, or the name with the first free number from 2 on."""
    number = 1
    while True:
        path = folder / f"{stem}{'' if number == 1 else f' {number}'}{suffix}"
        if not path.exists():
            return path
        number += 1


def _given_of_blocks(
    name: str,
    called: str,
    blocks: Iterable[Audio],
    rate_hz: int,
    channels: int,
    config: MelConfig,
    deck_rate_hz: int,
) -> Given:
    """The mel and, from the same pass, the source of blocks (samples, channels); mono above two channels."""
    source_channels = channels if channels <= 2 else 1
    spool = AudioSpool(rate_hz, deck_rate_hz, source_channels)

    def spooled() -> Iterator[Audio]:
        for block in blocks:
            spool.add(block if source_channels == channels else block.mean(axis=1))
            yield block

    given = input_of_blocks(spooled(), channels, rate_hz, config, called)
    return Given(name, config, given, Source(ORIGINAL, spool.finish()))


def _config_of(chosen: ChosenVocoder | None) -> MelConfig:
    return MelConfig() if chosen is None else chosen.model.mel


def _with_choice(given: Given, chosen: ChosenVocoder | None) -> Given:
    if chosen is None:
        return given
    note = " ".join(each for each in (chosen.reason, given.note) if each)
    return replace(given, note=note, model=chosen.model)


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
