"""Pairs of condition and drums, cut at the same bars, drawn and augmented at training time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegen_daw.drums.events import FRAMES_PER_BAR, VELOCITY_LEVELS, Array, quantise
from musegen_daw.drums.features import (
    CONTROL_SIZES,
    CRASH,
    CYMBAL,
    DENSITY,
    DRUM_FEATURES,
    KIND,
    METER,
    PART_FEATURES,
    PITCH_FEATURES,
    TEMPO,
    UNKNOWN,
    density_level,
    drum_frames,
    part_frames,
    tempo_level,
)
from musegen_daw.drums.meter import METERS
from musegen_daw.drums.plan_reading import FILL, PlanScale, read_plan
from musegen_daw.drums.style import STYLE_FEATURES, Style
from musegen_daw.drums.tokens import BOS, EOS, PAD, DrumTokenizer, DrumVocabulary
from training.drums.corpus import Corpus
from training.drums.crops import BarCrop, Cutter
from training.drums.styles import meter_levels, read_styles

IGNORED = -100
LENGTH_STEP = 64
BAR_STEP = 8
_BARS_BEFORE = 8  # that tell what kind of bar a bar is
_NO_SCALE = PlanScale.learn([1], [1])


@dataclass(frozen=True, slots=True)
class DrumDataConfig:
    max_tokens: int = 511
    max_bars: int = 24
    all_tracks_share: float = 0.5
    one_track_share: float = 0.2
    transpose_semitones: int = 5
    level_shift: int = 2
    hide_parts_share: float = 0.08
    hide_future_share: float = 0.3
    hide_start_share: float = 0.1
    hide_history_share: float = 0.15
    hide_bar_share: float = 0.15
    hide_pitch_share: float = 0.0
    show_density_share: float = 0.6
    show_kind_share: float = 0.75
    show_crash_share: float = 0.75
    show_cymbal_share: float = 0.6
    show_tempo_share: float = 0.8
    show_meter_share: float = 0.9
    code_share: float = 0.6
    groove_share: float = 0.25


@dataclass(frozen=True, slots=True)
class DrumExample:
    """One sequence: condition, style, controls and the tokens of those bars that are written."""

    parts: npt.NDArray[np.float32]  # (16·bars, PART_FEATURES)
    heard: npt.NDArray[np.bool_]  # (bars,)
    drums: npt.NDArray[np.float32]  # (16·bars, DRUM_FEATURES)
    history: npt.NDArray[np.bool_]  # (bars,) whether later bars may look back at this one
    written: npt.NDArray[np.bool_]  # (bars,) whether the bar is no repeat and no rest
    style: npt.NDArray[np.float32]  # (16·bars, STYLE_FEATURES), zeros where it is hidden
    controls: npt.NDArray[np.int64]  # (bars, 6)
    tokens: npt.NDArray[np.int64]  # (length + 1,) BOS ... EOS
    cursor: npt.NDArray[np.int64]  # (length,) frame in which each input token leaves the drums


class DrumBatch(NamedTuple):
    """Examples padded to one size; see DrumExample for what the last axes are."""

    parts: Tensor  # (batch, bars, 16, PART_FEATURES)
    heard: Tensor  # (batch, bars)
    drums: Tensor  # (batch, bars, 16, DRUM_FEATURES)
    history: Tensor  # (batch, bars)
    written: Tensor  # (batch, bars)
    style: Tensor  # (batch, bars, 16, STYLE_FEATURES)
    controls: Tensor  # (batch, bars, 6)
    inputs: Tensor  # (batch, length)
    targets: Tensor  # (batch, length), IGNORED where padded
    cursor: Tensor  # (batch, length)
    bar_counts: Tensor  # (batch,)


class CursorTable:
    """Where in its bar each token leaves the drums."""

    def __init__(self, vocabulary: DrumVocabulary) -> None:
        is_position = vocabulary.kinds == DrumVocabulary.POSITION
        last = np.where(is_position, vocabulary.values.astype(np.int64), -1).max(axis=1)
        self._frame = np.where(last >= 0, last // 12, 0)
        self._is_bar = np.zeros(len(vocabulary), np.int64)
        self._is_bar[vocabulary.bar_token] = 1

    def cursor(self, tokens: npt.NDArray[np.int64], written: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Frame index from the first bar on after each of `tokens` (length,), those of the `written` bars (bars,)."""
        owners = np.flatnonzero(written)
        bar = (
            owners[np.maximum(np.cumsum(self._is_bar[tokens]) - 1, 0)]
            if len(owners)
            else np.zeros(1, np.int64)
        )
        return np.maximum.accumulate(bar * FRAMES_PER_BAR + self._frame[tokens])


