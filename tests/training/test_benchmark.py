"""The two ways that are timed against each other make the same music of the same files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import __main__ as benchmarks
from benchmarks import preparation
from benchmarks.other_preparations import count_hits, prepare_plainly
from benchmarks.preparation_scale import RECORDINGS, project
from benchmarks.preparation_scale import benchmark as benchmark_scale
from benchmarks.training_speed import random_like
from musegen_daw.drums.tokens import BOS, EOS, DrumTokenizer
from tests.training.synthetic import HITS_PER_BAR, write_corpus
from tests.training.vocoder.audio_corpus import write_audio_folder
from training.drums.corpus import Corpus
from training.drums.dataset import IGNORED, DrumConditionalDataset, DrumDataConfig, collate
from training.drums.prepare import prepare
from training.drums.styles import write_styles

SONGS, BARS = 6, 8
WALTZ_BARS = 11  # as long as eight of 4/4
SMALL_MODEL = """
[model]
frame_width = 16
encoder_width = 16
context_width = 16
history_width = 16
attention_width = 8
token_width = 16
decoder_width = 16
[loop]
batch_size = 2
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("benchmark") / "corpus")


@pytest.fixture(scope="module")
def prepared(corpus: Path) -> Path:
    prepare([corpus], [], corpus.parent / "prepared", workers=1, keep_duplicates=True)
    write_styles(corpus.parent / "prepared", {"4/4": 2})
    return corpus.parent / "prepared"


def test_the_plain_way_makes_files_of_every_hit(corpus: Path, prepared: Path, tmp_path: Path) -> None:
    tokenizer = prepared / "tokenizer.json"
    result = prepare_plainly(corpus, tokenizer, tmp_path / "plain", workers=1, train_tokenizer=True)
    assert list(result.seconds) == ["split tracks", "train tokenizer", "split sequences", "tokenise"]
    assert (result.songs, result.track_files) == (SONGS, 2 * SONGS)
    assert result.sequence_files == len(list((tmp_path / "plain" / "sequences").rglob("*.mid")))
    assert len(result.sequences) == result.sequence_files
    assert all(tokens[0] == BOS and tokens[-1] == EOS for tokens in result.sequences)
    pairs = json.loads((tmp_path / "plain" / "pairs.json").read_text(encoding="utf-8"))
    assert all(Path(pair["drum"]).is_file() and len(pair["others"]) == 1 for pair in pairs.values())
    assert count_hits(result.sequences, tokenizer) == SONGS * BARS * HITS_PER_BAR
    ours = [np.load(prepared / split / "hits.npy") for split in ("train", "validation", "test")]
    assert sum(len(hits) for hits in ours) == SONGS * BARS * HITS_PER_BAR


