"""The command line of every training."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lightning_fabric import Fabric

from training.common.config import load_config
from training.common.loop import LoopConfig, TrainingState


class Training(Protocol):
    @property
    def loop(self) -> LoopConfig: ...


Config = TypeVar("Config", bound=Training)


def run_training(
    argv: list[str] | None,
    models: str,
    kind: type[Config],
    train: Callable[..., TrainingState],
    told: Callable[[TrainingState], str],
    *,
    strategy: Callable[[Config], str] = lambda _: "auto",
) -> int:
    """Train the `models` ("drums") as a command line says and print what `told` makes of the end; returns the status.

    `strategy` names Fabric's for several devices.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m training.{models} train",
        description="Train from a prepared folder; stop and start as you like.",
    )
    add = parser.add_argument
    add("--config", type=Path, required=True, help=f"TOML (training/{models}/configs), or a checkpoint")
    add("--data", type=Path, required=True, help="folder written by prepare")
    add("--out", type=Path, required=True, help="run folder; an earlier run there goes on")
    add("--start", type=Path, metavar="CHECKPOINT", help="begin with its averaged weights")
    add("--minutes", type=float, default=math.inf, help="stop after this time")
    add("--accelerator", default="auto")
    add("--devices", default="auto")
    add("--nodes", type=int, default=1)
    options = parser.parse_args(argv)
    config = load_config(kind, options.config)
    devices = 1 if options.accelerator == "cpu" and options.devices == "auto" else options.devices
    precision: Any = config.loop.precision
    fabric = Fabric(
        accelerator=options.accelerator,
        strategy="auto" if str(devices) == "1" else strategy(config),
        devices=devices,
        num_nodes=options.nodes,
        precision=precision,
    )
    fabric.launch()
    progress = train(
        config, options.data, options.out, fabric=fabric, seconds=options.minutes * 60, start=options.start
    )
    if fabric.is_global_zero:
        print(told(progress))
    return 0
