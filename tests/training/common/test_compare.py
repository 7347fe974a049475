"""Two runs are told apart by what they were made of and how far they came."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
import torch
from lightning_fabric import Fabric

from training.common.config import load_config
from training.common.runs import blended, compare
from training.drums import __main__ as drums
from training.drums.train import DrumTraining, train


@pytest.fixture(scope="module")
def runs(prepared, tiny_config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    fabric = Fabric(accelerator="cpu", devices=1)
    train(tiny_config, prepared, folder / "a", fabric=fabric)
    faster = replace(tiny_config, loop=replace(tiny_config.loop, learning_rate=0.02))
    train(faster, prepared, folder / "b", fabric=fabric)
    return folder / "a", folder / "b"


def test_what_differs_is_shown_with_the_figures(runs, capsys) -> None:
    assert compare("training.drums", [str(runs[0]), str(runs[1])]) == 0
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert rows["config.loop.learning_rate"] == ["0.002", "0.02", "+0.018"]
    assert "config.loop.steps" not in rows
    assert "environment.python" not in rows
    assert float(rows["best.bits"][0]) != float(rows["best.bits"][1])
    assert rows["last.step"][:2] == ["2", "2"]


def test_everything_is_shown_on_request(runs, capsys) -> None:
    compare("training.drums", [str(runs[0] / "last.safetensors"), str(runs[1]), "--all"])
    names = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert {"config.loop.steps", "environment.python", "environment.packages.torch", "data"} <= names
    assert {"code.version", "code.commit", "environment.processes"} <= names


def test_a_run_is_made_again_from_the_words_of_its_checkpoint(runs, tiny_config, prepared, tmp_path) -> None:
    config = load_config(DrumTraining, runs[0] / "last.safetensors")
    assert config == tiny_config
    train(config, prepared, tmp_path, fabric=Fabric(accelerator="cpu", devices=1))
    again = compare("training.drums", [str(runs[0]), str(tmp_path)])
    assert again == 0
    logs = [(run / "log.csv").read_text(encoding="utf-8").splitlines() for run in (runs[0], tmp_path)]
    without_time = [[row.split(",")[:2] + row.split(",")[3:] for row in log] for log in logs]
    assert without_time[0] == without_time[1]


def test_what_is_no_run_is_named(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["training.drums", "compare", str(tmp_path), str(tmp_path)])
    with pytest.raises(SystemExit):
        drums.main()
    assert "is no run" in capsys.readouterr().err


def test_weights_are_blended_with_those_a_run_began_with() -> None:
    run = {"average/a": torch.tensor([1.0, 2.0]).half(), "average/new": torch.tensor([4.0])}
    start = {"average/a": torch.tensor([3.0, -2.0]), "other": torch.tensor([9.0])}
    blend = blended(run, start, 0.75)
    assert blend["average/a"].tolist() == [1.5, 1.0]
    assert blend["average/new"].tolist() == [4.0]
    assert set(blend) == set(run)
    assert blended(run, start, 1.0)["average/a"].tolist() == [1.0, 2.0]
