"""Preparation is deterministic, resumable, complete in its counts, and survives every file."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.drum_corpus import song_bytes, write_parquet
from training.drums import prepare as preparation
from training.drums.dataset import Corpus
from training.drums.gigamidi import SPLITS, find_units, read_unit
from training.drums.pairs import Pair, make_pair
from training.drums.prepare import prepare

ROOT = Path(__file__).resolve().parents[2]
# the reader that is fast crashes on a track that claims 4 GiB, and takes the process with it
CRASHING = b"MThd\0\0\0\x06\0\x01\0\x01\x01\xe0MTrk\xff\0\0\0\0\xc9"


def _contents(folder: Path) -> dict[str, bytes]:
    """All files of a prepared folder but the facts, which hold the time that was needed."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "facts.json"
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
    assert _facts(tmp_path / "again") == _facts(prepared)


def test_an_interrupted_run_goes_on_where_it_was(corpus_folder, prepared, tmp_path, monkeypatch) -> None:
    out, written = tmp_path / "out", []

    class Killed(Exception):
        pass

    def read_some(work, waiting, workers) -> None:
        for item in waiting[:2]:
            work(item)
        (item[2].parent / "half-written.part.npz").write_bytes(b"PK")
        raise Killed

    def read_rest(work, waiting, workers) -> None:
        for item in waiting:
            written.append(item[2])
            work(item)

    monkeypatch.setattr(preparation, "_read_all", read_some)
    with pytest.raises(Killed):
        prepare([corpus_folder], [], out, vocabulary_size=700, workers=1)
    monkeypatch.setattr(preparation, "_read_all", read_rest)
    prepare([corpus_folder], [], out, vocabulary_size=700, workers=1)
    assert len(written) == len(find_units(corpus_folder)) - 2
    assert _contents(out) == _contents(prepared)


def test_no_file_goes_uncounted(corpus_folder, prepared) -> None:
    facts = _facts(prepared)
    sources = [source for unit in find_units(corpus_folder) for source in read_unit(unit)]
    kept = sum(numbers["songs"] for numbers in facts["splits"].values())
    assert facts["files"] == len(sources) == 20
    assert facts["files"] == kept + sum(facts["dropped"].values())
    assert set(facts["dropped"]) == {"unreadable (RuntimeError)", "not 4/4 throughout"}
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
    from musegen_daw.drumming.tokens import DrumTokenizer

    corpus, tokenizer = Corpus(prepared, split), DrumTokenizer.load(prepared / "tokenizer.json")
    vocabulary = tokenizer.vocabulary()
    for index, song in enumerate(corpus.songs):
        hits, bars = vocabulary.decode(corpus.between("tokens", index, 0, song["bars"]).tolist())
        assert bars == song["bars"]
        assert np.array_equal(hits, corpus.between("hits", index, 0, bars))
        assert corpus.tokens_per_bar(index).sum() == len(corpus.between("tokens", index, 0, bars))
        assert corpus.hits_per_bar(index).tolist() == np.bincount(hits["bar"], minlength=bars).tolist()


def test_pairs_name_drums_and_others_of_every_song(prepared) -> None:
    pairs = json.loads((prepared / "pairs.json").read_text(encoding="utf-8"))
    songs = [song for split in SPLITS for song in Corpus(prepared, split).songs]
    assert list(pairs) == [song["key"] for song in songs]
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
    assert facts["splits"]["train"]["songs"] == 12
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
    assert "train: 10 songs" in result.stdout
    assert "dropped, not 4/4 throughout: 1" in result.stdout
    assert _contents(tmp_path / "out") == _contents(prepared)
    assert not (tmp_path / "out" / "parts").exists()
