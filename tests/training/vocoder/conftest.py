"""A small corpus of tones, prepared once for all tests of the vocoder's training."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.vocoder.audio_corpus import write_audio_folder
from tests.vocoder.tiny_vocoder import write_tiny_vocoder
from training.vocoder.audio_folder import find_recordings
from training.vocoder.parts import ChunkConfig
from training.vocoder.prepare import prepare


@pytest.fixture(scope="session")
def audio_folder(tmp_path_factory) -> Path:
    return write_audio_folder(tmp_path_factory.mktemp("audio"))


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """The folder of a tiny vocoder."""
    folder = tmp_path_factory.mktemp("model")
    write_tiny_vocoder(folder)
    return folder


@pytest.fixture(scope="session")
def prepared_audio(audio_folder, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("prepared-audio")
    prepare([find_recordings(audio_folder)], out, ChunkConfig(seconds=2.0), workers=1)
    return out
