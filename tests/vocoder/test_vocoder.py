"""Chunks of any length join into what one pass gives, and what is no mel of the model is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.errors import AudioError, ModelError
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import Tensor
from musegen_daw.progress import Cancelled
from musegen_daw.vocoder.decoder import MAX_SECONDS
from musegen_daw.vocoder.vocoder import Vocoder
from musegen_daw.vocoder.white_noise import white_noise
from tests.vocoder.tiny_vocoder import REACH_FRAMES, SMALL, write_tiny_vocoder

HOP = SMALL.hop_length


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    write_tiny_vocoder(folder)
    return folder


@pytest.fixture(scope="module")
def graph(folder):
    return OnnxGraph(folder, write_tiny_vocoder(folder), "vocode")


@pytest.fixture(scope="module")
def spec(folder):
    return write_tiny_vocoder(folder)


def noise(frames, seed=0):
    return np.random.default_rng(seed).normal(-4, 4, (SMALL.n_mels, frames)).astype(np.float32)


@given(frames=st.integers(1, 300), chunk_frames=st.integers(1, 120), seed=st.integers(0, 9))
def test_chunks_are_one_pass(spec, graph, frames, chunk_frames, seed):
    mel = noise(frames, seed)
    (whole,) = graph(mel[np.newaxis])[0]
    audio = Vocoder(spec, graph, chunk_frames).vocode(mel)
    assert audio.shape == (frames * HOP,)
    assert np.max(np.abs(audio - whole)) < 1e-6


def test_less_context_than_the_network_reaches_would_be_heard(spec, graph):
    mel = noise(100)
    (whole,) = graph(mel[np.newaxis])[0]
    short = replace(spec, facts={**spec.facts, "context_frames": REACH_FRAMES - 1})
    error = np.abs(Vocoder(short, graph, 20).vocode(mel) - whole).reshape(100, HOP).max(axis=1)
    assert set(np.flatnonzero(error > 1e-4)) == {19, 20, 39, 40, 59, 60, 79, 80}


def test_the_stream_is_the_audio_and_never_reads_more_than_a_chunk(spec, graph):
    widths = []

    def watched(*arrays):
        widths.append(arrays[0].shape[2])
        return graph(*arrays)

    vocoder, seen = Vocoder(spec, watched, 50), []
    blocks = [*vocoder.stream(noise(333), lambda done, total: seen.append((done, total)))]
    assert [len(block) for block in blocks] == [50 * HOP] * 6 + [33 * HOP]
    assert max(widths) == 50 + 2 * REACH_FRAMES
    assert seen == [(50 * n, 333) for n in range(1, 7)] + [(333, 333)]
    assert np.array_equal(np.concatenate(blocks), vocoder.vocode(noise(333)))


def test_a_model_is_opened_with_what_its_sidecar_says(folder):
    vocoder = Vocoder.open(folder, threads=2)
    assert (vocoder.name, vocoder.mel, vocoder.context_frames) == ("tiny", SMALL, REACH_FRAMES)
    assert vocoder.vocode(noise(7)).dtype == np.float32


def test_cancelling_stops_before_the_next_chunk(spec, graph):
    runs = []

    def watched(*arrays):
        runs.append(arrays)
        return graph(*arrays)

    vocoder = Vocoder(spec, watched, 10)
    with pytest.raises(Cancelled):
        vocoder.vocode(noise(100), cancelled=lambda: len(runs) == 3)
    assert len(runs) == 3
    with pytest.raises(Cancelled):
        vocoder.vocode(noise(100), cancelled=lambda: True)
    assert len(runs) == 3


def test_a_mel_made_otherwise_is_refused_with_every_difference(spec, graph):
    vocoder = Vocoder(spec, graph)
    other = replace(SMALL, hop_length=32, fmax_hz=3000.0)
    with pytest.raises(AudioError) as caught:
        vocoder.vocode(noise(9), made_with=other)
    assert str(caught.value) == (
        "tiny cannot read this mel: it was made with hop_length 32 in place of 16, fmax_hz 3000 in place of 4000."
    )
    assert len(vocoder.vocode(noise(9), made_with=replace(SMALL))) == 9 * HOP


@pytest.mark.parametrize(
    ("mel", "said"),
    [
        (np.zeros((9, 5), np.float32), r"shape \(9, 5\).*n_mels 8"),
        (np.zeros(8, np.float32), r"shape \(8,\)"),
        (np.zeros((8, 0), np.float32), "no frames"),
        (np.full((8, 5), np.nan, np.float32), "not finite"),
        (np.full((8, 5), -np.inf, np.float32), "not finite"),
        (np.full((8, 5), 60, np.float32), "reaches 60, far above full scale"),
        (np.broadcast_to(np.float32(0), (8, MAX_SECONDS * 500 + 1)), "2.0 hours; at most 2"),
    ],
)
def test_what_is_no_mel_is_refused_before_anything_runs(spec, mel, said):
    def never(*arrays):
        pytest.fail("it was run")

    with pytest.raises(AudioError, match=said):
        Vocoder(spec, never).stream(mel)


@pytest.mark.parametrize(
    "facts",
    [
        {"context_frames": -1},
        {"context_frames": "many"},
        {"mel": {}},
        {"mel": 5},
        {"mel": {**SMALL.to_dict(), "n_mels": 9}},
        {"mel": {**SMALL.to_dict(), "hop_length": 16.5}},
        {"mel": {**SMALL.to_dict(), "n_fft": 1 << 30}},
    ],
)
def test_a_damaged_description_is_told(tmp_path, facts):
    write_tiny_vocoder(tmp_path, **facts)
    with pytest.raises(ModelError, match="description of the model tiny is damaged"):
        Vocoder.open(tmp_path)


def noisy(folder, **facts):
    """A description that asks for noise, beside a graph that adds its first part to the audio."""
    spec = write_tiny_vocoder(folder, noise_steps=2, noise_edge_frames=1, **facts)
    inputs = (*spec.graphs["vocode"].inputs, Tensor("noise", ("batch", 6, "steps"), "float"))
    return replace(spec, graphs={"vocode": replace(spec.graphs["vocode"], inputs=inputs)})


def noisy_graph(mel, noise):
    assert noise.dtype == np.float32
    assert noise.shape == (1, 6, 2 * (mel.shape[2] + 2))
    inner = noise[:, 0, 2:-2] + noise[:, 0, :-4] + noise[:, 0, 4:]
    return [np.repeat(inner, HOP // 2, axis=1)]


@pytest.mark.parametrize("chunk_frames", [1, 7, 1000])
def test_noise_is_that_of_its_place_whatever_the_chunks(tmp_path, chunk_frames):
    vocoder = Vocoder(noisy(tmp_path), noisy_graph, chunk_frames)
    audio = vocoder.vocode(noise(50))
    assert np.array_equal(audio, Vocoder(noisy(tmp_path), noisy_graph, 50).vocode(noise(50)))
    first = white_noise(-2, 6, 6)[0]
    assert audio[0] == pytest.approx(first[0] + first[2] + first[4])
    assert np.array_equal(audio, vocoder.vocode(noise(50)))


@pytest.mark.parametrize(
    "facts",
    [{"noise_steps": 0}, {"noise_steps": 1 << 20}, {"noise_edge_frames": -1}, {"noise_edge_frames": 65}],
)
def test_a_damaged_description_of_the_noise_is_told(tmp_path, facts):
    spec = noisy(tmp_path)
    with pytest.raises(ModelError, match="description of the model tiny is damaged"):
        Vocoder(replace(spec, facts={**spec.facts, **facts}), noisy_graph)


@pytest.mark.parametrize(
    "shape",
    [("batch", "parts", "steps"), ("batch", 1 << 20, "steps"), ("batch", 4097, "steps"), ("batch", 6)],
)
def test_noise_of_an_impossible_shape_is_told(tmp_path, shape):
    spec = noisy(tmp_path)
    graph = spec.graphs["vocode"]
    graph = replace(graph, inputs=(graph.inputs[0], Tensor("noise", shape, "float")))
    with pytest.raises(ModelError, match="description of the model tiny is damaged"):
        Vocoder(replace(spec, graphs={"vocode": graph}), noisy_graph)


def test_a_missing_model_and_one_of_another_kind_are_told(tmp_path):
    with pytest.raises(ModelError, match="There is no model in"):
        Vocoder.open(tmp_path)
    replace(write_tiny_vocoder(tmp_path), kind="drums").save(tmp_path)
    with pytest.raises(ModelError, match="is a drums model, not a vocoder model"):
        Vocoder.open(tmp_path)


@pytest.mark.parametrize("audio", [np.zeros((1, 79)), np.zeros((2, 80)), np.full((1, 80), np.nan)])
def test_a_network_that_gives_no_audio_is_told(spec, audio):
    with pytest.raises(ModelError, match="The model tiny gave"):
        Vocoder(spec, lambda mel: [audio]).vocode(noise(5))
