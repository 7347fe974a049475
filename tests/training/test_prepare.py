"""Preparation is deterministic, resumable, complete in its counts, and survives every file."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from musegen_daw.drums.events import quantise
from musegen_daw.drums.plan_repeats import is_written
from musegen_daw.drums.tokens import DrumTokenizer
from tests.drum_corpus import song_bytes, write_parquet
from tests.training.common.shards import lay_blocks_or_die, write_part_or_die
from training.drums import gigamidi, merge, parts
from training.drums import prepare as preparation
from training.drums.corpus import Corpus
from training.drums.gigamidi import SPLITS, find_units, read_unit
from training.drums.pairs import Pair, make_pair
from training.drums.parts import DrumPart, write_part
from training.drums.prepare import prepare

ROOT = Path(__file__).resolve().parents[2]
# the reader that is fast crashes on a track that claims 4 GiB, and takes the process with it
CRASHING = b"MThd\0\0\0\x06\0\x01\0\x01\x01\xe0MTrk\xff\0\0\0\0\xc9"


def _contents(folder: Path) -> dict[str, bytes]:
    """All files of a prepared folder but the facts, which hold the time that was needed, and the styles."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("facts.json", "styles.json", "grooves.npz")
    }


def _facts(folder: Path) -> dict:
    return json.loads((folder / "facts.json").read_text(encoding="utf-8"))


def _prepare(corpus: Path, out: Path, vocabulary_size: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training.drums", "prepare", "--data", str(corpus), "--out", str(out),
               "--vocabulary-size", str(vocabulary_size), "--workers", "1"]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_same_corpus_gives_the_same_bytes(corpus_folder, prepared, tmp_path) -> None:
    prepare([corpus_folder], [], tmp_path / "again", vocabulary_size=700, workers=2)
    assert _contents(tmp_path / "again") == _contents(prepared)
    assert not (tmp_path / "again" / "parts").exists()
    assert _facts(tmp_path / "again") == _facts(prepared)


def test_a_tokenizer_that_is_given_is_used(corpus_folder, prepared, tmp_path) -> None:
    prepare([corpus_folder], [], tmp_path / "one", vocabulary_size=450, workers=1)
    given = prepared / "tokenizer.json"
    prepare([corpus_folder], [], tmp_path / "two", vocabulary_size=600, tokenizer=given, workers=1)
    assert _contents(tmp_path / "two") == _contents(prepared) != _contents(tmp_path / "one")


def test_killed_workers_change_nothing(corpus_folder, prepared, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(preparation, "write_part", write_part_or_die)
    monkeypatch.setattr(merge, "lay_blocks", lay_blocks_or_die)
    monkeypatch.setattr(merge, "_BLOCKS_A_TASK", 2)
    prepare([corpus_folder], [], tmp_path / "out", vocabulary_size=700, workers=2)
    assert _contents(tmp_path / "out") == _contents(prepared)
    assert _facts(tmp_path / "out") == _facts(prepared)


@pytest.mark.parametrize(
    ("where", "call"),
    [
        ("training.drums.parts.make_pair", 8),
        ("training.drums.parts.save_arrays", 2),
        ("training.drums.prepare.write_beats", 2),
        ("training.drums.prepare.write_block", 3),
        ("training.drums.merge.read_facts", 3),
        ("training.drums.split_files._open_as_it_is", 30),
        ("training.drums.merge.round", 1),
    ],
    ids=[
        "reading",
        "writing a part",
        "learning tokens",
        "encoding",
        "counting what is joined",
        "joining",
        "before the last file",
    ],
)
def test_a_killed_run_goes_on_where_it_was(corpus_folder, prepared, tmp_path, where, call) -> None:
    arguments = ["--data", str(corpus_folder), "--out", str(tmp_path), "--vocabulary-size", "700"]
    arguments += ["--workers", "1"]
    command = [
        sys.executable,
        "-m",
        "tests.training.common.shards",
        "drums.prepare",
        where,
        str(call),
        *arguments,
    ]
    killed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "facts.json").exists()
    assert preparation.main(arguments) == 0
    assert _contents(tmp_path) == _contents(prepared)
    assert _facts(tmp_path) == _facts(prepared)
    assert not (tmp_path / "parts").exists()


