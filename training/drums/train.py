"""Train the drum model from a prepared folder."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional

from musegen_daw.drums.events import Array
from musegen_daw.drums.tokens import DrumTokenizer
from training.common.checkpoint import provenance, read_tensors
from training.common.config import from_dict
from training.common.loop import LoopConfig, Share, TrainingState, TrainingTask, fit
from training.common.train_command import run_training
from training.drums.corpus import Corpus
from training.drums.crops import SONGS_A_BLOCK, BarCrop
from training.drums.dataset import (
    IGNORED,
    DrumBatch,
    DrumConditionalDataset,
    DrumDataConfig,
    DrumExample,
    collate,
)
from training.drums.model import DrumLSTM, ModelConfig, Output

NATS_TO_BITS = 1 / math.log(2)
REPEAT_WEIGHT = 0.3  # of a repeated bar in the listening loss, beside 1 for a written one


@dataclass(frozen=True, slots=True)
class DrumTraining:
    """The tables of a training configuration.

    `listening_weight` is that of the hits expected without what was played before; with `listen_only` nothing but
    what reads the parts is trained, several times as fast.
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DrumDataConfig = field(default_factory=DrumDataConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)
    validation_crops: int = 360
    listening_weight: float = 0.3
    listen_only: bool = False


def main(argv: list[str] | None = None) -> int:
    return run_training(
        argv,
        "drums",
        DrumTraining,
        train,
        lambda progress: (
            f"step {progress.step}: best {progress.best:.3f} bits per bar at step {progress.best_step}"
        ),
        # what is left out of a training has no gradient, which several devices have to be told
        strategy=lambda config: "ddp_find_unused_parameters_true" if config.listen_only else "auto",
    )


def train(
    config: DrumTraining,
    data: Path,
    out: Path,
    *,
    fabric: Fabric,
    seconds: float = math.inf,
    start: Path | None = None,
) -> TrainingState:
    """Train until done or `seconds` have passed; returns where it stands.

    A run that is new begins with those averaged weights of the checkpoint `start` that have a place in it.
    """
    tokenizer = DrumTokenizer.load(data / "tokenizer.json")
    torch.manual_seed(config.loop.seed)
    model = DrumLSTM(config.model, tokenizer.vocabulary())
    if start is not None:
        begin_with(model, start)
    training = DrumConditionalDataset(Corpus(data, "train"), tokenizer, config.data, config.loop.seed)
    validation = DrumConditionalDataset(Corpus(data, "validation"), tokenizer, DrumDataConfig(), 0)
    watched = validation_batches(validation, config.validation_crops)
    if not watched["own"]:
        raise ValueError(f"{data} has no song with instruments in the validation split")

    def plan(epoch: int) -> Iterable[list[BarCrop]]:
        return training.batches(epoch, config.loop.batch_size)

    def listening_weight(crop: BarCrop) -> float:
        written = training.corpus.counts("tokens", crop.song, crop.first_bar, crop.bars) > 0
        return crop.bars * REPEAT_WEIGHT + int(written.sum()) * (1 - REPEAT_WEIGHT)

    def loss(
        network: nn.Module, share: Share[BarCrop], progress: TrainingState
    ) -> tuple[Tensor, dict[str, float]]:
        batch = to_device(collate([training.draw(crop, progress.epoch) for crop in share.own]), fabric.device)
        output: Output = network(batch, listen_only=config.listen_only)
        lengths, bars = (_share_of(share, size) for size in (crop_targets, listening_weight))
        heard = listening_loss(output.expected, batch) * bars
        listened = config.listening_weight * heard
        figures = {"listening": float(heard.detach())}
        if config.listen_only:
            return listened, figures
        tokens = lengths * functional.cross_entropy(
            output.logits.flatten(0, 1).float(), batch.targets.flatten(), ignore_index=IGNORED
        )
        return tokens + listened, {"loss": float(tokens.detach()), **figures}

    def validate(network: nn.Module) -> dict[str, float]:
        return _validation(network, watched, fabric.device, listen_only=config.listen_only)

    facts = {
        "config": asdict(config),
        "tokenizer": (data / "tokenizer.json").read_text(encoding="utf-8"),
        "styles": training.book.to_dict(),
    }
    watch = "expected" if config.listen_only else "bits"
    found = provenance(data, fabric)
    task = TrainingTask(model, plan, loss, validate, watch=watch, facts=facts, provenance=found)
    return fit(task, config.loop, out, fabric=fabric, seconds=seconds)


def _validation(
    network: nn.Module,
    watched: dict[str, list[DrumBatch]],
    device: torch.device,
    *,
    listen_only: bool,
) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, batches in watched.items():
        suffix = "" if name == "own" else f"_{name}"
        found[f"expected{suffix}"] = expected_nats(network, batches, device)
        if not listen_only:
            found[f"bits{suffix}"] = bits_per_bar(network, batches, device)
    return found


def crop_targets(crop: BarCrop) -> int:
    return crop.tokens + 1


def _share_of(share: Share[BarCrop], size: Callable[[BarCrop], float]) -> float:
    return sum(map(size, share.own)) / sum(map(size, share.whole))


