"""A configuration is read whole or refused with the name of what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from training.common.config import from_dict, load_config
from training.drums.train import DrumTraining

CONFIGS = sorted((Path(__file__).resolve().parents[2] / "training" / "drums" / "configs").glob("*.toml"))


@dataclass(frozen=True)
class Inner:
    width: int = 3
    rate: float = 0.5
    name: str = "a"
    on: bool = False


@dataclass(frozen=True)
class Outer:
    inner: Inner = field(default_factory=Inner)
    steps: int = 1


def test_what_is_not_given_is_the_default(tmp_path) -> None:
    path = tmp_path / "some.toml"
    path.write_text("steps = 7\n[inner]\nrate = 2\non = true\n", encoding="utf-8")
    config = load_config(Outer, path)
    assert config == Outer(Inner(rate=2.0, on=True), 7)
    assert type(config.inner.rate) is float


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stepps = 1", "unknown stepps; known are inner, steps"),
        ("[inner]\nwidht = 1", r"\[inner\]: unknown widht"),
        ("[other]\nwidth = 1", "unknown other"),
        ("steps = 1.5", "steps must be int"),
        ("steps = true", "steps must be int"),
        ("[inner]\nrate = 'fast'", "rate must be float"),
        ("[inner]\nrate = true", "rate must be float"),
        ("[inner]\nname = 3", "name must be str"),
        ("[inner]\non = 1", "on must be bool"),
        ("inner = 3", "inner must be a table"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, words) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"wrong.toml.*{words}"):
        load_config(Outer, path)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_of_the_project_is_read(path) -> None:
    assert load_config(DrumTraining, path).loop.steps > 0


def test_the_plain_values_of_a_configuration_give_it_back(tiny_config) -> None:
    from dataclasses import asdict

    assert from_dict(DrumTraining, asdict(tiny_config), "values") == tiny_config