def test_parts_that_were_made_are_taken_over(corpus_folder, prepared, tmp_path, monkeypatch) -> None:
    made: list[Path] = []

    def stop(part) -> None:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(part.path)
        write_part(part)

    def go_on(part) -> None:
        made.append(part.path)
        write_part(part)

    monkeypatch.setattr(preparation, "write_part", stop)
    arguments = ["--data", str(corpus_folder), "--out", str(tmp_path), "--vocabulary-size", "700"]
    arguments += ["--workers", "1"]
    assert preparation.main(arguments) == 130
    monkeypatch.setattr(preparation, "write_part", go_on)
    assert preparation.main(arguments) == 0
    assert len(made) == len(set(made)) == len(find_units(corpus_folder))
    assert _contents(tmp_path) == _contents(prepared)


def test_a_long_row_group_is_read_in_pieces_with_the_same_result(
    corpus_folder, prepared, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(gigamidi, "UNIT_ROWS", 2)
    monkeypatch.setattr(gigamidi, "BATCH_ROWS", 1)
    assert len(find_units(corpus_folder)) == 14
    prepare([corpus_folder], [], tmp_path, vocabulary_size=700, workers=1)
    assert _contents(tmp_path) == _contents(prepared)


def test_a_damaged_row_group_costs_no_other(tmp_path) -> None:
    songs = {f"song{number}": song_bytes(number) for number in range(6)}
    write_parquet(tmp_path / "corpus/train.parquet", songs)
    path = tmp_path / "corpus/train.parquet"
    column = pq.ParquetFile(path).metadata.row_group(1).column(1)
    start = column.dictionary_page_offset or column.data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(data)
    facts = prepare([tmp_path / "corpus"], [], tmp_path / "out", vocabulary_size=600, workers=1)
    assert facts["files"] == 6
    assert facts["splits"]["train"]["songs"] == 3
    with (tmp_path / "out/quarantine.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(facts["dropped"].values()) == 3
    assert rows
    assert all(row["reason"] in facts["dropped"] for row in rows)


@pytest.mark.parametrize("name", ["train.parquet", "songs.zip"])
def test_a_file_that_was_cut_off_is_named_before_anything_is_done(tmp_path, capsys, name) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / name).write_bytes(b"PAR1 and no more")
    with pytest.raises(SystemExit):
        preparation.main(["--data", str(tmp_path / "corpus"), "--out", str(tmp_path / "out")])
    assert f"{name} is no" in capsys.readouterr().err


def test_duplicates_are_dropped_across_shards_and_splits(tmp_path) -> None:
    song, other = song_bytes(3, bars=16), song_bytes(4, bars=16)
    # another title, other bytes, the same music
    renamed = song.replace(b"Part 33", b"Bass no")
    assert renamed != song
    write_parquet(tmp_path / "corpus/train/0.parquet", {"a": song, "b": other, "c": other})
    write_parquet(tmp_path / "corpus/train/1.parquet", {"d": renamed, "e": song_bytes(5)})
    write_parquet(tmp_path / "corpus/test/0.parquet", {"f": song})
    facts = prepare([tmp_path / "corpus"], [], tmp_path / "out", vocabulary_size=600, workers=1)
    assert [song["key"] for song in Corpus(tmp_path / "out", "train").songs] == ["b", "e"]
    assert [song["key"] for song in Corpus(tmp_path / "out", "test").songs] == ["f"]
    assert facts["dropped"] == {"duplicate, the same bytes": 2, "duplicate, nearly the same content": 1}
    facts = prepare(
        [tmp_path / "corpus"], [], tmp_path / "all", vocabulary_size=600, workers=1, keep_duplicates=True
    )
    assert facts["splits"]["train"]["songs"] == 5


def test_a_file_that_always_ends_its_reader_is_left_out_in_the_end(tmp_path, monkeypatch) -> None:
    write_parquet(tmp_path / "train.parquet", {"a": song_bytes(1), "b": song_bytes(2)})
    (unit,) = find_units(tmp_path)
    part = DrumPart.below(tmp_path, unit, False, ())

    class Died(BaseException):
        pass

    def end(source, *, drums_only, careful: bool):
        if source.key == "b":
            raise Died
        return make_pair(source)

    def leave_all_behind(*_) -> None:
        pass

    monkeypatch.setattr(parts, "make_pair", end)
    with monkeypatch.context() as patch:
        patch.setattr(parts.Attempts, "__exit__", leave_all_behind)
        for _ in range(6):
            with pytest.raises(Died):
                parts.write_part(part)
    parts.write_part(part)
    facts = parts.read_facts(part.path)
    assert [song["key"] for song in parts.read_songs(part.path)] == ["a"]
    assert facts["dropped"] == {"ended its reader": 1}
    assert facts["poison"] == [["b", "ended its reader"]]


def test_no_file_goes_uncounted(corpus_folder, prepared) -> None:
    facts = _facts(prepared)
    sources = [source for unit in find_units(corpus_folder) for source in read_unit(unit)]
    kept = sum(numbers["songs"] for numbers in facts["splits"].values())
    assert facts["files"] == len(sources) == 20
    assert facts["files"] == kept + sum(facts["dropped"].values())
    assert set(facts["dropped"]) == {"unreadable (RuntimeError)"}
    assert sum(facts["train_songs_by_licence_class"].values()) == facts["splits"]["train"]["songs"]


@pytest.mark.parametrize("split", SPLITS)
def test_condition_and_drums_are_those_of_the_files_bar_for_bar(corpus_folder, prepared, split) -> None:
    corpus = Corpus(prepared, split)
    pairs = [
        make_pair(source)
        for unit in find_units(corpus_folder)
        for source in read_unit(unit)
        if source.split == split
    ]
    pairs = [pair for pair in pairs if isinstance(pair, Pair)]
    assert [song["key"] for song in corpus.songs] == [pair.key for pair in pairs]
    for index, pair in enumerate(pairs):
        assert np.array_equal(corpus.between("hits", index, 0, pair.bars), pair.hits)
        assert np.array_equal(corpus.between("onsets", index, 0, pair.bars), pair.onsets)
        hits = corpus.between("hits", index, 2, 3)
        assert np.array_equal(
            hits["bar"] + 2, pair.hits["bar"][(pair.hits["bar"] >= 2) & (pair.hits["bar"] < 5)]
        )


@pytest.mark.parametrize("split", SPLITS)
def test_tokens_are_those_of_the_hits(prepared, split) -> None:
    corpus, tokenizer = Corpus(prepared, split), DrumTokenizer.load(prepared / "tokenizer.json")
    vocabulary = tokenizer.vocabulary()
    for index, song in enumerate(corpus.songs):
        hits, bars = vocabulary.decode(corpus.between("tokens", index, 0, song["bars"]).tolist())
        played = corpus.between("hits", index, 0, song["bars"])
        grid = quantise(played)
        written = is_written(grid, song["bars"])
        assert bars == written.sum() <= song["bars"]
        own = grid[written[grid["bar"]]]
        hits["bar"] = np.flatnonzero(written)[hits["bar"]]
        assert hits[["bar", "position", "piece"]].tolist() == own[["bar", "position", "piece"]].tolist()
        assert np.array_equal(corpus.per_bar("tokens", np.array([index])) > 0, written)
        assert (
            corpus.per_bar("hits", np.array([index])).tolist()
            == np.bincount(played["bar"], minlength=song["bars"]).tolist()
        )


def test_pairs_name_drums_and_others_of_every_song(prepared) -> None:
    pairs = json.loads((prepared / "pairs.json").read_text(encoding="utf-8"))
    songs = [song for split in SPLITS for song in Corpus(prepared, split).songs]
    assert sorted(pairs) == sorted(song["key"] for song in songs)
    for song in songs:
        pair = pairs[song["key"]]
        assert set(pair) == {"drum", "others"}
        assert len(pair["drum"]) == 1
        assert len(pair["others"]) == len(song["tracks"]) >= 1
        assert all(name.startswith(f"{song['key']}#") for name in pair["drum"] + pair["others"])
        assert not set(pair["drum"]) & set(pair["others"])


def test_no_group_crosses_the_splits(prepared) -> None:
    groups = [{song["group"] for song in Corpus(prepared, split).songs} for split in SPLITS]
    assert all(groups)
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]


