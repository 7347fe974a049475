"""Two runs of the vocoder side by side."""

from __future__ import annotations

from training.common.compare import compare


def main(argv: list[str] | None = None) -> int:
    """Compare two runs from the command line."""
    return compare("vocoder", argv)
