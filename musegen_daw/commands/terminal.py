"""What a command says to a person: facts on stdout, notes, errors and progress on stderr."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path

from musegen_daw.commands.arguments import STANDARD_OUTPUT

REPAINT_SECONDS = 0.1


def note(sentence: str) -> None:
    """Something a person should know, on stderr."""
    print(f"Note: {sentence}", file=sys.stderr)


def report_error(error: Exception, *, verbose: bool, prefix: str = "Error") -> None:
    """The sentence of `error` on stderr, after its traceback when `verbose`."""
    if verbose:
        traceback.print_exception(error, file=sys.stderr)
    sentence = " ".join(str(error).split()) or type(error).__name__
    print(f"{prefix}: {sentence}", file=sys.stderr)


def say_facts(
    facts: Mapping[str, object], sentence: str, *, as_json: bool, output: Path | None = None
) -> None:
    """One line on stdout: the facts as JSON for a machine, else the sentence for a person.

    On stderr where stdout is the `output` that it tells of.
    """
    stream = sys.stderr if output == STANDARD_OUTPUT else sys.stdout
    print(json.dumps(facts) if as_json else sentence, flush=True, file=stream)


class Progress:
    """A percentage on one line of stderr, where that is a terminal; gone when the work is done."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._visible = sys.stderr.isatty()
        self._next_seconds = 0.0
        self._painted = False

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` is done."""
        now_seconds = time.monotonic()
        if self._visible and now_seconds >= self._next_seconds:
            self._next_seconds = now_seconds + REPAINT_SECONDS
            self._painted = True
            print(
                f"\r\033[K{self._label} {100 * done // max(1, total)} %", end="", file=sys.stderr, flush=True
            )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._painted:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
