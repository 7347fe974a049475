"""Every reader of the program and of its training, with a few sound files of its kind to be damaged."""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.file_mutations import damaged, damaged_json
from benchmarks.hostile_inputs import midi, npy, soundfont, wav
from musegen_daw import resource_paths as resources

Mutate = Callable[[bytes, random.Random], bytes]
_SMALL_BYTES, _SMALL_ONES = 100_000, 15
DRUMS_OPENED = 100
"""Of the mutants of the drum model's description so many of those that are believed are opened and asked for drums."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What is read: sound files, where such a file lies in a folder, what reads it there, and its part of all mutants.

    `prepare` puts whatever else the reader needs into the folder.
    """

    share: int
    file: str
    sound: Callable[[], Sequence[bytes]]
    read: Callable[[Path], object]
    mutate: Sequence[Mutate] = (damaged,)
    prepare: Callable[[Path], None] = lambda folder: None


_JSON: tuple[Mutate, ...] = (damaged, damaged_json, damaged_json)


def _bundled(*parts: str) -> Callable[[], Sequence[bytes]]:
    return lambda: [path.read_bytes() for path in sorted(resources.resources_dir().glob("/".join(parts)))]


def _midi_files() -> list[bytes]:
    bar = midi(
        [b"\x00\xff\x58\x04\x03\x02\x18\x08\x00\xff\x51\x03\x07\xa1\x20\x00\x90\x3c\x5a\x60\x80\x3c\x40"]
    )
    sysex = midi(
        [
            b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7\x00\xc0\x21\x00\x90\x3c\x5a\x60\x90\x3c\x00",
            b"\x00\xff\x06\x01a",
        ]
    )
    rmid = (
        b"RIFF" + (len(bar) + 12).to_bytes(4, "little") + b"RMIDdata" + len(bar).to_bytes(4, "little") + bar
    )
    return [*_bundled("clips", "*.mid")()[:2], *_bundled("grooves", "*.mid")()[:2], bar, sysex, rmid]


def _read_midi(path: Path) -> None:
    from musegen_daw.midi.file import read_midi_song
    from musegen_daw.music.clip import Clip, Note
    from musegen_daw.music.parts import clip_bars

    given = read_midi_song(path)
    clip_bars(given.song.time_map, given.song.clips)
    given.with_drums(Clip((Note(38, 90, 0, 60),), 1_920, given.song.time_map.ppq, is_drum=True))


def _audio_files() -> list[bytes]:
    import soundfile

    tone = np.sin(np.arange(2_000) / 9).astype(np.float32) / 2
    found = [wav(4_000, bytes(4_000)), wav(400, bytes(400), before=b"fact\x04\0\0\0\0\0\0\0")]
    for kind, subtype in (
        ("WAV", "PCM_24"),
        ("WAV", "FLOAT"),
        ("FLAC", "PCM_16"),
        ("OGG", "VORBIS"),
        ("MP3", None),
    ):
        file = io.BytesIO()
        soundfile.write(file, tone, 22_050, format=kind, subtype=subtype)
        found.append(file.getvalue())
    return found


def _read_audio(path: Path) -> None:
    from musegen_daw.audio.file import read_mono

    for _ in read_mono(path, 22_050):
        pass


def _mel_files() -> list[bytes]:
    file = io.BytesIO()
    np.save(file, np.full((96, 4), -3.0, np.float32))
    return [file.getvalue(), npy("(96, 4)", count=384), npy("(1, 4, 96)", "'<f8'", count=768)]


def _read_mel(path: Path) -> None:
    from musegen_daw.vocoder.mel import MelConfig
    from musegen_daw.vocoder.mel_file import load_mel

    load_mel(path, MelConfig(), lambda said: None)


def _soundfonts() -> list[bytes]:
    return [soundfont(1, 1, 1), soundfont(2, 2, 3), soundfont(3, 1, 2, keys=(0, 60), shared=5)]


def _read_soundfont(path: Path) -> None:
    from musegen_daw.music.clip import Clip, Note, Song
    from musegen_daw.music.time import TimeMap
    from musegen_daw.playback.synth.soundfont import open_soundfont
    from musegen_daw.playback.synth.synth import render_blocks

    font = open_soundfont(path)
    song = Song((Clip((Note(60, 90, 0, 24),), 24, 480),), TimeMap(480))
    for number, _ in enumerate(render_blocks(song, font, 8_000)):
        if number > 1:
            break


def _read_drum_map(path: Path) -> None:
    resources.load_drum_map(str(path))


def _read_controls(path: Path) -> None:
    from musegen_daw.jam.control.control_map import load_control_map

    load_control_map(path.stem, path.parent)


