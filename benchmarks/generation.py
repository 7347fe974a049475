"""Time the exported drum model from request to notes, beside the same network stepped in plain PyTorch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from export.drum_graphs import DecoderStep, Encode, Expect, LookBack
from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.drums.model import DrumGraphs
from musegen_daw.drums.request import DrumRequest
from musegen_daw.models.session import Array, OnnxGraph
from musegen_daw.models.spec import load_spec
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.time import TimeMap
from training.drums.train import load_model

PPQ = 480
CASES = ((2, 1), (8, 1), (16, 1), (2, 8), (8, 8))
WARM_UP = 20


def benchmark(model: Path, checkpoint: Path | None, runs: int) -> list[dict[str, Any]]:
    """Print p50 and p99 of `runs` requests of each size, one thread, beside PyTorch where there is a `checkpoint`."""
    torch.set_num_threads(1)
    generators = {
        "onnxruntime": DrumGenerator.open(model, threads=1),
        "onnxruntime, float32": DrumGenerator.open(model, threads=1, exact=True),
    }
    if checkpoint is not None:
        generators["PyTorch"] = torch_generator(model, checkpoint)
    print(f"one thread, {runs} runs")
    print(f"{'':20} {'bars':>5} {'K':>3} {'p50 ms':>8} {'p99 ms':>8} {'tokens/s':>9} {'tokens/bar':>10}")
    rows: list[dict[str, Any]] = []
    for bars, variations in CASES:
        request = example_request(bars, variations)
        for name, generator in generators.items():
            seconds, tokens = timed(generator, request, runs)
            p50_ms, p99_ms = (1e3 * np.quantile(seconds, (0.5, 0.99))).tolist()
            row = {"engine": name, "bars": bars, "variations": variations, "p50_ms": p50_ms, "p99_ms": p99_ms}
            row |= {
                "tokens_per_second": tokens / float(np.sum(seconds)),
                "tokens_per_bar": tokens / (runs * bars * variations),
            }
            rows.append(row)
            print(
                f"{name:20} {bars:5} {variations:3} {p50_ms:8.2f} {p99_ms:8.2f} "
                f"{row['tokens_per_second']:9.0f} {row['tokens_per_bar']:10.1f}"
            )
    return rows


def timed(generator: DrumGenerator, request: DrumRequest, runs: int) -> tuple[list[float], int]:
    """Seconds of each run after a warm-up, every run with another seed, and the tokens of all runs."""
    for seed in range(min(WARM_UP, runs)):
        generator.generate(replace(request, seed=seed))
    seconds: list[float] = []
    tokens = 0
    for seed in range(runs):
        asked = replace(request, seed=seed)
        started = time.perf_counter()
        result = generator.generate(asked)
        seconds.append(time.perf_counter() - started)
        tokens += sum(len(take.tokens) for take in result.takes)
    return seconds, tokens


def example_request(bars: int, variations: int) -> DrumRequest:
    """A riff of bass and chords over `bars` bars at 120 BPM."""
    every = TimeMap(PPQ).bars(bars * 4 * PPQ)
    bass: list[Note] = []
    chords: list[Note] = []
    for number, bar in enumerate(every):
        root = 36 + (0, 5, 7, 3)[number % 4]
        for step in (0, 3, 6, 8, 11, 14):
            bass.append(Note(root + 12 * (step == 6), 100, bar.start_ticks + step * PPQ // 4, PPQ // 5))
        for step in (0, 4, 10):
            for interval in (12, 16, 19):
                chords.append(Note(root + interval + 12, 80, bar.start_ticks + step * PPQ // 4, PPQ // 2))
    length = bars * 4 * PPQ
    parts = (Clip(tuple(bass), length, PPQ, "bass", 33), Clip(tuple(chords), length, PPQ, "piano", 0))
    return DrumRequest(parts, every, PPQ, bpm=120.0, variations=variations)


def torch_generator(model: Path, checkpoint: Path) -> DrumGenerator:
    """The same generator with the network that writes run by PyTorch, step by step; the others as they are."""
    network, _, _ = load_model(checkpoint)
    spec = load_spec(model, "drums")

    def run(module: nn.Module) -> Callable[..., list[Array]]:
        def call(*arrays: Array) -> list[Array]:
            with torch.inference_mode():
                found = module(*(torch.from_numpy(np.asarray(array)) for array in arrays))
            return [value.numpy() for value in ((found,) if isinstance(found, torch.Tensor) else found)]

        return call

    encode, expect, look_back, step = map(
        run, (Encode(network), Expect(network), LookBack(network), DecoderStep(network).fold())
    )
    choose, plan, hand = (OnnxGraph(model, spec, role) for role in ("choose", "plan", "hand"))
    return DrumGenerator(spec, DrumGraphs(encode, choose, expect, look_back, step, plan, hand))
