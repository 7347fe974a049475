"""Every layout in which corpora come is read, and no file in them is fatal."""

from __future__ import annotations

import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.drum_corpus import song_bytes, write_parquet
from training.drums import gigamidi
from training.drums.gigamidi import find_units, read_unit

SONGS = {f"song{n}": bytes([n]) * 10 for n in range(7)}


def _read(root) -> dict[str, gigamidi.CorpusFile]:
    sources = [source for unit in find_units(root) for source in read_unit(unit)]
    found = {source.key: source for source in sources}
    assert len(found) == len(sources)
    return found


def _splits(root) -> dict[str, str]:
    return {key: source.split for key, source in _read(root).items()}


@pytest.mark.parametrize("as_struct", [False, True])
@pytest.mark.parametrize(
    "layout",
    ["{split}/0.parquet", "{split}.parquet", "v1.0.0/{split}.parquet", "v1.1.0/{split}/a.parquet",
     "data/{split}-00000-of-00002.parquet"],
)  # fmt: skip
def test_a_release_is_read_with_its_splits(tmp_path, layout, as_struct) -> None:
    for split in gigamidi.SPLITS:
        songs = {f"{split}-{key}": data for key, data in SONGS.items()}
        write_parquet(
            tmp_path / layout.format(split=split), songs, as_struct=as_struct, num_tracks=[3] * len(songs)
        )
    found = _read(tmp_path)
    assert len(found) == 21
    assert all(key.startswith(source.split) for key, source in found.items())
    assert all(source.data == SONGS[key.rpartition("-")[2]] for key, source in found.items())


def test_the_columns_of_the_corpus_are_taken_over(tmp_path) -> None:
    path = tmp_path / "train.parquet"
    write_parquet(
        path, {"a": b"1", "b": b"2"}, song_group=["g", None], licence_class=["B", None], source=["web", None]
    )
    first, second = _read(path).values()
    assert (first.group, first.licence_class, first.origin) == ("g", "B", "web")
    assert (second.group, second.licence_class, second.origin) == ("b", "", "")


def test_a_row_without_music_is_empty(tmp_path) -> None:
    write_parquet(tmp_path / "test.parquet", {"a": b"1", "b": None})
    assert [source.data for source in _read(tmp_path).values()] == [b"1", b""]


def test_without_named_splits_a_group_stays_together(tmp_path) -> None:
    songs = {f"song{n}": bytes([n]) for n in range(120)}
    write_parquet(tmp_path / "all.parquet", songs, song_group=[f"group{n % 30}" for n in range(120)])
    of_group: dict[str, set[str]] = {}
    for source in _read(tmp_path).values():
        of_group.setdefault(source.group, set()).add(source.split)
    assert len(of_group) == 30
    assert all(len(splits) == 1 for splits in of_group.values())
    assert set.union(*of_group.values()) == set(gigamidi.SPLITS)


@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_zip_with_a_csv_has_its_splits(tmp_path, bom) -> None:
    path = tmp_path / "groove.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("groove/d1/one.mid", b"1")
        archive.writestr("groove/d1/two.midi", b"2")
        archive.writestr("groove/d1/three.MID", b"3")
        archive.writestr("__MACOSX/groove/._one.mid", b"\xff\x00")
        archive.writestr("__MACOSX/groove/._info.csv", b"\xff\x00\xfe")
        archive.writestr("groove/readme.txt", b"")
        table = f"{bom}midi_filename,bpm,split\nd1/one.mid,100,test\nd1/two.midi,90,validation\nd1/three.MID,80,train\n"
        archive.writestr("groove/info.csv", table)
    expected = {
        "groove/d1/one.mid": "test",
        "groove/d1/two.midi": "validation",
        "groove/d1/three.MID": "train",
    }
    assert _splits(path) == expected
    assert _splits(tmp_path) == expected