def test_the_preparation_benchmark_measures_the_same_work_twice(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "found.json"
    argv = ["preparation", "--data", str(corpus), "--files", "50", "--workers", "1", "--json", str(path)]
    assert benchmarks.main(argv) == 0
    rows = json.loads(path.read_text(encoding="utf-8"))
    plain, whole, shards = rows
    assert (plain["way"], whole["way"], shards["way"]) == ("plain", "miditok", "shards")
    assert whole["songs"] == SONGS
    assert whole["sequences"] >= 2 * SONGS
    assert plain["files"] == shards["files"] == 9
    assert plain["songs"] == shards["songs"] == SONGS
    assert plain["bars"] == shards["bars"] == (SONGS - 1) * BARS + WALTZ_BARS
    assert plain["hits"] == shards["hits"] == SONGS * BARS * HITS_PER_BAR
    assert shards["times_plain"] == pytest.approx(plain["seconds"] / shards["seconds"])
    assert plain["files_per_second"] == pytest.approx(9 / plain["seconds"])
    for row in rows:
        assert sum(row["stages"].values()) <= row["seconds"] * 1.01
        assert row["peak_mb"] is None or 20 < row["peak_mb"] < 4000
    assert "is handed the trained tokenizer" in capsys.readouterr().out


def test_the_scale_benchmark_prepares_more_of_the_same(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "found.json"
    argv = ["scale", "--data", str(corpus), "--files", "50", "--copies", "1", "3", "--workers", "1"]
    assert benchmarks.main([*argv, "--json", str(path)]) == 0
    one, three = json.loads(path.read_text(encoding="utf-8"))
    assert (one["files"], three["files"]) == (9, 27)
    assert (one["songs"], three["songs"]) == (SONGS, 3 * SONGS)
    assert three["bars"] == 3 * one["bars"]
    assert one["main_mb"] is None or one["main_mb"] > 20
    assert "copies  workers" in capsys.readouterr().out


def test_a_projection_shares_only_what_more_workers_share() -> None:
    # 2 s of start, and a file costs 4 ms that workers share and 1 ms that they do not
    rows = [
        {
            "workers": workers,
            "files": files,
            "worker_cpu_seconds": 3 + files * 0.004,
            "main_cpu_seconds": 2 + files * 0.001,
        }
        for workers in (1, 2)
        for files in (1000, 20_000)
    ]
    found = project(rows, "files", 3_600_000)
    assert found["start_seconds"] == pytest.approx(2)
    assert found["parallel_seconds"] == pytest.approx(0.004)
    assert found["serial_seconds"] == pytest.approx(0.001)
    assert found["hours"][1] == pytest.approx(5, abs=0.01)
    assert found["hours"][16] == pytest.approx(1.25, abs=0.01)
    assert project(rows[:1], "files", 1) == project(rows[2:3], "files", 1) == project([], "files", 1) == {}


def test_recordings_are_projected_too(corpus: Path, tmp_path: Path, capsys) -> None:
    audio_folder = write_audio_folder(tmp_path / "audio")
    rows = benchmark_scale(corpus, 50, [1], [1], audio_folder)[1:]
    assert [row["recordings"] for row in rows] == list(RECORDINGS)
    assert all(row["hours"] > 0 for row in rows)
    assert "16 recordings" in capsys.readouterr().out


def test_a_corpus_is_opened_as_large_as_it_is_asked_to_be(prepared: Path, tmp_path: Path, capsys) -> None:
    path = tmp_path / "found.json"
    argv = ["open-drums", "--data", str(prepared), "--songs", "0", "50", "--json", str(path)]
    assert benchmarks.main(argv) == 0
    small, large = json.loads(path.read_text(encoding="utf-8"))
    assert large["songs"] == 50 > small["songs"]
    assert large["bars"] > small["bars"]
    assert "half an epoch" in capsys.readouterr().out


def test_the_sample_is_spread_over_the_corpus(corpus: Path, tmp_path: Path) -> None:
    assert preparation.main(["sample", str(corpus), "3", str(tmp_path / "sample")]) == 0
    splits = {path.parent.name for path in (tmp_path / "sample").rglob("*.parquet")}
    assert len(splits) >= 2


def test_a_failing_child_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="holds no parquet file"):
        preparation.benchmark(tmp_path, 3, [1])


def test_the_training_benchmark_compares_tokens_per_second(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, path = tmp_path / "small.toml", tmp_path / "found.json"
    config.write_text(SMALL_MODEL, encoding="utf-8")
    argv = [
        "train-drums",
        "--data",
        str(prepared),
        "--config",
        str(config),
        "--steps",
        "2",
        "--json",
        str(path),
    ]
    assert benchmarks.main(argv) == 0
    (found,) = json.loads(path.read_text(encoding="utf-8"))
    assert found["steps"] == 2
    assert found["tokens"] > 2 * BARS
    assert found["real_over_bare"] == pytest.approx(
        found["real_tokens_per_second"] / found["bare_tokens_per_second"]
    )
    assert 0 < found["loader_share"] < 1
    assert 0 <= found["padding_share"] < 1
    assert "bare loop, random" in capsys.readouterr().out


def test_random_batches_have_the_shapes_of_the_real_ones(prepared: Path) -> None:
    tokenizer = DrumTokenizer.load(prepared / "tokenizer.json")
    vocabulary = tokenizer.vocabulary()
    dataset = DrumConditionalDataset(Corpus(prepared, "train"), tokenizer, DrumDataConfig())
    batch = collate([dataset.draw(crop, 0) for crop in dataset.crops(0)])
    random = random_like(batch, vocabulary)
    for name, real, bare in zip(batch._fields, batch, random, strict=True):
        assert (name, real.shape, real.dtype) == (name, bare.shape, bare.dtype)
    assert torch.equal(random.targets == IGNORED, batch.targets == IGNORED)
    assert int(random.cursor.max()) < batch.parts.shape[1] * 16
    assert (vocabulary.kinds[random.inputs.flatten().numpy(), 0] > 0).all()
