"""A checkpoint says what it was made of, and nothing of whose machine it was."""

from __future__ import annotations

import getpass
import json
import platform
from pathlib import Path

from lightning_fabric import Fabric

from training.common import checkpoint as module
from training.common.checkpoint import code_version, data_digest, provenance


def _prepared(folder: Path, songs: int) -> Path:
    folder.mkdir()
    (folder / "facts.json").write_text(json.dumps({"songs": songs}), encoding="utf-8")
    return folder


def test_the_digest_is_that_of_the_report(tmp_path) -> None:
    one, same, other = (_prepared(tmp_path / name, songs) for name, songs in (("a", 1), ("b", 1), ("c", 2)))
    assert data_digest(one) == data_digest(same) != data_digest(other)


def test_code_and_environment_are_named_and_no_machine_is(tmp_path) -> None:
    found = provenance(_prepared(tmp_path / "data", 1), Fabric(accelerator="cpu", devices=1))
    assert found["code"]["version"]
    assert found["environment"]["packages"]["torch"]
    assert found["environment"]["processes"] == 1
    text = json.dumps(found)
    assert str(tmp_path) not in text
    assert platform.node() not in text
    assert f"/{getpass.getuser()}/" not in text


def test_without_a_repository_the_version_remains(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    assert code_version() == {"version": module.musegen_daw.__version__, "commit": "", "changes": ""}


def test_a_change_of_the_code_is_seen(monkeypatch) -> None:
    answers = {"rev-parse": b"abc\n", "diff": b"one line"}
    monkeypatch.setattr(module, "_git", lambda *arguments: answers[arguments[0]])
    before = code_version()
    answers["diff"] = b"another line"
    assert before["commit"] == code_version()["commit"] == "abc"
    assert before["changes"] != code_version()["changes"]
