"""`python -m export drums|vocoder CHECKPOINT -o DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path

from musegen_daw.models.spec import ModelSpec


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m export", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    drums = commands.add_parser("drums", help="export a drum checkpoint to ONNX")
    drums.add_argument("checkpoint", type=Path)
    drums.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    drums.add_argument("--name", default="drums-lstm")
    checkpoints = Path("resources/checkpoints")
    for part in ("chooser", "planner", "hand", "critic"):
        drums.add_argument(
            f"--{part}",
            type=Path,
            default=checkpoints / f"drums-{part}.safetensors",
            help=f"checkpoint of the {part} (default: the one that ships)",
        )
    vocoder = commands.add_parser("vocoder", help="export a vocoder checkpoint to ONNX")
    vocoder.add_argument("checkpoint", type=Path)
    vocoder.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    vocoder.add_argument("--name", help="the checkpoint's name if not given")
    vocoder.add_argument("--float32", action="store_true", help="store weights in full, not as float16")
    options = parser.parse_args(argv)
    if options.command == "vocoder":
        from export.vocoder import export_vocoder

        name = options.name or options.checkpoint.stem
        spec, difference = export_vocoder(
            options.checkpoint, options.out, name, half_storage=not options.float32
        )
        _list(spec, options.out)
        print(f"largest difference from PyTorch: {difference:.2e} of full scale")
        return 0
    from export.drums import export_drums

    exported = export_drums(
        options.checkpoint,
        options.out,
        options.name,
        chooser=options.chooser,
        planner=options.planner,
        hand=options.hand,
        critic=options.critic if options.critic.exists() else None,
    )
    _list(exported.spec, options.out)
    print(f"largest difference of logits from PyTorch: {exported.exact.logits:.2e}")
    print(f"8-bit weights: mean divergence of the next token from PyTorch {exported.eight_bit.nats:.2e} nats")
    return 0


def _list(spec: ModelSpec, folder: Path) -> None:
    for graph in spec.graphs.values():
        print(f"{folder / graph.file}: {graph.bytes / 1e6:.2f} MB, sha256 {graph.sha256[:16]}…")


if __name__ == "__main__":
    raise SystemExit(main())
