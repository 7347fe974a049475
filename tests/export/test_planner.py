"""The planner, trained for a moment on made-up plans, exported, and run as the app runs it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from export.planner import FILE, UNCALIBRATED, export_planner, main, open_planner
from export.planner_calibration import HeldBackSong, calibrate, people, table, written
from musegen_daw.drums.events import ONSET
from musegen_daw.drums.part import bar_features
from musegen_daw.drums.plan_reading import FILL, FIRST_REPEAT, GROOVE, KINDS, LABEL, LEVELS, PlanScale
from musegen_daw.drums.planner import Planner
from musegen_daw.drums.style import Style, StyleBook
from musegen_daw.models.spec import load_spec
from musegen_daw.music.kit import PIECES
from training.drums.planner import CHUNK, PlannerConfig, PlannerData, histories, load_planner, train

SCALE = PlanScale.learn(np.arange(1, 31), np.linspace(4, 15, 30))
SONGS, BARS = 48, 16
BOOK = StyleBook(
    np.random.default_rng(0).random((2, 2, 16, len(PIECES)), np.float32),
    np.zeros(2, np.float32),
    ("a", "b"),
    ("4/4", "4/4"),
    np.full(2, 0.5, np.float32),
)


def song_part():
    rows = [(bar, 6 + 48 * beat, 40, 8, 24, 2, 0) for bar in range(BARS) for beat in range(4)]
    return bar_features(np.array(rows, ONSET), BARS)


def plan(random: np.random.Generator) -> np.ndarray:
    """A groove that is repeated, a fill at the end of every four bars, a crash after it."""
    labels = np.zeros(BARS, LABEL)
    labels["kind"] = FIRST_REPEAT
    labels["kind"][::4], labels["kind"][3::4] = GROOVE, FILL
    labels["crash"][4::4] = True
    labels["density"], labels["energy"] = random.integers(0, LEVELS) / LEVELS, 0.55
    return labels


def data() -> PlannerData:
    random = np.random.default_rng(1)
    part, chunks = song_part(), np.zeros(SONGS, CHUNK)
    chunks["first"], chunks["bars"] = np.arange(SONGS) * BARS, BARS
    chunks["bpm"], chunks["parts"], chunks["expressive"] = 110, True, True
    labels = np.concatenate([plan(random) for _ in range(SONGS)])
    streams = [
        np.tile(values, (SONGS, 1)).astype(np.float16) for values in (part.content, part.place, part.ahead)
    ]
    return PlannerData(chunks, labels, *streams, histories(chunks, labels))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("planner") / "planner.safetensors"
    made_up, config = data(), PlannerConfig(width=24, entry=24, part=12, style=8, head=16)
    train(made_up, made_up, BOOK, config, path, seconds=8, seed=0, scale=SCALE)
    return path


@pytest.fixture(scope="module")
def exported(checkpoint):
    return export_planner(checkpoint, checkpoint.parent / "onnx")


def test_the_graph_says_what_pytorch_says(exported):
    assert exported.difference < 1e-4
    assert exported.facts["scale"] == {name: list(values) for name, values in asdict(SCALE).items()}


def test_it_learns_where_fills_go(checkpoint, exported):
    planner = open_planner(checkpoint.parent / "onnx", exported, {})
    plans = [planner.write(song_part(), [BOOK[0]], seed=seed, bpm=110)[0] for seed in range(12)]
    fills = np.mean([[bar.kind.value == "fill" for bar in plan] for plan in plans], axis=0)
    ends = np.arange(BARS) % 4 == 3
    assert fills[ends].mean() > 0.5
    assert fills[~ends].mean() < 0.2


def knows_nothing(window, place, style, history, hidden, cell):
    """A network that finds everything equally likely."""
    kinds = np.zeros((len(history), KINDS), np.float32)
    levels = np.zeros((*kinds.shape, LEVELS), np.float32)
    return [kinds, kinds, levels[..., :5], levels, levels, hidden, cell]


def test_calibration_brings_the_shares_nearer():
    random = np.random.default_rng(2)
    songs = [HeldBackSong(song_part(), plan(random), Style(BOOK.patterns[0]), 110.0) for _ in range(8)]
    facts = {"width": 4, "scale": asdict(SCALE)}
    found = calibrate(lambda calibration: Planner(knows_nothing, facts | calibration), songs, rounds=8)
    wanted, before, after = (
        people(songs),
        *(written(Planner(knows_nothing, facts | each), songs, 9) for each in (UNCALIBRATED, found)),
    )
    for name in ("same 1", "variation", "crash else"):
        assert abs(after.get(name, 0) - wanted[name]) < 0.7 * abs(before.get(name, 0) - wanted[name])
    assert "fills" in table(Planner(knows_nothing, facts | found), songs, 3)


def test_the_command_writes_a_graph_with_its_sidecar(checkpoint, tmp_path, capsys):
    assert main([str(checkpoint), "-o", str(tmp_path)]) == 0
    assert FILE in capsys.readouterr().out
    assert load_spec(tmp_path, "planner").facts["width"] == load_planner(checkpoint)[0].config.width
