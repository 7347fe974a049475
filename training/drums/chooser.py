"""Train the chooser, which tells how likely each style is given a part, on a prepared folder that has styles.

Written to `--out`: `chooser.safetensors` (released as it is) and `chooser.json`, the nats by which it misses the
styles of the validation split, beside those of the styles' shares alone.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from training.common.files import write_json
from training.drums.chooser_data import Views, read_views
from training.drums.chooser_model import ChooserConfig, ChooserNetwork, save_chooser
from training.drums.styles import read_styles

VIEWS = 8
BATCH = 256
LEARNING_RATE, WEIGHT_DECAY = 1.5e-3, 0.02
_SMALLEST_SPREAD = 1e-3


def main(argv: list[str] | None = None) -> int:
    """Train the chooser from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.drums chooser", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="prepared folder, with styles")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--epochs", type=int, default=10, help="passes over all views (default: 10)")
    parser.add_argument("--views", type=int, default=VIEWS, help=f"of each song (default: {VIEWS})")
    parser.add_argument("--minutes", type=float, default=20.0, help="at most (default: 20)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    book = read_styles(options.data)
    training = read_views(options.data, "train", options.views, options.seed)
    validation = read_views(options.data, "validation", 1)
    if not len(training) or not len(validation):
        raise ValueError(f"{options.data} has no songs with instruments and a style to learn from")
    network, log = train(
        training,
        validation,
        ChooserConfig(len(book)),
        epochs=options.epochs,
        seconds=60 * options.minutes,
        seed=options.seed,
    )
    facts = {"nats": style_nats(network, validation), "nats_of_shares": share_nats(training, validation)}
    save_chooser(network, options.out / "chooser.safetensors", {"seed": options.seed, "log": log, **facts})
    write_json(options.out / "chooser.json", {**facts, "log": log})
    print(f"{facts['nats']:.3f} nats a song; {facts['nats_of_shares']:.3f} by the shares of the styles alone")
    return 0


def train(
    training: Views,
    validation: Views,
    config: ChooserConfig,
    *,
    epochs: int,
    seconds: float = math.inf,
    seed: int = 0,
) -> tuple[ChooserNetwork, list[dict[str, float]]]:
    """The network of the epoch with the best validation, and the log: nats on `training` and on `validation`."""
    torch.manual_seed(seed)
    network = ChooserNetwork(config)
    summaries, codes = torch.from_numpy(training.summaries), torch.from_numpy(training.codes)
    network.mean.copy_(summaries.mean(dim=0))
    network.spread.copy_(summaries.std(dim=0, correction=0).clamp(min=_SMALLEST_SPREAD))
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    batches = math.ceil(len(training) / BATCH)
    log: list[dict[str, float]] = []
    best, kept = math.inf, copy.deepcopy(network.state_dict())
    begun = time.monotonic()
    progress = tqdm(total=epochs * batches, desc="chooser", leave=False, mininterval=2)
    for epoch in range(epochs):
        network.train()
        total = 0.0
        order = torch.randperm(len(training))
        for at in range(batches):
            done = (epoch + at / batches) / epochs
            for group in optimiser.param_groups:
                group["lr"] = LEARNING_RATE * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
            own = order[at * BATCH : (at + 1) * BATCH]
            loss = functional.cross_entropy(network(summaries[own]), codes[own])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += float(loss.detach()) * len(own)
            progress.update()
        held = style_nats(network, validation)
        log.append({"epoch": epoch + 1, "train": total / len(training), "validation": held})
        if held < best:
            best, kept = held, copy.deepcopy(network.state_dict())
        if time.monotonic() - begun > seconds:
            break
    progress.close()
    network.load_state_dict(kept)
    return network.eval(), log


def style_nats(network: ChooserNetwork, views: Views) -> float:
    """Nats by which the styles given the parts miss those of the songs."""
    network.eval()
    with torch.no_grad():
        logits: Tensor = network(torch.from_numpy(views.summaries))
        return float(functional.cross_entropy(logits, torch.from_numpy(views.codes)))


def share_nats(training: Views, validation: Views) -> float:
    """The same by how often each style occurs, whatever the part."""
    counts = np.bincount(training.codes, minlength=int(validation.codes.max()) + 1) + 1.0
    return float(-np.log(counts[validation.codes] / counts.sum()).mean())
