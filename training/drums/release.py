"""Take the averaged weights out of a run, as the one file that is kept and exported."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from training.common.checkpoint import read_tensors, write_tensors


def main(argv: list[str] | None = None) -> int:
    """Release a checkpoint from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.drums release", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="best.safetensors of a run")
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args(argv)
    tensors, values = read_tensors(options.checkpoint)
    averaged = {name: value for name, value in tensors.items() if name.startswith("average/")}
    write_tensors(options.out, averaged, {"values": json.dumps(values)})
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB, step {values['progress']['step']}")
    return 0
