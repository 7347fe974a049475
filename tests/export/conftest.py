"""A tiny drum model, trained for two steps, released and exported, once for all tests here."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

import export.__main__ as exporting
from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.drums.hand import Noise
from musegen_daw.drums.plan_reading import PlanScale
from tests.drum_corpus import TINY_CONFIG, write_corpus
from training.common import runs
from training.common.checkpoint import write_tensors
from training.drums import train
from training.drums.chooser import ChooserConfig, ChooserNetwork, save_chooser
from training.drums.hand_model import HandConfig, HandNetwork, save_hand
from training.drums.planner import PlannerConfig, PlannerLSTM
from training.drums.prepare import prepare
from training.drums.styles import write_styles
from training.drums.train import load_model


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    prepare([write_corpus(folder / "corpus")], [], folder / "data", vocabulary_size=700, workers=1)
    write_styles(folder / "data", {"4/4": 4}, songs_a_code=2)
    (folder / "tiny.toml").write_text(TINY_CONFIG, encoding="utf-8")
    options = ["--config", str(folder / "tiny.toml"), "--data", str(folder / "data"), "--accelerator", "cpu"]
    assert train.main([*options, "--out", str(folder / "run")]) == 0
    out = folder / "drums.safetensors"
    run = folder / "run" / "best.safetensors"
    assert runs.release("training.drums", [str(run), "-o", str(out)]) == 0
    return out


@pytest.fixture(scope="session")
def planner_checkpoint(tmp_path_factory) -> Path:
    """A planner of random weights."""
    torch.manual_seed(1)
    config = PlannerConfig(width=8, entry=8, part=4, style=4, head=8)
    tensors = {
        f"average/{name}": value.contiguous() for name, value in PlannerLSTM(config).state_dict().items()
    }
    scale = PlanScale.learn(np.arange(1, 31), np.linspace(4, 15, 30))
    values = {"config": asdict(config), "progress": {"step": 0}, "scale": asdict(scale)}
    path = tmp_path_factory.mktemp("planner") / "planner.safetensors"
    write_tensors(path, tensors, {"values": json.dumps(values)})
    return path


@pytest.fixture(scope="session")
def hand_checkpoint(tmp_path_factory) -> Path:
    """A hand of random weights, as uneven as a hand is."""
    torch.manual_seed(2)
    network = HandNetwork(HandConfig(width=8, hidden=8))
    network.noise.copy_(torch.tensor(Noise(0.1, 0.3, 0.2, 0.1, 0.3, 0.8)))
    path = tmp_path_factory.mktemp("hand") / "hand.safetensors"
    save_hand(network, path, {"seed": 2})
    return path


@pytest.fixture(scope="session")
def chooser_checkpoint(checkpoint, tmp_path_factory) -> Path:
    """A chooser of random weights for the styles of the drum model."""
    torch.manual_seed(4)
    _, _, values = load_model(checkpoint)
    network = ChooserNetwork(ChooserConfig(len(values["styles"]["names"]), width=8))
    path = tmp_path_factory.mktemp("chooser") / "chooser.safetensors"
    save_chooser(network, path, {"seed": 4})
    return path


@pytest.fixture(scope="session")
def model_folder(checkpoint, chooser_checkpoint, planner_checkpoint, hand_checkpoint) -> Path:
    out = checkpoint.parent / "model"
    beside = ["--chooser", chooser_checkpoint, "--planner", planner_checkpoint]
    beside += ["--hand", hand_checkpoint, "--critic", out / "none"]
    options = ["drums", checkpoint, "-o", out, "--name", "tiny", *beside]
    assert exporting.main([str(option) for option in options]) == 0
    return out


@pytest.fixture(scope="session")
def generator(model_folder) -> DrumGenerator:
    return DrumGenerator.open(model_folder)
