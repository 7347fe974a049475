"""Parsers of option values: outputs, and numbers within bounds."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

STANDARD_OUTPUT = Path("-")
"""Where `-o -` sends what is written; a file of that name is `./-`."""


def output_place(text: str) -> Path:
    """A path, or `STANDARD_OUTPUT`."""
    path = Path(text)
    return path.absolute() if path == STANDARD_OUTPUT and text != str(STANDARD_OUTPUT) else path


def number(low: float, high: float, *, above: bool = False) -> Callable[[str], float]:
    """Parses a number within [low, high], or above `low`."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
        if not low <= value <= high or (above and value == low):
            raise argparse.ArgumentTypeError(
                f"{text} is not {'above' if above else 'within'} {low:g}..{high:g}"
            )
        return value

    return parse


def whole(low: int, high: int) -> Callable[[str], int]:
    """Parses a whole number within [low, high]."""

    def parse(text: str) -> int:
        if not text.isdecimal() or len(text) > 20 or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number within {low}..{high}")
        return int(text)

    return parse
