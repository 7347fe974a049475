"""The evaluation and the speed table, run as a researcher runs them, on a tiny model and corpus."""

from __future__ import annotations

import json

import export.__main__ as exporting
from export import benchmark
from training.drums import evaluate


def _evaluate(model_folder, checkpoint, out, *more: str) -> dict:
    data = checkpoint.parent / "data"
    options = ["--data", data, "--model", model_folder, "--checkpoint", checkpoint, "--split", "validation"]
    assert (
        evaluate.main(
            [
                *map(str, options),
                "--workers",
                "1",
                "--follow",
                "0",
                "--candidates",
                "2",
                "--json",
                str(out),
                *more,
            ]
        )
        == 0
    )
    return json.loads(out.read_text(encoding="utf-8"))


def test_the_table_has_every_baseline_and_the_same_figures_twice(
    model_folder, checkpoint, tmp_path, capsys
) -> None:
    figures = _evaluate(
        model_folder, checkpoint, tmp_path / "one.json", "--pictures", str(tmp_path / "pictures")
    )
    said = capsys.readouterr().out
    rows = figures["rows"]
    assert {"own", "other", "primed", "rolling", "Markov", "random notes", "constant rock beat"} <= set(rows)
    assert {"thresholded mean beat", "copy previous 2 bars", "loop the first 2 bars"} <= set(rows)
    for name, row in rows.items():
        assert 0 <= row["f1_low"] <= row["f1"] <= row["f1_high"] <= 1, name
    assert rows["own"]["valid"] == 1.0
    assert f"{rows['own']['f1']:.3f}" in said
    assert "conditioning gain" in said
    bits = figures["bits_per_bar"]
    assert bits["own instruments"] > 0
    assert bits["Markov"] < bits["unigram"]
    assert list((tmp_path / "pictures").glob("*.png"))
    again = _evaluate(model_folder, checkpoint, tmp_path / "two.json", "--only", "own", "other")
    assert again["rows"]["own"] == rows["own"]


def test_copying_is_scored_on_the_windows_that_have_something_before_them(
    model_folder, checkpoint, tmp_path
) -> None:
    """The synthetic corpus repeats one beat with small changes, so a copy of two bars before is nearly right."""
    rows = _evaluate(model_folder, checkpoint, tmp_path / "one.json", "--only", "own")["rows"]
    assert rows["copy previous 2 bars"]["f1"] > rows["random notes"]["f1"] + 0.3
    assert rows["constant rock beat"]["f1"] > rows["random notes"]["f1"]


def test_the_speed_table_times_every_engine(model_folder, checkpoint, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(benchmark, "CASES", ((1, 1), (1, 2)))  # what is hardly trained writes very full bars
    out = tmp_path / "speed.json"
    options = ["benchmark", "--model", model_folder, "--checkpoint", checkpoint, "--runs", "2", "--json", out]
    assert exporting.main([str(each) for each in options]) == 0
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert {row["engine"] for row in rows} == {"onnxruntime", "onnxruntime, float32", "PyTorch"}
    assert all(0 < row["p50_ms"] <= row["p99_ms"] for row in rows)
    assert "tokens/s" in capsys.readouterr().out
