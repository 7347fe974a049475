"""The drum model as ONNX graphs: read the parts, choose a style, plan, look back before a bar, write a token, play."""

from __future__ import annotations

import importlib.metadata
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
import torch

from export.chooser import export_chooser
from export.critic import export_critic
from export.drum_graphs import DecoderStep, Encode, Expect, LookBack
from export.eight_bits import with_eight_bit_weights
from export.graphs import export_graph, write_graph
from export.hand import export_hand
from export.planner import export_planner
from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.features import CONTROL_SIZES, DRUM_FEATURES, PART_FEATURES
from musegen_daw.drums.style import STYLE_FEATURES, StyleBook
from musegen_daw.drums.style_names import bundled_grooves, name_styles
from musegen_daw.drums.tokens import BOS, EOS, PAD, DrumTokenizer
from musegen_daw.models.session import Array, OnnxGraph
from musegen_daw.models.spec import Graph, ModelSpec
from musegen_daw.part_files import part_folder
from training.drums.dataset import DrumBatch
from training.drums.model import DrumLSTM
from training.drums.train import load_model

PARITY = 1e-4
EIGHT_BIT_NATS = 0.01


class Parity(NamedTuple):
    """How a graph's next tokens differ from PyTorch's on a random sequence.

    The largest absolute difference of their logits, and the mean Kullback-Leibler divergence in nats.
    """

    logits: float
    nats: float


class ExportedDrums(NamedTuple):
    """The sidecar's content, and how the exact step and that with 8-bit weights differ from PyTorch."""

    spec: ModelSpec
    exact: Parity
    eight_bit: Parity


