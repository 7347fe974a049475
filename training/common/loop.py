"""The one training loop: steps, schedule, averaging, validation, early stop, checkpoints, an exact resume."""

from __future__ import annotations

import csv
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from tqdm import tqdm

from training.common.checkpoint import load_checkpoint, save_checkpoint

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """How long and how to train."""

    steps: int = 10_000
    batch_size: int = 12
    learning_rate: float = 2e-3
    final_rate_share: float = 0.02
    warmup_steps: int = 300
    first_moment: float = 0.9
    second_moment: float = 0.98
    weight_decay: float = 0.02
    clip_norm: float = 1.0
    average_decay: float = 0.998
    validate_every: int = 500
    checkpoint_every: int = 250
    patience: int = 8
    precision: str = "32-true"
    seed: int = 0


@dataclass(slots=True)
class Progress:
    """Where a training stands."""

    step: int = 0
    epoch: int = 0
    step_in_epoch: int = 0
    best: float = math.inf
    best_step: int = 0
    stale: int = 0
    seconds: float = 0.0


Loss = tuple[Tensor, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Opponent(Generic[Item]):
    """A second network that is trained in turn with the model, as a discriminator is.

    `loss(network, item, progress)` is asked for after every step of the model, with the same item, and says
    None while the opponent sits out. Its learning rate is that of the model times `rate_share`.
    """

    model: nn.Module
    loss: Callable[[nn.Module, Item, Progress], Loss | None]
    rate_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Task(Generic[Item]):
    """What a training brings along: its batches, one step, one validation.

    `plan(epoch)` lists the items of an epoch; `loss(network, item, progress)` does forward through `network`
    (the model as it was set up for precision and several devices) and returns the loss with figures to
    log; `validate(model)` returns figures, of which `watch` is to fall. `opponents` take turns with the model.
    """

    model: nn.Module
    plan: Callable[[int], Sequence[Item]]
    loss: Callable[[nn.Module, Item, Progress], Loss]
    validate: Callable[[nn.Module], dict[str, float]]
    watch: str
    facts: dict[str, Any] = field(default_factory=dict)
    opponents: Mapping[str, Opponent[Item]] = field(default_factory=dict)


def rate_at(config: LoopConfig, step: int) -> float:
    """Learning rate: a linear warm-up, then a cosine down to `final_rate_share`."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    share = min(1.0, (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps))
    low = config.final_rate_share
    return config.learning_rate * (low + (1 - low) * 0.5 * (1 + math.cos(math.pi * share)))


def fit(
    task: Task[Any], config: LoopConfig, folder: Path, *, fabric: Fabric, seconds: float = math.inf
) -> Progress:
    """Train until the steps, the patience or `seconds` are used up; goes on from `folder` where it was left.

    Written to `folder`: `last.safetensors`, `best.safetensors` (both resumable) and `log.csv`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.seed)
    average = {name: value.detach().clone() for name, value in task.model.state_dict().items()}
    progress = Progress()
    last = folder / "last.safetensors"
    # moved to the device first: what is loaded into an optimizer goes to where its parameters are
    players = {"model": _Player(task.model, task.loss, 1.0, config, fabric)} | {
        name: _Player(each.model, each.loss, each.rate_share, config, fabric)
        for name, each in task.opponents.items()
    }
    modules = {name: player.module for name, player in players.items()}
    optimizers = {name: player.optimizer.optimizer for name, player in players.items()}
    if last.exists():
        values = load_checkpoint(last, modules, average, optimizers)
        progress = Progress(**values["progress"])
    average = {name: value.to(fabric.device) for name, value in average.items()}
    started, before = time.perf_counter(), progress.seconds
    log = _Log(folder / "log.csv", enabled=fabric.is_global_zero)

    def save(name: str) -> None:
        if fabric.is_global_zero:
            values = {"progress": asdict(progress), "loop": asdict(config), **task.facts}
            save_checkpoint(folder / name, modules, average, optimizers, values)

    bar = tqdm(total=config.steps, initial=progress.step, unit="step", disable=not sys.stderr.isatty())
    sums: dict[str, float] = {}
    logged = progress.step
    while progress.step < config.steps and progress.stale < config.patience:
        items = task.plan(progress.epoch)
        if not items:
            raise ValueError(f"there is nothing to train on in epoch {progress.epoch}")
        while progress.step_in_epoch < len(items):
            figures: dict[str, float] = {}
            for player in players.values():
                figures |= player.step(items[progress.step_in_epoch], progress)
            progress.step += 1
            progress.step_in_epoch += 1
            progress.seconds = before + time.perf_counter() - started
            _follow(
                average, task.model, min(config.average_decay, (1 + progress.step) / (10 + progress.step))
            )
            for name, value in figures.items():
                sums[name] = sums.get(name, 0.0) + value
            bar.update()
            if progress.step % config.validate_every == 0 or progress.step == config.steps:
                found = _validate(task, average)
                improved = found[task.watch] < progress.best
                progress.stale = 0 if improved else progress.stale + 1
                if improved:
                    progress.best, progress.best_step = found[task.watch], progress.step
                    save("best.safetensors")
                means = {name: value / (progress.step - logged) for name, value in sums.items()}
                log.write(progress, {"rate": rate_at(config, progress.step), **means, **found})
                sums, logged = {}, progress.step
            stop = progress.step >= config.steps or progress.stale >= config.patience
            late = time.perf_counter() - started >= seconds
            if fabric.world_size > 1 and seconds < math.inf:
                late = fabric.broadcast(late)  # all stop at the same step
            if progress.step % config.checkpoint_every == 0 or stop or late:
                save("last.safetensors")
            if stop or late:
                bar.close()
                return progress
        progress.epoch += 1
        progress.step_in_epoch = 0
    bar.close()
    return progress