def test_only_the_licence_classes_asked_for_are_kept(corpus_folder, tmp_path) -> None:
    facts = prepare(
        [corpus_folder], [], tmp_path, vocabulary_size=600, licence_classes=frozenset("A"), workers=1
    )
    songs = [song for split in SPLITS for song in Corpus(tmp_path, split).songs]
    assert {song["licence_class"] for song in songs} == {"A"}
    assert facts["dropped"]["licence class not asked for"] == 10
    assert facts["files"] == len(songs) + sum(facts["dropped"].values())
    assert set(facts["train_songs_by_licence_class"]) == {"A"}


def test_drums_alone_are_taken_where_they_are_asked_for(corpus_folder, tmp_path) -> None:
    path = tmp_path / "groove.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3):
            archive.writestr(f"d/{number}.mid", song_bytes(number, programs=()))
        archive.writestr("info.csv", "midi_filename,split\nd/0.mid,train\nd/1.mid,train\nd/2.mid,test\n")
    facts = prepare([corpus_folder], [path], tmp_path / "out", vocabulary_size=600, workers=1)
    assert facts["splits"]["train"]["songs"] == 13
    assert facts["train_songs_by_licence_class"]["groove"] == 2
    alone = [song for song in Corpus(tmp_path / "out", "train").songs if song["origin"] == "groove"]
    assert [song["tracks"] for song in alone] == [[], []]


