"""Preparation loses no recording uncounted, comes to the same bytes by every way, and keeps artists apart."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.training.common.shards import write_audio_part_or_die
from tests.training.vocoder.audio_corpus import melody, packed, tone
from training.vocoder import prepare as preparation
from training.vocoder.audio_folder import find_recordings
from training.vocoder.dataset import AudioCorpus
from training.vocoder.parts import ChunkConfig, cut, stored, write_part
from training.vocoder.prepare import main, prepare
from training.vocoder.recordings import SPLITS, Unusable

CONFIG = ChunkConfig(seconds=2.0)
ROOT = Path(__file__).resolve().parents[3]


def _contents(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def _facts(out: Path) -> dict:
    return json.loads((out / "facts.json").read_text(encoding="utf-8"))


def test_no_recording_goes_uncounted(prepared_audio) -> None:
    facts = _facts(prepared_audio)
    assert (facts["recordings"], facts["kept"]) == (14, 10)
    assert facts["dropped"] == {"unreadable": 2, "silent": 1, "too short": 1}
    assert sum(row["recordings"] for row in facts["splits"].values()) == 10
    assert not (prepared_audio / "parts").exists()
    with (prepared_audio / "quarantine.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["file"], row["reason"]) for row in rows} == {
        ("songs/empty.mp3", "unreadable"),
        ("songs/text.ogg", "unreadable"),
    }


def test_chunks_are_the_recordings_with_zeros_at_the_end(audio_folder, prepared_audio) -> None:
    places = {each.key: each.place for each in find_recordings(audio_folder).recordings}
    for split in SPLITS:
        corpus = AudioCorpus(prepared_audio, split)
        audio = np.load(prepared_audio / split / "audio.npy", mmap_mode="r").reshape(-1, CONFIG.samples)
        assert audio.dtype == np.int16
        assert len(audio) == len(corpus.chunks) > 0
        for row, chunk in zip(audio, corpus.chunks, strict=True):
            whole = places[chunk["key"]].mono(12_000)
            real = whole[chunk["start"] : chunk["start"] + CONFIG.samples]
            assert chunk["samples"] == len(real)
            assert np.abs(row[: len(real)] / 32768 - real).max() <= 0.5 / 32768 + 1e-7
            assert not row[len(real) :].any()
            assert chunk["licence"] == "CC0"
    assert {chunk["start"] for chunk in corpus.chunks} == {0, CONFIG.samples}


def test_no_artist_is_in_two_splits(prepared_audio) -> None:
    groups = [{chunk["group"] for chunk in AudioCorpus(prepared_audio, split).chunks} for split in SPLITS]
    assert all(groups)
    assert not groups[0] & groups[1]


@pytest.mark.parametrize("workers", [1, 3])
def test_the_result_is_the_same_for_any_number_of_workers(
    audio_folder, prepared_audio, tmp_path, workers, monkeypatch
) -> None:
    monkeypatch.setattr(preparation, "PART_RECORDINGS", 3)
    prepare([find_recordings(audio_folder)], tmp_path, CONFIG, workers=workers)
    assert _contents(tmp_path) == _contents(prepared_audio)


def test_an_interrupted_preparation_goes_on(audio_folder, prepared_audio, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(preparation, "PART_RECORDINGS", 3)
    written: list[Path] = []

    def write_some(part) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        write_rest(part)

    def write_rest(part) -> None:
        written.append(part.path)
        write_part(part)

    monkeypatch.setattr(preparation, "write_part", write_some)
    arguments = ["--data", str(audio_folder), "--out", str(tmp_path), "--seconds", "2", "--workers", "1"]
    assert main(arguments) == 130
    assert not (tmp_path / "facts.json").exists()
    monkeypatch.setattr(preparation, "write_part", write_rest)
    assert main(arguments) == 0
    assert len(written) == len(set(written)) == 5
    assert _contents(tmp_path) == _contents(prepared_audio)


def test_killed_workers_change_nothing(audio_folder, prepared_audio, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(preparation, "PART_RECORDINGS", 4)
    monkeypatch.setattr(preparation, "write_part", write_audio_part_or_die)
    prepare([find_recordings(audio_folder)], tmp_path, CONFIG, workers=2)
    assert _contents(tmp_path) == _contents(prepared_audio)


@pytest.mark.parametrize(
    ("where", "call"),
    [("parts.cut", 5), ("parts.write_json", 1), ("prepare._copy", 1), ("prepare._facts", 1)],
    ids=["reading", "writing a part", "joining", "before the last file"],
)
def test_a_killed_run_goes_on_where_it_was(audio_folder, prepared_audio, tmp_path, where, call) -> None:
    arguments = ["--data", str(audio_folder), "--out", str(tmp_path), "--seconds", "2", "--workers", "1"]
    where = f"training.vocoder.{where}"
    command = [
        sys.executable,
        "-m",
        "tests.training.common.shards",
        "vocoder.prepare",
        where,
        str(call),
        *arguments,
    ]
    killed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "facts.json").exists()
    assert main(arguments) == 0
    assert _contents(tmp_path) == _contents(prepared_audio)


def test_a_recording_that_is_there_twice_is_kept_once(tmp_path) -> None:
    random = np.random.default_rng(0)
    tunes = [melody(random.integers(40, 80, 60)) for _ in range(4)]
    for artist, tune in enumerate(tunes):
        (tmp_path / f"audio/{artist}").mkdir(parents=True)
        (tmp_path / f"audio/{artist}/tune.flac").write_bytes(packed(tune, "FLAC"))
    # by other artists as well: once the same file, once encoded again and cut
    (tmp_path / "audio/2/copy.flac").write_bytes(packed(tunes[1], "FLAC"))
    (tmp_path / "audio/3/copy.mp3").write_bytes(packed(tunes[1][777:], "MP3"))
    facts = prepare([find_recordings(tmp_path / "audio")], tmp_path / "out", CONFIG, workers=1)
    assert facts["dropped"] == {"duplicate, nearly the same content": 1, "duplicate, the same bytes": 1}
    keys = [chunk["key"] for split in SPLITS for chunk in AudioCorpus(tmp_path / "out", split).chunks]
    assert len(set(keys)) == facts["kept"] == 4
    everything = prepare(
        [find_recordings(tmp_path / "audio")], tmp_path / "all", CONFIG, workers=1, keep_duplicates=True
    )
    assert everything["kept"] == 6


def test_parts_of_another_form_are_not_taken_over(audio_folder, tmp_path, monkeypatch) -> None:
    class Stopped(Exception):
        pass

    def stop(*_) -> None:
        raise Stopped

    monkeypatch.setattr(preparation, "_join", stop)
    found, names = find_recordings(audio_folder), []
    for config in (
        CONFIG,
        ChunkConfig(seconds=3.0),
        ChunkConfig(16_000, 2.0),
        ChunkConfig(seconds=2, dtype="float32"),
    ):
        with pytest.raises(Stopped):
            prepare([found], tmp_path, config, workers=1)
        names.append({path.name for path in (tmp_path / "parts").glob("*.json")})
    assert [len(each) for each in names] == [2, 4, 6, 8]


def test_float32_keeps_what_int16_rounds_away(tmp_path) -> None:
    quiet = (tone(2, rate=12_000) * 0.01).astype(np.float32)
    assert np.array_equal(stored(quiet, ChunkConfig(seconds=3, dtype="float32"))[:24_000], quiet)
    as_int16 = stored(quiet, ChunkConfig(seconds=3))[:24_000] / 32768
    assert 0 < np.abs(as_int16 - quiet).max() <= 0.5 / 32768
    for artist in range(2):
        (tmp_path / f"audio/{artist}").mkdir(parents=True)
        (tmp_path / f"audio/{artist}/x.flac").write_bytes(packed(tone(2, rate=12_000), "FLAC", 12_000))
    found = find_recordings(tmp_path / "audio")
    config = ChunkConfig(seconds=2, dtype="float32")
    prepare([found], tmp_path / "out", config, workers=1, keep_duplicates=True)
    corpus = AudioCorpus(tmp_path / "out", "train")
    assert np.array_equal(corpus.read(0, 0, 24_000), found.recordings[0].place.mono(12_000))


def test_a_recording_above_full_scale_is_brought_down_not_clipped() -> None:
    loud = 3 * tone(2, rate=12_000)
    (_, chunk), *_ = cut(loud, CONFIG)
    samples = stored(chunk, CONFIG)
    assert np.abs(samples).max() == 32_767
    assert np.abs(samples / 32767 - loud[: len(samples)] / np.abs(loud).max()).max() < 1e-4


@pytest.mark.parametrize(
    ("audio", "reason"), [(np.zeros(30_000), "silent"), (tone(0.9, rate=12_000), "too short")]
)
def test_what_gives_nothing_says_why(audio, reason) -> None:
    with pytest.raises(Unusable, match=reason):
        cut(audio.astype(np.float32), CONFIG)


def test_silent_chunks_and_short_rests_are_left_out(tmp_path) -> None:
    audio = np.concatenate([tone(2, rate=12_000), np.zeros(24_000), tone(2.5, rate=12_000)])
    for artist in range(2):
        (tmp_path / f"audio/{artist}").mkdir(parents=True)
        (tmp_path / f"audio/{artist}/x.flac").write_bytes(packed(audio, "FLAC", 12_000))
    found = [find_recordings(tmp_path / "audio")]
    facts = prepare(found, tmp_path / "out", CONFIG, workers=1, keep_duplicates=True)
    assert facts["dropped_chunks"] == {"a rest of under 1 s": 2, "silent": 2}
    assert [chunk["start"] for chunk in AudioCorpus(tmp_path / "out", "train").chunks] == [0, 48_000]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "give a source"),
        (["--data", "missing"], "missing is no folder"),
        (["--jamendo", "."], "neither split-0"),
        (["--data", ".", "--seconds", "0.1"], "chunks need a rate"),
    ],
)
def test_bad_arguments_end_in_a_sentence(tmp_path, monkeypatch, capsys, arguments, sentence) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main([*arguments, "--out", "out"])
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out/facts.json").exists()
