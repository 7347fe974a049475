"""The readers of models and of the files of training, with a few valid files of each kind."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.file_mutations import JSON, Reader, bundled, damaged, damaged_json
from musegen_daw import resource_paths as resources

_SMALL_BYTES, _SMALL_ONES = 100_000, 15
DRUMS_OPENED = 100  # so many damaged drum models that pass the check of their description are opened and run


def _drum_model(folder: Path) -> None:
    for path in resources.drum_model_dir().glob("*.onnx"):
        shutil.copy(path, folder)


class _DrumModel:
    """Reads the description of a drum model; some of those that are believed are opened and asked for a bar."""

    def __init__(self) -> None:
        self._opened = 0

    def __call__(self, path: Path) -> None:
        from musegen_daw.drums.generator import DrumGenerator
        from musegen_daw.drums.model import check_description
        from musegen_daw.drums.request import DrumRequest
        from musegen_daw.music.clip import Clip, Note
        from musegen_daw.music.time import Bar

        check_description(path.parent)
        if path.stat().st_size > _SMALL_BYTES and self._opened < DRUMS_OPENED:
            self._opened += 1
            part = Clip((Note(60, 90, 0, 480),), 1_920, 480)
            bars = (Bar(0, 1_920), Bar(1_920, 1_920))
            DrumGenerator.open(path.parent).generate(DrumRequest((part,), bars, 480, variations=2))


def _small_drum_model() -> list[bytes]:
    """The description of the bundled model, and that of one with fewer styles and tokens, which is read faster."""
    whole = (resources.drum_model_dir() / "model.json").read_bytes()
    small = json.loads(whole)
    for name in ("patterns", "names", "triplets", "meters", "shares"):
        del small["facts"]["styles"][name][3:]
    del small["facts"]["vocabulary"][8:]
    return [json.dumps(small).encode()] * _SMALL_ONES + [whole]


def _toy_vocoder(folder: Path) -> None:
    (folder / "vocode.onnx").write_bytes(_vocoder_graph())


def _vocoder_graph() -> bytes:
    """A graph from a mel of 8 bands to 16 samples a frame."""
    from onnx import TensorProto, helper, numpy_helper

    weight = np.full((16, 8, 1), 0.01, np.float32)
    mel = helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["batch", 8, "frames"])
    audio = helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["batch", "samples"])
    nodes = [
        helper.make_node("Conv", ["mel", "weight"], ["wide"]),
        helper.make_node("Transpose", ["wide"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("Reshape", ["turned", "flat"], ["audio"]),
    ]
    constants = [
        numpy_helper.from_array(weight, "weight"),
        numpy_helper.from_array(np.array([0, -1], np.int64), "flat"),
    ]
    graph = helper.make_graph(nodes, "toy", [mel], [audio], constants)
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


def _vocoder_description(graph: bytes) -> dict[str, Any]:
    from musegen_daw.vocoder.mel import MelConfig

    mel = MelConfig(sample_rate_hz=8_000, n_fft=64, hop_length=16, n_mels=8, fmax_hz=4_000.0)
    tensors = [
        {"name": "mel", "shape": ["batch", 8, "frames"], "type": "float"},
        {"name": "audio", "shape": ["batch", "samples"], "type": "float"},
    ]
    facts = {"mel": mel.to_dict(), "context_frames": 3, "imposed_rounds": 1, "trained_on": "nothing"}
    described = {"file": "vocode.onnx", "sha256": hashlib.sha256(graph).hexdigest(), "bytes": len(graph)}
    described |= {"inputs": tensors[:1], "outputs": tensors[1:]}
    versions = {"onnx": "1"}
    graphs = {"vocode": described}
    return {
        "kind": "vocoder",
        "name": "toy",
        "graphs": graphs,
        "facts": facts,
        "versions": versions,
        "format": 1,
    }


def _vocode(path: Path) -> None:
    from musegen_daw.vocoder.decoders import read_facts
    from musegen_daw.vocoder.vocoder import Vocoder

    read_facts(path.parent)
    vocoder = Vocoder.open(path.parent)
    mel = np.full((vocoder.mel.n_mels, 12), -3.0, np.float32)
    vocoder.vocode(np.maximum(mel, vocoder.mel.floor))


def _vocode_graph(path: Path) -> None:
    """A damaged graph that is described as it is: its hash keeps nobody away."""
    description = _vocoder_description(path.read_bytes())
    (path.parent / "model.json").write_text(json.dumps(description), encoding="utf-8")
    _vocode(path)


def _read_tokenizer(path: Path) -> None:
    from musegen_daw.drums.tokens import DrumTokenizer

    DrumTokenizer.load(path).vocabulary()


def _read_config(path: Path) -> None:
    from training.common.config import load_config
    from training.common.prepared import TrainingFileError
    from training.drums.train import DrumTraining
    from training.vocoder.train import VocoderTraining

    try:
        load_config(DrumTraining, path)
    except TrainingFileError:
        load_config(VocoderTraining, path)


def _configs() -> list[bytes]:
    root = resources.resources_dir().parent / "training"
    return [path.read_bytes() for path in sorted(root.glob("*/configs/*.toml"))]


def _checkpoints() -> list[bytes]:
    import torch
    from safetensors.torch import save

    values = {"config": {"loop": {"steps": 3}}, "progress": {"step": 3}, "tokenizer": "{}"}
    tensors = {"average/a": torch.zeros(4), "random": torch.get_rng_state()[:8]}
    return [save(tensors, {"values": json.dumps(values), "optimizers": "{}"})]


def _read_checkpoint(path: Path) -> None:
    from training.common.checkpoint import load_checkpoint, read_tensors
    from training.common.config import load_config
    from training.common.prepared import TrainingFileError
    from training.drums.train import DrumTraining

    for read in (
        lambda: read_tensors(path),
        lambda: load_config(DrumTraining, path),
        lambda: load_checkpoint(path, {}, {}, {}),
    ):
        try:
            read()
        except TrainingFileError:
            continue


def _corpus(folder: Path) -> None:
    """A prepared folder of no songs, beside the facts that are damaged."""
    from training.drums.blocks import SONG, STREAMS

    (folder / "train").mkdir(exist_ok=True)
    np.save(folder / "train" / "songs.npy", np.zeros(1, SONG))
    (folder / "train" / "songs.jsonl").write_text('{"name": "a"}\n', encoding="utf-8")
    for name, dtype in STREAMS.items():
        np.save(folder / "train" / f"{name}.npy", np.zeros(0, dtype))
        np.save(folder / "train" / f"{name}_starts.npy", np.zeros(1, np.int64))


def _facts() -> list[bytes]:
    from training.drums.parts import FORMAT

    return [json.dumps({"format": FORMAT, "files": {"read": 3, "poison": {}}, "sample_rate_hz": 3}).encode()]


def _read_corpus(path: Path) -> None:
    from training.drums.corpus import Corpus

    folder = path.parent if path.name == "facts.json" else path.parent.parent
    corpus = Corpus(folder, "train")
    if len(corpus.songs):
        corpus.songs[0]


def _whole_corpus(folder: Path) -> None:
    _corpus(folder)
    (folder / "facts.json").write_bytes(_facts()[0])


def _shards() -> list[bytes]:
    from training.drums.blocks import SONG

    file = io.BytesIO()
    np.save(file, np.zeros(1, SONG))
    return [file.getvalue()]


MODEL_READERS: Mapping[str, Reader] = {
    "descriptions of drum models": Reader(
        4, "model.json", _small_drum_model, _DrumModel(), (damaged_json, damaged), _drum_model
    ),
    "descriptions of vocoders": Reader(
        3,
        "model.json",
        lambda: [json.dumps(_vocoder_description(_vocoder_graph())).encode()],
        _vocode,
        JSON,
        _toy_vocoder,
    ),
    "graphs": Reader(2, "vocode.onnx", lambda: [_vocoder_graph()], _vocode_graph),
    "tokenizers": Reader(
        1, "tokenizer.json", bundled("models", "drums", "tokenizer.json"), _read_tokenizer, JSON
    ),
    "configurations of training": Reader(2, "a.toml", _configs, _read_config),
    "checkpoints": Reader(2, "a.safetensors", _checkpoints, _read_checkpoint),
    "facts of prepared data": Reader(1, "facts.json", _facts, _read_corpus, JSON, _corpus),
    "arrays of prepared data": Reader(1, "train/songs.npy", _shards, _read_corpus, (damaged,), _whole_corpus),
}
