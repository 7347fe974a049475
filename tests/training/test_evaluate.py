"""The whole table, with a generator that plays what is easily reckoned: the rock beat, louder with energy."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from musegen_daw.drums.request import DrumRequest, DrumResult, DrumTake
from musegen_daw.drums.style import StyleBook
from musegen_daw.midi.file import write_midi
from musegen_daw.music.clip import Clip, Note
from tests.drum_corpus import write_parquet
from tests.training.drum_songs import composed, song_bytes
from training.drums import evaluate, generated
from training.drums.baselines import rock_beat
from training.drums.corpus import Corpus
from training.drums.critic import CriticConfig, CriticNetwork, save_critic
from training.drums.measures import FIGURES
from training.drums.prepare import prepare
from training.drums.songs import songs_of_files
from training.drums.styles import Grooves

PITCHES = (36, 38, 42, 46, 41, 45, 48, 49, 51)


class RockDrummer:
    """A kick more for every take; with a primer or a style the snare alone."""

    styles = StyleBook(
        np.zeros((0, 2, 16, 18), np.float32), np.zeros(0, np.float32), (), (), np.zeros(0, np.float32)
    )
    vocabulary = SimpleNamespace(decode=lambda tokens: ((), 0))

    def __init__(self, asked: list[DrumRequest]) -> None:
        self.asked = asked

    def generate(self, request: DrumRequest) -> DrumResult:
        self.asked.append(request)
        velocity = 40 + round(60 * (request.energy or 0.0))
        takes: list[DrumTake] = []
        for take in range(request.variations):
            beat = rock_beat()[0].copy()
            beat[1 : 1 + take, 0] = True
            notes = [
                Note(PITCHES[voice], velocity, bar.start_ticks + step * request.ppq // 4, 60)
                for bar in request.bars
                for step, voice in np.argwhere(beat).tolist()
                if voice == 1 or request.style is None
            ]
            clip = Clip(tuple(notes), request.bars[-1].end_ticks, request.ppq, is_drum=True)
            takes.append(DrumTake(clip, 0.0))
        return DrumResult(tuple(takes), request.seed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("evaluate")
    for split, first, count in (("train", 0, 4), ("validation", 20, 1), ("test", 30, 4)):
        songs = {f"{split}{seed}": song_bytes(first + seed, bars=24) for seed in range(count)}
        write_parquet(root / "corpus" / split / "0.parquet", songs)
    prepare([root / "corpus"], [], root / "data", vocabulary_size=700, workers=1, keep_duplicates=True)
    np.savez(root / "data/train/grooves.npz", patterns=Grooves.read(Corpus(root / "data", "train")).patterns)
    torch.manual_seed(0)
    save_critic(CriticNetwork(CriticConfig(8, 8, 4, 8)), root / "critic.safetensors", {})
    (root / "clips").mkdir()
    write_midi(composed(1, 16), root / "clips" / "house-piano.mid")
    write_midi(composed(1, 16), root / "clips" / "unknown.mid")
    return root


@pytest.fixture
def asked(monkeypatch) -> list[DrumRequest]:
    requests: list[DrumRequest] = []
    monkeypatch.setattr(generated.DrumGenerator, "open", lambda folder: RockDrummer(requests))
    monkeypatch.setattr(
        generated,
        "find_style",
        lambda words, book, grooves: generated.Style(np.ones((2, 16, 18), np.float32)),
    )
    monkeypatch.setattr(evaluate, "_each", lambda pool, work, items, label: work(items))
    return requests


def _evaluate(folder, out, *more: str) -> dict:
    options = ["--data", folder / "data", "--split", "test", "--json", out, "--workers", "1", *more]
    assert evaluate.main([str(option) for option in options]) == 0
    return json.loads(out.read_text(encoding="utf-8"))


def test_every_measure_is_made_and_printed(folder, asked, tmp_path, capsys) -> None:
    more = [
        "--critic",
        folder / "critic.safetensors",
        "--clips",
        folder / "clips",
        "--pictures",
        tmp_path / "pictures",
    ]
    figures = _evaluate(folder, tmp_path / "all.json", *more)
    said = capsys.readouterr().out
    assert figures["songs"] == 4
    assert figures["valid"] == 1
    drummer = figures["drummer"]
    assert set(drummer) == {"human", "model", "rock beat", "eight loops"}
    assert set(drummer["model"]) == {*FIGURES, "distance"}
    assert drummer["model"] == pytest.approx(drummer["rock beat"])
    assert drummer["human"]["distance"] == 0 < drummer["model"]["distance"]
    assert f"{drummer['model']['distance']:.3f}" in said
    takes = figures["takes"]
    assert takes["first take"] == pytest.approx(takes["rock beat"])
    assert takes["takes alike"] < 1
    assert takes["best take"] >= takes["mean take"]
    heard = figures["listening"]
    assert heard["gain"] == {"F1": 0, "lock": 0, "form": 0, "dynamics": 0}
    assert set(heard["critic"]) == {"human", "own", "other", "styled"}
    assert heard["styled"]["F1"] != heard["own"]["F1"]
    assert figures["playable"]["model"]["unplayable"] == 0 < figures["playable"]["human"]["unplayable"]
    assert figures["playable"]["model"]["first half"] == 0.5
    assert figures["touch"]["model"]["time spread"] == 0
    assert figures["energy"] == {
        level: {"kick": velocity, "snare": velocity, "closed hat": velocity}
        for level, velocity in (("0", 40), ("0.5", 70), ("1", 100))
    }
    rows = figures["f1"]
    for name, row in rows.items():
        assert 0 <= row["f1_low"] <= row["f1"] <= row["f1_high"] <= 1, name
        assert 0 <= row["f1_songs_low"] <= row["f1_songs"] <= row["f1_songs_high"] <= 1, name
    assert rows["human"]["f1"] == 1
    assert rows["own parts"] == rows["rock beat"]
    assert "bits" not in figures
    assert "bits a written bar" not in said
    genre = figures["genre"]
    assert set(genre["clips"]) == {"house-piano"}
    assert len(genre["clips"]["house-piano"]["takes"]) == 8
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 3


def test_the_program_is_asked_as_a_person_asks_it(folder, asked, tmp_path) -> None:
    _evaluate(folder, tmp_path / "f1.json", "--only", "f1", "--songs", "2")
    own, other, primed = asked[:2], asked[2:4], asked[4:]
    assert len(primed) == 2
    plain = DrumRequest(own[0].parts, own[0].bars, own[0].ppq, own[0].bpm, variations=8)
    assert own[0] == plain
    assert {request.variations for request in own + other} == {8}
    assert [request.parts for request in other] == [own[1].parts, own[0].parts]  # of two songs the other one
    for request in primed:
        assert request.primer is not None
        assert request.primer_bars[-1].end_ticks == request.bars[0].start_ticks


def test_only_what_is_wanted_is_written(folder, asked, tmp_path) -> None:
    figures = _evaluate(folder, tmp_path / "one.json", "--only", "drummer", "--songs", "3")
    assert len(asked) == figures["songs"] == 3
    assert "takes" not in figures
    again = _evaluate(folder, tmp_path / "two.json", "--only", "drummer", "--songs", "3")
    assert again == figures


def test_the_files_themselves_can_be_measured(folder, asked, tmp_path) -> None:
    figures = _evaluate(folder, tmp_path / "one.json", "--only", "drummer", "--files", folder / "corpus")
    songs = songs_of_files(folder / "corpus", "test")
    assert figures["windows"] == sum(len(song.windows) for song in songs)


def test_too_few_songs_are_refused(folder, asked, tmp_path) -> None:
    with pytest.raises(ValueError, match="fewer than two songs to measure in validation"):
        _evaluate(folder, tmp_path / "none.json", "--split", "validation")
