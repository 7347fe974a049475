"""`python -m export drums CHECKPOINT -o DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    """Export a checkpoint from the command line and print the parity that was measured."""
    parser = argparse.ArgumentParser(prog="python -m export", description="Export a checkpoint to ONNX.")
    parser.add_argument("kind", choices=["drums"])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--name", default="drums-lstm")
    options = parser.parse_args(argv)
    from export.drums import export_drums

    spec, difference = export_drums(options.checkpoint, options.out, options.name)
    for role, graph in spec.graphs.items():
        print(f"{role}: {options.out / graph.file}, {graph.bytes / 1e6:.2f} MB, sha256 {graph.sha256[:16]}…")
    print(f"largest difference of logits from PyTorch: {difference:.2e}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
