"""The training loop stops, resumes and keeps what it should, to the bit."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace

import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from training.common.checkpoint import read_tensors
from training.common.loop import LoopConfig, Progress, Task, fit, rate_at

CONFIG = LoopConfig(steps=12, warmup_steps=2, validate_every=4, checkpoint_every=3, average_decay=0.5)


class Regression(nn.Module):
    """A line with dropout, so that the random state matters."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(3, 4)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(4, 1)
        self.saw: list[bool] = []

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self.saw.append(torch.is_autocast_enabled("cpu"))
        return self.out(self.drop(torch.tanh(self.line(values)))).squeeze(-1)


def _task(losses: list[float] | None = None) -> Task[int]:
    torch.manual_seed(1)
    model = Regression()
    falling = iter(losses or [])

    def loss(network: nn.Module, item: int, progress: Progress) -> tuple[torch.Tensor, dict[str, float]]:
        values = torch.randn(8, 3, generator=torch.Generator().manual_seed(item))
        value = (network(values) - values.sum(-1)).square().mean()
        return value, {"loss": float(value.detach())}

    def validate(network: nn.Module) -> dict[str, float]:
        return {"error": next(falling) if losses else float(network.line.weight.detach().abs().sum())}

    return Task(
        model, lambda epoch: [epoch * 10 + at for at in range(5)], loss, validate, "error", {"facts": 3}
    )


def _fit(folder, config=CONFIG, task=None, **options) -> Progress:
    return fit(task or _task(), config, folder, fabric=Fabric(accelerator="cpu", devices=1), **options)


def _stop_after(steps: int, task: Task[int]) -> Task[int]:
    """The same task, its process killed in the step after `steps`."""
    done = [0]

    def loss(network, item, progress):
        if done[0] == steps:
            raise KeyboardInterrupt
        done[0] += 1
        return task.loss(network, item, progress)

    return replace(task, loss=loss)


def _tensors(path) -> dict[str, torch.Tensor]:
    return read_tensors(path)[0]


@pytest.mark.parametrize("steps", [3, 4, 5, 6, 9, 11])
def test_stopped_and_resumed_is_as_in_one_go(tmp_path, steps) -> None:
    whole = _fit(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        _fit(tmp_path / "parts", task=_stop_after(steps, _task()))
    parts = _fit(tmp_path / "parts")
    assert replace(parts, seconds=0) == replace(whole, seconds=0)
    expected, found = (
        _tensors(tmp_path / "whole/last.safetensors"),
        _tensors(tmp_path / "parts/last.safetensors"),
    )
    assert set(found) == set(expected)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_time_that_is_up_stops_after_a_step_and_training_goes_on(tmp_path) -> None:
    counts = [_fit(tmp_path / "parts", seconds=0).step for _ in range(3)]
    assert counts == [1, 2, 3]
    _fit(tmp_path / "parts")
    _fit(tmp_path / "whole")
    expected, found = (
        _tensors(tmp_path / "whole/last.safetensors"),
        _tensors(tmp_path / "parts/last.safetensors"),
    )
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_a_training_that_is_done_is_not_begun_again(tmp_path) -> None:
    done = _fit(tmp_path)
    before = (tmp_path / "last.safetensors").read_bytes()
    assert _fit(tmp_path) == done
    assert (tmp_path / "last.safetensors").read_bytes() == before


def test_what_no_longer_falls_stops_early_and_the_best_is_kept(tmp_path) -> None:
    config = replace(CONFIG, steps=100, validate_every=2, patience=3)
    progress = _fit(tmp_path, config, _task([5.0, 4.0, 4.5, 4.0, 4.2, 1.0]))
    assert (progress.step, progress.best, progress.best_step, progress.stale) == (10, 4.0, 4, 3)
    values = json.loads(read_tensors(tmp_path / "best.safetensors")[1]["values"])
    assert values["progress"]["step"] == 4
    assert values["facts"] == 3
    assert _fit(tmp_path, config, _task([0.0])).step == 10


def test_validation_sees_the_averaged_weights_and_training_keeps_its_own(tmp_path) -> None:
    seen: list[torch.Tensor] = []
    task = _task()

    def validate(network: nn.Module) -> dict[str, float]:
        assert not network.training
        seen.append(network.line.weight.detach().clone())
        return {"error": 1.0}

    _fit(tmp_path, replace(CONFIG, patience=99), replace(task, validate=validate))
    tensors = _tensors(tmp_path / "last.safetensors")
    assert torch.equal(seen[-1], tensors["average/line.weight"])
    assert torch.equal(task.model.line.weight, tensors["model/line.weight"])
    assert not torch.equal(tensors["model/line.weight"], tensors["average/line.weight"])
    assert len(seen) == 3


def test_the_network_runs_in_the_precision_asked_for(tmp_path) -> None:
    for precision, expected in (("32-true", False), ("bf16-mixed", True)):
        task = _task()
        fabric = Fabric(accelerator="cpu", devices=1, precision=precision)
        fit(task, CONFIG, tmp_path / precision, fabric=fabric)
        assert set(task.model.saw) == {expected}


def test_the_log_has_one_row_for_every_validation(tmp_path) -> None:
    _fit(tmp_path)
    with (tmp_path / "log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["4", "8", "12"]
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert all(float(row["loss"]) > 0 and float(row["error"]) > 0 for row in rows)


def test_an_epoch_without_a_batch_is_an_error(tmp_path) -> None:
    with pytest.raises(ValueError, match="nothing to train on"):
        _fit(tmp_path, task=replace(_task(), plan=lambda epoch: []))


def test_the_rate_rises_then_falls_to_its_share() -> None:
    config = LoopConfig(steps=100, warmup_steps=10, learning_rate=1.0, final_rate_share=0.1)
    rates = [rate_at(config, step) for step in range(101)]
    assert rates[9] == rates[10] == max(rates) == 1.0
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert math.isclose(rates[-1], 0.1)
    assert rate_at(config, 1000) == rates[-1]