def test_songs_of_one_name_in_two_corpora_are_all_kept(tmp_path) -> None:
    for name in ("first", "second"):
        (tmp_path / name / "train").mkdir(parents=True)
        (tmp_path / name / "train" / "song.mid").write_bytes(song_bytes(len(name)))
    prepare([tmp_path / "first", tmp_path / "second"], [], tmp_path / "out", vocabulary_size=600, workers=1)
    assert len(json.loads((tmp_path / "out" / "pairs.json").read_text(encoding="utf-8"))) == 2
    assert len({song["key"] for song in Corpus(tmp_path / "out", "train").songs}) == 2


def test_a_file_that_kills_its_reader_is_counted_like_any_other(tmp_path) -> None:
    for number in range(3):
        songs = {f"song{number}": song_bytes(number), f"more{number}": song_bytes(10 + number)}
        if number == 1:
            songs["crashing"] = CRASHING
        write_parquet(tmp_path / "corpus" / "train" / f"{number}.parquet", songs)
    result = _prepare(tmp_path / "corpus", tmp_path / "out", 600)
    assert result.returncode == 0, result.stderr
    facts = _facts(tmp_path / "out")
    assert facts["files"] == 7
    assert facts["splits"]["train"]["songs"] == 6
    assert facts["dropped"] == {"unreadable (RuntimeError)": 1}


def test_a_corpus_without_a_training_song_is_told(tmp_path) -> None:
    write_parquet(tmp_path / "test.parquet", {"a": song_bytes(1)})
    with pytest.raises(ValueError, match="no song of the training split"):
        prepare([tmp_path], [], tmp_path / "out", workers=1)


def test_the_command_prepares_a_corpus_and_says_what_it_did(corpus_folder, prepared, tmp_path) -> None:
    result = _prepare(corpus_folder, tmp_path / "out", 700)
    assert result.returncode == 0, result.stderr
    assert "20 files in" in result.stdout
    row = next(line.split() for line in result.stdout.splitlines() if line.startswith("train"))
    assert row[1] == "11"
    assert "unreadable (RuntimeError)" in result.stdout
    assert _contents(tmp_path / "out") == _contents(prepared)
    assert not (tmp_path / "out" / "parts").exists()
