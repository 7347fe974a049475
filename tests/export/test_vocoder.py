"""The exported vocoder is the network that was trained, at every length, and the app can run it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

import export.__main__ as exporting
from export import vocoder
from export.vocoder import export_vocoder, music_like, network_of, parity
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import ModelSpec, load_spec
from musegen_daw.vocoder.mel import MelConfig
from musegen_daw.vocoder.vocoder import Vocoder
from tests.vocoder_training import TINY_VOCODER
from training.common import runs
from training.common.checkpoint import write_tensors
from training.common.config import load_config
from training.vocoder.generator import Generator
from training.vocoder.train import VocoderTraining, load_model

PLAIN_OPERATORS = {
    "Add", "Cast", "Clip", "Concat", "Constant", "ConstantOfShape", "Conv", "ConvTranspose", "Div", "Exp", "Expand",
    "Flatten", "Gather", "Identity", "Log", "MatMul", "Max", "Mod", "Mul", "Pad", "Range", "Reciprocal", "Reshape",
    "Shape", "Sigmoid", "Sin", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Transpose", "Unsqueeze",
}  # fmt: skip


@pytest.fixture(scope="module", params=[0, 8], ids=["plain", "noise"])
def of_run(request, tmp_path_factory) -> Path:
    """A checkpoint as a run leaves it, its weights random, without noise and with it."""
    folder = tmp_path_factory.mktemp("vocoder")
    (folder / "tiny.toml").write_text(TINY_VOCODER, encoding="utf-8")
    config = load_config(VocoderTraining, folder / "tiny.toml")
    config = replace(config, model=replace(config.model, noise_bands=request.param))
    torch.manual_seed(3)
    weights = Generator(config.model, config.mel).state_dict()
    values = json.dumps({"config": asdict(config), "progress": {"step": 7}})
    write_tensors(
        folder / "best.safetensors",
        {f"average/{name}": value for name, value in weights.items()},
        {"values": values},
    )
    return folder / "best.safetensors"


@pytest.fixture(scope="module")
def released(of_run) -> Path:
    out = of_run.with_name("tiny.safetensors")
    assert (
        runs.release("training.vocoder", [str(of_run), "-o", str(out), "--trained-on", "nothing at all"]) == 0
    )
    return out


@pytest.fixture(scope="module")
def folder(released) -> Path:
    out = released.with_name("model")
    assert exporting.main(["vocoder", str(released), "-o", str(out)]) == 0
    return out


@pytest.mark.parametrize(("frames", "seed"), [(1, 0), (2, 1), (37, 2), (333, 3)])
def test_the_graph_gives_the_audio_of_the_network(released, folder, frames, seed) -> None:
    model = network_of(load_model(released)[0])
    assert parity(model, load_spec(folder, "vocoder"), folder, frames=frames, seed=seed) < 1e-5


@pytest.mark.parametrize("frames", [5, 64])
def test_the_app_gives_the_audio_of_the_whole_generator(released, folder, frames) -> None:
    model = load_model(released)[0]
    assert model.config.imposed_rounds == 2
    mel = music_like(MelConfig(), frames)
    with torch.no_grad():
        expected = model(torch.from_numpy(mel))[0].numpy()
    found = Vocoder.open(folder).vocode(mel[0])
    assert np.abs(found - expected).max() < 1e-3 * max(1.0, np.abs(expected).max())


def test_parity_is_measured_at_all(released, folder) -> None:
    model = network_of(load_model(released)[0])
    model.head.out.weight.data += 0.05
    assert parity(model, load_spec(folder, "vocoder"), folder) > 1e-3


@pytest.mark.parametrize("difference", [0.01, float("nan")])
def test_an_export_that_differs_is_refused_and_replaces_nothing(
    released, tmp_path, monkeypatch, difference
) -> None:
    monkeypatch.setattr(vocoder, "parity", lambda *args, **options: difference)
    (tmp_path / "model.json").write_text("before", encoding="utf-8")
    with pytest.raises(ValueError, match="differs from PyTorch by"):
        export_vocoder(released, tmp_path, "tiny")
    assert (tmp_path / "model.json").read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]


def test_the_sidecar_says_what_is_needed_to_use_it(released, folder) -> None:
    spec = load_spec(folder, "vocoder")
    model = load_model(released)[0]
    assert (spec.kind, spec.name, set(spec.graphs)) == ("vocoder", "tiny", {"vocode"})
    assert MelConfig.from_dict(spec.facts["mel"]) == model.mel
    assert spec.facts["context_frames"] == model.context_frames() > 0
    assert spec.facts["trained_on"] == "nothing at all"
    assert spec.facts["step"] == 7
    graph = spec.graphs["vocode"]
    inputs = {"mel": ("batch", 96, "frames")}
    if model.config.noise_bands:
        inputs["noise"] = ("batch", model.config.istft_n_fft + 2, "steps")
    assert {each.name: each.shape for each in graph.inputs} == inputs
    assert [(each.name, each.shape) for each in graph.outputs] == [("audio", ("batch", "samples"))]


def test_only_plain_operators_are_used(folder) -> None:
    used = {node.op_type for node in onnx.load(folder / "vocode.onnx").graph.node}
    assert used <= PLAIN_OPERATORS


def test_half_storage_changes_the_file_and_not_the_audio(released, folder, tmp_path) -> None:
    full, difference = export_vocoder(released, tmp_path, "full", half_storage=False)
    assert difference < 1e-5
    half = load_spec(folder, "vocoder")
    assert half.graphs["vocode"].bytes < full.graphs["vocode"].bytes
    mel = music_like(MelConfig(), 20)
    assert np.array_equal(_run(half, folder, mel), _run(full, tmp_path, mel))


def test_weights_that_were_not_released_as_float16_are_rounded_a_little(of_run, tmp_path) -> None:
    _, difference = export_vocoder(of_run, tmp_path, "rounded")
    assert 0 < difference < 1e-3


def test_rows_of_a_batch_are_as_alone(folder) -> None:
    spec = load_spec(folder, "vocoder")
    mels = np.concatenate([music_like(MelConfig(), 20, seed) for seed in range(3)])
    together = _run(spec, folder, mels)
    for row in range(3):
        assert np.allclose(together[row], _run(spec, folder, mels[row : row + 1])[0], atol=1e-5)


def test_the_app_joins_chunks_to_what_one_pass_gives(folder) -> None:
    spec = load_spec(folder, "vocoder")
    graph = OnnxGraph(folder, spec, "vocode")
    mel = music_like(MelConfig(), 150)[0]
    whole = Vocoder(spec, graph, chunk_frames=1000).vocode(mel)
    assert np.abs(Vocoder(spec, graph, chunk_frames=32).vocode(mel) - whole).max() < 1e-4


def _run(spec: ModelSpec, folder: Path, mel: np.ndarray) -> np.ndarray:
    inputs = [mel]
    if "noise_steps" in spec.facts:
        parts = spec.graphs["vocode"].inputs[1].shape[1]
        steps = (mel.shape[2] + 2 * spec.facts["noise_edge_frames"]) * spec.facts["noise_steps"]
        noise = np.random.default_rng(0).standard_normal((1, parts, steps), np.float32)
        inputs.append(noise.repeat(len(mel), axis=0))
    return OnnxGraph(folder, spec, "vocode")(*inputs)[0]
