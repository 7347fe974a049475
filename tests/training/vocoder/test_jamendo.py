"""The published layout is read as it is: tables with tag columns, official splits, tars and folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.vocoder.audio_corpus import packed, table, tone, write_tar
from training.vocoder.jamendo import audio_names, find_audio, find_recordings, read_table

TRACKS = (
    (948, 7, ["dark"]),
    (1001, 7, ["happy", "film"]),
    (1102, 8, []),
    (1203, 9, ["a", "b", "c", "d", "e"]),
)


def _audio(track: int) -> bytes:
    return packed(tone(1.5, 100 + track % 100 * 7))


def _name(track: int) -> str:
    return f"{track % 100:02d}/{track}.low.mp3"


def _split(root: Path, split: str, rows) -> None:
    folder = root / "data/splits/split-0"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"autotagging_moodtheme-{split}.tsv").write_bytes(table(rows))


@pytest.fixture
def release(tmp_path) -> Path:
    """Two tracks to train on (one artist), one to validate, one to test; audio in a tar and unpacked."""
    _split(tmp_path, "train", TRACKS[:2])
    _split(tmp_path, "validation", TRACKS[2:3])
    _split(tmp_path, "test", TRACKS[3:])
    write_tar(
        tmp_path / "audio/autotagging_moodtheme_audio-low-00.tar",
        {_name(948): _audio(948), _name(1102): _audio(1102), "00/README.txt": b"no audio"},
    )
    for track in (1001, 1203):
        path = tmp_path / "unpacked" / _name(track)
        path.parent.mkdir(parents=True)
        path.write_bytes(_audio(track))
    return tmp_path


def test_every_column_after_the_fifth_is_a_tag(tmp_path) -> None:
    path = tmp_path / "autotagging_moodtheme.tsv"
    path.write_bytes(table(TRACKS))
    assert b"\r\n" in path.read_bytes()
    tracks = read_table(path)
    assert [len(track.tags) for track in tracks] == [1, 2, 0, 5]
    assert tracks[1].tags == ("mood/theme---happy", "mood/theme---film")
    assert (tracks[0].path, tracks[0].artist_id, tracks[0].duration_seconds) == (
        "48/948.mp3",
        "artist_000007",
        2.5,
    )


def test_a_file_that_is_no_table_is_named(tmp_path) -> None:
    path = tmp_path / "autotagging_moodtheme.tsv"
    path.write_bytes(b"TRACK_ID\tPATH\r\n")
    with pytest.raises(ValueError, match="does not begin with TRACK_ID, ARTIST_ID"):
        read_table(path)
    path.write_bytes(table(TRACKS[:1]) + b"track_1\tartist_1\r\n")
    with pytest.raises(ValueError, match=r"autotagging_moodtheme\.tsv, line 3"):
        read_table(path)
    path.write_bytes(table(TRACKS[:1]).replace(b"2.5", b"long"))
    with pytest.raises(ValueError, match="line 2"):
        read_table(path)


def test_tars_and_folders_are_read_with_the_official_splits(release) -> None:
    found = find_recordings(release)
    by_key = {each.key: each for each in found.recordings}
    assert {key: each.split for key, each in by_key.items()} == {
        "48/948": "train",
        "01/1001": "train",
        "02/1102": "validation",
    }
    assert by_key["48/948"].group == by_key["01/1001"].group != by_key["02/1102"].group
    assert found.dropped == {"of the test split": 1}
    for track in (948, 1001, 1102):
        audio = by_key[f"{track % 100:02d}/{track}"].place.mono(12_000)
        peak = int(np.argmax(np.abs(np.fft.rfft(audio[3000:15_000]))))
        assert peak == 100 + track % 100 * 7


def test_the_table_of_all_tracks_leaves_the_split_to_be_chosen(release) -> None:
    path = release / "autotagging_moodtheme.tsv"
    path.write_bytes(table([*TRACKS, (555, 1, ["dark"])]))
    found = find_recordings(release, [path])
    assert [each.split for each in found.recordings] == [""] * 4
    assert found.dropped == {"audio not found": 1}


def test_without_a_split_the_table_of_all_tracks_is_found(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"neither split-0/autotagging_moodtheme-train\.tsv"):
        find_recordings(tmp_path)
    (tmp_path / "autotagging_moodtheme.tsv").write_bytes(table(TRACKS[:1]))
    assert find_recordings(tmp_path).dropped == {"audio not found": 1}


def test_names_in_a_tar_are_never_paths(tmp_path) -> None:
    outside = tmp_path / "outside/48/948.low.mp3"
    outside.parent.mkdir(parents=True)
    outside.write_bytes(_audio(1203))
    root = tmp_path / "root"
    write_tar(root / "x.tar", {"../outside/48/948.low.mp3": _audio(948), "/etc/00/hosts.mp3": _audio(1)})
    found = find_audio(root)
    assert set(found) == {"48/948.low.mp3", "00/hosts.mp3"}
    assert all(place.path == root / "x.tar" for place in found.values())
    assert np.abs(np.fft.rfft(found["48/948.low.mp3"].mono(12_000)[3000:15_000])).argmax() == 436


def test_a_tar_that_is_cut_short_gives_what_it_has(tmp_path) -> None:
    write_tar(tmp_path / "a.tar", {_name(948): _audio(948), _name(1001): _audio(1001)})
    whole = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(whole[: len(_audio(948)) + 1200])
    assert _name(948) in find_audio(tmp_path)
    (tmp_path / "a.tar").write_bytes(b"no tar")
    assert find_audio(tmp_path) == {}


def test_audio_has_two_names() -> None:
    assert audio_names("48/948.mp3") == ("48/948.low.mp3", "48/948.mp3")
