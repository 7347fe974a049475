"""The evaluation and the speed table, run as a researcher runs them, on a tiny model and corpus."""

from __future__ import annotations

import json

from benchmarks import __main__ as benchmarks
from benchmarks import generation
from training.drums import evaluate


def test_the_table_of_the_model_that_was_trained(model_folder, checkpoint, tmp_path, capsys) -> None:
    out = tmp_path / "figures.json"
    data = checkpoint.parent / "data"
    options = ["--data", data, "--model", model_folder, "--checkpoint", checkpoint, "--split", "validation"]
    only = ["--only", "drummer", "f1", "bits", "--songs", "2", "--workers", "1", "--json", out]
    assert evaluate.main([str(option) for option in (*options, *only)]) == 0
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert figures["valid"] == 1
    assert f"{figures['drummer']['model']['distance']:.3f}" in capsys.readouterr().out
    rows = figures["f1"]
    assert (
        rows["copying the 2 bars before"]["f1"] > rows["random notes"]["f1"] + 0.3
    )  # the corpus repeats one beat
    assert rows["rock beat"]["f1"] > rows["random notes"]["f1"]
    bits = figures["bits"]
    assert bits["own parts"] > 0
    assert bits["Markov"] < bits["unigram"]


def test_the_speed_table_times_every_engine(model_folder, checkpoint, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(generation, "CASES", ((1, 1), (1, 2)))  # what is hardly trained writes very full bars
    out = tmp_path / "speed.json"
    options = [
        "generation",
        "--model",
        model_folder,
        "--checkpoint",
        checkpoint,
        "--runs",
        "2",
        "--json",
        out,
    ]
    assert benchmarks.main([str(each) for each in options]) == 0
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert {row["engine"] for row in rows} == {"onnxruntime", "onnxruntime, float32", "PyTorch"}
    assert all(0 < row["p50_ms"] <= row["p99_ms"] for row in rows)
    assert "tokens/s" in capsys.readouterr().out
