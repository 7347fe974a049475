"""The training of the vocoder is timed beside the same steps on random tensors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from tests.vocoder_training import TINY_VOCODER


@pytest.mark.parametrize("stage", [1, 2])
def test_both_ways_are_timed(prepared_audio: Path, tmp_path: Path, capsys, stage) -> None:
    config, path = tmp_path / "tiny.toml", tmp_path / "found.json"
    config.write_text(TINY_VOCODER, encoding="utf-8")
    argv = [
        "train-vocoder",
        "--data",
        str(prepared_audio),
        "--config",
        str(config),
        "--steps",
        "2",
        "--json",
        str(path),
    ]
    assert benchmarks.main([*argv, "--adversarial"] if stage == 2 else argv) == 0
    (found,) = json.loads(path.read_text(encoding="utf-8"))
    assert (found["steps"], found["stage"]) == (2, stage)
    ratio = found["real_seconds_of_audio_a_second"] / found["bare_seconds_of_audio_a_second"]
    assert found["real_over_bare"] == pytest.approx(ratio)
    assert 0 < found["loader_share"] < 1
    assert "bare loop, random" in capsys.readouterr().out


def test_an_index_of_any_length_is_opened(prepared_audio: Path, tmp_path: Path, capsys) -> None:
    config, path = tmp_path / "tiny.toml", tmp_path / "found.json"
    config.write_text(TINY_VOCODER, encoding="utf-8")
    argv = [
        "open-vocoder",
        "--data",
        str(prepared_audio),
        "--config",
        str(config),
        "--hours",
        "0.5",
        "--json",
        str(path),
    ]
    assert benchmarks.main(argv) == 0
    small, large = json.loads(path.read_text(encoding="utf-8"))
    assert large["hours"] == pytest.approx(0.5)
    assert large["chunks"] == 900 > small["chunks"]
    assert "half an epoch" in capsys.readouterr().out
