"""The exported hand plays as the network that was trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from export import hand as exporting
from export.hand import ROLE, export_hand, parity
from musegen_daw.drums.events import HIT
from musegen_daw.drums.hand import Hand, Noise
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import load_spec
from training.drums.hand_model import HandConfig, HandNetwork, graph_of, load_hand, save_hand


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(3)
    network = HandNetwork(HandConfig(width=16, hidden=8))
    torch.nn.init.normal_(network.lean.weight, std=0.1)
    network.noise.copy_(torch.tensor(Noise(0.1, 0.3, 0.2, 0.1, 0.3, 0.8)))
    save_hand(network, tmp_path / "hand.safetensors", {"seed": 3})
    return tmp_path / "hand.safetensors"


def test_a_checkpoint_comes_back_as_it_was(checkpoint) -> None:
    network, values = load_hand(checkpoint)
    assert values["seed"] == 3
    assert not network.training
    assert network.noise.tolist() == pytest.approx([0.1, 0.3, 0.2, 0.1, 0.3, 0.8])


@pytest.mark.parametrize("steps", [1, 2, 37, 400])
def test_the_graph_gives_what_the_network_gives(checkpoint, tmp_path, steps) -> None:
    exported = export_hand(checkpoint, tmp_path / "onnx")
    assert exported.difference < 1e-4
    network, _ = load_hand(checkpoint)
    graph = OnnxGraph(tmp_path / "onnx", load_spec(tmp_path / "onnx", "hand"), ROLE)
    assert parity(network, graph, steps=steps, seed=steps) < 1e-4
    network.velocity.bias.data += 0.01
    assert parity(network, graph, steps=steps, seed=steps) > 1e-3


def test_both_play_the_same(checkpoint, tmp_path) -> None:
    export_hand(checkpoint, tmp_path / "onnx")
    network, _ = load_hand(checkpoint)
    graph = OnnxGraph(tmp_path / "onnx", load_spec(tmp_path / "onnx", "hand"), "hand")
    hits = np.array([(0, 6, 0, 9), (0, 6, 4, 9), (0, 54, 2, 9), (1, 6, 0, 9)], HIT)
    ours, theirs = (
        Hand(each).play(hits, bars=2, energy=np.full(2, 0.6), bpm=110.0, seed=4)
        for each in (graph, graph_of(network))
    )
    assert np.abs(ours.velocity - theirs.velocity).max() <= 1
    assert np.abs(ours.offset_beats - theirs.offset_beats).max() < 1e-5


def test_a_graph_that_differs_is_refused(checkpoint, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(exporting, "parity", lambda *args, **options: 0.01)
    with pytest.raises(ValueError, match="differs from PyTorch by 1.00e-02"):
        export_hand(checkpoint, tmp_path / "onnx")
    assert not list((tmp_path / "onnx").iterdir())
