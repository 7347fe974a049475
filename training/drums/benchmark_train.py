"""Training tokens per second with the real loader, beside the same steps on random tensors of the same shapes."""

from __future__ import annotations

import math
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.features import CONTROL_SIZES
from musegen_daw.drums.tokens import DrumTokenizer, DrumVocabulary
from training.common.config import load_config
from training.drums.corpus import Corpus
from training.drums.dataset import IGNORED, DrumBatch, DrumConditionalDataset, collate
from training.drums.model import DrumLSTM
from training.drums.train import DrumTraining, to_device

WARM_UP_STEPS = 2


def benchmark_training(
    data: Path, config_path: Path | None, steps: int, threads: int, seed: int
) -> dict[str, Any]:
    """Take `steps` steps of each kind, in turn, so that whatever else the machine does falls on both alike."""
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
    plan = list(islice(dataset.batches(0, config.loop.batch_size), steps + WARM_UP_STEPS))
    if not plan:
        raise ValueError(f"{data} has no training sequence")
    seconds = {"load": 0.0, "real": 0.0, "bare": 0.0}
    tokens = places = 0
    for step in tqdm(range(steps + WARM_UP_STEPS), "steps", disable=not sys.stderr.isatty()):
        started = time.perf_counter()
        batch = collate([dataset.draw(crop, 0) for crop in plan[step % len(plan)]])
        loaded = time.perf_counter()
        _step(model, optimizer, to_device(batch, device), config.loop.clip_norm)
        ended = time.perf_counter()
        random = to_device(random_like(batch, vocabulary), device)
        bare_started = time.perf_counter()
        _step(model, optimizer, random, config.loop.clip_norm)
        bare_ended = time.perf_counter()
        if step < WARM_UP_STEPS:
            continue
        seconds["load"] += loaded - started
        seconds["real"] += ended - started
        seconds["bare"] += bare_ended - bare_started
        tokens += int((batch.targets != IGNORED).sum())
        places += batch.targets.numel()
    return {
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


def print_training(found: dict[str, Any]) -> None:
    """Print the table."""
    place = found["machine"]
    print(
        f"{found['steps']} steps of {found['batch_size']} sequences, {found['parameters'] / 1e6:.1f} M parameters,"
        f" {found['device']}, {found['threads']} threads; {place['processor']}, {place['cores']} cores,"
        f" load {place['load']}, seed {found['seed']}"
    )
    print(f"real loader and model  {found['real_tokens_per_second']:10.0f} tokens/s")
    print(f"bare loop, random      {found['bare_tokens_per_second']:10.0f} tokens/s")
    print(f"real over bare         {found['real_over_bare']:10.3f}")
    print(f"time in the loader     {found['loader_share']:10.1%}")
    print(f"padding                {found['padding_share']:10.1%}")


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: DrumBatch, clip_norm: float) -> None:
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
