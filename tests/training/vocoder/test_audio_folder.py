"""A folder of audio gives its recordings with their artists, whether a table names them or not."""

from __future__ import annotations

import csv

import pytest

from tests.training.vocoder.audio_corpus import packed, tone
from training.vocoder.audio_folder import artist, find_recordings


def _write(root, rows) -> None:
    with (root / "attribution.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path):
    data = packed(tone(0.2), "WAV")
    for name in (
        "train/a.wav",
        "train/b.wav",
        "train/sub/c.WAV",
        "train/sub/d.wav",
        "eval/e.wav",
        "train/._a.wav",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "train/readme.txt").write_text("x", encoding="utf-8")
    return tmp_path


def test_without_a_table_a_folder_is_an_artist_and_a_file_on_top_is_by_itself(folder) -> None:
    found = find_recordings(folder / "train").recordings
    assert {each.key: each.group for each in found} == {
        "a.wav": "a.wav", "b.wav": "b.wav", "sub/c.WAV": "sub", "sub/d.wav": "sub",
    }  # fmt: skip
    assert {each.source for each in found} == {"train"}
    assert {each.split for each in found} == {""}


def test_a_table_beside_the_folder_names_artists_and_licences(folder) -> None:
    _write(folder, [
        {"file": "train/a.wav", "author": "Jane (janed)", "licence": "CC0", "split": "train", "repository": "r"},
        {"file": "train/b.wav", "author": "by janed", "licence": "CC-BY", "split": "train", "repository": "r"},
        {"file": "eval/e.wav", "author": "Else", "licence": "CC0", "split": "eval", "repository": "r"},
    ])  # fmt: skip
    found = {each.key: each for each in find_recordings(folder / "train").recordings}
    assert found["a.wav"].group == found["b.wav"].group == "janed"
    assert (found["a.wav"].licence, found["b.wav"].licence, found["sub/c.WAV"].licence) == (
        "CC0",
        "CC-BY",
        "",
    )
    assert (found["a.wav"].source, found["sub/c.WAV"].source) == ("r", "train")
    everything = find_recordings(folder)
    assert "eval/e.wav" not in [each.key for each in everything.recordings]
    assert everything.dropped == {"of the eval split": 1}


def test_a_split_named_validation_is_kept(folder) -> None:
    _write(folder, [{"path": "train/a.wav", "artist": "X", "license": "CC0", "split": "validation"}])
    found = {each.key: each for each in find_recordings(folder / "train").recordings}
    assert (found["a.wav"].split, found["a.wav"].group, found["a.wav"].licence) == ("validation", "x", "CC0")
    assert found["b.wav"].split == ""


@pytest.mark.parametrize(
    ("credit", "name"),
    [
        ("Jane Doe (janed)", "janed"),
        ("by JaneD", "janed"),
        ("janed - https://example.org/x", "janed"),
        ("Byron", "byron"),
        ("Two Words", "two words"),
        ("", ""),
    ],
)
def test_one_artist_credited_in_several_ways_is_one(credit, name) -> None:
    assert artist(credit) == name


def test_a_folder_without_audio_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match="holds no audio file"):
        find_recordings(tmp_path)
    with pytest.raises(ValueError, match="is no folder"):
        find_recordings(tmp_path / "missing")
