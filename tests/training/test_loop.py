"""The training loop stops, resumes and keeps what it should, to the bit."""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from training.common.checkpoint import read_tensors, read_values
from training.common.loop import LoopConfig, Share, TrainingState, TrainingTask, fit, rate_at, shares

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


def _task(losses: list[float] | None = None) -> TrainingTask[int]:
    torch.manual_seed(1)
    model = Regression()
    falling = iter(losses or [])

    def loss(
        network: nn.Module, share: Share[int], progress: TrainingState
    ) -> tuple[torch.Tensor, dict[str, float]]:
        seeds = (torch.Generator().manual_seed(item) for item in share.own)
        values = torch.cat([torch.randn(8, 3, generator=seed) for seed in seeds])
        value = (network(values) - values.sum(-1)).square().mean() * share.part
        return value, {"loss": float(value.detach())}

    def validate(network: nn.Module) -> dict[str, float]:
        return {"error": next(falling) if losses else float(network.line.weight.detach().abs().sum())}

    return TrainingTask(
        model, lambda epoch: [[epoch * 10 + at] for at in range(5)], loss, validate, "error", {"facts": 3}
    )


def _fit(folder, config=CONFIG, task=None, **options) -> TrainingState:
    return fit(task or _task(), config, folder, fabric=Fabric(accelerator="cpu", devices=1), **options)


def _stop_after(steps: int, task: TrainingTask[int]) -> TrainingTask[int]:
    """The same task, its process killed in the step after `steps`."""
    done = [0]

    def loss(network, share, progress):
        if done[0] == steps:
            raise KeyboardInterrupt
        done[0] += 1
        return task.loss(network, share, progress)

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
    values = read_values(tmp_path / "best.safetensors")
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


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 12])
@pytest.mark.parametrize(("devices", "accumulate"), [(1, 1), (1, 3), (2, 1), (3, 2), (8, 1)])
def test_every_item_is_in_one_share_of_one_device(count, devices, accumulate) -> None:
    items = list(range(count))
    cut = [shares(items, device, devices, accumulate) for device in range(devices)]
    assert {len(own) for own in cut} == {accumulate}
    busy = [share for own in cut for share in own if not share.is_idle]
    assert sorted(item for share in busy for item in share.own) == items
    assert sum(share.part for share in busy) == pytest.approx(1)
    assert all(share.own == items[:1] for own in cut for share in own if share.is_idle)


def test_accumulated_pieces_are_the_whole_step(tmp_path) -> None:
    task = _task()
    task.model.drop.p = 0.0
    task = replace(task, plan=lambda epoch: [[8 * epoch + at for at in range(8)]] * 2)
    whole = _fit(tmp_path / "whole", task=task)
    again = _task()
    again.model.drop.p = 0.0
    again = replace(again, plan=task.plan)
    assert _fit(tmp_path / "pieces", replace(CONFIG, accumulate=3), again).step == whole.step
    expected, found = (_tensors(tmp_path / name / "last.safetensors") for name in ("whole", "pieces"))
    for name in expected:
        assert torch.allclose(found[name].float(), expected[name].float(), atol=1e-5), name
    losses: list[list[float]] = []
    for name in ("whole", "pieces"):
        with (tmp_path / name / "log.csv").open(encoding="utf-8") as file:
            losses.append([float(row["loss"]) for row in csv.DictReader(file)])
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_a_checkpoint_keeps_every_provenance_of_its_run(tmp_path) -> None:
    task = replace(_task(), provenance={"data": "a", "code": {"commit": "one"}})
    _fit(tmp_path, replace(CONFIG, steps=6), task)
    _fit(tmp_path, replace(CONFIG, steps=9), replace(_task(), provenance=task.provenance))
    _fit(tmp_path, task=replace(_task(), provenance={"data": "a", "code": {"commit": "two"}}))
    values = read_values(tmp_path / "last.safetensors")
    assert values["history"] == [
        {"data": "a", "code": {"commit": "one"}, "from_step": 0},
        {"data": "a", "code": {"commit": "two"}, "from_step": 9},
    ]
    assert values["loop"]["steps"] == 12


def test_a_run_does_not_go_on_with_other_data(tmp_path) -> None:
    _fit(tmp_path, replace(CONFIG, steps=3), replace(_task(), provenance={"data": "a"}))
    with pytest.raises(ValueError, match="was trained on other data"):
        _fit(tmp_path, task=replace(_task(), provenance={"data": "b"}))
