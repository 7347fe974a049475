"""Latency offsets by port, and damaged files of them."""

import re

import pytest

from musegen_daw.errors import MusegenError
from musegen_daw.jam.user_settings import load_offset, save_offset


def _untold(sentence: str) -> None:
    pytest.fail(sentence)


def test_offsets_are_saved_by_port(tmp_path):
    folder = tmp_path / "a" / "b"
    assert load_offset(folder, "synth", _untold) is None
    save_offset(folder, "synth", -0.0125)
    save_offset(folder, "Überport", 0.5)
    save_offset(folder, "no UTF-8: \udcff", 0.25)
    save_offset(folder, "synth", -0.02)
    assert load_offset(folder, "synth", _untold) == -0.02
    assert load_offset(folder, "Überport", _untold) == 0.5
    assert load_offset(folder, "no UTF-8: \udcff", _untold) == 0.25


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"offsets_ms": 3}',
        '{"offsets_ms": {"a": "x"}}',
        '{"offsets_ms": {"a": null}}',
        '{"offsets_ms": {"a": NaN}}',
        '{"offsets_ms": {"a": 1e9}}',
        '{"offsets_ms": {"a": 1%s}}' % ("0" * 400),
        "[" * 60_000,
    ],
)
def test_a_damaged_offsets_file_is_set_aside_and_reported(tmp_path, text):
    path = tmp_path / "offsets.json"
    path.write_text(text)
    told: list[str] = []
    assert load_offset(tmp_path, "synth", told.append) is None
    (sentence,) = told
    assert re.fullmatch(r".*offsets\.json .*; it was set aside as .*offsets-damaged-1\.json\.", sentence)
    assert (tmp_path / "offsets-damaged-1.json").read_text() == text
    assert not path.exists()
    path.write_text(text)
    save_offset(tmp_path, "synth", 0.25)
    assert (tmp_path / "offsets-damaged-2.json").read_text() == text
    assert load_offset(tmp_path, "synth", _untold) == 0.25


def test_an_invalid_offset_leaves_the_others(tmp_path):
    path = tmp_path / "offsets.json"
    path.write_text('{"offsets_ms": {"a": 20, "b": [1], "c": -3.5, "d": 20000}}')
    told: list[str] = []
    assert load_offset(tmp_path, "a", told.append) == 0.02
    (sentence,) = told
    assert "has no latency offset for 'b' that can be used" in sentence
    assert sentence.endswith("and the rest of it kept.")
    assert load_offset(tmp_path, "c", _untold) == -0.0035
    assert load_offset(tmp_path, "d", _untold) is None


def test_a_folder_that_cannot_be_made_raises(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MusegenError, match="Cannot make the folder"):
        save_offset(tmp_path / "file", "synth", 0.0)
