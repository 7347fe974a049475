"""Whatever is wrong with a model folder ends in one sentence that names it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.errors import ModelError


@pytest.fixture
def folder(model_folder, tmp_path) -> Path:
    return shutil.copytree(model_folder, tmp_path / "model")


def _edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "model.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values), encoding="utf-8")


def _sentence(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        DrumGenerator.open(folder)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_a_copy_of_the_folder_is_as_good(folder) -> None:
    assert DrumGenerator.open(folder).name == "tiny"


@pytest.mark.parametrize(
    "file", ["encode.onnx", "choose.onnx", "planner.onnx", "hand.onnx", "step_8bit.onnx"]
)
def test_a_changed_file_is_damaged(folder, file) -> None:
    data = bytearray((folder / file).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / file).write_bytes(data)
    assert f"{file} is damaged (its hash differs)" in _sentence(folder)


def test_a_file_cut_short_has_another_size(folder) -> None:
    (folder / "step_8bit.onnx").write_bytes((folder / "step_8bit.onnx").read_bytes()[:-1])
    assert "step_8bit.onnx has" in _sentence(folder)


def test_a_missing_file_is_named(folder) -> None:
    (folder / "encode.onnx").unlink()
    assert "encode.onnx is missing" in _sentence(folder)


def test_a_folder_in_place_of_a_file_cannot_be_read(folder) -> None:
    (folder / "encode.onnx").unlink()
    (folder / "encode.onnx").mkdir()
    assert "encode.onnx" in _sentence(folder)


def test_nothing_there_is_no_model(tmp_path) -> None:
    assert "There is no model in" in _sentence(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "name", ["../encode.onnx", "/etc/hostname", "deep/encode.onnx", "..", ".", "", "a\0b"]
)
def test_a_file_outside_the_folder_is_not_opened(folder, name) -> None:
    _edit(folder, lambda values: values["graphs"]["encode"].update(file=name))
    assert "names a file outside its folder" in _sentence(folder)


def test_another_kind_or_format_is_told(folder) -> None:
    _edit(folder, lambda values: values.update(kind="vocoder"))
    assert "is a vocoder model, not a drums model" in _sentence(folder)
    _edit(folder, lambda values: values.update(kind="drums", format=99))
    assert "has format 99" in _sentence(folder)


def test_a_huge_description_is_not_read(folder) -> None:
    with (folder / "model.json").open("wb") as file:
        file.truncate(9 << 20)
    assert "too large" in _sentence(folder)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"3",
        b"\xff\xfe\x00",
        b'{"kind": "drums"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_garbage_is_a_damaged_description(folder, text) -> None:
    (folder / "model.json").write_bytes(text)
    assert "is damaged" in _sentence(folder)


def _set(*path: Any) -> Callable[[dict[str, Any]], None]:
    *keys, last, value = path

    def change(values: Any) -> None:
        for key in keys:
            values = values[key]
        values[last] = value

    change.__name__ = "-".join(map(str, path[:-1]))
    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("format", float("inf")),
        _set("format", "one"),
        _set("name", ["tiny"]),
        _set("name", "tiny\n\x1b[2J"),
        _set("graphs", "encode", "sha256", "0" * 63),
        _set("graphs", "encode", "inputs", 0, "shape", 0, -1),
        _set("graphs", "encode", "inputs", 0, "shape", ["bars"] * 9),
        _set("graphs", "encode", "inputs", [{"name": "a", "type": "float", "shape": []}] * 2),
        _set("facts", "trained_bars", 10**30),
        _set("facts", "trained_bars", float("nan")),
        _set("facts", "vocabulary", 5, [[1, 0]] * 257),
        _set("facts", "vocabulary", 5, [[True, 0]]),
        _set("facts", "styles", "names", 0, 3),
        _set("facts", "styles", "shares", 0, 0),
        _set("facts", "styles", "triplets", 0, 1.5),
        _set("facts", "planner", "sharpness", 0, 1e9),
        _set("facts", "planner", "scale", "density", 0, -1),
        _set("facts", "sizes", "decoder_layers", 0),
        _set("facts", "sizes", "decoder_width", 1e3),
        _set("graphs", []),
        _set("graphs", "encode", None),
        _set("graphs", "encode", "bytes", float("inf")),
        _set("graphs", "encode", "inputs", 3),
        _set("versions", 3),
        _set("facts", {}),
        _set("facts", "vocabulary", []),
        _set("facts", "vocabulary", 5, [[2, 70_000]]),
        _set("facts", "vocabulary", 5, [[3, 200]]),
        _set("facts", "vocabulary", 5, [[2, 250]]),
        _set("facts", "vocabulary", 5, "Bar"),
        _set("facts", "vocabulary", [[] for _ in range(700)]),
        _set("facts", "sizes", "history_width", "wide"),
        _set("facts", "styles", {}),
        _set("facts", "styles", "triplets", []),
        _set("facts", "styles", "meters", 0, "17/16"),
        _set("facts", "planner", {}),
        _set("facts", "planner", "width", "wide"),
        _set("facts", "planner", "kind_nats", [0.0]),
        _set("facts", "sizes", "decoder_layers", None),
    ],
    ids=lambda change: change.__name__,
)  # fmt: skip
def test_facts_that_make_no_sense_are_a_damaged_description(folder, change) -> None:
    _edit(folder, change)
    assert "is damaged" in _sentence(folder)


def test_what_is_no_onnx_file_is_told(folder) -> None:
    (folder / "step_8bit.onnx").write_bytes(b"no graph")
    digest = hashlib.sha256(b"no graph").hexdigest()
    _edit(folder, lambda values: values["graphs"]["step_8bit"].update(sha256=digest, bytes=8))
    assert "step_8bit.onnx is not an ONNX file" in _sentence(folder)


def test_a_graph_with_other_inputs_is_told(folder) -> None:
    _edit(folder, lambda values: values["graphs"]["step_8bit"]["inputs"][0].update(name="syllable"))
    assert "does not have the inputs" in _sentence(folder)
    _edit(folder, lambda values: values["graphs"]["step_8bit"]["inputs"].reverse())
    assert "step_8bit.onnx does not fit: its input cell is float" in _sentence(folder)


def test_a_graph_of_another_width_is_told_before_it_runs(folder) -> None:
    _edit(folder, lambda values: values["facts"]["sizes"].update(decoder_width=17))
    assert "step_8bit.onnx does not fit: its input hidden is float of the shape (1, rows, 16)" in _sentence(
        folder
    )


@pytest.mark.parametrize("file", ["model.json", "encode.onnx"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder, file) -> None:
    (folder / file).unlink()
    os.mkfifo(folder / file)
    assert f"{file} is not a regular file" in _sentence(folder)


def test_a_graph_that_is_not_described_is_told(folder) -> None:
    _edit(folder, lambda values: values["graphs"].pop("look_back"))
    assert "'look_back'" in _sentence(folder)
