"""The exported critic scores as the network that was trained."""

from __future__ import annotations

import pytest
import torch

from export import critic as exporting
from export.critic import ROLE, export_critic, parity
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import load_spec
from training.drums.critic import CriticConfig, CriticNetwork, load_critic, save_critic


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(3)
    save_critic(CriticNetwork(CriticConfig(8, 8, 4, 8)), tmp_path / "critic.safetensors", {})
    return tmp_path / "critic.safetensors"


@pytest.mark.parametrize(("parts", "takes"), [(1, 1), (1, 8), (16, 4)])
def test_the_graph_gives_what_the_network_gives(checkpoint, tmp_path, parts, takes) -> None:
    exported = export_critic(checkpoint, tmp_path / "onnx")
    assert exported.difference < 1e-3
    network, _ = load_critic(checkpoint)
    graph = OnnxGraph(tmp_path / "onnx", load_spec(tmp_path / "onnx", "critic"), ROLE)
    assert parity(network, graph, parts=parts, takes=takes, seed=parts) < 1e-3
    network.drums.whole.bias.data += 1
    assert parity(network, graph, parts=parts, takes=takes, seed=parts) > 1e-2


def test_a_graph_that_differs_is_refused(checkpoint, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(exporting, "parity", lambda *args, **options: 0.01)
    with pytest.raises(ValueError, match="differs from PyTorch by 1.00e-02"):
        export_critic(checkpoint, tmp_path / "onnx")
    assert not list((tmp_path / "onnx").iterdir())
