"""A training of the drum model, from the command line to the released weights."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from musegen_daw.drums.tokens import DrumTokenizer
from tests.drum_corpus import TINY_CONFIG, song_bytes, write_parquet
from training.common import runs
from training.common.checkpoint import read_tensors
from training.common.figures import draw_curves
from training.drums import train as training
from training.drums.dataset import DrumConditionalDataset
from training.drums.model import DrumLSTM
from training.drums.prepare import prepare
from training.drums.styles import write_styles
from training.drums.train import load_model, other_songs, train, validation_batches


def _train(config, data, out) -> None:
    train(config, data, out, fabric=Fabric(accelerator="cpu", devices=1))


@pytest.fixture(scope="module")
def run(prepared, tmp_path_factory):
    """A run of two steps made from the command line."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "tiny.toml").write_text(TINY_CONFIG, encoding="utf-8")
    code = training.main(
        [
            "--config",
            str(folder / "tiny.toml"),
            "--data",
            str(prepared),
            "--out",
            str(folder),
            "--accelerator",
            "cpu",
        ]
    )
    assert code == 0
    return folder


def test_a_run_leaves_checkpoints_and_a_log(run) -> None:
    assert {path.name for path in run.iterdir()} == {
        "tiny.toml",
        "best.safetensors",
        "last.safetensors",
        "log.csv",
    }
    header = (run / "log.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == (
        "step,epoch,seconds,rate,loss,listening,expected,bits,expected_other,bits_other,expected_none,bits_none"
    )


def test_listening_alone_trains_what_reads_the_parts_and_nothing_that_writes(
    run, prepared, tiny_config, tmp_path
) -> None:
    loop = replace(tiny_config.loop, learning_rate=0.01, weight_decay=0.0)
    config = replace(tiny_config, listen_only=True, loop=loop)
    fabric = Fabric(accelerator="cpu", devices=1)
    train(config, prepared, tmp_path, fabric=fabric, start=run / "last.safetensors")
    before, _ = read_tensors(run / "last.safetensors")
    after, _ = read_tensors(tmp_path / "last.safetensors")
    moved = {
        name.removeprefix("model/").partition(".")[0]
        for name in after
        if name.startswith("model/")
        and not torch.equal(after[name], before[name.replace("model/", "average/")])
    }
    assert moved == {"encoder", "expect", "controls", "place", "style"}
    header = (tmp_path / "log.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "step,epoch,seconds,rate,listening,expected,expected_other,expected_none"
    draw_curves(tmp_path / "log.csv", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_a_run_begins_with_the_weights_that_fit_and_with_none_it_is_refused(run, prepared, tmp_path) -> None:
    model, tokenizer, _ = load_model(run / "best.safetensors")
    other = DrumLSTM(
        replace(model.config, history_width=2 * model.config.history_width), tokenizer.vocabulary()
    )
    taken = training.begin_with(other, run / "best.safetensors")
    changed = {name.partition(".")[0] for name in set(other.state_dict()) - set(taken)}
    assert changed == {"reader", "history"}
    assert torch.equal(other.lstm.weight_hh_l0, model.lstm.weight_hh_l0)
    with pytest.raises(ValueError, match="no weights that fit"):
        training.begin_with(torch.nn.Linear(3, 3), run / "best.safetensors")


def test_stopped_and_resumed_is_as_in_one_go(prepared, tiny_config, tmp_path) -> None:
    config = replace(tiny_config, loop=replace(tiny_config.loop, steps=5))
    _train(config, prepared, tmp_path / "whole")
    train(config, prepared, tmp_path / "parts", fabric=Fabric(accelerator="cpu", devices=1), seconds=0)
    _train(config, prepared, tmp_path / "parts")
    expected = read_tensors(tmp_path / "whole" / "last.safetensors")[0]
    found = read_tensors(tmp_path / "parts" / "last.safetensors")[0]
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_released_weights_are_the_averaged_ones_and_load(run, prepared, tmp_path) -> None:
    out = tmp_path / "drums.safetensors"
    assert runs.release("training.drums", [str(run / "best.safetensors"), "-o", str(out)]) == 0
    tensors, values = read_tensors(out)
    of_run = read_tensors(run / "best.safetensors")[0]
    assert set(tensors) == {name for name in of_run if name.startswith("average/")}
    assert all(torch.equal(tensors[name], of_run[name]) for name in tensors)
    assert values["styles"] == json.loads((prepared / "styles.json").read_text(encoding="utf-8"))
    (one, tokenizer, _), (two, _, _) = load_model(out), load_model(run / "best.safetensors")
    assert all(
        torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True)
    )
    assert not one.training
    assert len(tokenizer) == len(DrumTokenizer.load(prepared / "tokenizer.json"))


def test_training_lowers_the_loss(prepared, tiny_config, tmp_path) -> None:
    loop = replace(tiny_config.loop, steps=40, learning_rate=0.02, validate_every=20, average_decay=0.5)
    _train(replace(tiny_config, loop=loop), prepared, tmp_path)
    rows = (tmp_path / "log.csv").read_text(encoding="utf-8").splitlines()
    losses = [float(row.split(",")[4]) for row in rows[1:]]
    assert losses[1] < losses[0] - 0.2


def test_an_unknown_key_is_an_error_with_its_name(prepared, tmp_path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("[model]\ndecoder_widht = 3\n", encoding="utf-8")
    with pytest.raises(ValueError, match="decoder_widht"):
        training.main(["--config", str(path), "--data", str(prepared), "--out", str(tmp_path / "run")])


def test_without_validation_songs_the_reason_is_told(tmp_path, tiny_config) -> None:
    write_parquet(tmp_path / "corpus" / "train.parquet", {"a": song_bytes(1)})
    prepare([tmp_path / "corpus"], [], tmp_path / "out", vocabulary_size=600, workers=1)
    write_styles(tmp_path / "out", {"4/4": 2})
    with pytest.raises(ValueError, match="no song with instruments in the validation split"):
        _train(tiny_config, tmp_path / "out", tmp_path / "run")


@pytest.mark.parametrize("songs", [2, 3, 10, 57])
def test_every_song_gets_the_parts_of_another(songs) -> None:
    other = other_songs(songs)
    assert sorted(other) == list(range(songs))
    assert (other != np.arange(songs)).all()


def test_validation_crops_differ_only_in_their_parts(train_corpus, prepared, tiny_config) -> None:
    tokenizer = DrumTokenizer.load(prepared / "tokenizer.json")
    batches = validation_batches(DrumConditionalDataset(train_corpus, tokenizer, tiny_config.data), 8)
    for own, other, none in zip(batches["own"], batches["other"], batches["none"], strict=True):
        for name in ("drums", "controls", "inputs", "targets", "cursor", "bar_counts"):
            assert torch.equal(getattr(own, name), getattr(other, name))
            assert torch.equal(getattr(own, name), getattr(none, name))
        assert not torch.equal(own.parts, other.parts)
        assert torch.equal(own.heard, other.heard)
        assert not none.heard.any()
