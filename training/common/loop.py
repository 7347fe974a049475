"""The training loop: steps, schedule, averaging, validation, early stop, checkpoints and an exact resume."""

from __future__ import annotations

import csv
import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from tqdm import tqdm

from training.common.checkpoint import load_checkpoint, save_checkpoint

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Share(Generic[Item]):
    """What one device computes at once of the items of a step: `own` of `whole`.

    The losses and figures of all shares add up to those of the step, so each is a sum over `own` divided by what
    `whole` has. A share `is_idle` where there are too few items for all: its loss counts nothing.
    """

    own: Sequence[Item]
    whole: Sequence[Item]
    is_idle: bool = False

    @property
    def part(self) -> float:
        """How much of the whole it is, where all items weigh the same."""
        return len(self.own) / len(self.whole)


def shares(items: Sequence[Item], device: int, devices: int, accumulate: int) -> list[Share[Item]]:
    """The shares of one device, one after the other: of all devices' each item is in exactly one."""
    count = devices * accumulate
    cut = (items[device * accumulate + piece :: count] for piece in range(accumulate))
    return [Share(own, items) if own else Share(items[:1], items, is_idle=True) for own in cut]


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """How long and how to train.

    `batch_size` is that of one step, whatever it runs on: all devices share it, each in `accumulate` pieces.
    With `compile` the model is compiled by PyTorch, anew for every shape of batch.
    """

    steps: int = 10_000
    batch_size: int = 12
    accumulate: int = 1
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
    compile: bool = False
    seed: int = 0


@dataclass(slots=True)
class TrainingState:
    step: int = 0
    epoch: int = 0
    step_in_epoch: int = 0
    best: float = math.inf
    best_step: int = 0
    stale: int = 0
    seconds: float = 0.0


Loss = tuple[Tensor, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Discriminator(Generic[Item]):
    """A second network that is trained in turn with the model, as a discriminator is.

    `loss(network, share, progress)` is asked for after every share of the model, with the same share, and says
    None while the discriminator sits out. Its learning rate is that of the model times `rate_share`.
    """

    model: nn.Module
    loss: Callable[[nn.Module, Share[Item], TrainingState], Loss | None]
    rate_share: float = 1.0


@dataclass(frozen=True, slots=True)
class TrainingTask(Generic[Item]):
    """What a training brings along: its batches, one step, one validation.

    `plan(epoch)` gives the items of every step of an epoch, one step after the other; `loss(network, share, progress)`
    does forward through `network` (the model as it was set up for precision and several devices) and returns the
    loss with figures to log, see Share; `validate(model)` returns figures, of which `watch` is to fall.
    `discriminators` take turns with the model. Checkpoints keep `facts` and every `provenance` of the run.
    """

    model: nn.Module
    plan: Callable[[int], Iterable[Sequence[Item]]]
    loss: Callable[[nn.Module, Share[Item], TrainingState], Loss]
    validate: Callable[[nn.Module], dict[str, float]]
    watch: str
    facts: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    discriminators: Mapping[str, Discriminator[Item]] = field(default_factory=dict)


def rate_at(config: LoopConfig, step: int) -> float:
    """Learning rate: a linear warm-up, then a cosine down to `final_rate_share`."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    share = (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps)
    return config.learning_rate * cosine(share, config.final_rate_share)


def cosine(done: float, low: float) -> float:
    """A cosine from 1 to `low` while `done` goes from 0 to 1."""
    return low + (1 - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def update_average(average: dict[str, Tensor], model: nn.Module, decay: float, step: int) -> None:
    """Move the averaged weights towards those of `model`, faster in the first steps."""
    decay = min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                average[name].lerp_(value, 1 - decay)
            else:
                average[name].copy_(value)


def fit(
    task: TrainingTask[Any], config: LoopConfig, folder: Path, *, fabric: Fabric, seconds: float = math.inf
) -> TrainingState:
    """Train until the steps, the patience or `seconds` are used up; goes on from `folder` where it was left.

    Written to `folder`: `last.safetensors`, `best.safetensors` (both resumable) and `log.csv`. Raises ValueError
    where the earlier part of the run had other data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.seed)
    # moved to the device first: what is loaded into an optimizer goes to where its parameters are
    networks = {"model": _OptimizedNetwork(task.model, task.loss, 1.0, config, fabric)} | {
        name: _OptimizedNetwork(each.model, each.loss, each.rate_share, config, fabric)
        for name, each in task.discriminators.items()
    }
    checkpoints = _Checkpoints(folder, task, config, networks, fabric)
    progress, average = checkpoints.resume()
    started, before = time.perf_counter(), progress.seconds
    log = _Log(folder / "log.csv", enabled=fabric.is_global_zero)
    bar = tqdm(total=config.steps, initial=progress.step, unit="step", disable=not sys.stderr.isatty())
    sums: dict[str, float] = {}
    logged = progress.step
    while progress.step < config.steps and progress.stale < config.patience:
        for items in islice(task.plan(progress.epoch), progress.step_in_epoch, None):
            figures = _step(list(networks.values()), items, progress, config, fabric)
            progress.step += 1
            progress.step_in_epoch += 1
            progress.seconds = before + time.perf_counter() - started
            update_average(average, task.model, config.average_decay, progress.step)
            for name, value in figures.items():
                sums[name] = sums.get(name, 0.0) + value
            bar.update()
            if progress.step % config.validate_every == 0 or progress.step == config.steps:
                found = _validate(task, average)
                improved = found[task.watch] < progress.best
                progress.stale = 0 if improved else progress.stale + 1
                if improved:
                    progress.best, progress.best_step = found[task.watch], progress.step
                    checkpoints.save("best.safetensors", progress)
                means = _means(sums, progress.step - logged, fabric)
                log.write(progress, {"rate": rate_at(config, progress.step), **means, **found})
                sums, logged = {}, progress.step
            stop = progress.step >= config.steps or progress.stale >= config.patience
            late = time.perf_counter() - started >= seconds
            if fabric.world_size > 1 and seconds < math.inf:
                late = fabric.broadcast(late)  # all stop at the same step
            if progress.step % config.checkpoint_every == 0 or stop or late:
                checkpoints.save("last.safetensors", progress)
            if stop or late:
                bar.close()
                return progress
        if progress.step_in_epoch == 0:
            raise ValueError(f"there is nothing to train on in epoch {progress.epoch}")
        progress.epoch += 1
        progress.step_in_epoch = 0
    bar.close()
    return progress


