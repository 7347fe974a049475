"""The network sees what it may see and nothing else, and can learn."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.tokens import BOS, EOS, PAD, DrumTokenizer
from training.drums.dataset import IGNORED, DrumBatch, DrumConditionalDataset, DrumExample, collate
from training.drums.model import DrumLSTM, ModelConfig
from training.drums.train import listening_loss

CONFIG = ModelConfig(12, 8, 1, 16, 8, 2, 8, 16, 16, 1, 6, 0.1)


@pytest.fixture(scope="module")
def dataset(train_corpus, prepared, tiny_config) -> DrumConditionalDataset:
    tokenizer = DrumTokenizer.load(prepared / "tokenizer.json")
    return DrumConditionalDataset(train_corpus, tokenizer, tiny_config.data)


@pytest.fixture(scope="module")
def vocabulary(prepared):
    return DrumTokenizer.load(prepared / "tokenizer.json").vocabulary()


@pytest.fixture(scope="module")
def model(vocabulary) -> DrumLSTM:
    torch.manual_seed(0)
    model = DrumLSTM(CONFIG, vocabulary).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # so that no path is weak by its beginning
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


@pytest.fixture
def batch(dataset) -> DrumBatch:
    crops = [crop for crop in sorted(dataset.crops(0)) if crop.bars >= 4]
    return collate([dataset.plain(crop) for crop in crops[:3]])


def _logits(model: DrumLSTM, batch: DrumBatch) -> torch.Tensor:
    with torch.no_grad():
        return model(batch).logits


def _bars_of(batch: DrumBatch) -> torch.Tensor:
    return batch.cursor // FRAMES_PER_BAR


def test_logits_are_one_row_for_every_token(model, batch, vocabulary) -> None:
    logits = _logits(model, batch)
    assert logits.shape == (*batch.inputs.shape, len(vocabulary))
    assert torch.isfinite(logits).all()


def test_what_is_written_later_changes_nothing_earlier(model, batch) -> None:
    expected = _logits(model, batch)
    at = 17
    inputs = batch.inputs.clone()
    inputs[:, at] = (inputs[:, at] + 5) % expected.shape[-1]
    found = _logits(model, batch._replace(inputs=inputs))
    assert torch.equal(found[:, :at], expected[:, :at])
    assert not torch.allclose(found[:, at:], expected[:, at:])


@pytest.mark.parametrize("bar", range(4))
def test_a_bar_sees_the_drums_before_it_and_not_its_own_or_later(model, batch, bar) -> None:
    expected = _logits(model, batch)
    drums = batch.drums.clone()
    drums[:, bar:] = torch.rand_like(drums[:, bar:])
    found = _logits(model, batch._replace(drums=drums))
    upto = (_bars_of(batch) <= bar) & (batch.targets != IGNORED)
    assert torch.equal(found[upto], expected[upto])
    after = (_bars_of(batch) == bar + 1) & (batch.targets != IGNORED)
    if bar < 3:
        assert not torch.allclose(found[after], expected[after])


def test_hidden_parts_change_nothing(model, batch) -> None:
    heard = batch.heard.clone()
    heard[:, 2:] = False
    hidden = batch._replace(heard=heard)
    expected = _logits(model, hidden)
    parts = batch.parts.clone()
    parts[:, 2:] = torch.rand_like(parts[:, 2:])
    assert torch.equal(_logits(model, hidden._replace(parts=parts)), expected)
    assert not torch.allclose(_logits(model, batch), expected)


def test_heard_parts_change_the_drums_of_their_bar(model, batch) -> None:
    parts = batch.parts.clone()
    parts[:, 2] = torch.rand_like(parts[:, 2])
    there = (_bars_of(batch) == 2) & (batch.targets != IGNORED)
    assert not torch.allclose(
        _logits(model, batch._replace(parts=parts))[there], _logits(model, batch)[there]
    )


def test_a_hidden_past_changes_nothing(model, batch) -> None:
    hidden = batch._replace(history=torch.zeros_like(batch.history))
    expected = _logits(model, hidden)
    changed = hidden._replace(drums=torch.rand_like(batch.drums))
    assert torch.allclose(_logits(model, changed), expected, atol=1e-6)
    assert not torch.allclose(_logits(model, batch), expected)


def test_controls_of_a_bar_change_that_bar_and_no_earlier_one(model, batch) -> None:
    expected = _logits(model, batch)
    controls = batch.controls.clone()
    controls[:, 2] = 1
    found = _logits(model, batch._replace(controls=controls))
    earlier = (_bars_of(batch) < 2) & (batch.targets != IGNORED)
    there = (_bars_of(batch) == 2) & (batch.targets != IGNORED)
    assert torch.equal(found[earlier], expected[earlier])
    assert not torch.allclose(found[there], expected[there])


def test_songs_of_a_batch_do_not_touch_each_other(model, batch) -> None:
    expected = _logits(model, batch)
    mixed = DrumBatch(*(value.flip(0) for value in batch))
    assert torch.allclose(_logits(model, mixed).flip(0), expected, atol=1e-5)


def test_without_history_no_earlier_drums_are_seen(batch, vocabulary) -> None:
    model = DrumLSTM(replace(CONFIG, use_history=False), vocabulary).eval()
    expected = _logits(model, batch)
    assert torch.equal(_logits(model, batch._replace(drums=torch.rand_like(batch.drums))), expected)


def test_what_no_drummer_can_play_is_never_likely(model, batch, vocabulary) -> None:
    best = _logits(model, batch).argmax(-1)
    runs = vocabulary.to_runs()
    assert all(runs[token] or token == EOS for token in best.flatten().tolist())
    assert not torch.isin(best, torch.tensor([BOS, PAD])).any()


def test_every_parameter_learns(dataset, vocabulary) -> None:
    torch.manual_seed(0)
    model = DrumLSTM(CONFIG, vocabulary)
    batch = collate([dataset.draw(crop, 0) for crop in sorted(dataset.crops(0))])
    output = model(batch)
    listened = listening_loss(output.expected, batch)
    (_loss(model, batch) + listened).backward()
    silent = [
        name for name, value in model.named_parameters() if value.grad is None or not value.grad.abs().sum()
    ]
    assert silent == []


def test_what_the_parts_let_expect_is_scored_on_real_bars_alone(dataset, vocabulary) -> None:
    model = DrumLSTM(CONFIG, vocabulary)
    crops = sorted(dataset.crops(0), key=lambda crop: crop.bars)
    batch = collate([dataset.plain(crops[0]), dataset.plain(crops[-1])])
    expected = model(batch).expected
    before = listening_loss(expected, batch)
    padded = torch.arange(expected.shape[1]) >= batch.bar_counts[:, None]
    assert padded.any()
    expected = torch.where(padded[..., None, None], expected + 5, expected)
    assert torch.equal(listening_loss(expected, batch), before)
    right = (batch.drums[..., : expected.shape[-1]] * 2 - 1) * 20
    assert listening_loss(right, batch) < 1e-3


def test_two_sequences_are_learned_by_heart(dataset, vocabulary) -> None:
    torch.manual_seed(0)
    model = DrumLSTM(ModelConfig(16, 16, 1, 32, 8, 2, 8, 32, 64, 1, 6, 0.0), vocabulary)
    crops = [crop for crop in sorted(dataset.crops(0)) if crop.bars >= 3][:2]
    batch = collate([_short(dataset.plain(crop)) for crop in crops])
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    first = _loss(model, batch).item()
    for _ in range(150):
        optimizer.zero_grad()
        loss = _loss(model, batch)
        loss.backward()
        optimizer.step()
    assert first > 3
    assert _loss(model, batch).item() < 0.5


def _short(example: DrumExample) -> DrumExample:
    return replace(example, tokens=example.tokens[:49], cursor=example.cursor[:48])


def _loss(model: DrumLSTM, batch: DrumBatch) -> torch.Tensor:
    return functional.cross_entropy(
        model(batch).logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORED
    )
