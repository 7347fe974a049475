"""A small corpus, prepared once for all tests of training."""

from __future__ import annotations

from pathlib import Path

import pytest

from musegen_daw.drums.tokens import DrumTokenizer, DrumVocabulary
from tests.drum_corpus import TINY_CONFIG, write_corpus
from training.common.config import load_config
from training.drums.corpus import Corpus
from training.drums.prepare import prepare
from training.drums.styles import write_styles
from training.drums.train import DrumTraining


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def prepared(corpus_folder, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("prepared")
    prepare([corpus_folder], [], out, vocabulary_size=700, workers=1)
    write_styles(out, {"4/4": 4}, songs_a_code=2)
    return out


@pytest.fixture(scope="session")
def train_corpus(prepared) -> Corpus:
    return Corpus(prepared, "train")


@pytest.fixture(scope="session")
def tiny_config(tmp_path_factory) -> DrumTraining:
    path = tmp_path_factory.mktemp("config") / "tiny.toml"
    path.write_text(TINY_CONFIG, encoding="utf-8")
    return load_config(DrumTraining, path)


@pytest.fixture(scope="session")
def trained_vocabulary(prepared) -> DrumVocabulary:
    return DrumTokenizer.load(prepared / "tokenizer.json").vocabulary()
