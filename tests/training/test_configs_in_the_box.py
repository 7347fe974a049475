"""The configurations that ship can be read, and are what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.common.config import load_config
from training.drums.train import DrumTraining

FOLDER = Path(__file__).resolve().parents[2] / "training/drums/configs"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_it_can_be_read(path) -> None:
    config = load_config(DrumTraining, path)
    assert config.loop.steps > 0
    assert 0 <= config.data.all_tracks_share + config.data.one_track_share <= 1


def test_the_seed_hears_one_track_and_hides_nothing() -> None:
    config = load_config(DrumTraining, FOLDER / "seed.toml")
    assert config.data.one_track_share == 1
    assert not config.model.use_history
    assert config.listening_weight == 0