class DrumConditionalDataset:
    """Sequences of up to `max_tokens` drum tokens with their condition, the same for the same seed and epoch.

    Tokens are those of the bars that are no repeats: to copy earns nothing. See Cutter for the cuts.
    Raises ValueError for a corpus whose styles were not learned.
    """

    def __init__(
        self, corpus: Corpus, tokenizer: DrumTokenizer, config: DrumDataConfig, seed: int = 0
    ) -> None:
        self.corpus, self.config, self.seed = corpus, config, seed
        self._cursors = CursorTable(tokenizer.vocabulary())
        self.book = read_styles(corpus.folder)
        with np.load(corpus.folder / corpus.split / "grooves.npz") as grooves:
            self._grooves, self._triplets = grooves["patterns"], grooves["triplets"]
            self.codes = grooves["codes"]

    def crops(self, epoch: int, songs: npt.NDArray[np.int64] | None = None) -> list[BarCrop]:
        return self._cutter.crops(epoch, songs)

    def batches(self, epoch: int, batch_size: int) -> Iterator[list[BarCrop]]:
        return self._cutter.batches(epoch, batch_size)

    @property
    def _cutter(self) -> Cutter:
        return Cutter(self.corpus, self.config.max_tokens, self.config.max_bars, self.seed)

    def draw(self, crop: BarCrop, epoch: int) -> DrumExample:
        """A training example: some of the tracks, transposed; the future, the past and controls hidden at random."""
        config = self.config
        random = np.random.default_rng((self.seed, epoch, crop.song, crop.first_bar))
        onsets = self.corpus.between("onsets", crop.song, crop.first_bar, crop.bars)
        hits = self.corpus.between("hits", crop.song, crop.first_bar, crop.bars)
        tracks = int(self.corpus.index["tracks"][crop.song])
        if tracks > 1:
            choice = random.random()
            if choice >= config.all_tracks_share:
                one = choice >= 1 - config.one_track_share
                keep = random.permutation(tracks) < (1 if one else random.integers(1, tracks))
                onsets = onsets[keep[onsets["track"]]]
        pitch = onsets["pitch"].astype(np.int64) + random.integers(
            -config.transpose_semitones, config.transpose_semitones + 1
        )
        onsets["pitch"] = np.clip(pitch, 0, 127)
        shift = random.integers(-config.level_shift, config.level_shift + 1)
        onsets["level"] = np.clip(onsets["level"].astype(np.int64) + shift, 0, VELOCITY_LEVELS - 1)

        heard = np.full(crop.bars, tracks > 0)
        choice = random.random()
        if choice < config.hide_parts_share:
            heard[:] = False
        elif choice < config.hide_parts_share + config.hide_future_share:
            heard[random.integers(0, crop.bars) :] = False
        elif choice < config.hide_parts_share + config.hide_future_share + config.hide_start_share:
            heard[: random.integers(1, crop.bars // 2 + 2)] = False  # a groove before the part sets in
        history = np.full(crop.bars, random.random() >= config.hide_history_share)
        history &= random.random(crop.bars) >= config.hide_bar_share
        style = self._drawn_style(crop.song, random)
        controls = self.controls(crop)
        controls[:, self._hidden(random)] = UNKNOWN
        example = self._example(crop, onsets, hits, heard, history, controls, style)
        if (
            random.random() < config.hide_pitch_share
        ):  # the rhythm of a part is followed, not its tune known again
            example.parts[:, PITCH_FEATURES] = 0
        return example

    def plain(
        self,
        crop: BarCrop,
        *,
        onsets: Array | None = None,
        heard: bool = True,
        style: bool = True,
        planned: bool = True,
    ) -> DrumExample:
        """An example for evaluation: all tracks (or `onsets` in their stead), the code of the song, what its bars are.

        Without `style` and `planned` they are hidden.
        """
        if onsets is None:
            onsets = self.corpus.between("onsets", crop.song, crop.first_bar, crop.bars)
        hits = self.corpus.between("hits", crop.song, crop.first_bar, crop.bars)
        controls = self.controls(crop)
        if not planned:
            controls[:, [DENSITY, KIND, CRASH, CYMBAL]] = UNKNOWN
        all_heard = np.full(crop.bars, heard and bool(self.corpus.index["tracks"][crop.song]))
        code = int(self.codes[crop.song])
        chosen = self.book[code] if style and code >= 0 else None
        return self._example(crop, onsets, hits, all_heard, np.ones(crop.bars, bool), controls, chosen)

    def controls(self, crop: BarCrop) -> npt.NDArray[np.int64]:
        """What the bars of a crop are (bars, 6), nothing hidden."""
        before = min(crop.first_bar, _BARS_BEFORE)
        first, bars = crop.first_bar - before, crop.bars + before
        hits = quantise(self.corpus.between("hits", crop.song, first, bars))
        own = slice(before, bars)
        meters = meter_levels(
            self.corpus.songs[crop.song]["meters"], int(self.corpus.index["bars"][crop.song])
        )
        meters = meters[crop.first_bar : crop.first_bar + crop.bars]
        frames = np.array([16, *(meter.frames for meter in METERS.values()), 16])[meters]
        labels = read_plan(hits, bars, _NO_SCALE)[own]
        controls = np.full((crop.bars, len(CONTROL_SIZES)), UNKNOWN, np.int64)
        controls[:, DENSITY] = density_level(np.bincount(hits["bar"], minlength=bars)[own], frames)
        controls[:, KIND] = np.where(labels["kind"] <= FILL, 1 + labels["kind"], UNKNOWN)
        controls[:, CRASH] = 1 + labels["crash"]
        controls[:, CYMBAL] = 1 + labels["cymbal"]
        controls[:, TEMPO] = tempo_level(float(self.corpus.index["bpm"][crop.song]))
        controls[:, METER] = meters
        return controls

    def _hidden(self, random: np.random.Generator) -> npt.NDArray[np.int64]:
        config = self.config
        shown = np.zeros(len(CONTROL_SIZES))
        shown[DENSITY], shown[KIND] = config.show_density_share, config.show_kind_share
        shown[CRASH], shown[CYMBAL] = config.show_crash_share, config.show_cymbal_share
        shown[TEMPO], shown[METER] = config.show_tempo_share, config.show_meter_share
        return np.flatnonzero(random.random(len(CONTROL_SIZES)) >= shown)

    def _drawn_style(self, song: int, random: np.random.Generator) -> Style | None:
        """The code of the song or its own groove, as a file that is to be like would be; or none."""
        choice, code = random.random(), int(self.codes[song])
        if choice < self.config.code_share:
            return self.book[code] if code >= 0 else None
        if choice < self.config.code_share + self.config.groove_share:
            return Style(self._grooves[song].astype(np.float32), float(self._triplets[song]))
        return None

    def _example(
        self,
        crop: BarCrop,
        onsets: Array,
        hits: Array,
        heard: npt.NDArray[np.bool_],
        history: npt.NDArray[np.bool_],
        controls: npt.NDArray[np.int64],
        style: Style | None,
    ) -> DrumExample:
        tokens = self.corpus.between("tokens", crop.song, crop.first_bar, crop.bars).astype(np.int64)
        written = self.corpus.counts("tokens", crop.song, crop.first_bar, crop.bars) > 0
        sequence = np.concatenate(([BOS], tokens, [EOS]))
        shape = crop.bars * FRAMES_PER_BAR, STYLE_FEATURES
        frames = np.zeros(shape, np.float32)
        if style is not None:
            frames = style.frames(crop.bars, crop.first_bar).reshape(shape)
        return DrumExample(
            parts=part_frames(onsets, crop.bars),
            heard=heard,
            drums=drum_frames(quantise(hits), crop.bars),
            history=history,
            written=written,
            style=frames,
            controls=controls,
            tokens=sequence,
            cursor=self._cursors.cursor(sequence[:-1], written),
        )


def collate(examples: list[DrumExample]) -> DrumBatch:
    """Pad examples to the longest of them, rounded up: kernels are compiled for every new shape."""
    bars = -(-max(len(example.heard) for example in examples) // BAR_STEP) * BAR_STEP
    length = -(-max(len(example.cursor) for example in examples) // LENGTH_STEP) * LENGTH_STEP
    size = len(examples)
    parts = torch.zeros(size, bars * FRAMES_PER_BAR, PART_FEATURES)
    drums = torch.zeros(size, bars * FRAMES_PER_BAR, DRUM_FEATURES)
    heard = torch.zeros(size, bars, dtype=torch.bool)
    history = torch.zeros(size, bars, dtype=torch.bool)
    written = torch.zeros(size, bars, dtype=torch.bool)
    style = torch.zeros(size, bars * FRAMES_PER_BAR, STYLE_FEATURES)
    controls = torch.zeros(size, bars, len(CONTROL_SIZES), dtype=torch.long)
    inputs = torch.full((size, length), PAD)
    targets = torch.full((size, length), IGNORED)
    cursor = torch.zeros(size, length, dtype=torch.long)
    for row, example in enumerate(examples):
        parts[row, : len(example.parts)] = torch.from_numpy(example.parts)
        drums[row, : len(example.drums)] = torch.from_numpy(example.drums)
        heard[row, : len(example.heard)] = torch.from_numpy(example.heard)
        history[row, : len(example.heard)] = torch.from_numpy(example.history)
        written[row, : len(example.heard)] = torch.from_numpy(example.written)
        style[row, : len(example.style)] = torch.from_numpy(example.style)
        controls[row, : len(example.heard)] = torch.from_numpy(example.controls)
        inputs[row, : len(example.cursor)] = torch.from_numpy(example.tokens[:-1])
        targets[row, : len(example.cursor)] = torch.from_numpy(example.tokens[1:])
        cursor[row, : len(example.cursor)] = torch.from_numpy(example.cursor)
    return DrumBatch(
        parts.unflatten(1, (bars, FRAMES_PER_BAR)),
        heard,
        drums.unflatten(1, (bars, FRAMES_PER_BAR)),
        history,
        written,
        style.unflatten(1, (bars, FRAMES_PER_BAR)),
        controls,
        inputs,
        targets,
        cursor,
        torch.tensor([len(example.heard) for example in examples]),
    )
