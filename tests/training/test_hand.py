"""The hand is learned from how hits were played, and plays as it has learned."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from symusic import Note, Score, Track

from musegen_daw.drums.hand import Hand, Noise
from training.drums import hand
from training.drums.hand import read_noise
from training.drums.hand_data import RECORDED_LEAD_MS, EnergyScale, bar_levels, performance_of, read_groove
from training.drums.hand_evaluation import evaluate, played
from training.drums.hand_model import HandConfig, HandNetwork, graph_of, load_hand

PPQ = 480
KICK, SNARE, HAT = 36, 38, 42


def midi(notes) -> bytes:
    score = Score(PPQ)
    track = Track(is_drum=True)
    for start, pitch, velocity in notes:
        track.notes.append(Note(int(start), 30, pitch, int(velocity)))
    score.tracks.append(track)
    return score.dumps_midi()


def drummer(seed: int, bars: int = 12, loud: float = 1.0):
    """Loud backbeats, soft hats off the beat that come 10 ms late at 120 bpm."""
    random = np.random.default_rng(seed)
    notes = []
    for bar in range(bars):
        for eighth in range(8):
            at = 2 + bar * 4 * PPQ + eighth * PPQ // 2
            off = eighth % 2
            hat = (50 if off else 90) * loud + random.normal(0, 4)
            notes.append((at + 10 * off + abs(random.normal(0, 2)), HAT, max(1, hat)))
            if eighth % 4 == 0:
                notes.append((at, KICK, 80 * loud))
            if eighth % 4 == 2:
                notes.append((at, SNARE, 110 * loud))
    return notes


@pytest.fixture(scope="module")
def groove(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("groove") / "groove.zip"
    rows = [["id", "bpm", "time_signature", "midi_filename", "split"]]
    with zipfile.ZipFile(path, "w") as archive:
        for number, split in enumerate(["train"] * 6 + ["validation", "test", "test"]):
            archive.writestr(f"groove/a/{number}.mid", midi(drummer(number, loud=0.5 + 0.1 * (number % 6))))
            rows.append([f"a/{number}", "120", "4-4", f"a/{number}.mid", split])
        archive.writestr("groove/a/waltz.mid", midi(drummer(0)))
        rows.append(["a/waltz", "120", "3-4", "a/waltz.mid", "train"])
        table = io.StringIO()
        csv.writer(table).writerows(rows)
        archive.writestr("groove/info.csv", table.getvalue())
    return path


def test_a_performance_is_hits_on_the_grid_and_how_they_were_played() -> None:
    notes = [(5, KICK, 100), (5, HAT, 60), (490, SNARE, 120), (470, SNARE, 20), (1915, KICK, 90)]
    found = performance_of("a", midi(notes), 120.0)
    assert found is None  # fewer than 8 hits
    found = performance_of("a", midi([*notes, *drummer(0, bars=3)[30:]]), 120.0)
    assert found is not None
    first = found.hits["bar"] == 0
    kick = np.flatnonzero(first & (found.hits["piece"] == 0))[0]
    snare = np.flatnonzero(first & (found.hits["piece"] == 2))[0]
    assert found.velocity[[kick, snare]].tolist() == [100, 120]  # of a flam the loud stroke
    expected = np.array([5, 10]) * 60_000 / 120 / PPQ + RECORDED_LEAD_MS
    assert found.offset_ms[[kick, snare]] == pytest.approx(expected)
    early = np.flatnonzero((found.hits["bar"] == 1) & (found.hits["piece"] == 0))[0]
    assert found.hits["position"][early] == 6  # 5 ticks ahead of the bar line
    assert found.offset_ms[early] == pytest.approx(-5 * 60_000 / 120 / PPQ + RECORDED_LEAD_MS)


def test_the_split_and_the_meter_are_those_of_the_table(groove) -> None:
    assert [each.name for each in read_groove(groove, "train")] == [f"a/{number}" for number in range(6)]
    assert len(read_groove(groove, "test")) == 2


def test_another_zip_is_refused(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("x.mid", midi(drummer(0)))
    with pytest.raises(ValueError, match=r"no info\.csv"):
        read_groove(tmp_path / "x.zip", "train")


def test_the_level_of_a_bar_is_that_of_its_kick_and_snare() -> None:
    found = performance_of("a", midi(drummer(0, bars=3)), 120.0)
    assert found is not None
    assert found.level == pytest.approx([95, 95, 95])
    hats = found.hits["piece"] == 4
    middle = found.hits["bar"] == 1
    kept = ~(middle & ~hats)
    assert bar_levels(found.hits[kept], found.velocity[kept], 3) == pytest.approx([95, 95, 95])
    assert bar_levels(found.hits[hats], found.velocity[hats], 3) == pytest.approx(found.velocity[hats].mean())


def test_energy_is_the_rank_of_the_level(groove) -> None:
    own = read_groove(groove, "train")
    scale = EnergyScale.learn([own])
    energy = scale.energy_of(np.array([0.0, 47.5, 70.0, 95.0, 127.0]))
    assert energy[0] == 0
    assert energy[-1] == 1
    assert (np.diff(energy) >= 0).all()
    softest = min(own, key=lambda each: each.level[0])
    assert scale.energy_of(softest.level).max() < 0.25


def test_a_slice_is_its_own_performance(groove) -> None:
    whole = read_groove(groove, "train")[0]
    part = whole.between(3, 2)
    assert part.bars == 2
    assert part.hits["bar"].min() == 0
    assert np.array_equal(part.velocity, whole.velocity[np.isin(whole.hits["bar"], [3, 4])])
    softer = whole.changed(np.random.default_rng(1))
    assert not np.array_equal(softer.velocity, whole.velocity)
    assert ((softer.velocity > 0) & (softer.velocity <= 127)).all()


@pytest.fixture(scope="module")
def trained(groove):
    own = read_groove(groove, "train")
    scale = EnergyScale.learn([own])
    config = HandConfig(width=24, hidden=16, dropout=0.0)
    network, log = hand.train(own, [], [], scale, seconds=60, steps=400, config=config)
    hand.calibrate(network, own, scale)
    return network, log, scale


def test_accents_and_late_hits_are_learned(trained, groove) -> None:
    network, log, scale = trained
    assert log[-1]["train"] < log[0]["train"]
    held = read_groove(groove, "test")
    velocity, offset_ms = played(graph_of(network), held, scale, spread=0.0)
    hits = np.concatenate([each.hits for each in held])
    hats = hits["piece"] == 4
    off = (hits["position"].astype(int) - 6) % 48 == 24
    assert velocity[hats & ~off].mean() - velocity[hats & off].mean() > 12
    assert offset_ms[hats & off].mean() - offset_ms[hats & ~off].mean() > 3
    assert velocity[hits["piece"] == 2].mean() > velocity[hits["piece"] == 0].mean()


def test_energy_moves_all_voices(trained, groove) -> None:
    network, _, scale = trained
    own = read_groove(groove, "test")
    soft, loud = (played(graph_of(network), own, scale, energy=energy)[0] for energy in (0.0, 1.0))
    piece = np.concatenate([each.hits["piece"] for each in own])
    for each in (0, 2, 4):
        assert loud[piece == each].mean() - soft[piece == each].mean() > 15


def test_the_spread_is_made_as_wide_as_that_of_people(trained, groove) -> None:
    network, _, scale = trained
    own = read_groove(groove, "train")
    velocity, _ = played(graph_of(network), own, scale)
    hats = np.concatenate([each.hits["piece"] for each in own]) == 4
    human = np.concatenate([each.velocity for each in own])
    assert velocity[hats].std() == pytest.approx(human[hats].std(), rel=0.2)


def test_what_recurs_from_bar_to_bar_is_told_from_what_does_not(groove) -> None:
    torch.manual_seed(0)
    network = HandNetwork(HandConfig(width=8, hidden=4)).eval()
    own = read_groove(groove, "train")
    scale = EnergyScale.learn([own])
    widths = Noise(0.1, 0.5, 0.2, 0.1, 0.4, 0.9)
    network.noise.copy_(torch.tensor(widths))
    graph = graph_of(network)
    random = np.random.default_rng(0)
    drawn = []
    for each in [one for one in own for _ in range(6)]:
        energy = scale.energy_of(each.level)
        touch = Hand(graph).play(
            each.hits, bars=each.bars, energy=energy, bpm=120.0, seed=int(random.integers(1 << 30))
        )
        drawn.append(
            replace(
                each,
                velocity=touch.velocity.astype(float),
                offset_ms=touch.offset_beats * 500,
                level=each.level,
            )
        )
    found = read_noise(network, drawn, scale)
    assert found.velocity_place > 0.3
    assert found.velocity_take < 0.35
    assert found.offset_drift > 0.1


def test_the_command_writes_the_checkpoint_and_its_table(groove, tmp_path, capsys) -> None:
    options = ["--data", str(groove), "--out", str(tmp_path), "--steps", "20", "--minutes", "1"]
    assert hand.main(options) == 0
    network, values = load_hand(tmp_path / "hand.safetensors")
    assert len(values["energy_levels"]) == 33
    table = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    assert set(table["voices"]) == {"kick", "snare", "closed hat"}
    scale = EnergyScale(tuple(values["energy_levels"]))
    assert evaluate(network, read_groove(groove, "test"), scale)["voices"] == table["voices"]
    assert "kick" in capsys.readouterr().out
