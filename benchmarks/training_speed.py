"""How much of training the loader costs: real batches beside random tensors of the same shapes, in turn."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.features import CONTROL_SIZES
from musegen_daw.drums.tokens import DrumTokenizer, DrumVocabulary
from training.common.config import load_config
from training.common.loop import Share, TrainingState
from training.drums.corpus import Corpus
from training.drums.dataset import IGNORED, DrumBatch, DrumConditionalDataset
from training.drums.dataset import collate as collate_drums
from training.drums.model import DrumLSTM
from training.drums.train import DrumTraining
from training.drums.train import to_device as drums_to_device
from training.vocoder.dataset import AudioBatch, AudioCorpus, AudioCrop, VocoderDataset, collate
from training.vocoder.generator import Generator
from training.vocoder.train import AdversarialLosses, VocoderTraining, to_device

DRUM_WARM_UP_STEPS, VOCODER_WARM_UP_STEPS = 2, 1


def benchmark_drums(
    data: Path, config_path: Path | None, steps: int, threads: int, seed: int
) -> list[dict[str, Any]]:
    """Time `steps` steps on real batches and on random tensors, in turn, so that other load falls on both alike."""
    if threads:
        torch.set_num_threads(threads)
    config = load_config(DrumTraining, config_path) if config_path else DrumTraining()
    tokenizer = DrumTokenizer.load(data / "tokenizer.json")
    vocabulary = tokenizer.vocabulary()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(seed)
    model = DrumLSTM(config.model, vocabulary).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), config.loop.learning_rate)
    dataset = DrumConditionalDataset(Corpus(data, "train"), tokenizer, config.data, seed)
    plan = list(islice(dataset.batches(0, config.loop.batch_size), steps + DRUM_WARM_UP_STEPS))
    if not plan:
        raise ValueError(f"{data} has no training sequence")
    seconds = {"load": 0.0, "real": 0.0, "bare": 0.0}
    tokens = places = 0
    for step in tqdm(range(steps + DRUM_WARM_UP_STEPS), "steps", disable=not sys.stderr.isatty()):
        started = time.perf_counter()
        batch = collate_drums([dataset.draw(crop, 0) for crop in plan[step % len(plan)]])
        loaded = time.perf_counter()
        _drum_step(model, optimizer, drums_to_device(batch, device), config.loop.clip_norm)
        ended = time.perf_counter()
        random = drums_to_device(random_like(batch, vocabulary), device)
        bare_started = time.perf_counter()
        _drum_step(model, optimizer, random, config.loop.clip_norm)
        bare_ended = time.perf_counter()
        if step < DRUM_WARM_UP_STEPS:
            continue
        seconds["load"] += loaded - started
        seconds["real"] += ended - started
        seconds["bare"] += bare_ended - bare_started
        tokens += int((batch.targets != IGNORED).sum())
        places += batch.targets.numel()
    found = {
        "steps": steps,
        "batch_size": config.loop.batch_size,
        "seed": seed,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "threads": torch.get_num_threads(),
        "parameters": sum(value.numel() for value in model.parameters()),
        "tokens": tokens,
        "padding_share": 1 - tokens / places,
        "real_tokens_per_second": tokens / seconds["real"],
        "bare_tokens_per_second": tokens / seconds["bare"],
        "loader_share": seconds["load"] / seconds["real"],
        "real_over_bare": seconds["bare"] / seconds["real"],
    }
    print(
        f"{steps} steps of {config.loop.batch_size} sequences, {found['parameters'] / 1e6:.1f} M parameters,"
        f" {found['device']}, {found['threads']} threads, seed {seed}, padding {found['padding_share']:.1%}"
    )
    _print(found, "tokens/s", found["real_tokens_per_second"], found["bare_tokens_per_second"])
    return [found]


def _print(found: dict[str, Any], unit: str, real: float, bare: float) -> None:
    print(f"real loader and model  {real:10.2f} {unit}")
    print(f"bare loop, random      {bare:10.2f} {unit}")
    print(f"real over bare         {found['real_over_bare']:10.3f}")
    print(f"time in the loader     {found['loader_share']:10.1%}")


def random_like(batch: DrumBatch, vocabulary: DrumVocabulary) -> DrumBatch:
    """A batch of random values with the shapes of `batch`, padded in the same places."""
    allowed = torch.from_numpy((vocabulary.kinds[:, 0] > 0).nonzero()[0])

    def tokens(like: Tensor) -> Tensor:
        return allowed[torch.randint(len(allowed), like.shape)]

    frames = batch.parts.shape[1] * FRAMES_PER_BAR
    return DrumBatch(
        parts=torch.rand_like(batch.parts),
        heard=torch.rand(batch.heard.shape) < 0.9,
        drums=torch.rand_like(batch.drums),
        history=torch.rand(batch.history.shape) < 0.9,
        written=torch.rand(batch.written.shape) < 0.5,
        style=torch.rand_like(batch.style),
        controls=torch.randint(min(CONTROL_SIZES), batch.controls.shape),
        inputs=tokens(batch.inputs),
        targets=torch.where(batch.targets == IGNORED, IGNORED, tokens(batch.targets)),
        cursor=torch.randint(frames, batch.cursor.shape).sort(dim=1).values,
        bar_counts=batch.bar_counts,
    )


def _drum_step(
    model: nn.Module, optimizer: torch.optim.Optimizer, batch: DrumBatch, clip_norm: float
) -> None:
    logits = model(batch).logits
    loss = functional.cross_entropy(
        logits.flatten(0, 1).float(), batch.targets.flatten(), ignore_index=IGNORED
    )
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    optimizer.step()
    optimizer.zero_grad()
    # reading the value waits for the device
    if not math.isfinite(float(loss.detach())):
        raise ArithmeticError("the loss is not finite")


def benchmark_vocoder(
    data: Path, config_path: Path, steps: int, threads: int, *, adversarial: bool = False
) -> list[dict[str, Any]]:
    if threads:
        torch.set_num_threads(threads)
    config = load_config(VocoderTraining, config_path)
    fabric = Fabric(devices=1)
    torch.manual_seed(config.loop.seed)
    dataset = VocoderDataset(AudioCorpus(data, "train"), config.mel, config.data, config.loop.seed)
    plan = dataset.batches(0, config.loop.batch_size)
    if not plan:
        raise ValueError(f"{data} has no audio in the training split")
    seconds = {"load": 0.0}
    random: list[AudioBatch] = []

    def draw(crops: Sequence[AudioCrop], progress: TrainingState) -> AudioBatch:
        started = time.perf_counter()
        batch = collate([dataset.draw(crop, 0) for crop in crops])
        seconds["load"] += time.perf_counter() - started
        random[:] = [AudioBatch(torch.rand_like(batch.mel), 0.1 * torch.randn_like(batch.audio))]
        return to_device(batch, fabric.device)

    def bare(crops: Sequence[AudioCrop], progress: TrainingState) -> AudioBatch:
        return to_device(random[0], fabric.device)

    progress = TrainingState(step=config.adversarial_from if adversarial else 0)
    trainings = {
        name: _TimedTraining(config, source, fabric) for name, source in (("real", draw), ("bare", bare))
    }
    samples = 0
    for step in tqdm(range(steps + VOCODER_WARM_UP_STEPS), "steps", disable=not sys.stderr.isatty()):
        if step == VOCODER_WARM_UP_STEPS:
            seconds["load"] = 0.0
            for training in trainings.values():
                training.seconds = 0.0
        crops = plan[step % len(plan)]
        for training in trainings.values():
            training.step(crops, progress)
        samples += len(crops) * dataset.crop_samples if step >= VOCODER_WARM_UP_STEPS else 0
    audio = samples / config.mel.sample_rate_hz
    real, bare_seconds = trainings["real"].seconds, trainings["bare"].seconds
    found = {
        "steps": steps,
        "batch_size": config.loop.batch_size,
        "stage": 2 if adversarial else 1,
        "device": str(fabric.device),
        "threads": torch.get_num_threads(),
        "real_seconds_of_audio_a_second": audio / real,
        "bare_seconds_of_audio_a_second": audio / bare_seconds,
        "loader_share": seconds["load"] / real,
        "real_over_bare": bare_seconds / real,
    }
    print(
        f"{steps} steps of {config.loop.batch_size} crops, stage {found['stage']}, {found['device']},"
        f" {found['threads']} threads"
    )
    _print(found, "s of audio/s", audio / real, audio / bare_seconds)
    return [found]


class _TimedTraining:
    def __init__(self, config: VocoderTraining, draw: Any, fabric: Fabric) -> None:
        self._model = Generator(config.model, config.mel).to(fabric.device).train()
        self._losses = AdversarialLosses(config, self._model, draw, fabric)
        self._losses.discriminators.to(fabric.device)
        sides: list[nn.Module] = [self._model, self._losses.discriminators]
        self._sides = [
            (side, torch.optim.AdamW(side.parameters(), config.loop.learning_rate)) for side in sides
        ]
        self._clip_norm = config.loop.clip_norm
        self.seconds = 0.0

    def step(self, crops: list[AudioCrop], progress: TrainingState) -> None:
        started = time.perf_counter()
        share = Share(crops, crops)
        for (side, optimizer), loss in zip(
            self._sides, (self._losses.generator_loss, self._losses.discriminator_loss), strict=True
        ):
            found = loss(side, share, progress)
            if found is None:
                continue
            found[0].backward()
            nn.utils.clip_grad_norm_(side.parameters(), self._clip_norm)
            optimizer.step()
            optimizer.zero_grad()
            float(found[0].detach())  # waits for the device
        self.seconds += time.perf_counter() - started
