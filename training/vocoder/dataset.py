"""Crops of prepared audio with the log-mel of what surrounds them, drawn and augmented at training time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegen_daw.vocoder.mel import MelConfig, log_mel
from training.common.prepared import (
    JsonLines,
    LazySequence,
    TrainingFileError,
    mapped,
    read_facts,
    whole_fact,
)
from training.vocoder.parts import CHUNK, DTYPES, FORMAT
from training.vocoder.rendered import ACOUSTIC_SOURCE, DRUMS_SOURCE

Floats = npt.NDArray[np.float32]

FULL_SCALE = 32768
PEAK_LIMIT = 0.99
QUIET_PEAK = 0.01
"""Drums are added to what is quieter as if it had this peak."""


@dataclass(frozen=True, slots=True)
class AudioDataConfig:
    """How crops are cut, and what is changed how often while training.

    A crop gets a gain from `gain_low_db` to `gain_high_db`, less where it would clip; of all crops
    `silence_share` are digital silence, `quiet_share` as quiet as `quiet_low_db` to `gain_low_db`, and
    `mix_share` the sum of two, the second `mix_low_db` to 0 dB beside the first. `pitch_share` are moved by up to
    `pitch_semitones`, as tape is that runs faster or slower. To `drums_share` rendered drums are added, where the
    corpus has some, `drums_low_db` to `drums_high_db` beside them at their peak. `colour_share` get
    another colour: gains of up to `colour_db` at octaves, straight lines between. `tail_share` may reach into the
    padding at the end of a recording. Rendered acoustic instruments give `acoustic_times` as many crops as others.
    """

    crop_frames: int = 32
    crops_per_chunk: int = 8
    gain_low_db: float = -24.0
    gain_high_db: float = 6.0
    quiet_low_db: float = -60.0
    mix_low_db: float = -12.0
    quiet_share: float = 0.04
    silence_share: float = 0.01
    mix_share: float = 0.1
    pitch_share: float = 0.0
    pitch_semitones: float = 4.0
    drums_share: float = 0.0
    drums_low_db: float = -12.0
    drums_high_db: float = 6.0
    colour_share: float = 0.0
    colour_db: float = 9.0
    tail_share: float = 0.02
    acoustic_times: float = 1.0


class AudioCrop(NamedTuple):
    chunk: int
    start: int


@dataclass(frozen=True, slots=True)
class AudioExample:
    """Audio with its log-mel: sample t · hop_length is the centre of frame t."""

    mel: Floats  # (n_mels, frames)
    audio: Floats  # (frames * hop_length,)


class AudioBatch(NamedTuple):
    """Examples of one length; see AudioExample."""

    mel: Tensor  # (batch, n_mels, frames)
    audio: Tensor  # (batch, frames * hop_length)


class AudioCorpus:
    """One split of a prepared folder, mapped into memory: nothing is read before it is asked for.

    `chunks` says everything of each chunk; `index` (chunks,) what training asks, see CHUNK. Raises ValueError for
    a folder that another version has prepared, and for one that is damaged.
    """

    def __init__(self, folder: Path, split: str) -> None:
        base = folder / split
        facts = read_facts(folder, FORMAT)
        self.sample_rate_hz = whole_fact(facts, "sample_rate_hz", folder)
        self.chunk_samples = whole_fact(facts, "chunk_samples", folder)
        self.index = mapped(base / "chunks.npy", CHUNK)
        recordings = JsonLines(base / "recordings.jsonl", mapped(base / "recordings_starts.npy", np.int64))
        self._recordings = recordings
        self.chunks: Sequence[dict[str, Any]] = _Chunks(self.index, recordings)
        self._audio = mapped(base / "audio.npy")
        if self._audio.dtype.name not in DTYPES:
            raise TrainingFileError(f"{base} is damaged: audio.npy holds {self._audio.dtype}")
        self._scale = np.float32(1 / FULL_SCALE if self._audio.dtype == np.int16 else 1)
        if len(self._audio) != len(self.index) * self.chunk_samples:
            raise TrainingFileError(f"{base} is damaged: audio.npy does not hold the chunks of chunks.npy")

    def read(self, chunk: int, start: int, samples: int) -> Floats:
        """Audio (samples,) from `start` of a chunk on; before it and after it the same recording, else zeros."""
        out = np.zeros(samples, np.float32)
        first = start // self.chunk_samples
        last = (start + samples - 1) // self.chunk_samples
        for offset in range(first, last + 1):
            if self._follows(chunk, offset):
                begin = offset * self.chunk_samples
                low, high = max(start, begin), min(start + samples, begin + self.chunk_samples)
                base = chunk * self.chunk_samples
                np.multiply(
                    self._audio[base + low : base + high],
                    self._scale,
                    out=out[low - start : high - start],
                )
        return out

    def chunks_of(self, source: str) -> npt.NDArray[np.int64]:
        """The chunks of the recordings of a source."""
        own = [at for at, recording in enumerate(self._recordings) if recording["source"] == source]
        return np.flatnonzero(np.isin(self.index["recording"], own))

    def _follows(self, chunk: int, offset: int) -> bool:
        """Whether the chunk `offset` further on is the same recording, without a gap."""
        if offset == 0:
            return True
        if not 0 <= chunk + offset < len(self.index):
            return False
        here, there = self.index[chunk], self.index[chunk + offset]
        follows = there["start"] - here["start"] == offset * self.chunk_samples
        return bool(follows and here["recording"] == there["recording"])


class _Chunks(LazySequence[dict[str, Any]]):
    """What each chunk is: what is said of its recording, and the samples of it."""

    def __init__(self, index: npt.NDArray[Any], recordings: Sequence[dict[str, Any]]) -> None:
        self._index, self._recordings = index, recordings

    def __len__(self) -> int:
        return len(self._index)

    def _item(self, at: int) -> dict[str, Any]:
        row = self._index[at]
        place = {name: int(row[name]) for name in ("start", "samples")}
        return self._recordings[int(row["recording"])] | place


class Crops(Sequence[AudioCrop]):
    """The crops of an epoch, as two arrays (crops,) until they are asked for."""

    def __init__(self, chunks: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]) -> None:
        self._chunks, self._starts = chunks, starts

    def __len__(self) -> int:
        return len(self._chunks)

    @overload
    def __getitem__(self, index: int) -> AudioCrop: ...

    @overload
    def __getitem__(self, index: slice) -> list[AudioCrop]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            places = zip(self._chunks[index].tolist(), self._starts[index].tolist(), strict=True)
            return [AudioCrop(*place) for place in places]
        return AudioCrop(int(self._chunks[index]), int(self._starts[index]))


class Batches(LazySequence[list[AudioCrop]]):
    """Crops in batches of one size; what is left over is left out, unless it is all there is."""

    def __init__(self, crops: Sequence[AudioCrop], batch_size: int) -> None:
        self._crops, self._size = crops, batch_size

    def __len__(self) -> int:
        return len(self._crops) // self._size or min(1, len(self._crops))

    def _item(self, at: int) -> list[AudioCrop]:
        first = at * self._size
        return list(self._crops[first : first + self._size])


class VocoderDataset:
    """Crops of `crop_frames` frames, the same for the same seed and epoch.

    A chunk gives `crops_per_chunk` crops an epoch, fewer where part of it is padding.
    """

    def __init__(self, corpus: AudioCorpus, mel: MelConfig, config: AudioDataConfig, seed: int = 0) -> None:
        if corpus.sample_rate_hz != mel.sample_rate_hz:
            raise ValueError(
                f"the audio was prepared at {corpus.sample_rate_hz} Hz, the mel is of {mel.sample_rate_hz} Hz"
            )
        self.corpus, self.mel, self.config, self.seed = corpus, mel, config, seed
        self.crop_samples = config.crop_frames * mel.hop_length
        self._margin_frames = -(-mel.n_fft // 2 // mel.hop_length)
        if self.crop_samples > corpus.chunk_samples:
            raise ValueError(
                f"a crop of {config.crop_frames} frames is longer than a chunk of {corpus.chunk_samples} samples"
            )
        self._lengths = corpus.index["samples"].astype(np.int64)
        self._weights = np.ones(len(self._lengths))
        if config.acoustic_times != 1:
            self._weights[corpus.chunks_of(ACOUSTIC_SOURCE)] = config.acoustic_times
        self._drums = corpus.chunks_of(DRUMS_SOURCE) if config.drums_share else np.zeros(0, np.int64)

    def crops(self, epoch: int) -> Crops:
        random = np.random.default_rng((self.seed, epoch, 1))
        shares = self._weights * self._lengths / self.corpus.chunk_samples
        counts = np.maximum(1, np.rint(self.config.crops_per_chunk * shares).astype(np.int64))
        chunks = random.permutation(np.repeat(np.arange(len(counts)), counts))
        whole = random.random(len(chunks)) >= self.config.tail_share
        room = np.where(whole, self._lengths[chunks], self.corpus.chunk_samples) - self.crop_samples
        starts = (random.random(len(chunks)) * (np.maximum(room, 0) + 1)).astype(np.int64)
        return Crops(chunks, starts)

    def batches(self, epoch: int, batch_size: int) -> Batches:
        """The epoch's crops in batches of one size; what is left over is left out, unless it is all there is."""
        return Batches(self.crops(epoch), batch_size)

    def fixed_crops(self, count: int) -> list[AudioCrop]:
        """Up to `count` crops for validation: from the middle of chunks spread evenly over the split."""
        chunks = np.unique(np.linspace(0, len(self._lengths) - 1, min(count, len(self._lengths))).astype(int))
        middle = np.maximum(self._lengths[chunks] - self.crop_samples, 0) // 2
        return [AudioCrop(*place) for place in zip(chunks.tolist(), middle.tolist(), strict=True)]

    def draw(self, crop: AudioCrop, epoch: int) -> AudioExample:
        """A training example: mixed, made louder or quieter or silent at random."""
        config = self.config
        random = np.random.default_rng((self.seed, epoch, crop.chunk, crop.start))
        if random.random() < config.silence_share:
            return self._example(np.zeros(self._piece_samples, np.float32))
        piece = self._moved(crop, random) if _falls(config.pitch_share, random) else self._piece(crop)
        if random.random() < config.mix_share:
            other = self._piece(self._crop_of(int(random.integers(len(self._lengths))), random))
            piece += other * _amplitude(random.uniform(config.mix_low_db, 0.0))
        if len(self._drums) and _falls(config.drums_share, random):
            drums = self._piece(self._crop_of(int(random.choice(self._drums)), random))
            beside = _amplitude(random.uniform(config.drums_low_db, config.drums_high_db))
            peak = float(np.abs(drums).max())
            if peak > 0:
                piece += drums * (beside * max(QUIET_PEAK, float(np.abs(piece).max())) / peak)
        if _falls(config.colour_share, random):
            piece = self._coloured(piece, random)
        is_quiet = random.random() < config.quiet_share
        low, high = (
            (config.quiet_low_db, config.gain_low_db)
            if is_quiet
            else (config.gain_low_db, config.gain_high_db)
        )
        gain = _amplitude(random.uniform(low, high))
        peak = float(np.abs(piece).max())
        piece *= np.float32(min(gain, PEAK_LIMIT / peak) if peak > 0 else gain)
        return self._example(piece)

    def plain(self, crop: AudioCrop) -> AudioExample:
        """An example for validation: the crop as it is."""
        return self._example(self._piece(crop))

    def _crop_of(self, chunk: int, random: np.random.Generator) -> AudioCrop:
        room = max(0, int(self._lengths[chunk]) - self.crop_samples)
        return AudioCrop(chunk, int(random.integers(room + 1)))

    def _moved(self, crop: AudioCrop, random: np.random.Generator) -> Floats:
        """The crop at another pitch and speed."""
        import soxr

        ratio = 2 ** (random.uniform(-1, 1) * self.config.pitch_semitones / 12)
        wanted = self._piece_samples
        start = crop.start - self._margin_frames * self.mel.hop_length
        rate_hz = self.mel.sample_rate_hz
        read = self.corpus.read(crop.chunk, start, int(wanted * ratio) + rate_hz // 100)
        moved = soxr.resample(read, rate_hz * ratio, rate_hz).astype(np.float32)[:wanted]
        return np.pad(moved, (0, wanted - len(moved)))

    def _coloured(self, piece: Floats, random: np.random.Generator) -> Floats:
        """The piece as other microphones, rooms and mixes would have it."""
        spectrum = np.fft.rfft(piece)
        octaves = np.log2(np.maximum(np.fft.rfftfreq(len(piece), 1 / self.mel.sample_rate_hz), 1))
        points = np.arange(int(octaves[-1]) + 2)
        gains_db = random.uniform(-self.config.colour_db, self.config.colour_db, len(points))
        spectrum *= 10 ** (np.interp(octaves, points, gains_db) / 20)
        return np.fft.irfft(spectrum, len(piece)).astype(np.float32)

    @property
    def _piece_samples(self) -> int:
        return self.crop_samples + 2 * self._margin_frames * self.mel.hop_length

    def _piece(self, crop: AudioCrop) -> Floats:
        """The crop with what its first and last frames see around it."""
        start = crop.start - self._margin_frames * self.mel.hop_length
        return self.corpus.read(crop.chunk, start, self._piece_samples)

    def _example(self, piece: Floats) -> AudioExample:
        first, frames = self._margin_frames, self.config.crop_frames
        mel = log_mel(piece, self.mel)[:, first : first + frames]
        start = first * self.mel.hop_length
        return AudioExample(np.ascontiguousarray(mel), piece[start : start + self.crop_samples])


def collate(examples: list[AudioExample]) -> AudioBatch:
    return AudioBatch(
        torch.from_numpy(np.stack([example.mel for example in examples])),
        torch.from_numpy(np.stack([example.audio for example in examples])),
    )


def _falls(share: float, random: np.random.Generator) -> bool:
    """Whether a draw falls into a share; without one nothing is drawn, and all that follows stays the same."""
    return share > 0 and bool(random.random() < share)


def _amplitude(decibels: float) -> np.float32:
    return np.float32(10 ** (decibels / 20))
