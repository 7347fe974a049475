"""The exported graphs are the model that was trained, and the sidecar tells all about them."""

from __future__ import annotations

import hashlib

import numpy as np
import onnx
import pytest

from export import drums
from export.drums import Parity, export_drums, parity
from musegen_daw.drums.plan_reading import PlanScale
from musegen_daw.drums.style import StyleBook
from musegen_daw.drums.tokens import DrumTokenizer, DrumVocabulary
from musegen_daw.errors import ModelError
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import load_spec
from training.drums.train import load_model


@pytest.fixture
def beside(chooser_checkpoint, planner_checkpoint, hand_checkpoint):
    return {
        "chooser": chooser_checkpoint,
        "planner": planner_checkpoint,
        "hand": hand_checkpoint,
        "critic": None,
    }


@pytest.mark.parametrize(("bars", "length", "seed"), [(1, 8, 0), (4, 64, 1), (9, 200, 2), (16, 300, 3)])
def test_the_graphs_give_the_logits_of_the_network(checkpoint, model_folder, bars, length, seed) -> None:
    model, _, _ = load_model(checkpoint)
    spec = load_spec(model_folder, "drums")
    assert parity(model, spec, model_folder, bars=bars, length=length, seed=seed).logits < 1e-4


def test_parity_is_measured_at_all(checkpoint, model_folder) -> None:
    model, _, _ = load_model(checkpoint)
    for parameter in model.lstm.parameters():
        parameter.data += 0.1
    assert parity(model, load_spec(model_folder, "drums"), model_folder).logits > 1e-3


def test_an_export_that_differs_is_refused_and_replaces_nothing(
    checkpoint, beside, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(drums, "parity", lambda *args, **options: Parity(0.01, 0.0))
    (tmp_path / "model.json").write_text("before", encoding="utf-8")
    with pytest.raises(ValueError, match="differs from PyTorch by 1.00e-02"):
        export_drums(checkpoint, tmp_path, "tiny", **beside)
    assert (tmp_path / "model.json").read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]


def test_an_eight_bit_step_that_writes_otherwise_is_refused(
    checkpoint, beside, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(drums, "parity", lambda *args, **options: Parity(1e-6, 0.02))
    with pytest.raises(ValueError, match="change the next token by 0.020 nats"):
        export_drums(checkpoint, tmp_path, "tiny", **beside)
    assert not list(tmp_path.iterdir())


def test_eight_bit_weights_hardly_change_what_comes_next(checkpoint, model_folder) -> None:
    model, _, _ = load_model(checkpoint)
    found = parity(model, load_spec(model_folder, "drums"), model_folder, step="step_8bit", length=200)
    assert found.logits > 0  # integers were used
    assert 0 <= found.nats < 1e-3


def test_the_sidecar_holds_hashes_tensors_tokens_and_versions(model_folder) -> None:
    spec = load_spec(model_folder, "drums")
    assert (spec.kind, spec.name) == ("drums", "tiny")
    roles = {"encode", "choose", "expect", "look_back", "step", "step_8bit", "plan", "hand"}
    assert set(spec.graphs) == roles
    for graph in spec.graphs.values():
        data = (model_folder / graph.file).read_bytes()
        assert graph.sha256 == hashlib.sha256(data).hexdigest()
        assert graph.bytes == len(data)
        described = onnx.load_from_string(data).graph
        assert [each.name for each in graph.inputs] == [each.name for each in described.input]
        assert [each.name for each in graph.outputs] == [each.name for each in described.output]
    tokenizer = DrumTokenizer.load(model_folder / "tokenizer.json")
    assert DrumVocabulary.from_runs(spec.facts["vocabulary"]).to_runs() == tokenizer.vocabulary().to_runs()
    logits = spec.graphs["step"].outputs[0]
    assert logits.shape == ("rows", len(tokenizer))
    assert len(StyleBook.from_dict(spec.facts["styles"])) == spec.graphs["choose"].outputs[0].shape[0] > 1
    PlanScale.from_dict(spec.facts["planner"]["scale"])
    assert {"torch", "onnx", "miditok", "symusic"} <= set(spec.versions)


def test_rows_are_written_side_by_side_as_alone(model_folder) -> None:
    step = OnnxGraph(model_folder, load_spec(model_folder, "drums"), "step")
    random = np.random.default_rng(0)
    tokens = random.integers(0, 400, 5)
    context, hidden, cell = (
        random.normal(size=shape).astype(np.float32) for shape in ((5, 4 * 16 + 16), (1, 5, 16), (1, 5, 16))
    )
    together = step(tokens, context, hidden, cell)
    for row in range(5):
        one = slice(row, row + 1)
        alone = step(tokens[one], context[one], hidden[:, one], cell[:, one])
        assert np.allclose(alone[0][0], together[0][row], atol=1e-5)
        assert np.allclose(alone[1][:, 0], together[1][:, row], atol=1e-6)


def test_a_graph_that_is_not_there_is_told(model_folder) -> None:
    with pytest.raises(ModelError, match="no 'dance' graph"):
        OnnxGraph(model_folder, load_spec(model_folder, "drums"), "dance")
