"""The chooser learns which styles parts are played in."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from musegen_daw.drums.part import PART_SUMMARY
from training.drums import chooser
from training.drums.chooser import (
    ChooserConfig,
    Views,
    load_chooser,
    read_views,
    share_nats,
    style_nats,
    train,
)
from training.drums.corpus import Corpus


def _views(count: int, seed: int) -> Views:
    """Parts of four kinds that lie apart, each in a style of its own, and one part in ten in any."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, 4, count)
    summaries = random.random((count, PART_SUMMARY)).astype(np.float32)
    summaries[np.arange(count), 10 * codes] += 3
    other = random.random(count) < 0.1
    codes[other] = random.integers(0, 4, other.sum())
    return Views(summaries, codes)


def test_it_learns_what_parts_tell_and_no_more() -> None:
    training, validation = _views(3000, 0), _views(400, 1)
    network, log = train(training, validation, ChooserConfig(4, width=64, dropout=0.2), epochs=25)
    blind = share_nats(training, validation)
    assert 0.3 < style_nats(network, validation) < 0.75 < 1.3 < blind
    assert style_nats(network, validation) == pytest.approx(min(row["validation"] for row in log))
    with torch.no_grad():
        chances = network(torch.from_numpy(validation.summaries)).softmax(dim=-1).max(dim=-1).values
    assert chances.mean() < 0.97


def test_the_same_seed_gives_the_same_network() -> None:
    views = _views(200, 0)
    one, two, other = (
        train(views, views, ChooserConfig(4, width=8), epochs=2, seed=seed)[0].state_dict()
        for seed in (1, 1, 2)
    )
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["choose.1.weight"], other["choose.1.weight"])


def test_views_are_whole_songs_first_and_pieces_after(prepared) -> None:
    whole, more = read_views(prepared, "train", 1), read_views(prepared, "train", 4)
    corpus = Corpus(prepared, "train")
    with np.load(prepared / "train" / "grooves.npz") as grooves:
        codes = grooves["codes"]
    told = (corpus.index["tracks"] > 0) & (codes >= 0)
    assert len(whole) == told.sum()
    assert len(whole) < len(more) <= 4 * len(whole)
    assert set(more.codes) == set(whole.codes) == set(codes[told])
    again = read_views(prepared, "train", 4)
    assert np.array_equal(more.summaries, again.summaries)
    assert not np.array_equal(more.summaries, read_views(prepared, "train", 4, seed=1).summaries)


def test_from_the_command_line_to_the_weights(prepared, tmp_path, capsys) -> None:
    argv = ["--data", str(prepared), "--out", str(tmp_path), "--epochs", "2", "--views", "2"]
    assert chooser.main(argv) == 0
    network, values = load_chooser(tmp_path / "chooser.safetensors")
    assert network.config.styles == len(json.loads((prepared / "styles.json").read_text("utf-8"))["names"])
    table = json.loads((tmp_path / "chooser.json").read_text(encoding="utf-8"))
    assert values["log"] == table["log"]
    assert len(table["log"]) == 2
    assert f"{table['nats']:.3f} nats a song" in capsys.readouterr().out
    found = network(torch.zeros(3, PART_SUMMARY))
    assert found.shape == (3, network.config.styles)
