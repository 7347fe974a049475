"""The exported chooser chooses as the network that was trained."""

from __future__ import annotations

import pytest

from export import chooser as exporting
from export.chooser import ROLE, export_chooser, parity
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import load_spec
from training.drums.chooser import load_chooser


def test_the_graph_gives_what_the_network_gives(chooser_checkpoint, tmp_path) -> None:
    network, values = load_chooser(chooser_checkpoint)
    assert values["seed"] == 4
    exported = export_chooser(chooser_checkpoint, network.config.styles, tmp_path)
    assert exported.difference < 1e-4
    graph = OnnxGraph(tmp_path, load_spec(tmp_path, ROLE), ROLE)
    assert parity(network, graph, parts=50, seed=1) < 1e-4
    network.choose[-1].bias.data += 0.01
    assert parity(network, graph) > 1e-3


def test_a_chooser_of_other_styles_is_refused(chooser_checkpoint, tmp_path) -> None:
    network, _ = load_chooser(chooser_checkpoint)
    with pytest.raises(ValueError, match="train it again"):
        export_chooser(chooser_checkpoint, network.config.styles + 1, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_graph_that_differs_is_refused(chooser_checkpoint, tmp_path, monkeypatch) -> None:
    network, _ = load_chooser(chooser_checkpoint)
    monkeypatch.setattr(exporting, "parity", lambda *args, **options: 0.01)
    with pytest.raises(ValueError, match="differs from PyTorch by 1.00e-02"):
        export_chooser(chooser_checkpoint, network.config.styles, tmp_path)
    assert not list(tmp_path.iterdir())
