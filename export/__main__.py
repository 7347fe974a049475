"""`python -m export drums CHECKPOINT -o DIR` and `python -m export benchmark`."""

from __future__ import annotations

import argparse
from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    """Export a checkpoint, or time an exported model, from the command line."""
    parser = argparse.ArgumentParser(prog="python -m export", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    drums = commands.add_parser("drums", help="export a drum checkpoint to ONNX")
    drums.add_argument("checkpoint", type=Path)
    drums.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    drums.add_argument("--name", default="drums-lstm")
    timing = commands.add_parser("benchmark", help="time the drum model beside plain PyTorch")
    timing.add_argument("--model", type=Path, default=Path("resources/models/drums"))
    timing.add_argument("--checkpoint", type=Path, help="for PyTorch; without it only onnxruntime is timed")
    timing.add_argument("--runs", type=int, default=200)
    timing.add_argument("--json", type=Path)
    options = parser.parse_args(argv)
    if options.command == "benchmark":
        from export.benchmark import benchmark

        benchmark(options.model, options.checkpoint, options.runs, options.json)
        return 0
    from export.drums import export_drums

    exported = export_drums(options.checkpoint, options.out, options.name)
    for graph in exported.spec.graphs.values():
        print(f"{options.out / graph.file}: {graph.bytes / 1e6:.2f} MB, sha256 {graph.sha256[:16]}…")
    print(f"largest difference of logits from PyTorch: {exported.exact.logits:.2e}")
    print(f"8-bit weights: mean divergence of the next token from PyTorch {exported.eight_bit.nats:.2e} nats")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
