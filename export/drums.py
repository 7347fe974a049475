"""The drum model as ONNX graphs: read the parts, look back before a bar, write a token (exact, and fast)."""

from __future__ import annotations

import importlib.metadata
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from export.eight_bits import with_eight_bit_weights
from export.graphs import export_graph, write_graph
from musegen_daw.drumming.events import FRAMES_PER_BAR
from musegen_daw.drumming.features import CONTROL_SIZES, DRUM_FEATURES, PART_FEATURES, ControlScale
from musegen_daw.drumming.tokens import BOS, EOS, PAD, DrumTokenizer
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import ModelSpec
from training.drums.dataset import Batch
from training.drums.model import DrumLSTM
from training.drums.train import load_model

PARITY = 1e-4
EIGHT_BIT_NATS = 0.01


class Encode(nn.Module):
    """Parts (bars, 16, features) and which bars are heard -> memory, bar vectors, expected hits.

    Memory (bars, 16, width), bar vectors (bars, width), and the probability (bars, 16, pieces) of each hit
    as far as the parts alone tell.
    """

    def __init__(self, model: DrumLSTM) -> None:
        super().__init__()
        self.encoder, self.expect = model.encoder, model.expect

    def forward(self, parts: Tensor, heard: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Without a batch axis."""
        memory, bars = self.encoder(parts[None], heard[None])
        return memory[0], bars[0], self.expect(memory)[0].sigmoid()


class LookBack(nn.Module):
    """One bar's memory and the bars before it -> what the decoder is handed (rows, 16, width), the last bar read."""

    def __init__(self, model: DrumLSTM) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        memory: Tensor,
        bar: Tensor,
        past_bars: Tensor,
        past_read: Tensor,
        last_drums: Tensor,
        past_known: Tensor,
        controls: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """`past_bars` (past, width) and `past_known` (past,) end with the last bar, `past_read` before it."""
        rows = last_drums.shape[0]
        read = self.model.reader(last_drums[:, None])
        past = self.model.history(
            bar[None].expand(rows, -1),
            past_bars[None].expand(rows, -1, -1),
            torch.cat([past_read, read], dim=1),
            past_known[None].expand(rows, -1),
        )
        context = self.model.bar_context(memory[None].expand(rows, -1, -1), past, controls)
        return self.drive(context), read[:, 0]

    def drive(self, context: Tensor) -> Tensor:
        """What the context adds to gates and head, worked out once a bar in place of once a token."""
        mix, width = self.model.mix, self.model.config.token_width
        weights: dict[str, Tensor] = dict(self.model.lstm.named_parameters())
        bias = weights["bias_ih_l0"] + weights["bias_hh_l0"]
        gates = functional.linear(context, weights["weight_ih_l0"][:, width:], bias)
        mixed = functional.linear(context, mix.weight[:, self.model.config.decoder_width :], mix.bias)
        return torch.cat([gates, mixed], dim=-1)


class Step(nn.Module):
    """One token; the LSTM is written out, which is exact where onnxruntime's own operator approximates.

    What a token adds to the gates is left as a product of constants, which onnxruntime works out once,
    when it opens the file. The other weights are transposed beforehand: each is the constant factor of
    one product.
    """

    def __init__(self, model: DrumLSTM) -> None:
        super().__init__()
        config, weights = model.config, dict(model.lstm.named_parameters())

        def constant(value: Tensor) -> nn.Parameter:
            return nn.Parameter(value.detach().clone().contiguous())

        layers = range(config.decoder_layers)
        self.config, self.exit_norm = config, model.exit_norm
        self._from_tokens: Tensor | None = None
        self.entries = constant(model.entry_norm(model.token_table()))
        self.entry = constant(weights["weight_ih_l0"][:, : config.token_width].T)
        self.below = nn.ParameterList(constant(weights[f"weight_ih_l{layer}"].T) for layer in layers[1:])
        self.before = nn.ParameterList(constant(weights[f"weight_hh_l{layer}"].T) for layer in layers)
        self.bias = nn.ParameterList(
            constant(weights[f"bias_ih_l{layer}"] + weights[f"bias_hh_l{layer}"]) for layer in layers[1:]
        )
        self.mix = constant(model.mix.weight[:, : config.decoder_width].T)
        self.table = constant(model.token_table().T)
        self.table_bias = constant(model.bias + model.forbidden)

    def fold(self) -> Step:
        """Work out here, too, what each token adds to the gates once and for all, to be run by PyTorch."""
        with torch.no_grad():
            self._from_tokens = self.entries @ self.entry
        return self

    def forward(
        self, token: Tensor, context: Tensor, hidden: Tensor, cell: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (rows, tokens) and the next state, each (layers, rows, width); `context` as LookBack gives it."""
        width = self.config.decoder_width
        driven, mixed = context.split([4 * width, self.config.token_width], dim=-1)
        from_tokens = self.entries @ self.entry if self._from_tokens is None else self._from_tokens
        gates = from_tokens[token] + driven
        hiddens: list[Tensor] = []
        cells: list[Tensor] = []
        for layer, before in enumerate(self.before):
            if layer:
                gates = hiddens[-1] @ self.below[layer - 1] + self.bias[layer - 1]
            entry_keep, new, out = (gates + hidden[layer] @ before).split([2 * width, width, width], dim=-1)
            entry, keep = entry_keep.sigmoid().split([width, width], dim=-1)
            cells.append(keep * cell[layer] + entry * new.tanh())
            hiddens.append(out.sigmoid() * cells[-1].tanh())
        mixed = functional.gelu(mixed + hiddens[-1] @ self.mix)
        logits = self.exit_norm(mixed) @ self.table + self.table_bias
        return logits, torch.stack(hiddens), torch.stack(cells)


class Parity(NamedTuple):
    """How a graph's next tokens differ from PyTorch's on a random sequence.

    The largest absolute difference of their logits, and the mean Kullback-Leibler divergence in nats.
    """

    logits: float
    nats: float


class Exported(NamedTuple):
    """The sidecar's content, and how the exact step and that with 8-bit weights differ from PyTorch."""

    spec: ModelSpec
    exact: Parity
    eight_bit: Parity


def export_drums(checkpoint: Path, out: Path, name: str) -> Exported:
    """Write the ONNX graphs, `tokenizer.json` and the sidecar of a checkpoint to `out`.

    Raises ValueError where logits differ from PyTorch's by more than 1e-4 (exact step), or next tokens by
    more than 0.01 nats (8-bit weights).
    """
    model, tokenizer, values = load_model(checkpoint)
    if "control_scale" not in values:
        raise ValueError(
            f"{checkpoint} has no control scale; make it with `python -m training.drums release`"
        )
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=out) as staging:
        exported = _export(model, tokenizer, values, Path(staging), name)
        for path in Path(staging).iterdir():
            path.replace(out / path.name)
    return exported


def _export(
    model: DrumLSTM, tokenizer: DrumTokenizer, values: dict[str, Any], out: Path, name: str
) -> Exported:
    config = model.config
    rows, bars, past = 2, 3, 2
    width, history = config.context_width, config.history_width
    state = torch.zeros(config.decoder_layers, rows, config.decoder_width)
    graphs = {
        "encode": export_graph(
            Encode(model),
            (torch.zeros(bars, FRAMES_PER_BAR, PART_FEATURES), torch.ones(bars)),
            ("parts", "heard"),
            ("memory", "bar_vectors", "expected"),
            {name: {0: "bars"} for name in ("parts", "heard", "memory", "bar_vectors", "expected")},
            out / "encode.onnx",
        ),
        "look_back": export_graph(
            LookBack(model),
            (
                torch.zeros(FRAMES_PER_BAR, width),
                torch.zeros(width),
                torch.zeros(past, width),
                torch.zeros(rows, past - 1, FRAMES_PER_BAR, history),
                torch.zeros(rows, FRAMES_PER_BAR, DRUM_FEATURES),
                torch.zeros(past),
                torch.zeros(rows, len(CONTROL_SIZES), dtype=torch.long),
            ),
            ("memory", "bar_vector", "past_bars", "past_read", "last_drums", "past_known", "controls"),
            ("context", "last_read"),
            {
                "past_bars": {0: "past"},
                "past_read": {0: "rows", 1: "earlier"},
                "last_drums": {0: "rows"},
                "past_known": {0: "past"},
                "controls": {0: "rows"},
                "context": {0: "rows"},
                "last_read": {0: "rows"},
            },
            out / "look_back.onnx",
        ),
        "step": export_graph(
            Step(model),
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
        ),
    }
    exact = onnx.load(out / graphs["step"].file)
    graphs["step_8bit"] = write_graph(with_eight_bit_weights(exact), out / "step_8bit.onnx")
    (out / "tokenizer.json").write_text(values["tokenizer"], encoding="utf-8")
    scale = values["control_scale"]
    facts = {
        "vocabulary": tokenizer.vocabulary().to_runs(),
        "control_scale": asdict(ControlScale(tuple(scale["density_edges"]), tuple(scale["loudness_edges"]))),
        "sizes": config.to_dict(),
        "trained_bars": int(values["config"]["data"].get("max_bars", 24)),
        "step": int(values["progress"]["step"]),
    }
    versions = {
        package: importlib.metadata.version(package) for package in ("torch", "onnx", "miditok", "symusic")
    }
    spec = ModelSpec("drums", name, graphs, facts, versions)
    spec.save(out)
    exported = Exported(spec, parity(model, spec, out), parity(model, spec, out, step="step_8bit"))
    if exported.exact.logits > PARITY:
        raise ValueError(
            f"the exported model differs from PyTorch by {exported.exact.logits:.2e}, more than {PARITY:.0e}"
        )
    if exported.eight_bit.nats > EIGHT_BIT_NATS:
        raise ValueError(
            f"8-bit weights change the next token by {exported.eight_bit.nats:.3f} nats, more than {EIGHT_BIT_NATS}"
        )
    return exported


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
    random = np.random.default_rng(seed)
    parts = (random.random((bars, FRAMES_PER_BAR, PART_FEATURES)) < 0.03).astype(np.float32)
    heard = np.ones(bars, np.float32)
    heard[-1] = 0
    drums = (random.random((bars, FRAMES_PER_BAR, DRUM_FEATURES)) < 0.1).astype(np.float32)
    controls = np.stack([random.integers(0, size, bars) for size in CONTROL_SIZES], axis=1)
    # the logits of the rest are -1e4, which float32 rounds to a thousandth
    possible = np.flatnonzero(model.forbidden.cpu().numpy() == 0)
    usable = possible[(possible != EOS) & (possible != PAD)]
    tokens = np.concatenate(([BOS], random.choice(usable, length - 1)))
    cursor = np.sort(random.integers(0, bars * FRAMES_PER_BAR, length))
    cursor[0] = 0
    batch = Batch(
        parts=torch.from_numpy(parts)[None],
        heard=torch.from_numpy(heard > 0)[None],
        drums=torch.from_numpy(drums)[None],
        history=torch.ones(1, bars, dtype=torch.bool),
        controls=torch.from_numpy(controls)[None],
        inputs=torch.from_numpy(tokens)[None],
        targets=torch.from_numpy(tokens)[None],
        cursor=torch.from_numpy(cursor)[None],
        bar_counts=torch.tensor([bars]),
    )
    with torch.no_grad():
        expected = model(batch).logits[0].numpy()

    encode, look_back, write = (OnnxGraph(folder, spec, role) for role in ("encode", "look_back", step))
    memory, vectors, _ = encode(parts, heard)
    width, history = model.config.context_width, model.config.history_width
    read = np.zeros((1, 0, FRAMES_PER_BAR, history), np.float32)
    contexts: list[np.ndarray] = []
    for bar in range(bars):
        past_bars = np.concatenate([np.zeros((1, width), np.float32), vectors[:bar]])
        known = np.concatenate([[0.0], np.ones(bar)]).astype(np.float32)
        last = drums[bar - 1 : bar] if bar else np.zeros((1, FRAMES_PER_BAR, DRUM_FEATURES), np.float32)
        context, last_read = look_back(
            memory[bar], vectors[bar], past_bars, read, last, known, controls[bar : bar + 1]
        )
        read = np.concatenate([read, last_read[:, None]], axis=1)
        contexts.append(context[0])
    aligned = np.concatenate(contexts)[cursor]
    hidden = cell = np.zeros((model.config.decoder_layers, 1, model.config.decoder_width), np.float32)
    found: list[np.ndarray] = []
    for at in range(length):
        logits, hidden, cell = write(tokens[at : at + 1].astype(np.int64), aligned[at : at + 1], hidden, cell)
        found.append(logits[0, possible])
    ours = torch.from_numpy(np.stack(found)).log_softmax(dim=-1)
    theirs = torch.from_numpy(expected[:, possible]).log_softmax(dim=-1)
    return Parity(
        float(np.abs(np.stack(found) - expected[:, possible]).max()),
        float((theirs.exp() * (theirs - ours)).sum(dim=-1).mean()),
    )