def export_drums(
    checkpoint: Path,
    out: Path,
    name: str,
    *,
    chooser: Path,
    planner: Path,
    hand: Path,
    critic: Path | None,
) -> ExportedDrums:
    """Write the ONNX graphs, `tokenizer.json` and the sidecar of a checkpoint and the networks beside it to `out`.

    Raises ValueError where logits differ from PyTorch's by more than 1e-4 (exact step), or next tokens by
    more than 0.01 nats (8-bit weights).
    """
    model, tokenizer, values = load_model(checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    with part_folder(out) as staging:
        exported = _export(model, tokenizer, values, staging, name, chooser, planner, hand, critic)
        for path in staging.iterdir():
            path.replace(out / path.name)
    return exported


def _export(
    model: DrumLSTM,
    tokenizer: DrumTokenizer,
    values: dict[str, Any],
    out: Path,
    name: str,
    chooser: Path,
    planner: Path,
    hand: Path,
    critic: Path | None,
) -> ExportedDrums:
    graphs = {
        "encode": _export_encode(model, out),
        "expect": _export_expect(model, out),
        "look_back": _export_look_back(model, out),
        "step": _export_step(model, out),
    }
    exact = onnx.load(out / graphs["step"].file)
    graphs["step_8bit"] = write_graph(with_eight_bit_weights(exact), out / "step_8bit.onnx")
    (out / "tokenizer.json").write_text(values["tokenizer"], encoding="utf-8")
    planned = export_planner(planner, out)
    styles = StyleBook.from_dict(values["styles"])
    graphs |= {
        "choose": export_chooser(chooser, len(styles), out).graph,
        "plan": planned.graph,
        "hand": export_hand(hand, out).graph,
    }
    if critic is not None:
        graphs["critic"] = export_critic(critic, out).graph
    facts = {
        "vocabulary": tokenizer.vocabulary().to_runs(),
        "styles": _named(styles).to_dict(),
        "planner": planned.facts,
        "sizes": asdict(model.config),
        "trained_bars": int(values["config"]["data"].get("max_bars", 24)),
        "step": int(values["progress"]["step"]),
    }
    versions = {
        package: importlib.metadata.version(package) for package in ("torch", "onnx", "miditok", "symusic")
    }
    spec = ModelSpec("drums", name, graphs, facts, versions)
    spec.save(out)
    exported = ExportedDrums(spec, parity(model, spec, out), parity(model, spec, out, step="step_8bit"))
    if exported.exact.logits > PARITY:
        raise ValueError(
            f"the exported model differs from PyTorch by {exported.exact.logits:.2e}, more than {PARITY:.0e}"
        )
    if exported.eight_bit.nats > EIGHT_BIT_NATS:
        raise ValueError(
            f"8-bit weights change the next token by {exported.eight_bit.nats:.3f} nats, more than {EIGHT_BIT_NATS}"
        )
    return exported


def _export_encode(model: DrumLSTM, out: Path) -> Graph:
    bars = 3
    return export_graph(
        Encode(model),
        (torch.zeros(bars, FRAMES_PER_BAR, PART_FEATURES), torch.ones(bars)),
        ("parts", "heard"),
        ("memory", "bar_vectors"),
        {name: {0: "bars"} for name in ("parts", "heard", "memory", "bar_vectors")},
        out / "encode.onnx",
    )


def _export_expect(model: DrumLSTM, out: Path) -> Graph:
    rows, bars, width = 2, 3, model.config.context_width
    return export_graph(
        Expect(model),
        (
            torch.zeros(bars, FRAMES_PER_BAR, width),
            torch.zeros(rows, bars, FRAMES_PER_BAR, STYLE_FEATURES),
            torch.zeros(rows, bars, len(CONTROL_SIZES), dtype=torch.long),
        ),
        ("memory", "style", "controls"),
        ("expected",),
        {
            "memory": {0: "bars"},
            "style": {0: "rows", 1: "bars"},
            "controls": {0: "rows", 1: "bars"},
            "expected": {0: "rows", 1: "bars"},
        },
        out / "expect.onnx",
    )


def _export_look_back(model: DrumLSTM, out: Path) -> Graph:
    rows, past = 2, 2
    width, history = model.config.context_width, model.config.history_width
    return export_graph(
        LookBack(model),
        (
            torch.zeros(FRAMES_PER_BAR, width),
            torch.zeros(width),
            torch.zeros(past, width),
            torch.zeros(rows, past - 1, FRAMES_PER_BAR, history),
            torch.zeros(rows, FRAMES_PER_BAR, DRUM_FEATURES),
            torch.zeros(past),
            torch.zeros(rows, FRAMES_PER_BAR, STYLE_FEATURES),
            torch.zeros(rows, len(CONTROL_SIZES), dtype=torch.long),
        ),
        (
            "memory",
            "bar_vector",
            "past_bars",
            "past_read",
            "last_drums",
            "past_known",
            "style",
            "controls",
        ),
        ("context", "last_read"),
        {
            "past_bars": {0: "past"},
            "past_read": {0: "rows", 1: "earlier"},
            "last_drums": {0: "rows"},
            "past_known": {0: "past"},
            "style": {0: "rows"},
            "controls": {0: "rows"},
            "context": {0: "rows"},
            "last_read": {0: "rows"},
        },
        out / "look_back.onnx",
    )


def _export_step(model: DrumLSTM, out: Path) -> Graph:
    config, rows = model.config, 2
    state = torch.zeros(config.decoder_layers, rows, config.decoder_width)
    return export_graph(
        DecoderStep(model),
        (
            torch.full((rows,), BOS),
            torch.zeros(rows, 4 * config.decoder_width + config.token_width),
            state,
            state,
        ),
        ("token", "context", "hidden", "cell"),
        ("logits", "next_hidden", "next_cell"),
        {
            "token": {0: "rows"},
            "context": {0: "rows"},
            "hidden": {1: "rows"},
            "cell": {1: "rows"},
            "logits": {0: "rows"},
            "next_hidden": {1: "rows"},
            "next_cell": {1: "rows"},
        },
        out / "step.onnx",
    )


def _named(book: StyleBook) -> StyleBook:
    names = name_styles(book.patterns, book.triplets, book.meters, book.shares, bundled_grooves())
    return replace(book, names=names)


def parity(
    model: DrumLSTM,
    spec: ModelSpec,
    folder: Path,
    *,
    step: str = "step",
    bars: int = 4,
    length: int = 64,
    seed: int = 0,
) -> Parity:
    """Compare the graphs, with the one in the role `step`, and PyTorch, teacher forced on random input."""
    # the logits of the rest are -1e4, which float32 rounds to a thousandth
    possible = np.flatnonzero(model.forbidden.cpu().numpy() == 0)
    batch = _random_batch(possible, bars, length, np.random.default_rng(seed))
    with torch.no_grad():
        expected = model(batch).logits[0].numpy()[:, possible]
    found = _graph_logits(model, batch, spec, folder, step)[:, possible]
    ours, theirs = (torch.from_numpy(each).log_softmax(dim=-1) for each in (found, expected))
    return Parity(
        float(np.abs(found - expected).max()), float((theirs.exp() * (theirs - ours)).sum(dim=-1).mean())
    )


def _random_batch(
    possible: npt.NDArray[np.int64], bars: int, length: int, random: np.random.Generator
) -> DrumBatch:
    """One sequence of `length` of the `possible` tokens over `bars` bars, the last one without its parts."""
    parts = (random.random((bars, FRAMES_PER_BAR, PART_FEATURES)) < 0.03).astype(np.float32)
    heard = np.ones(bars, bool)
    heard[-1] = False
    drums = (random.random((bars, FRAMES_PER_BAR, DRUM_FEATURES)) < 0.1).astype(np.float32)
    style = random.random((bars, FRAMES_PER_BAR, STYLE_FEATURES)).astype(np.float32)
    controls = np.stack([random.integers(0, size, bars) for size in CONTROL_SIZES], axis=1)
    usable = possible[(possible != EOS) & (possible != PAD)]
    tokens = np.concatenate(([BOS], random.choice(usable, length - 1)))
    cursor = np.sort(random.integers(0, bars * FRAMES_PER_BAR, length))
    cursor[0] = 0
    known = np.ones(bars, bool)
    arrays = (parts, heard, drums, known, known, style, controls, tokens, tokens, cursor)
    return DrumBatch._make([*(torch.from_numpy(each)[None] for each in arrays), torch.tensor([bars])])


def _graph_logits(model: DrumLSTM, batch: DrumBatch, spec: ModelSpec, folder: Path, step: str) -> Array:
    """The logits (length, tokens) of the exported graphs, bar by bar and token by token."""
    drums, style, controls, tokens = (
        each[0].numpy() for each in (batch.drums, batch.style, batch.controls, batch.inputs)
    )
    encode, look_back, write = (OnnxGraph(folder, spec, role) for role in ("encode", "look_back", step))
    memory, vectors = encode(batch.parts[0].numpy(), batch.heard[0].numpy().astype(np.float32))
    config = model.config
    read = np.zeros((1, 0, FRAMES_PER_BAR, config.history_width), np.float32)
    contexts: list[Array] = []
    for bar in range(len(drums)):
        past_bars = np.concatenate([np.zeros((1, config.context_width), np.float32), vectors[:bar]])
        known = np.concatenate([[0.0], np.ones(bar)]).astype(np.float32)
        last = drums[bar - 1 : bar] if bar else np.zeros((1, FRAMES_PER_BAR, DRUM_FEATURES), np.float32)
        own = slice(bar, bar + 1)
        context, last_read = look_back(
            memory[bar], vectors[bar], past_bars, read, last, known, style[own], controls[own]
        )
        read = np.concatenate([read, last_read[:, None]], axis=1)
        contexts.append(context[0])
    aligned = np.concatenate(contexts)[batch.cursor[0].numpy()]
    hidden = cell = np.zeros((config.decoder_layers, 1, config.decoder_width), np.float32)
    found: list[Array] = []
    for at in range(len(tokens)):
        logits, hidden, cell = write(tokens[at : at + 1].astype(np.int64), aligned[at : at + 1], hidden, cell)
        found.append(logits[0])
    return np.stack(found)