def test_a_folder_with_a_csv_has_its_splits(tmp_path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("one.mid", "deep/two.mid"):
        (tmp_path / name).write_bytes(b"1")
    (tmp_path / "table.csv").write_bytes(b"md5,title,split\none,caf\xe9,validation\ntwo,x,test\n")
    assert _splits(tmp_path) == {"one.mid": "validation", "deep/two.mid": "test"}


def test_folders_named_after_splits_are_splits(tmp_path) -> None:
    for split in gigamidi.SPLITS:
        (tmp_path / split / "more").mkdir(parents=True)
        (tmp_path / split / "more" / "a.mid").write_bytes(b"1")
    assert _splits(tmp_path) == {f"{split}/more/a.mid": split for split in gigamidi.SPLITS}


def test_a_plain_folder_is_shared_out_the_same_every_time(tmp_path) -> None:
    for number in range(100):
        (tmp_path / f"{number}.mid").write_bytes(b"1")
    splits = _splits(tmp_path)
    assert splits == _splits(tmp_path)
    assert 75 <= list(splits.values()).count("train") < 100


def test_units_are_of_bounded_size_and_cover_everything(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(gigamidi, "UNIT_FILES", 3)
    for number in range(10):
        (tmp_path / f"{number}.mid").write_bytes(b"1")
    write_parquet(tmp_path / "train.parquet", SONGS)  # row groups of three
    units = find_units(tmp_path)
    assert [len(list(read_unit(unit))) for unit in units] == [3, 3, 1, 3, 3, 3, 1]
    assert len({unit.name for unit in units}) == len(units)
    assert [unit.name for unit in units] == [unit.name for unit in find_units(tmp_path)]


def test_corpora_of_the_same_shape_are_told_apart(tmp_path) -> None:
    for name in ("first", "second"):
        write_parquet(tmp_path / name / "v1" / "train.parquet", {name: b"1"})
    (first,), (second,) = find_units(tmp_path / "first"), find_units(tmp_path / "second")
    assert first.name != second.name


def test_a_file_too_large_is_not_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(gigamidi, "MAX_MIDI_BYTES", 100)
    (tmp_path / "large.mid").write_bytes(bytes(101))
    (tmp_path / "fits.mid").write_bytes(bytes(100))
    with zipfile.ZipFile(tmp_path / "more.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zipped.mid", bytes(101))
    write_parquet(tmp_path / "train.parquet", {"row": bytes(101)})
    lengths = {key: len(source.data) for key, source in _read(tmp_path).items()}
    assert lengths == {"large.mid": 0, "fits.mid": 100, "zipped.mid": 0, "row": 0}


def test_a_damaged_member_of_a_zip_is_empty(tmp_path) -> None:
    path = tmp_path / "songs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good.mid", song_bytes(1))
        archive.writestr("spoiled.mid", b"spoiled content here")
    path.write_bytes(path.read_bytes().replace(b"spoiled content", b"spoiled contenT"))
    found = _read(path)
    assert found["good.mid"].data == song_bytes(1)
    assert found["spoiled.mid"].data == b""


@pytest.mark.parametrize(
    "make", [lambda path: path.mkdir(), lambda path: path.write_bytes(b"x"), lambda path: None]
)
def test_where_there_is_no_midi_the_place_is_named(tmp_path, make) -> None:
    make(tmp_path / "nothing")
    with pytest.raises(ValueError, match="nothing holds no parquet file, no zip and no"):
        find_units(tmp_path / "nothing")


def test_memory_does_not_grow_with_the_row_group(tmp_path) -> None:
    random = np.random.default_rng(0)
    rows = [random.bytes(20_000) for _ in range(2500)]  # 50 MB that cannot be compressed, in one row group
    table = pa.table({"md5": [str(number) for number in range(len(rows))], "music": rows})
    pq.write_table(table, tmp_path / "train.parquet", row_group_size=len(rows), write_batch_size=64)
    expected = [(str(number), data) for number, data in enumerate(rows)]
    del table, rows
    units = find_units(tmp_path)
    assert [(unit.first_row, unit.rows) for unit in units] == [(0, 1000), (1000, 1000), (2000, 500)]
    before, most = pa.total_allocated_bytes(), 0
    found: list[tuple[str, bytes]] = []
    for unit in units:
        for source in read_unit(unit):
            most = max(most, pa.total_allocated_bytes() - before)
            found.append((source.key, source.data))
    assert found == expected
    assert 0 < most < 12_000_000
