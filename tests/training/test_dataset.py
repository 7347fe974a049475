"""What a training draws: every bar once an epoch, cut at bar lines, and nothing shown that is hidden."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given

from musegen_daw.drums.events import HIT, ONSET
from musegen_daw.drums.features import (
    CRASH,
    CYMBAL,
    DENSITY,
    FAMILIES,
    KIND,
    METER,
    PITCHES,
    TEMPO,
    UNKNOWN,
    drum_frames,
    part_frames,
)
from musegen_daw.drums.grammar import Grammar, GrammarState
from musegen_daw.drums.tokens import BOS, EOS, PAD, DrumTokenizer
from tests.drum_strategies import drum_hits
from training.common.prepared import JsonLines
from training.drums import crops as cutting
from training.drums.corpus import Corpus
from training.drums.crops import BarCrop
from training.drums.dataset import (
    BAR_STEP,
    IGNORED,
    LENGTH_STEP,
    CursorTable,
    DrumConditionalDataset,
    DrumDataConfig,
    collate,
)

NOTHING_HIDDEN = {each.name: 0.0 for each in fields(DrumDataConfig) if each.name.startswith("hide_")}
OPEN = DrumDataConfig(max_tokens=120, max_bars=8, **NOTHING_HIDDEN)


@pytest.fixture(scope="module")
def tokenizer(prepared) -> DrumTokenizer:
    return DrumTokenizer.load(prepared / "tokenizer.json")


@pytest.fixture(scope="module")
def dataset(train_corpus, tokenizer) -> DrumConditionalDataset:
    return DrumConditionalDataset(train_corpus, tokenizer, DrumDataConfig(max_tokens=120, max_bars=8), seed=3)


@pytest.fixture(scope="module")
def vocabulary(tokenizer):
    return tokenizer.vocabulary()


def _with(dataset, **changes) -> DrumConditionalDataset:
    changed = DrumConditionalDataset.__new__(DrumConditionalDataset)
    changed.__dict__.update(dataset.__dict__)
    changed.config = replace(OPEN, **changes)
    return changed


@pytest.mark.parametrize("epoch", range(4))
def test_every_played_bar_comes_once_an_epoch(dataset, train_corpus, epoch) -> None:
    seen = Counter(
        (crop.song, crop.first_bar + at) for crop in dataset.crops(epoch) for at in range(crop.bars)
    )
    assert set(seen.values()) == {1}
    played = {
        (song, int(bar))
        for song in range(len(train_corpus.songs))
        for bar in np.flatnonzero(train_corpus.per_bar("hits", np.array([song])))
    }
    assert set(seen) == played  # these songs play throughout


def test_a_stretch_of_silence_is_left_out_and_what_is_around_it_kept(dataset) -> None:
    class Sparse:
        index = np.array([(79,)], [("bars", np.int32)])

        def per_bar(self, name: str, songs: np.ndarray) -> np.ndarray:
            hits = np.array([0, 0] + [4] * 8 + [0] * 60 + [4] * 8 + [0])
            return hits if name == "hits" else 1 + 2 * hits

    sparse = _with(dataset)
    sparse.corpus = Sparse()
    for epoch in range(20):
        crops = sparse.crops(epoch)
        bars = [crop.first_bar + at for crop in crops for at in range(crop.bars)]
        assert len(set(bars)) == len(bars)
        assert min(bars) == 2
        assert max(bars) <= 77
        playing = {bar for bar in bars if 2 <= bar < 10 or bar >= 70}
        assert len(playing) >= 13  # a cut of which less than a quarter plays is lost
        assert len(bars) - len(playing) <= 12


def test_cuts_differ_between_epochs_and_seeds_and_are_otherwise_the_same(
    dataset, train_corpus, tokenizer
) -> None:
    again = DrumConditionalDataset(train_corpus, tokenizer, dataset.config, seed=3)
    other = DrumConditionalDataset(train_corpus, tokenizer, dataset.config, seed=4)
    assert dataset.crops(0) == again.crops(0)
    assert list(dataset.batches(0, 4)) == list(again.batches(0, 4))
    assert dataset.crops(0) != dataset.crops(1)
    assert dataset.crops(0) != other.crops(0)
    assert list(dataset.batches(0, 4)) != list(dataset.batches(1, 4))


@pytest.mark.parametrize("batch_size", [1, 3, 4, 100])
def test_batches_hold_every_crop_once(dataset, batch_size) -> None:
    batches = list(dataset.batches(1, batch_size))
    assert sorted(crop for batch in batches for crop in batch) == sorted(dataset.crops(1))
    assert all(1 <= len(batch) <= batch_size for batch in batches)


@pytest.mark.parametrize("songs", [1, 3, 4, 9])
def test_blocks_of_songs_hold_every_crop_once_in_another_order_each_epoch(
    dataset, monkeypatch, songs
) -> None:
    monkeypatch.setattr(cutting, "SONGS_A_BLOCK", songs)
    batches = list(dataset.batches(1, 3))
    assert sorted(crop for batch in batches for crop in batch) == sorted(dataset.crops(1))
    assert batches == list(dataset.batches(1, 3))
    order = [crop.song for batch in batches for crop in batch]
    assert order != sorted(order)
    assert order != [crop.song for batch in dataset.batches(2, 3) for crop in batch]


def test_the_crops_of_some_songs_are_those_of_all(dataset) -> None:
    some = np.array([1, 4, 6])
    assert dataset.crops(3, some) == [crop for crop in dataset.crops(3) if crop.song in some]


def test_opening_and_cutting_read_no_line_of_json(prepared, tokenizer, monkeypatch) -> None:
    def refuse(*_) -> None:
        raise AssertionError("a line was read")

    monkeypatch.setattr(JsonLines, "__getitem__", refuse)
    data = DrumConditionalDataset(Corpus(prepared, "train"), tokenizer, OPEN)
    assert next(data.batches(0, 4))


def test_a_folder_of_another_version_is_refused(prepared, tmp_path) -> None:
    facts = json.loads((prepared / "facts.json").read_text(encoding="utf-8"))
    (tmp_path / "facts.json").write_text(json.dumps(facts | {"format": 2}), encoding="utf-8")
    with pytest.raises(ValueError, match="prepare it again"):
        Corpus(tmp_path, "train")


def test_sequences_are_whole_bars_between_bos_and_eos(dataset, vocabulary) -> None:
    for crop in dataset.crops(0):
        example = dataset.draw(crop, 0)
        assert example.tokens[0] == BOS
        assert example.tokens[1] == (vocabulary.bar_token if example.written.any() else EOS)
        assert example.tokens[-1] == EOS
        assert not np.isin(example.tokens[1:-1], [PAD, BOS, EOS]).any()
        assert len(example.tokens) - 2 == crop.tokens <= dataset.config.max_tokens
        hits, bars = vocabulary.decode(example.tokens.tolist())
        assert bars == example.written.sum() <= crop.bars <= dataset.config.max_bars
        hits["bar"] = np.flatnonzero(example.written)[hits["bar"]]
        own = np.repeat(example.written, 16)
        assert np.array_equal(example.drums[own], drum_frames(hits, crop.bars)[own])


def test_only_a_single_bar_may_be_longer_than_a_sequence(dataset) -> None:
    tight = _with(dataset, max_tokens=3)
    crops = tight.crops(0)
    assert any(crop.tokens > 3 for crop in crops)
    assert all(crop.bars == 1 for crop in crops if crop.tokens > 3)


def test_the_same_seed_and_epoch_draw_the_same(dataset, train_corpus, tokenizer) -> None:
    again = DrumConditionalDataset(train_corpus, tokenizer, dataset.config, seed=3)
    crops = dataset.crops(0)
    differs = False
    for crop in crops:
        first, second, later = dataset.draw(crop, 0), again.draw(crop, 0), dataset.draw(crop, 1)
        for name in first.__slots__:
            assert np.array_equal(getattr(first, name), getattr(second, name))
        differs |= not np.array_equal(first.parts, later.parts)
    assert differs


def test_what_is_changed_of_the_parts_never_changes_the_drums(dataset) -> None:
    plain = {crop: dataset.plain(crop) for crop in dataset.crops(0)}
    changed = 0
    for epoch in range(5):
        for crop, expected in plain.items():
            drawn = dataset.draw(crop, epoch)
            assert np.array_equal(drawn.tokens, expected.tokens)
            assert np.array_equal(drawn.drums, expected.drums)
            assert np.array_equal(drawn.cursor, expected.cursor)
            changed += not np.array_equal(drawn.parts, expected.parts)
    assert changed > len(plain)


def test_a_subset_of_the_tracks_is_transposed_together(dataset, train_corpus) -> None:
    one_only = _with(dataset, all_tracks_share=0, one_track_share=1, level_shift=0)
    for crop in dataset.crops(0):
        tracks = train_corpus.songs[crop.song]["tracks"]
        onsets = train_corpus.between("onsets", crop.song, crop.first_bar, crop.bars)
        drawn = one_only.draw(crop, 0).parts
        possible = []
        for track in range(len(tracks)):
            own = onsets[onsets["track"] == track]
            for semitones in range(-5, 6):
                moved = own.copy()
                moved["pitch"] += np.uint8(semitones % 256)
                possible.append(part_frames(moved, crop.bars))
        assert any(np.array_equal(drawn, each) for each in possible)


def test_all_tracks_means_all_tracks(dataset, train_corpus) -> None:
    whole = _with(dataset, all_tracks_share=1, transpose_semitones=0, level_shift=0)
    for crop in dataset.crops(0):
        onsets = train_corpus.between("onsets", crop.song, crop.first_bar, crop.bars)
        assert np.array_equal(whole.draw(crop, 0).parts, part_frames(onsets, crop.bars))


def test_the_future_is_hidden_from_some_bar_on(dataset) -> None:
    hiding = _with(dataset, hide_future_share=1.0)
    begun = set()
    for epoch in range(10):
        for crop in dataset.crops(0):
            heard = hiding.draw(crop, epoch).heard
            assert not heard[-1]
            assert heard.tolist() == sorted(heard, reverse=True)
            begun.add(int(heard.sum()))
    assert {0, 1, 2, 3} <= begun


def test_all_parts_can_be_hidden_and_the_past_as_well(dataset) -> None:
    hiding = _with(dataset, hide_parts_share=1.0, hide_history_share=1.0)
    for crop in dataset.crops(0):
        example = hiding.draw(crop, 0)
        assert not example.heard.any()
        assert not example.history.any()
        open_example = _with(dataset).draw(crop, 0)
        assert open_example.heard.all()
        assert open_example.history.all()


def test_controls_are_shown_as_often_as_configured(dataset) -> None:
    names = [each.name for each in fields(DrumDataConfig) if each.name.startswith("show_")]
    for crop in dataset.crops(0):
        assert (_with(dataset, **dict.fromkeys(names, 0.0)).draw(crop, 0).controls == UNKNOWN).all()
        shown = _with(dataset, **dict.fromkeys(names, 1.0)).draw(crop, 0).controls
        assert np.array_equal(shown, dataset.controls(crop))
        assert (np.delete(shown, KIND, axis=1) != UNKNOWN).all()


def test_controls_do_not_depend_on_where_a_song_is_cut(dataset) -> None:
    song = int(np.argmax(dataset.corpus.index["bars"]))
    bars = int(dataset.corpus.index["bars"][song])
    whole = dataset.controls(BarCrop(song, 0, bars, 0))
    for first in range(bars):
        cut = dataset.controls(BarCrop(song, first, bars - first, 0))
        assert np.array_equal(
            cut[:, [DENSITY, CRASH, CYMBAL, TEMPO, METER]],
            whole[first:, [DENSITY, CRASH, CYMBAL, TEMPO, METER]],
        )


def test_the_style_shown_is_that_of_the_song_or_its_own_groove_or_none(dataset) -> None:
    for crop in dataset.crops(0):
        code = int(dataset.codes[crop.song])
        frames = _with(dataset, code_share=1.0).draw(crop, 0).style
        expected = dataset.book[code].frames(crop.bars, crop.first_bar) if code >= 0 else 0 * frames
        assert np.array_equal(frames, np.reshape(expected, frames.shape))
        own = _with(dataset, code_share=0.0, groove_share=1.0).draw(crop, 0).style
        assert own.any()
        assert not _with(dataset, code_share=0.0, groove_share=0.0).draw(crop, 0).style.any()


def test_songs_without_parts_are_unheard(prepared, dataset) -> None:
    class Alone(Corpus):
        def __init__(self) -> None:
            super().__init__(prepared, "train")
            self.index = self.index.copy()
            self.index["tracks"] = 0

    alone = _with(dataset)
    alone.corpus = Alone()
    for crop in alone.crops(0)[:5]:
        assert not alone.draw(crop, 0).heard.any()
        assert not alone.plain(crop).heard.any()


@given(drum_hits())
def test_the_cursor_is_where_generation_stands(tokenizer, vocabulary, drawn) -> None:
    """Training aligns tokens with frames by a table, generation by the grammar: they must agree."""
    hits, bars = drawn
    written = np.random.default_rng(len(hits)).random(bars) < 0.7
    encoded = zip(tokenizer.encode_bars(hits, bars), written, strict=True)
    tokens = [token for bar, own in encoded for token in bar if own]
    cursor = CursorTable(vocabulary).cursor(np.array([BOS, *tokens]), written)
    owners = np.flatnonzero(written).tolist()
    grammar, place, bar = Grammar(vocabulary), GrammarState.start(1), -1
    expected = [owners[0] * 16 if owners else 0]
    for token in tokens:
        bar += token == vocabulary.bar_token
        place = grammar.advance(place, np.array([token]))
        expected.append(owners[bar] * 16 + int(grammar.frame(place)[0]))
    assert cursor.tolist() == expected


def test_the_cursor_points_at_the_frame_of_the_last_position(vocabulary) -> None:
    single = {
        (run[0][0], run[0][1]): token for token, run in enumerate(vocabulary.to_runs()) if len(run) == 1
    }
    names = [
        (1, 0),
        (2, 6),
        (3, 0),
        (2, 35),
        (3, 2),
        (1, 0),
        (1, 0),
        (2, 191),
        (3, 0),
    ]
    cursor = CursorTable(vocabulary).cursor(
        np.array([BOS, *(single[name] for name in names)]), np.array([True, False, True, True])
    )
    assert cursor.tolist() == [0, 0, 0, 0, 2, 2, 32, 48, 63, 63]


def test_a_batch_is_its_examples_with_padding(dataset) -> None:
    examples = [dataset.draw(crop, 0) for crop in sorted(dataset.crops(0))[:5]]
    batch = collate(examples)
    bars, length = max(len(each.heard) for each in examples), max(len(each.cursor) for each in examples)
    assert batch.parts.shape[:3] == batch.drums.shape[:3] == (5, *batch.heard.shape[1:], 16)
    assert bars <= batch.heard.shape[1] < bars + BAR_STEP
    assert batch.inputs.shape == batch.targets.shape == batch.cursor.shape
    assert length <= batch.inputs.shape[1] < length + LENGTH_STEP
    for row, example in enumerate(examples):
        own_bars, own = len(example.heard), len(example.cursor)
        assert np.array_equal(batch.parts[row, :own_bars].flatten(0, 1), example.parts)
        assert np.array_equal(batch.controls[row, :own_bars], example.controls)
        assert not batch.heard[row, own_bars:].any()
        assert not batch.history[row, own_bars:].any()
        assert np.array_equal(batch.inputs[row, :own], example.tokens[:-1])
        assert np.array_equal(batch.targets[row, :own], example.tokens[1:])
        assert np.array_equal(batch.cursor[row, :own], example.cursor)
        assert (batch.inputs[row, own:] == PAD).all()
        assert (batch.targets[row, own:] == IGNORED).all()
        assert batch.bar_counts[row] == own_bars
        assert (batch.cursor[row] < own_bars * 16).all()


def test_bars_of_a_corpus_are_counted_from_the_first_asked_for(train_corpus) -> None:
    assert train_corpus.between("hits", 2, 3, 2)["bar"].tolist() == (
        [bar - 3 for bar in train_corpus.between("hits", 2, 0, 8)["bar"] if 3 <= bar < 5]
    )
    assert train_corpus.between("hits", 0, 0, 1).dtype == HIT
    assert train_corpus.between("onsets", 0, 0, 1).dtype == ONSET


def test_transposing_moves_pitches_and_nothing_else(dataset) -> None:
    still, moved = _with(dataset, transpose_semitones=0), _with(dataset, transpose_semitones=5)
    crop = BarCrop(0, 0, 4, 0)
    pitches = len(FAMILIES) * PITCHES
    for epoch in range(8):
        one, two = still.draw(crop, epoch).parts, moved.draw(crop, epoch).parts
        assert np.array_equal(one[:, pitches:][:, 2:3], two[:, pitches:][:, 2:3])
        assert np.array_equal(one[:, -1], two[:, -1])
        assert one[:, :pitches].sum() == two[:, :pitches].sum()
