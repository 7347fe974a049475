"""The generator of the vocoder as one ONNX graph of plain operators, with its mel configuration beside it."""

from __future__ import annotations

import importlib.metadata
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from export.graphs import export_graph, write_graph
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import Graph, ModelSpec
from musegen_daw.part_files import part_folder
from musegen_daw.vocoder.mel import MelConfig
from training.vocoder.generator import EDGE_FRAMES, Generator
from training.vocoder.train import load_model

PARITY = 1e-3
ROLE = "vocode"
FILE = "vocode.onnx"
PARITY_FRAMES = (1, 37, 160)
AXES = {
    "mel": {0: "batch", 2: "frames"},
    "noise": {0: "batch", 2: "steps"},
    "audio": {0: "batch", 1: "samples"},
}


def export_vocoder(
    checkpoint: Path, out: Path, name: str, *, half_storage: bool = True
) -> tuple[ModelSpec, float]:
    """Write the ONNX graph and the sidecar of a checkpoint to `out`; with `half_storage` weights are kept as float16.

    Returns the sidecar's content and the largest difference of the audio from PyTorch as a share of full
    scale; raises ValueError where it exceeds 1e-3.
    """
    whole, _, values = load_model(checkpoint)
    model = network_of(whole)
    facts = {
        "mel": whole.mel.to_dict(),
        "context_frames": whole.context_frames(),
        "imposed_rounds": whole.config.imposed_rounds,
        "sizes": asdict(whole.config),
        **_noise_facts(whole),
        "trained_on": str(values.get("trained_on", "")),
        "step": int(values["progress"]["step"]),
    }
    out.mkdir(parents=True, exist_ok=True)
    with part_folder(out) as staging:
        spec, difference = _export(model, facts, staging, name, half_storage)
        for path in staging.iterdir():
            path.replace(out / path.name)
    return spec, difference


def _export(
    model: Generator, facts: dict[str, Any], out: Path, name: str, half_storage: bool
) -> tuple[ModelSpec, float]:
    inputs = _inputs(model, torch.full((2, model.mel.n_mels, 12), model.mel.floor))
    graph = export_graph(
        model,
        tuple(inputs.values()),
        tuple(inputs),
        ("audio",),
        {name: AXES[name] for name in (*inputs, "audio")},
        out / FILE,
    )
    if half_storage:
        graph = store_half(out / FILE, {name for name, _ in model.named_parameters()})
    versions = {package: importlib.metadata.version(package) for package in ("torch", "onnx")}
    spec = ModelSpec("vocoder", name, {ROLE: graph}, facts, versions)
    spec.save(out)
    difference = max(parity(model, spec, out, frames=frames) for frames in PARITY_FRAMES)
    if not difference <= PARITY:
        raise ValueError(
            f"the exported model differs from PyTorch by {difference:.2e} of full scale, more than {PARITY:.0e}"
        )
    return spec, difference


def _noise_facts(model: Generator) -> dict[str, int]:
    if not model.config.noise_bands:
        return {}
    return {"noise_steps": model.noise_steps(), "noise_edge_frames": EDGE_FRAMES}


def _inputs(model: Generator, mel: torch.Tensor, seed: int = 0) -> dict[str, torch.Tensor]:
    """A mel and all that the graph reads beside it, by name."""
    if not model.config.noise_bands:
        return {"mel": mel}
    random = torch.Generator().manual_seed(seed)
    return {"mel": mel, "noise": torch.randn(model.noise_shape(mel), generator=random)}


def network_of(generator: Generator) -> Generator:
    """The network alone, without the mel correction, which the app applies itself."""
    network = Generator(replace(generator.config, imposed_rounds=0), generator.mel).eval()
    network.load_state_dict(generator.state_dict())
    return network


def store_half(path: Path, weights: set[str]) -> Graph:
    """Keep the initialisers named `weights` as float16 and cast them when the graph is opened."""
    model = onnx.load(path)
    casts: list[onnx.NodeProto] = []
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            name = tensor.name
            half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}.half")
            tensor.CopyFrom(half)
            casts.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return write_graph(model, path)


def parity(model: Generator, spec: ModelSpec, folder: Path, *, frames: int = 37, seed: int = 0) -> float:
    """Largest difference between the graph and PyTorch as a share of full scale, on a mel like that of music."""
    mel = music_like(MelConfig.from_dict(spec.facts["mel"]), frames, seed)
    inputs = _inputs(model, torch.from_numpy(mel), seed).values()
    with torch.no_grad():
        expected = model(*inputs).numpy()
    found = OnnxGraph(folder, spec, ROLE)(*(value.numpy() for value in inputs))[0]
    if found.shape != expected.shape:
        raise ValueError(f"the exported model gives the shape {found.shape} in place of {expected.shape}")
    return float(np.abs(found - expected).max() / max(1.0, float(np.abs(expected).max())))


def music_like(config: MelConfig, frames: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A random mel (1, n_mels, frames), smooth over time, falling with the frequency, with loud and silent bands."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(config.n_mels, frames + 8)).cumsum(axis=1) * 0.7
    values = values[:, 8:] + np.linspace(1.0, -7.0, config.n_mels)[:, np.newaxis]
    return np.clip(values, config.floor, 4.0)[np.newaxis].astype(np.float32)
