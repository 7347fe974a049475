"""Of a file of JSON lines each is read by itself."""

from __future__ import annotations

import pytest

from training.common.prepared import JsonLines, as_lines

VALUES = [{"key": "Ein Stück", "bars": 3}, {}, {"nested": {"list": [1, None]}}]


def _written(path, values) -> JsonLines:
    text, starts = as_lines(values)
    path.write_bytes(text)
    return JsonLines(path, starts)


def test_what_was_written_is_read(tmp_path) -> None:
    lines = _written(tmp_path / "some.jsonl", VALUES)
    assert list(lines) == VALUES
    assert lines[-1] == VALUES[-1]
    assert lines[1:] == VALUES[1:]
    with pytest.raises(IndexError):
        lines[3]


def test_of_a_damaged_file_the_other_lines_are_read(tmp_path) -> None:
    lines = _written(tmp_path / "some.jsonl", VALUES)
    data = (tmp_path / "some.jsonl").read_bytes()
    (tmp_path / "some.jsonl").write_bytes(b"x" * (data.index(b"\n")) + data[data.index(b"\n") :])
    assert lines[2] == VALUES[2]


def test_there_may_be_none(tmp_path) -> None:
    assert list(_written(tmp_path / "none.jsonl", [])) == []
