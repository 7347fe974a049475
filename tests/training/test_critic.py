"""The critic learns which drums belong to which part."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from musegen_daw.drums.critic import VOICE_FEATURES, WINDOW_FRAMES, Critic
from musegen_daw.drums.events import ONSET
from musegen_daw.drums.features import PART_FEATURES, PITCHES
from tests.drum_corpus import write_parquet
from tests.training.drum_songs import song_bytes
from training.drums import critic as training
from training.drums.corpus import Corpus
from training.drums.critic import (
    CriticConfig,
    CriticNetwork,
    contrast,
    graph_of,
    load_critic,
    save_critic,
)
from training.drums.prepare import prepare

TINY = CriticConfig(width=8, hidden=8, local=4, whole=8, dropout=0.0)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Corpus:
    folder = tmp_path_factory.mktemp("critic")
    for split, first in (("train", 0), ("validation", 20), ("test", 30)):
        songs = {f"{split}{seed}": song_bytes(first + seed, bars=12) for seed in range(6)}
        write_parquet(folder / "corpus" / split / "0.parquet", songs)
    prepare([folder / "corpus"], [], folder / "data", vocabulary_size=700, workers=1, keep_duplicates=True)
    return Corpus(folder / "data", "train")


def test_training_finds_the_own_part_among_those_it_was_trained_on(corpus) -> None:
    pairs = training.held_pairs(corpus)
    assert len(pairs) == 6
    options = {"seconds": 60.0, "config": TINY, "batch": 6, "seed": 1}
    network, log = training.train(corpus, corpus, steps=60, **options)
    again, _ = training.train(corpus, corpus, steps=60, **options)
    assert log[-1]["loss"] < log[0]["loss"] < np.log(6) + 0.5
    assert log[-1]["step"] == 60
    state = again.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_pairs_are_of_different_songs_and_moved_in_pitch_alone(corpus) -> None:
    songs = np.flatnonzero(corpus.index["tracks"])
    pairs = training.drawn_pairs(corpus, songs, 6, np.random.default_rng(0))
    assert len({pair.drums.tobytes() for pair in pairs}) == 6
    assert all(pair.part.shape == (WINDOW_FRAMES, PART_FEATURES) for pair in pairs)
    assert all(pair.drums.shape == (WINDOW_FRAMES, VOICE_FEATURES) for pair in pairs)
    with pytest.raises(ValueError, match="no two songs"):
        training.drawn_pairs(corpus, songs[:1], 6, np.random.default_rng(0))
    onsets = np.zeros(3, ONSET)
    onsets["pitch"] = [0, 60, 127]
    assert training.transposed(onsets, 5).tolist() == [5, 65, 127]
    moved = onsets.copy()
    moved["pitch"] = training.transposed(onsets[1:2], 5)
    part, other = (
        training.pair_of(corpus.between("hits", 0, 0, 1), each[1:2], 1).part for each in (onsets, moved)
    )
    assert np.array_equal(np.roll(part[:, :PITCHES], 5, axis=1), other[:, :PITCHES])


def test_top_one_by_hand(corpus) -> None:
    pairs = training.held_pairs(corpus)

    def knows(parts: np.ndarray, drums: np.ndarray) -> list[np.ndarray]:
        own = {pair.part.tobytes(): at for at, pair in enumerate(pairs)}
        played = {pair.drums.tobytes(): at for at, pair in enumerate(pairs)}
        one = np.eye(len(pairs), dtype=np.float32)
        return [
            one[[own[part.tobytes()] for part in parts]],
            one[[min(played[each.tobytes()], 3) for each in drums]],
        ]

    assert training.top_one(Critic(knows), pairs, among=6) == 4 / 6
    assert training.top_one(Critic(knows), pairs[:1]) == 1


def test_the_loss_is_least_where_each_finds_its_own() -> None:
    eye = 20 * torch.eye(4)
    assert float(contrast(eye, torch.eye(4))) < 1e-6
    assert float(contrast(torch.ones(4, 4), torch.eye(4))) == pytest.approx(np.log(4))
    assert float(contrast(eye.roll(1, 0), torch.eye(4))) > 10


def test_a_checkpoint_comes_back_nearly_as_it_was(tmp_path) -> None:
    torch.manual_seed(0)
    network = CriticNetwork(TINY).eval()
    save_critic(network, tmp_path / "critic.safetensors", {"seed": 3})
    again, values = load_critic(tmp_path / "critic.safetensors")
    assert values["seed"] == 3
    random = np.random.default_rng(0)
    parts = (random.random((2, WINDOW_FRAMES, PART_FEATURES)) < 0.1).astype(np.float32)
    drums = (random.random((3, WINDOW_FRAMES, VOICE_FEATURES)) < 0.1).astype(np.float32)
    ours, theirs = (Critic(graph_of(each)).compare(parts, drums) for each in (network, again))
    assert ours == pytest.approx(theirs, abs=0.02)
    vectors = graph_of(again)(parts, drums)
    assert np.linalg.norm(vectors[1], axis=1) == pytest.approx(1, abs=1e-5)


def test_the_command_writes_what_it_says(corpus, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(training, "CriticConfig", lambda **sizes: CriticConfig(**sizes) if sizes else TINY)
    options = ["--data", str(corpus.folder), "--out", str(tmp_path / "out"), "--steps", "3", "--minutes", "1"]
    assert training.main(options) == 0
    log = json.loads((tmp_path / "out" / "table.json").read_text(encoding="utf-8"))
    assert f"{log[-1]['top1']:.3f}" in capsys.readouterr().out
    assert load_critic(tmp_path / "out" / "critic.safetensors")[1]["log"] == log