class _Checkpoints:
    """The checkpoints of a run in `folder`, and its averaged weights."""

    def __init__(
        self,
        folder: Path,
        task: TrainingTask[Any],
        config: LoopConfig,
        networks: Mapping[str, _OptimizedNetwork],
        fabric: Fabric,
    ) -> None:
        self._folder, self._task, self._config, self._fabric = folder, task, config, fabric
        self._modules = {name: network.module for name, network in networks.items()}
        self._optimizers = {name: network.optimizer.optimizer for name, network in networks.items()}
        self._average = {name: value.detach().clone() for name, value in task.model.state_dict().items()}
        self._history: list[dict[str, Any]] = []

    def resume(self) -> tuple[TrainingState, dict[str, Tensor]]:
        """Where the run stands and its averaged weights; raises ValueError where it had other data."""
        progress, last, own = TrainingState(), self._folder / "last.safetensors", self._task.provenance
        if last.exists():
            values = load_checkpoint(last, self._modules, self._average, self._optimizers)
            progress = TrainingState(**values["progress"])
            self._history = values.get("history", [])
            if self._history and self._history[-1]["data"] != own.get("data"):
                raise ValueError(
                    f"{self._folder} was trained on other data; name another folder, and --start {last}"
                )
        if own and (not self._history or self._history[-1] | own != self._history[-1]):
            self._history.append(own | {"from_step": progress.step})
        self._average = {name: value.to(self._fabric.device) for name, value in self._average.items()}
        return progress, self._average

    def save(self, name: str, progress: TrainingState) -> None:
        if self._fabric.is_global_zero:
            values = {"progress": asdict(progress), "loop": asdict(self._config), "history": self._history}
            values |= self._task.facts
            save_checkpoint(self._folder / name, self._modules, self._average, self._optimizers, values)


class _OptimizedNetwork:
    """A network, its optimizer and its loss, set up for the devices."""

    def __init__(
        self,
        module: nn.Module,
        loss: Callable[[nn.Module, Any, TrainingState], Loss | None],
        rate_share: float,
        config: LoopConfig,
        fabric: Fabric,
    ) -> None:
        self.module, self._loss, self._rate_share = module, loss, rate_share
        self._config, self._fabric = config, fabric
        self._has_gradient = False
        optimizer = torch.optim.AdamW(
            module.parameters(),
            config.learning_rate * rate_share,
            betas=(config.first_moment, config.second_moment),
            weight_decay=config.weight_decay,
        )
        network: Any = torch.compile(module) if config.compile else module
        self._network, self.optimizer = fabric.setup(network, optimizer)

    def add(self, share: Share[Any], progress: TrainingState, *, is_last: bool) -> dict[str, float]:
        """Add the gradient of a share; of the last one all devices add up theirs. Returns the figures to log."""
        self._network.train()
        with self._fabric.no_backward_sync(
            self._network, enabled=self._fabric.world_size > 1 and not is_last
        ):
            found = self._loss(self._network, share, progress)
            if found is None:
                return {}
            loss, figures = found
            # devices average their gradients, shares are to be added
            self._fabric.backward(loss * (0 if share.is_idle else self._fabric.world_size))
        self._has_gradient = True
        return {} if share.is_idle else figures

    def step(self, progress: TrainingState) -> None:
        if not self._has_gradient:
            return
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self._config, progress.step) * self._rate_share
        self._fabric.clip_gradients(self._network, self.optimizer, max_norm=self._config.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self._has_gradient = False


def _step(
    networks: Sequence[_OptimizedNetwork],
    items: Sequence[Any],
    progress: TrainingState,
    config: LoopConfig,
    fabric: Fabric,
) -> dict[str, float]:
    """One step of every network on `items`; returns this device's part of the figures."""
    own = shares(items, fabric.global_rank, fabric.world_size, config.accumulate)
    if (
        fabric.world_size > 1
    ):  # each device its own chance, the same after a stop, of which one device alone writes
        torch.manual_seed(hash((config.seed, progress.step, fabric.global_rank)))
    figures: dict[str, float] = {}
    for share in own:
        for network in networks:
            for name, value in network.add(share, progress, is_last=share is own[-1]).items():
                figures[name] = figures.get(name, 0.0) + value
    for network in networks:
        network.step(progress)
    return figures


def _means(sums: dict[str, float], steps: int, fabric: Fabric) -> dict[str, float]:
    """Figures a step, over all devices."""
    values = torch.tensor([sums[name] for name in sorted(sums)], dtype=torch.float64)
    if fabric.world_size > 1:
        values = torch.as_tensor(fabric.all_reduce(values.to(fabric.device), reduce_op="sum")).cpu()
    found = dict(zip(sorted(sums), (values / steps).tolist(), strict=True))
    return {name: found[name] for name in sums}


def _validate(task: TrainingTask[Any], average: dict[str, Tensor]) -> dict[str, float]:
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

    def write(self, progress: TrainingState, figures: dict[str, float]) -> None:
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