def listening_loss(expected: Tensor, batch: DrumBatch) -> Tensor:
    """Binary cross-entropy in nats a sixteenth of the expected hits over the real bars; repeats count less."""
    hits = batch.drums[..., : expected.shape[-1]]
    missed = functional.binary_cross_entropy_with_logits(expected.float(), hits, reduction="none").sum(dim=-1)
    bars = torch.arange(hits.shape[1], device=hits.device) < batch.bar_counts[:, None]
    weight = (REPEAT_WEIGHT + (1 - REPEAT_WEIGHT) * batch.written) * bars
    return (missed.mean(dim=-1) * weight).sum() / weight.sum().clamp(min=1e-6)


def expected_nats(model: nn.Module, batches: Iterable[DrumBatch], device: torch.device) -> float:
    """Mean `listening_loss` of the part encoder alone."""
    nats, bars = 0.0, 0
    for batch in batches:
        count = int(batch.bar_counts.sum())
        there = to_device(batch, device)
        nats += count * float(listening_loss(model(there, listen_only=True).expected, there))
        bars += count
    return nats / bars


def to_device(batch: DrumBatch, device: torch.device) -> DrumBatch:
    return DrumBatch(*(value.to(device, non_blocking=True) for value in batch))


def other_songs(songs: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.int64]]:
    """A fixed derangement: for every song another one (songs,)."""
    order = np.random.default_rng(seed).permutation(songs)
    other = np.empty(songs, np.int64)
    other[order] = np.roll(order, 1)
    return other


def other_onsets(corpus: Corpus, other: int, first_bar: int, bars: int) -> Array:
    """The parts of another song over as many bars, round again where it is too short."""
    length = int(corpus.index["bars"][other])
    pieces: list[Any] = []
    at = 0
    while at < bars:
        start = (first_bar + at) % length
        room = min(bars - at, length - start)
        onsets = corpus.between("onsets", other, start, room)
        onsets["bar"] += at
        pieces.append(onsets)
        at += room
    return np.concatenate(pieces)


def with_other_parts(dataset: DrumConditionalDataset, crop: BarCrop, other: int) -> DrumExample:
    """The crop with the instruments of song `other` in the place of its own."""
    return dataset.plain(crop, onsets=other_onsets(dataset.corpus, other, crop.first_bar, crop.bars))


def validation_batches(dataset: DrumConditionalDataset, crops: int) -> dict[str, list[DrumBatch]]:
    """Fixed crops of songs with instruments, spread over the split: with their own parts, another song's, and none."""
    songs = np.flatnonzero(dataset.corpus.index["tracks"])
    mapping = dict(zip(songs.tolist(), songs[other_songs(len(songs))].tolist(), strict=True))
    every = dataset.crops(0, songs[:: max(1, len(songs) // SONGS_A_BLOCK)])
    chosen = every[:: max(1, len(every) // crops)]
    chosen.sort(key=lambda crop: crop.tokens)
    groups = [chosen[at : at + 12] for at in range(0, len(chosen), 12)]
    return {
        "own": [collate([dataset.plain(crop) for crop in group]) for group in groups],
        "other": [
            collate([with_other_parts(dataset, crop, mapping[crop.song]) for crop in group])
            for group in groups
        ],
        "none": [collate([dataset.plain(crop, heard=False) for crop in group]) for group in groups],
    }


def bits_per_bar(model: nn.Module, batches: Iterable[DrumBatch], device: torch.device) -> float:
    """Bits of the drum tokens a written bar, teacher forced."""
    nats, bars = 0.0, 0
    for batch in batches:
        batch = to_device(batch, device)
        logits = model(batch).logits
        nats += float(
            functional.cross_entropy(
                logits.flatten(0, 1).float(), batch.targets.flatten(), ignore_index=IGNORED, reduction="sum"
            )
        )
        bars += int(batch.written.sum())
    return nats * NATS_TO_BITS / bars


def begin_with(model: nn.Module, path: Path) -> list[str]:
    """Take over the averaged weights of a checkpoint that have a place of their name and size; returns their names.

    Raises ValueError where there are none.
    """
    tensors, _ = read_tensors(path)
    own = model.state_dict()
    found = {
        name.removeprefix("average/"): value
        for name, value in tensors.items()
        if name.startswith("average/")
        and (there := own.get(name.removeprefix("average/"))) is not None
        and there.shape == value.shape
    }
    if not found:
        raise ValueError(f"{path} has no weights that fit into this model")
    model.load_state_dict({**own, **found})
    return sorted(found)


def load_model(path: Path) -> tuple[DrumLSTM, DrumTokenizer, dict[str, Any]]:
    """The averaged model of a checkpoint (of a run, or released) with its tokenizer and plain values."""
    tensors, values = read_tensors(path)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tokenizer.json"
        file.write_text(values["tokenizer"], encoding="utf-8")
        tokenizer = DrumTokenizer.load(file)
    config = from_dict(DrumTraining, values["config"], str(path))
    model = DrumLSTM(config.model, tokenizer.vocabulary())
    averaged = {
        name.removeprefix("average/"): value for name, value in tensors.items() if name.startswith("average/")
    }
    model.load_state_dict(averaged)
    return model.eval(), tokenizer, values
