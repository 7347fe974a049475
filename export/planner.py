"""The planner as an ONNX graph: one bar of many plans at a time."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from export.graphs import export_graph
from export.planner_calibration import calibrate, read_songs, table
from musegen_daw.drums.part import AHEAD, PLACE
from musegen_daw.drums.plan_reading import KINDS, PlanScale
from musegen_daw.drums.planner import Planner
from musegen_daw.drums.planner_inputs import HISTORY, STYLE_INPUT, TEMPO_INPUT, WINDOW_INPUT
from musegen_daw.models.session import OnnxGraph
from musegen_daw.models.spec import Graph, ModelSpec
from training.common.checkpoint import read_tensors, write_tensors
from training.drums.planner import PlannerLSTM, PlannerOutput, load_planner

ROLE = "plan"
FILE = "planner.onnx"
PARITY = 1e-4
UNCALIBRATED = {"kind_nats": [0.0] * KINDS, "sharpness": [1.0, 1.0], "crash_nats": [0.0, 0.0]}
_OUTPUTS = ("kind", "crash", "cymbal", "density", "energy", "next_hidden", "next_cell")


class PlanStep(nn.Module):
    """One bar: the part around it (1, ...), its place (1, ...), styles and plans so far (rows, ...) and the state.

    The LSTM is written out, which is exact where onnxruntime's own operator approximates.
    """

    def __init__(self, model: PlannerLSTM) -> None:
        super().__init__()
        weights = dict(model.lstm.named_parameters())
        self.model, self.width = model, model.config.width
        self.below = nn.Parameter(weights["weight_ih_l0"].detach().T.contiguous())
        self.before = nn.Parameter(weights["weight_hh_l0"].detach().T.contiguous())
        self.bias = nn.Parameter((weights["bias_ih_l0"] + weights["bias_hh_l0"]).detach())

    def forward(
        self, window: Tensor, place: Tensor, style: Tensor, history: Tensor, hidden: Tensor, cell: Tensor
    ) -> tuple[Tensor, ...]:
        """Logits as in PlannerOutput, (rows, ...), and the next state (1, rows, width)."""
        rows = history.shape[0]
        model, width = self.model, self.width
        parts = functional.gelu(model.part(window)).expand(rows, -1)
        styles = functional.gelu(model.style(style))
        entry = functional.gelu(
            model.entry(torch.cat([parts, styles, place.expand(rows, -1), history], dim=-1))
        )
        gates = entry @ self.below + self.bias + hidden[0] @ self.before
        entry_keep, new, out = gates.split([2 * width, width, width], dim=-1)
        enter, keep = entry_keep.sigmoid().split([width, width], dim=-1)
        after = keep * cell[0] + enter * new.tanh()
        state = out.sigmoid() * after.tanh()
        return (*model.heads(state, entry), state[None], after[None])


class ExportedPlanner(NamedTuple):
    """The graph, what the app must know of it, and the largest difference of its logits from PyTorch's."""

    graph: Graph
    facts: dict[str, Any]
    difference: float


def export_planner(checkpoint: Path, out: Path) -> ExportedPlanner:
    """Write the graph of a planner's checkpoint into `out`; raises ValueError where logits differ by more than 1e-4."""
    model, values = load_planner(checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    rows = 2
    state = torch.zeros(1, rows, model.config.width)
    rows_first = ("style", "history", *_OUTPUTS[:5])
    graph = export_graph(
        PlanStep(model),
        (
            torch.zeros(1, WINDOW_INPUT),
            torch.zeros(1, PLACE + AHEAD + TEMPO_INPUT),
            torch.zeros(rows, STYLE_INPUT),
            torch.zeros(rows, HISTORY),
            state,
            state,
        ),
        ("window", "place", "style", "history", "hidden", "cell"),
        _OUTPUTS,
        {name: {0: "rows"} for name in rows_first}
        | {name: {1: "rows"} for name in ("hidden", "cell", "next_hidden", "next_cell")},
        out / FILE,
    )
    facts = {
        "width": model.config.width,
        "scale": values["scale"],
        **values.get("calibration", UNCALIBRATED),
        "step": values["progress"]["step"],
    }
    difference = parity(model, graph, out)
    if difference > PARITY:
        raise ValueError(
            f"the exported planner differs from PyTorch by {difference:.2e}, more than {PARITY:.0e}"
        )
    return ExportedPlanner(graph, facts, difference)


def parity(
    model: PlannerLSTM, graph: Graph, folder: Path, *, bars: int = 6, rows: int = 3, seed: int = 0
) -> float:
    """The largest difference of logits between the graph, bar by bar, and PyTorch, all at once, on random input."""
    random = np.random.default_rng(seed)
    sizes = (WINDOW_INPUT, PLACE + AHEAD + TEMPO_INPUT, STYLE_INPUT, HISTORY)
    window, place, style, history = (random.random((rows, bars, size)).astype(np.float32) for size in sizes)
    window[:], place[:] = window[:1], place[:1]
    style[:] = style[:, :1]
    with torch.no_grad():
        inputs = [torch.from_numpy(each) for each in (window, place, style, history)]
        expected: PlannerOutput = model(*inputs)
    step = OnnxGraph(folder, ModelSpec("planner", "planner", {ROLE: graph}, {}), ROLE)
    hidden = cell = np.zeros((1, rows, model.config.width), np.float32)
    worst = 0.0
    for bar in range(bars):
        *found, hidden, cell = step(
            window[:1, bar], place[:1, bar], style[:, bar], history[:, bar], hidden, cell
        )
        for ours, theirs in zip(found, expected, strict=True):
            worst = max(worst, float(np.abs(ours - theirs[:, bar].numpy()).max()))
    return worst


def open_planner(folder: Path, exported: ExportedPlanner, calibration: dict[str, Any]) -> Planner:
    """The planner in `folder`, with another calibration."""
    graph = OnnxGraph(folder, ModelSpec("planner", "planner", {ROLE: exported.graph}, {}), ROLE)
    return Planner(graph, exported.facts | calibration)


def main(argv: list[str] | None = None) -> int:
    """Export a planner, calibrate it on songs that were held back, and keep both in its checkpoint."""
    parser = argparse.ArgumentParser(prog="python -m export.planner", description=main.__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--data", type=Path, help="prepared folder to calibrate on")
    parser.add_argument("--songs", type=int, default=250)
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args(argv)
    exported = export_planner(options.checkpoint, options.out)
    if options.data is not None:
        scale = PlanScale.from_dict(exported.facts["scale"])
        songs = read_songs(options.data, "validation", scale, options.songs)
        calibration = calibrate(
            lambda facts: open_planner(options.out, exported, facts), songs, options.rounds
        )
        tensors, values = read_tensors(options.checkpoint)
        values |= {"calibration": calibration}
        write_tensors(options.checkpoint, tensors, {"values": json.dumps(values)})
        exported = export_planner(options.checkpoint, options.out)
        print(table(open_planner(options.out, exported, {}), songs, options.rounds))
    ModelSpec("planner", "drums-planner", {ROLE: exported.graph}, exported.facts).save(options.out)
    print(f"{options.out / FILE}: {exported.graph.bytes / 1e6:.2f} MB, differs by {exported.difference:.1e}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
