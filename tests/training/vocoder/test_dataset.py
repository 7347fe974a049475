"""Crops are what the recordings are, their mels see what surrounds them, and augmentation keeps its promises."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from musegen_daw.vocoder.mel import MelConfig, log_mel
from training.common.prepared import JsonLines
from training.vocoder.audio_folder import find_recordings
from training.vocoder.dataset import AudioCorpus, AudioCrop, AudioDataConfig, VocoderDataset, collate

MEL = MelConfig()
CONFIG = AudioDataConfig(crop_frames=16, crops_per_chunk=6)


@pytest.fixture(scope="module")
def corpus(prepared_audio) -> AudioCorpus:
    return AudioCorpus(prepared_audio, "train")


@pytest.fixture(scope="module")
def dataset(corpus) -> VocoderDataset:
    return VocoderDataset(corpus, MEL, CONFIG, seed=3)


@pytest.fixture(scope="module")
def whole(audio_folder, corpus) -> dict[str, np.ndarray]:
    places = {each.key: each.place for each in find_recordings(audio_folder).recordings}
    return {key: places[key].mono(12_000) for key in {chunk["key"] for chunk in corpus.chunks}}


def _with(dataset: VocoderDataset, **changes) -> VocoderDataset:
    return VocoderDataset(dataset.corpus, MEL, replace(dataset.config, **changes), dataset.seed)


def _only(dataset: VocoderDataset, **changes) -> VocoderDataset:
    """The dataset with nothing changed at random but what is named."""
    still = {
        "silence_share": 0.0,
        "quiet_share": 0.0,
        "mix_share": 0.0,
        "gain_low_db": 0.0,
        "gain_high_db": 0.0,
    }
    return _with(dataset, **(still | changes))


def test_a_plain_crop_is_the_recording_and_its_mel_is_that_of_the_whole(dataset, whole) -> None:
    for chunk in range(len(dataset.corpus.chunks)):
        facts = dataset.corpus.chunks[chunk]
        audio = whole[facts["key"]]
        mel = log_mel(audio, MEL)
        for start in (0, 256, 1024):  # multiples of the hop, so that the frames of both mels coincide
            first = facts["start"] + start
            example = dataset.plain(AudioCrop(chunk, start))
            there = audio[first : first + dataset.crop_samples]
            assert np.abs(example.audio[: len(there)] - there).max() <= 1 / 32768
            frames = min(16, (len(audio) - first) // 256)
            at = first // 256
            loud = np.exp(mel[:, at : at + frames]) > 1e-4
            difference = np.abs(example.mel[:, :frames] - mel[:, at : at + frames])
            assert loud.any()
            assert difference[loud].max() < 0.02


def test_reading_goes_on_into_the_next_chunk_of_the_same_recording_only(dataset, whole) -> None:
    chunks, length = dataset.corpus.chunks, dataset.corpus.chunk_samples
    following = next(
        at for at in range(len(chunks) - 1)
        if chunks[at]["key"] == chunks[at + 1]["key"] and chunks[at + 1]["start"] == length
    )  # fmt: skip
    audio = whole[chunks[following]["key"]]
    read = dataset.corpus.read(following, length - 50, 100)
    assert np.abs(read - audio[length - 50 : length + 50]).max() <= 1 / 32768
    assert np.abs(read[50:]).max() > 0.05
    ends = next(at for at in range(1, len(chunks)) if chunks[at]["key"] != chunks[at - 1]["key"])
    assert np.all(dataset.corpus.read(ends, -50, 50) == 0)
    assert np.any(dataset.corpus.read(ends, 0, 50) != 0)


def test_batches_are_the_same_for_the_same_seed_and_epoch(dataset, corpus) -> None:
    again = VocoderDataset(corpus, MEL, CONFIG, seed=3)
    assert list(dataset.batches(2, 4)) == list(again.batches(2, 4))
    assert list(dataset.batches(2, 4)) != list(dataset.batches(3, 4))
    other = VocoderDataset(corpus, MEL, CONFIG, seed=4)
    assert list(dataset.batches(2, 4)) != list(other.batches(2, 4))
    crop = dataset.batches(2, 4)[0][0]
    assert np.array_equal(dataset.draw(crop, 2).audio, again.draw(crop, 2).audio)
    assert not np.array_equal(dataset.draw(crop, 2).audio, dataset.draw(crop, 3).audio)


def test_every_chunk_is_drawn_as_often_as_it_has_audio(dataset) -> None:
    counts = np.bincount([crop.chunk for crop in dataset.crops(0)])
    shares = [chunk["samples"] / dataset.corpus.chunk_samples for chunk in dataset.corpus.chunks]
    assert counts.tolist() == [max(1, round(6 * share)) for share in shares]


def test_crops_keep_to_the_audio_but_for_the_share_that_may_not(dataset) -> None:
    def beyond(data: VocoderDataset) -> float:
        lengths = [chunk["samples"] for chunk in data.corpus.chunks]
        crops = [crop for epoch in range(30) for crop in data.crops(epoch)]
        assert all(0 <= crop.start <= data.corpus.chunk_samples - data.crop_samples for crop in crops)
        return float(np.mean([crop.start + data.crop_samples > lengths[crop.chunk] for crop in crops]))

    assert beyond(_with(dataset, tail_share=0.0)) == 0
    assert beyond(_with(dataset, tail_share=1.0)) > 0.05


def test_batches_are_full_or_all_there_is(dataset) -> None:
    crops = len(dataset.crops(0))
    assert len(dataset.batches(0, 5)) == crops // 5
    assert [len(batch) for batch in dataset.batches(0, 5)] == [5] * (crops // 5)
    assert [len(batch) for batch in dataset.batches(0, crops + 1)] == [crops]


def test_a_gain_scales_the_audio_before_its_mel(dataset) -> None:
    crop = AudioCrop(0, 300)
    plain = dataset.plain(crop)
    louder = _only(dataset, gain_low_db=-20.0, gain_high_db=-20.0).draw(crop, 0)
    assert np.allclose(louder.audio, plain.audio * 0.1, atol=1e-7)
    loud = plain.mel > -5
    assert np.allclose((plain.mel - louder.mel)[loud], np.log(100), atol=1e-3)


def test_a_gain_never_clips(dataset) -> None:
    loud = _only(dataset, gain_low_db=40.0, gain_high_db=40.0, mix_share=1.0)
    for crop in loud.crops(0)[:8]:
        peak = np.abs(loud.draw(crop, 0).audio).max()
        assert 0.3 < peak <= 0.99 + 1e-6


def test_silence_is_digital_and_quiet_is_quiet(dataset) -> None:
    crop = AudioCrop(0, 0)
    silent = _only(dataset, silence_share=1.0).draw(crop, 0)
    assert not silent.audio.any()
    assert np.all(silent.mel == np.float32(MEL.floor))
    quiet = _only(dataset, quiet_share=1.0, quiet_low_db=-50.0, gain_low_db=-40.0).draw(crop, 0)
    ratio_db = 20 * np.log10(np.abs(quiet.audio).max() / np.abs(dataset.plain(crop).audio).max())
    assert -50 <= ratio_db <= -40


def test_a_mix_is_the_crop_and_another_one(dataset) -> None:
    crop = AudioCrop(0, 0)
    mixed, plain = _only(dataset, mix_share=1.0).draw(crop, 5), dataset.plain(crop)
    added = mixed.audio - plain.audio
    assert np.abs(added).max() > 0.05
    assert np.linalg.norm(added) <= 1.01 * max(
        np.linalg.norm(dataset.plain(AudioCrop(at, 0)).audio) for at in range(len(dataset.corpus.chunks))
    )


def test_a_moved_crop_has_another_pitch_and_the_same_length(dataset) -> None:
    crop = AudioCrop(0, 4000)
    moved = _only(dataset, pitch_share=1.0, pitch_semitones=12.0)
    plain = dataset.plain(crop)

    def hertz(audio: np.ndarray) -> float:
        return float(np.argmax(np.abs(np.fft.rfft(audio * np.hanning(len(audio)))))) * 12_000 / len(audio)

    ratios = {hertz(moved.draw(crop, epoch).audio) / hertz(plain.audio) for epoch in range(8)}
    assert all(0.49 < ratio < 2.01 for ratio in ratios)
    assert min(ratios) < 0.9 < 1.1 < max(ratios)
    assert moved.draw(crop, 0).audio.shape == plain.audio.shape


def test_another_colour_changes_each_octave_by_no_more_than_it_may_and_differs_from_crop_to_crop(
    dataset,
) -> None:
    coloured = _only(dataset, colour_share=1.0, colour_db=6.0)
    crops = dataset.fixed_crops(2)
    differences = []
    for crop in crops:
        plain, drawn = dataset.plain(crop), coloured.draw(crop, 0)
        loud = plain.mel > np.log(1e-2)
        change_db = 10 / np.log(10) * (drawn.mel - plain.mel)
        assert loud.any()
        assert np.abs(change_db[loud]).max() < 6.5
        assert np.abs(change_db[loud]).max() > 1
        differences.append(change_db)
    assert np.abs(differences[0].mean(axis=1) - differences[1].mean(axis=1)).max() > 1


def test_drums_are_added_at_their_level_and_only_where_there_are_some(dataset, corpus, monkeypatch) -> None:
    drummed = {"drums_share": 1.0, "drums_low_db": -6.0, "drums_high_db": -6.0}
    crop = AudioCrop(0, 0)
    assert np.array_equal(_only(dataset, **drummed).draw(crop, 0).audio, dataset.plain(crop).audio)
    monkeypatch.setattr(corpus, "chunks_of", lambda source: np.array([3]) if "drums" in source else None)
    added = _only(dataset, **drummed).draw(crop, 0).audio - dataset.plain(crop).audio
    # the drums are as loud as that with what surrounds the crop
    assert 0.4 < np.abs(added).max() / np.abs(dataset.plain(crop).audio).max() < 0.6


def test_acoustic_instruments_give_as_many_crops_more_as_they_are_to(dataset, corpus, monkeypatch) -> None:
    plain = Counter(crop.chunk for crop in dataset.crops(0))
    monkeypatch.setattr(corpus, "chunks_of", lambda source: np.array([1]) if "acoustic" in source else None)
    weighted = Counter(crop.chunk for crop in _only(dataset, acoustic_times=3.0).crops(0))
    assert weighted == plain | {1: 3 * plain[1]}


def test_the_chunks_of_a_source_are_those_of_its_recordings(corpus) -> None:
    source = corpus.chunks[0]["source"]
    assert corpus.chunks_of(source).tolist() == list(range(len(corpus.chunks)))
    assert corpus.chunks_of("no such source").tolist() == []


def test_fixed_crops_are_spread_over_the_split(dataset) -> None:
    chunks = len(dataset.corpus.chunks)
    assert len({crop.chunk for crop in dataset.fixed_crops(4)}) == 4
    assert [crop.chunk for crop in dataset.fixed_crops(1000)] == list(range(chunks))
    assert all(np.abs(dataset.plain(crop).audio).max() > 0.1 for crop in dataset.fixed_crops(1000))


def test_a_batch_has_the_shapes_of_the_contract(dataset) -> None:
    batch = collate([dataset.draw(crop, 0) for crop in dataset.batches(0, 3)[0]])
    assert (tuple(batch.mel.shape), tuple(batch.audio.shape)) == ((3, 96, 16), (3, 16 * 256))
    assert str(batch.mel.dtype) == str(batch.audio.dtype) == "torch.float32"


def test_opening_and_drawing_read_no_line_of_json(prepared_audio, monkeypatch) -> None:
    def refuse(*_) -> None:
        raise AssertionError("a line was read")

    monkeypatch.setattr(JsonLines, "__getitem__", refuse)
    data = VocoderDataset(AudioCorpus(prepared_audio, "train"), MEL, CONFIG)
    collate([data.draw(crop, 0) for crop in data.batches(0, 4)[0]])


def test_audio_of_another_rate_is_refused(corpus) -> None:
    with pytest.raises(ValueError, match=r"12000 Hz, the mel is of 44100 Hz"):
        VocoderDataset(corpus, MelConfig(sample_rate_hz=44_100, fmax_hz=20_000), CONFIG)
    with pytest.raises(ValueError, match="longer than a chunk"):
        VocoderDataset(corpus, MEL, AudioDataConfig(crop_frames=10_000))