def _control_maps() -> list[bytes]:
    binding = b'[[bindings]]\ntarget = "energy"\ncc = 1\nchannel = 1\n'
    return [
        b'name = "knobs"\n' + binding,
        binding + b'[[bindings]]\ntarget = "fill now"\nnote = 36\nchannel = 10\n',
    ]


def _plans() -> list[bytes]:
    bar = {"kind": "groove", "density": 0.5, "energy": 0.6, "crash": True, "cymbal": "ride"}
    return [json.dumps({"plan": [bar, {"kind": "repeat", "repeats": 1}, {"kind": "fill"}]}).encode()]


def _read_plan(path: Path) -> None:
    from musegen_daw.cli.drum_options import read_plan

    read_plan(path)


def _sessions() -> list[bytes]:
    from musegen_daw.clips.document import MidiSource, Project
    from musegen_daw.clips.opening import open_clip
    from musegen_daw.clips.project_file import encode
    from musegen_daw.drums.request import DrumSettings

    notes = b"".join(bytes((0, 0x99, pitch, 90, 0x60, 0x89, pitch, 64)) for pitch in (36, 38, 42) * 3)
    source = MidiSource("a.mid", midi([b"\x00\x90\x3c\x5a\x60\x80\x3c\x40", notes]))
    one = open_clip([source], 1, DrumSettings(seed=0, style="rock", density=0.5))
    return [encode(Project((one, replace(one, identity=2)), 2))]


def _read_session(path: Path) -> None:
    from musegen_daw.clips.project_file import recover_project

    recover_project(path)


def _restore_session(path: Path) -> None:
    from musegen_daw.clips.autosave import restored

    restored(path)
    for each in path.parent.glob("*-damaged-*"):
        each.unlink()


def _windows() -> list[bytes]:
    from musegen_daw.ui.settings.store import AppSettings

    panels = {"settings": AppSettings().as_dict(), "jam": {"mode": "loop"}, "window": {"panel": "clips"}}
    return [json.dumps({"version": 1, "panels": panels}).encode()]


def _read_window(path: Path) -> None:
    from musegen_daw.ui.saved_session import load
    from musegen_daw.ui.settings.store import AppSettings

    state, _ = load(path.parent)
    AppSettings.from_dict(state.get("settings", {}))
    for each in path.parent.glob("*-damaged-*"):
        each.unlink()


def _read_offsets(path: Path) -> None:
    from musegen_daw.jam.user_settings import load_offset

    load_offset(path.parent, "musegen drums", lambda said: None)
    for each in path.parent.glob("*-damaged-*"):
        each.unlink()


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


READERS: Mapping[str, Reader] = {
    "MIDI files": Reader(22, "a.mid", _midi_files, _read_midi),
    "audio": Reader(10, "a.wav", _audio_files, _read_audio),
    "mels": Reader(12, "a.npy", _mel_files, _read_mel),
    "SoundFonts": Reader(8, "a.sf2", _soundfonts, _read_soundfont),
    "drum maps": Reader(6, "a.toml", _bundled("drum_maps", "*.toml"), _read_drum_map),
    "control maps": Reader(5, "knobs.toml", _control_maps, _read_controls),
    "plans": Reader(5, "a.json", _plans, _read_plan, _JSON),
    "sessions": Reader(6, "a.musegen", _sessions, _read_session, _JSON),
    "sessions that are restored": Reader(4, "clips.musegen", _sessions, _restore_session, _JSON),
    "settings of the window": Reader(6, "session.json", _windows, _read_window, _JSON),
    "latency offsets": Reader(
        3, "offsets.json", lambda: [b'{"offsets_ms": {"musegen drums": 3.5, "a": -2}}'], _read_offsets, _JSON
    ),
    "descriptions of drum models": Reader(
        4, "model.json", _small_drum_model, _DrumModel(), (damaged_json, damaged), _drum_model
    ),
    "descriptions of vocoders": Reader(
        3,
        "model.json",
        lambda: [json.dumps(_vocoder_description(_vocoder_graph())).encode()],
        _vocode,
        _JSON,
        _toy_vocoder,
    ),
    "graphs": Reader(2, "vocode.onnx", lambda: [_vocoder_graph()], _vocode_graph),
    "tokenizers": Reader(
        1, "tokenizer.json", _bundled("models", "drums", "tokenizer.json"), _read_tokenizer, _JSON
    ),
    "configurations of training": Reader(2, "a.toml", _configs, _read_config),
    "checkpoints": Reader(2, "a.safetensors", _checkpoints, _read_checkpoint),
    "facts of prepared data": Reader(1, "facts.json", _facts, _read_corpus, _JSON, _corpus),
    "arrays of prepared data": Reader(1, "train/songs.npy", _shards, _read_corpus, (damaged,), _whole_corpus),
}
"""By what they read; the shares need not add up to anything."""
