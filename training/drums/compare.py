"""Two runs of the drum model side by side."""

from __future__ import annotations

from training.common.compare import compare


def main(argv: list[str] | None = None) -> int:
    """Compare two runs from the command line."""
    return compare("drums", argv)