class _Player:
    """A network, its optimizer and its loss, set up for the devices."""

    def __init__(
        self,
        module: nn.Module,
        loss: Callable[[nn.Module, Any, Progress], Loss | None],
        rate_share: float,
        config: LoopConfig,
        fabric: Fabric,
    ) -> None:
        self.module, self._loss, self._rate_share = module, loss, rate_share
        self._config, self._fabric = config, fabric
        optimizer = torch.optim.AdamW(
            module.parameters(),
            config.learning_rate * rate_share,
            betas=(config.first_moment, config.second_moment),
            weight_decay=config.weight_decay,
        )
        self._network, self.optimizer = fabric.setup(module, optimizer)

    def step(self, item: Any, progress: Progress) -> dict[str, float]:
        """One step of the optimizer; returns the figures to log."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self._config, progress.step) * self._rate_share
        self._network.train()
        found = self._loss(self._network, item, progress)
        if found is None:
            return {}
        loss, figures = found
        self._fabric.backward(loss)
        self._fabric.clip_gradients(self._network, self.optimizer, max_norm=self._config.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return figures


def _follow(average: dict[str, Tensor], model: nn.Module, decay: float) -> None:
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                average[name].lerp_(value, 1 - decay)
            else:
                average[name].copy_(value)


def _validate(task: Task[Any], average: dict[str, Tensor]) -> dict[str, float]:
    current = {name: value.detach().clone() for name, value in task.model.state_dict().items()}
    task.model.load_state_dict(average)
    task.model.eval()
    try:
        with torch.no_grad():
            return task.validate(task.model)
    finally:
        task.model.load_state_dict(current)


class _Log:
    def __init__(self, path: Path, *, enabled: bool) -> None:
        self._path, self._enabled = path, enabled

    def write(self, progress: Progress, figures: dict[str, float]) -> None:
        if not self._enabled:
            return
        row = {"step": progress.step, "epoch": progress.epoch, "seconds": round(progress.seconds, 1)}
        row |= {name: round(value, 6) for name, value in figures.items()}
        is_new = not self._path.exists()
        with self._path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if is_new:
                writer.writeheader()
            writer.writerow(row)
        tqdm.write("  ".join(f"{name} {value:.6g}" for name, value in row.items()))
        sys.stdout.flush()
