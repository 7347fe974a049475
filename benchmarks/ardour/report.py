"""Jams with Ardour in a row: a line of figures each, and a picture of what was recorded."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from benchmarks.ardour.jam import RecordedJam, jam
from benchmarks.ardour.measures import Findings, findings
from benchmarks.ardour.picture import draw
from benchmarks.jack_server import jack_server
from musegen_daw import resource_paths as resources
from musegen_daw.midi.file import read_midi

BPM, BARS, CLIP = 118.4, 16, "demo.mid"


def benchmark(
    runs: int, bpm: float, bars: int, *, in_real_time: bool, picture: Path | None
) -> tuple[list[dict[str, float]], int]:
    """Play `runs` jams one after the other and print a line of each; returns the lines, and 1 if one has a fault.

    Every one has a server, a DAW and an app of its own. Raises RuntimeError with what is missing.
    """
    takes: list[tuple[RecordedJam, Findings]] = []
    for number in range(runs):
        take = play(bpm, bars, in_real_time=in_real_time)
        found = findings(take)
        takes.append((take, found))
        row = found.row()
        if not number:
            print(f"| take | {' | '.join(row)} |\n|{'---|' * (len(row) + 1)}")
        print(f"| {number + 1} | {' | '.join(f'{value:g}' for value in row.values())} |", flush=True)
    if picture is not None:
        draw(takes, picture)
    return [found.row() for _, found in takes], int(not all(found.is_good for _, found in takes))


def play(bpm: float = BPM, bars: int = BARS, *, in_real_time: bool = False) -> RecordedJam:
    """One jam to the bundled clip on a server of its own."""
    server = f"musegen-ardour-{os.getpid()}"
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = server
    try:
        with (
            tempfile.TemporaryDirectory(prefix="musegen-ardour-") as folder,
            jack_server(server, in_real_time=in_real_time),
        ):
            return jam(Path(folder), read_midi(resources.clips_dir() / CLIP), bpm=bpm, bars=bars)
    finally:
        if before is None:
            del os.environ["JACK_DEFAULT_SERVER"]
        else:
            os.environ["JACK_DEFAULT_SERVER"] = before
