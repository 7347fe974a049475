"""A training of the vocoder, from the command line to the released weights."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from tests.vocoder_training import TINY_VOCODER
from training.common import runs
from training.common.checkpoint import read_tensors
from training.common.config import load_config
from training.common.machine import has_bfloat16
from training.vocoder import train as training
from training.vocoder.generator import Generator
from training.vocoder.parts import CHUNK, FORMAT
from training.vocoder.train import VocoderTraining, load_model, train

CONFIGS = Path(__file__).resolve().parents[3] / "training/vocoder/configs"


def _train(config, data, out, **options) -> None:
    train(config, data, out, fabric=Fabric(accelerator="cpu", devices=1), **options)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> VocoderTraining:
    path = tmp_path_factory.mktemp("config") / "tiny.toml"
    path.write_text(TINY_VOCODER, encoding="utf-8")
    return load_config(VocoderTraining, path)


@pytest.fixture(scope="module")
def run(prepared_audio, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "tiny.toml").write_text(TINY_VOCODER, encoding="utf-8")
    options = ["--config", str(folder / "tiny.toml"), "--data", str(prepared_audio), "--accelerator", "cpu"]
    assert training.main([*options, "--out", str(folder)]) == 0
    return folder


def test_a_run_leaves_checkpoints_and_a_log_of_both_stages(run) -> None:
    names = {path.name for path in run.iterdir()}
    assert names == {"tiny.toml", "best.safetensors", "last.safetensors", "log.csv"}
    with (run / "log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["2", "4"]
    assert [float(row["critic"]) > 0 for row in rows] == [False, True]
    assert [float(row["matching"]) > 0 for row in rows] == [False, True]
    assert all(0 < float(row["m_stft"]) < 20 and float(row["log_mel"]) > 0 for row in rows)


def test_the_critic_is_trained_only_in_the_second_stage(tiny, prepared_audio, tmp_path) -> None:
    def critic(steps: int) -> dict[str, torch.Tensor]:
        config = replace(tiny, loop=replace(tiny.loop, steps=steps))
        _train(config, prepared_audio, tmp_path / str(steps))
        tensors = read_tensors(tmp_path / str(steps) / "last.safetensors")[0]
        return {name: value for name, value in tensors.items() if name.startswith("critic/")}

    early, at_the_turn, late = critic(1), critic(2), critic(3)
    assert early
    assert all(torch.equal(early[name], at_the_turn[name]) for name in early)
    assert not all(torch.equal(early[name], late[name]) for name in early)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_stopped_and_resumed_is_as_in_one_go(tiny, prepared_audio, tmp_path, steps) -> None:
    _train(tiny, prepared_audio, tmp_path / "whole")
    for _ in range(steps):
        _train(tiny, prepared_audio, tmp_path / "parts", seconds=0)
    _train(tiny, prepared_audio, tmp_path / "parts")
    expected = read_tensors(tmp_path / "whole" / "last.safetensors")[0]
    found = read_tensors(tmp_path / "parts" / "last.safetensors")[0]
    assert set(found) == set(expected)
    assert {name.split("/")[0] for name in found} == {"model", "average", "critic", "optimizer", "random"}
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_training_lowers_the_distance(tiny, prepared_audio, tmp_path) -> None:
    loop = replace(
        tiny.loop, steps=30, batch_size=4, learning_rate=5e-3, validate_every=15, average_decay=0.5
    )
    _train(replace(tiny, loop=loop, adversarial_from=20), prepared_audio, tmp_path)
    with (tmp_path / "log.csv").open(encoding="utf-8") as file:
        found = [float(row["stft"]) for row in csv.DictReader(file)]
    assert found[1] < 0.9 * found[0]


def test_a_run_can_begin_with_the_weights_of_another(tiny, run, prepared_audio, tmp_path) -> None:
    one, two = _begun(tiny, prepared_audio, tmp_path, run / "best.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def _begun(config, data, out, start) -> tuple[Generator, Generator]:
    """The generator of a run that begins with a checkpoint, before it has learned anything; and that checkpoint's."""
    still = replace(config, loop=replace(config.loop, steps=1, learning_rate=0.0, weight_decay=0.0))
    _train(still, data, out, start=start)
    return load_model(out / "last.safetensors")[0], load_model(start)[0]


def test_a_head_for_attacks_is_added_to_the_weights_of_another_and_learns(
    tiny, run, prepared_audio, tmp_path
) -> None:
    begun = run / "best.safetensors"
    wider = replace(tiny, model=replace(tiny.model, attack_n_fft=256), losses=replace(tiny.losses, phase=1.0))
    one, two = _begun(wider, prepared_audio, tmp_path / "still", begun)
    mel = torch.randn(1, one.mel.n_mels, 20) - 4
    with torch.no_grad():
        assert torch.equal(one(mel), two(mel))
    _train(wider, prepared_audio, tmp_path / "wider", start=begun)
    assert any(
        value.any() for value in load_model(tmp_path / "wider/last.safetensors")[0].attacks.parameters()
    )
    with (tmp_path / "wider/log.csv").open(encoding="utf-8") as file:
        assert all(0 < float(row["phase"]) < 2 for row in csv.DictReader(file))


