"""A tiny drum model, trained for two steps, released and exported, once for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

import export.__main__ as exporting
from musegen_daw.drumming.generator import DrumGenerator
from tests.drum_corpus import TINY_CONFIG, write_corpus
from training.drums import release, train
from training.drums.prepare import prepare


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    prepare([write_corpus(folder / "corpus")], [], folder / "data", vocabulary_size=700, workers=1)
    (folder / "tiny.toml").write_text(TINY_CONFIG, encoding="utf-8")
    options = ["--config", str(folder / "tiny.toml"), "--data", str(folder / "data"), "--accelerator", "cpu"]
    assert train.main([*options, "--out", str(folder / "run")]) == 0
    out = folder / "drums.safetensors"
    run = folder / "run" / "best.safetensors"
    assert release.main([str(run), "--data", str(folder / "data"), "-o", str(out)]) == 0
    return out


@pytest.fixture(scope="session")
def model_folder(checkpoint) -> Path:
    out = checkpoint.parent / "model"
    assert exporting.main(["drums", str(checkpoint), "-o", str(out), "--name", "tiny"]) == 0
    return out


@pytest.fixture(scope="session")
def generator(model_folder) -> DrumGenerator:
    return DrumGenerator.open(model_folder)
