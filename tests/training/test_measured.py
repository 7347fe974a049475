"""Songs to measure: from MIDI files and from a prepared corpus the same."""

from __future__ import annotations

import numpy as np
import pytest

from musegen_daw.drums.events import clip_hits, clip_onsets
from tests.drum_corpus import write_parquet
from tests.training.drum_songs import song_bytes
from training.drums.corpus import Corpus
from training.drums.prepare import prepare
from training.drums.songs import (
    bars_of,
    clip_grid,
    clips_of,
    drums_clip,
    onsets_over,
    read_song,
    songs_of_corpus,
    songs_of_files,
)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    root = tmp_path_factory.mktemp("release")
    songs = {f"song{seed}": song_bytes(seed, bars=20 + 60 * (seed == 1)) for seed in range(3)}
    songs |= {"waltz": song_bytes(3, 20, (3, 4)), "broken": b"MThd nonsense", "short": song_bytes(4, bars=2)}
    for split in ("train", "validation", "test"):
        write_parquet(root / split / "0.parquet", songs if split == "test" else {f"{split}0": song_bytes(9)})
    return root


def test_songs_come_in_the_order_of_the_file_and_end_after_64_bars(release) -> None:
    songs = songs_of_files(release, "test")
    assert [song.key for song in songs] == ["song0", "song1", "song2"]
    assert [song.bars for song in songs] == [20, 64, 20]
    assert [song.key for song in songs_of_files(release, "test", 2)] == ["song0", "song1"]
    assert read_song("waltz", song_bytes(3, 20, (3, 4))) is None
    for song in songs:
        assert song.grid.shape == (song.bars, 16, 9)
        assert (song.windows % 2 == 0).all()
        assert (song.bass & ~song.starts).any()  # a bass that is no listed instrument


def test_a_prepared_corpus_has_the_same_songs(release, tmp_path) -> None:
    prepare([release], [], tmp_path / "data", vocabulary_size=700, workers=1, keep_duplicates=True)
    prepared = {song.key: song for song in songs_of_corpus(Corpus(tmp_path / "data", "test"))}
    files = songs_of_files(release, "test")
    assert set(prepared) == {song.key for song in files}
    for song in files:
        own = prepared[song.key]
        bars = min(song.bars, own.bars)
        assert np.array_equal(own.grid[: bars - 2], song.grid[: bars - 2])
        assert np.array_equal(own.starts[: bars - 2], song.starts[: bars - 2])
        assert own.bpm == pytest.approx(song.bpm, rel=1e-4)


def test_clips_hold_what_the_song_holds(release) -> None:
    song = songs_of_files(release, "test")[0]
    bars = bars_of(0, song.bars)
    again = clip_onsets(song.parts(), bars)
    columns = ["bar", "position", "pitch", "family"]
    inside = song.onsets[(song.onsets["bar"] > 0) | (song.onsets["position"] >= 6)]
    assert sorted(again[columns].tolist()) == sorted(inside[columns].tolist())
    clip = drums_clip(song.hits, song.bars)
    assert np.array_equal(
        clip_hits(clip, bars)[["bar", "position", "piece"]], song.hits[["bar", "position", "piece"]]
    )
    assert (clip_grid(clip, song.bars) == song.grid).mean() > 0.999


def test_a_short_song_goes_round_again(release) -> None:
    song = songs_of_files(release, "test")[0]
    onsets = onsets_over(song, 50)
    assert onsets["bar"].max() < 50
    second = onsets[(onsets["bar"] >= 20) & (onsets["bar"] < 40)]
    assert np.array_equal(second["bar"] - 20, song.onsets["bar"])
    assert len(clips_of(onsets, 50)) == 2