def test_noise_is_added_to_the_weights_of_another_and_learns_its_levels(
    tiny, run, prepared_audio, tmp_path
) -> None:
    begun = run / "best.safetensors"
    noisy = replace(tiny, model=replace(tiny.model, noise_bands=6), losses=replace(tiny.losses, texture=1.0))
    one, two = _begun(noisy, prepared_audio, tmp_path / "still", begun)
    mel = torch.randn(1, one.mel.n_mels, 20) - 4
    with torch.no_grad():
        assert torch.equal(one(mel, torch.zeros(one.noise_shape(mel))), two(mel))
    _train(noisy, prepared_audio, tmp_path / "noisy", start=begun)
    learned = load_model(tmp_path / "noisy/last.safetensors")[0].head.noise.out
    assert learned.weight.any()
    assert (learned.bias != one.head.noise.out.bias).all()


def test_weights_of_other_sizes_are_refused(tiny, run, prepared_audio, tmp_path) -> None:
    for changes in ({"widths": (10, 8, 6)}, {"kernels": (3,)}):
        other = replace(tiny, model=replace(tiny.model, **changes))
        with pytest.raises(ValueError, match="the checkpoint to begin with has other"):
            _train(other, prepared_audio, tmp_path / "other", start=run / "best.safetensors")


@pytest.mark.parametrize("full", [True, False])
def test_released_weights_are_the_averaged_ones_and_load(run, tmp_path, full) -> None:
    out = tmp_path / "vocoder.safetensors"
    options = [str(run / "best.safetensors"), "-o", str(out), "--trained-on", "tones"]
    assert runs.release("training.vocoder", [*options, "--float32"] if full else options) == 0
    tensors = read_tensors(out)[0]
    of_run = read_tensors(run / "best.safetensors")[0]
    assert set(tensors) == {name for name in of_run if name.startswith("average/")}
    assert {value.dtype for value in tensors.values()} == {torch.float32 if full else torch.float16}
    model, config, values = load_model(out)
    assert values["trained_on"] == "tones"
    assert config.model.widths == (12, 8, 6)
    assert not model.training
    for name, value in model.named_parameters():
        assert value.dtype == torch.float32
        assert torch.allclose(value, of_run[f"average/{name}"], atol=0 if full else 2e-3)


def test_half_precision_only_rounds_inside_the_network(tiny, prepared_audio, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("training.vocoder.train.has_bfloat16", lambda device: True)
    _train(replace(tiny, bfloat16=True), prepared_audio, tmp_path / "half")
    _train(tiny, prepared_audio, tmp_path / "full")
    figures: list[float] = []
    for name in ("half", "full"):
        with (tmp_path / name / "log.csv").open(encoding="utf-8") as file:
            figures.append(float(next(csv.DictReader(file))["stft"]))
    assert figures[0] != figures[1]
    assert figures[0] == pytest.approx(figures[1], rel=0.02)


def test_half_precision_is_left_where_the_processor_lacks_it(
    tiny, prepared_audio, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_bf16": False})
    for name, asked in (("half", True), ("full", False)):
        _train(replace(tiny, bfloat16=asked), prepared_audio, tmp_path / name)
    rows = [
        (tmp_path / name / "log.csv").read_text(encoding="utf-8").splitlines() for name in ("half", "full")
    ]
    losses = [[row.split(",")[3:] for row in lines] for lines in rows]
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    ("name", "has"), [("avx512_bf16", True), ("amx_bf16", True), ("bf16", True), ("avx2", False)]
)
def test_a_processor_says_whether_it_computes_in_bfloat16(name, has, monkeypatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {name: True})
    assert has_bfloat16(torch.device("cpu")) is has


def test_without_validation_audio_the_reason_is_told(tiny, tmp_path) -> None:
    for split, chunks in (("train", 1), ("validation", 0)):
        (tmp_path / split).mkdir()
        np.save(tmp_path / split / "audio.npy", np.zeros(chunks * 24_000, np.int16))
        np.save(tmp_path / split / "chunks.npy", np.array([(0, 24_000, 0)] * chunks, CHUNK))
        np.save(tmp_path / split / "recordings_starts.npy", np.zeros(chunks, np.int64))
        line = b'{"key": "a", "source": "b", "group": "c"}\n'
        (tmp_path / split / "recordings.jsonl").write_bytes(line * chunks)
    facts = {"format": FORMAT, "sample_rate_hz": 12_000, "chunk_samples": 24_000}
    (tmp_path / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(ValueError, match="no audio in the validation split"):
        _train(tiny, tmp_path, tmp_path / "run")


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_configurations_in_the_box_build_what_they_say(path) -> None:
    config = load_config(VocoderTraining, path)
    parameters = sum(value.numel() for value in Generator(config.model, config.mel).parameters())
    assert 1e6 < parameters < 10e6
    assert 0 < config.adversarial_from < config.loop.steps
    assert config.mel.sample_rate_hz == (44_100 if "44k" in path.stem else 12_000)
    assert (config.model.istft_n_fft == 0) == path.stem.startswith("seed")
