"""Two processes train what one does: the same steps of the same batches, stopped or in one go."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.drum_corpus import TINY_CONFIG
from tests.training.vocoder.audio_corpus import write_audio_folder
from tests.vocoder_training import TINY_VOCODER
from training.common.checkpoint import read_tensors, read_values
from training.vocoder.audio_folder import find_recordings
from training.vocoder.parts import ChunkConfig
from training.vocoder.prepare import prepare as prepare_audio

ROOT = Path(__file__).resolve().parents[2]


def _train(kind: str, config: str, data: Path, out: Path, devices: int, *options: str) -> Path:
    done = _run([f"training.{kind}", "train"], config, data, out, devices, *options)
    assert done.returncode == 0, done.stderr
    return out


def _run(
    command: list[str], config: str, data: Path, out: Path, devices: int, *options: str
) -> subprocess.CompletedProcess[str]:
    out.mkdir(exist_ok=True)
    (out / "config.toml").write_text(config, encoding="utf-8")
    command = [sys.executable, "-m", *command, "--config", str(out / "config.toml"), "--data", str(data)]
    command += ["--out", str(out), "--accelerator", "cpu", "--devices", str(devices), *options]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def _log(run: Path, name: str) -> list[float]:
    with (run / "log.csv").open(encoding="utf-8") as file:
        return [float(row[name]) for row in csv.DictReader(file)]


def _differences(one: Path, two: Path) -> torch.Tensor:
    """How far every weight of one run is from that of the other (weights,)."""
    expected, found = (read_tensors(run / "last.safetensors")[0] for run in (one, two))
    assert set(expected) == set(found)
    names = [name for name in expected if name != "random" and not name.startswith("optimizer")]
    return torch.cat([(found[name] - expected[name]).abs().flatten().float() for name in names])


def test_two_processes_learn_the_drums_as_one_does(prepared, tmp_path) -> None:
    config = TINY_CONFIG.replace("dropout = 0.1", "dropout = 0.0\ntoken_dropout = 0.0")
    config = config.replace("steps = 2", "steps = 6").replace("validate_every = 1", "validate_every = 3")
    one = _train("drums", config, prepared, tmp_path / "one", 1)
    two = _train("drums", config, prepared, tmp_path / "two", 2)
    for name in ("loss", "listening", "bits"):
        assert _log(two, name) == pytest.approx(_log(one, name), rel=1e-4)
    assert _differences(one, two).max() < 1e-4
    (history,) = read_values(two / "last.safetensors")["history"]
    assert history["environment"]["processes"] == 2


def test_two_processes_learn_the_vocoder_as_one_does(tmp_path) -> None:
    rate = 1e-5
    found = find_recordings(write_audio_folder(tmp_path / "audio"))
    prepare_audio([found], tmp_path / "data", ChunkConfig(seconds=2.0), workers=1)
    # a low rate: the first steps of the optimizer go by the sign of a gradient, also where it is all but nothing
    config = TINY_VOCODER.replace("batch_size = 3", "batch_size = 4").replace("= 1e-3", f"= {rate}")
    one = _train("vocoder", config, tmp_path / "data", tmp_path / "one", 1)
    two = _train("vocoder", config, tmp_path / "data", tmp_path / "two", 2)
    for name in ("stft", "mel_scales", "critic", "m_stft"):
        assert _log(two, name) == pytest.approx(_log(one, name), rel=1e-4)
    assert (_differences(one, two) > rate / 2).float().mean() < 0.02


def test_two_processes_that_were_stopped_go_on_exactly(prepared, tmp_path) -> None:
    config = TINY_CONFIG.replace("steps = 2", "steps = 5").replace("validate_every = 1", "validate_every = 5")
    whole = _train("drums", config, prepared, tmp_path / "whole", 2)
    for _ in range(2):
        parts = _train("drums", config, prepared, tmp_path / "parts", 2, "--minutes", "0")
    _assert_in_the_midst_of_an_epoch(parts, 2)
    _train("drums", config, prepared, parts, 2)
    assert _differences(whole, parts).max() == 0


def test_two_processes_of_which_one_is_killed_go_on_exactly(prepared, tmp_path) -> None:
    config = TINY_CONFIG.replace("steps = 2", "steps = 5").replace("validate_every = 1", "validate_every = 5")
    whole = _train("drums", config, prepared, tmp_path / "whole", 2)
    killing = ["tests.training.common.shards", "drums.train", "training.common.loop.save_checkpoint", "3"]
    killed = _run(
        killing, config, prepared, tmp_path / "parts", 2
    )  # returns when the other process has ended, too
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    _assert_in_the_midst_of_an_epoch(tmp_path / "parts", 3)
    parts = _train("drums", config, prepared, tmp_path / "parts", 2)
    assert _differences(whole, parts).max() == 0


def test_torchrun_starts_what_the_launcher_starts(prepared, tmp_path) -> None:
    config = TINY_CONFIG.replace("steps = 2", "steps = 3").replace("validate_every = 1", "validate_every = 3")
    launched = _train("drums", config, prepared, tmp_path / "launched", 2)
    torchrun = [
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        "-m",
        "training.drums",
        "train",
    ]
    done = _run(torchrun, config, prepared, tmp_path / "torchrun", 2)
    assert done.returncode == 0, done.stderr
    assert _differences(launched, tmp_path / "torchrun").max() == 0


def _assert_in_the_midst_of_an_epoch(run: Path, step: int) -> None:
    progress = read_values(run / "last.safetensors")["progress"]
    assert (progress["step"], progress["epoch"], progress["step_in_epoch"]) == (step, 0, step)
