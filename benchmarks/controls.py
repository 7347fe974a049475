"""What each control does to the drums: hits, velocity, fills and repeated bars at five points of its range."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from musegen_daw import resource_paths as resources
from musegen_daw.clips.document import ClipDocument, MidiSource, Take
from musegen_daw.clips.generating import generation, rewriting
from musegen_daw.clips.opening import open_clip
from musegen_daw.clips.plan_edits import feel_of, with_feel
from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.drums.plan import BarKind
from musegen_daw.drums.request import CONTROLS, DrumSettings
from musegen_daw.midi.file import read_midi, song_to_bytes
from musegen_daw.music.clip import Song

POINTS = (0.0, 0.25, 0.5, 0.75, 1.0)
TURNS = 4
"""How often each bundled clip of eight bars is repeated."""
_KICK_AND_SNARE = frozenset({36, 38})

MEASURED = {
    "pad, simple to complex": "hits",
    "pad, soft to loud": "velocity",
    "density": "hits",
    "energy": "velocity",
    "fills": "fills",
    "crashes": "crashes",
    "complexity": "new bars",
}
"""What each control is meant to raise."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Means a bar, but velocity, which is that of kick and snare; fills, crashes and new bars are in 16 bars."""

    hits: float
    velocity: float
    fills: float
    crashes: float
    new_bars: float

    @classmethod
    def of(cls, takes: list[Take]) -> Measures:
        bars = [bar for take in takes for bar in take.plan]
        notes = [note for take in takes for note in take.drums.notes]
        loud = [note.velocity for note in notes if note.pitch in _KICK_AND_SNARE]
        in_16 = 16 / len(bars)
        return cls(
            len(notes) / len(bars),
            float(np.mean(loud)) if loud else 0.0,
            in_16 * sum(bar.kind is BarKind.FILL for bar in bars),
            in_16 * sum(bar.crash for bar in bars),
            in_16 * sum(bar.is_written for bar in bars),
        )

    def value(self, name: str) -> float:
        return getattr(self, name.replace(" ", "_"))


def benchmark(model: Path, takes: int, seed: int) -> tuple[list[dict[str, Any]], int]:
    """Print a table, a row for each point of each control; the status is 1 where a control does not rise throughout."""
    generator = DrumGenerator.open(model)
    documents = [_document(path, takes) for path in sorted(resources.clips_dir().glob("*.mid"))]
    print(
        f"{len(documents)} clips of {len(documents[0].bars)} bars, {takes} takes each\n\n"
        "| control | at | hits a bar | velocity | fills in 16 bars | crashes | new bars |\n"
        "|---|---|---|---|---|---|---|"
    )
    rows: list[dict[str, Any]] = []
    for name, meant in MEASURED.items():
        values: list[float] = []
        for point in POINTS:
            found = Measures.of(list(_takes(name, point, documents, generator, seed)))
            values.append(found.value(meant))
            rows.append({"control": name, "at": point, **{key: found.value(key) for key in _NAMES}})
            numbers = " | ".join(f"{found.value(key):.1f}" for key in _NAMES)
            print(f"| {name} | {point:.2f} | {numbers} |", flush=True)
        rises = all(one < other for one, other in pairwise(values))
        rows[-1]["rises"] = rises
        print(f"| {name} | raises {meant} at every point: {'yes' if rises else 'NO'} | | | | | |", flush=True)
    return rows, int(not all(row.get("rises", True) for row in rows))


_NAMES = ("hits", "velocity", "fills", "crashes", "new bars")


def _document(path: Path, takes: int) -> ClipDocument:
    song = read_midi(path)
    length = song.clips[0].length_ticks
    parts = tuple(_repeated(part.shift, length, part) for part in song.clips)
    source = MidiSource(path.name, song_to_bytes(Song(parts, song.time_map)))
    return open_clip([source], 1, DrumSettings(variations=takes))


def _repeated(shift: Callable[[int], Any], length: int, part: Any) -> Any:
    for turn in range(1, TURNS):
        part = part.merge(shift(turn * length))
    return part


def _takes(
    name: str, point: float, documents: list[ClipDocument], generator: DrumGenerator, seed: int
) -> Iterator[Take]:
    for document in documents:
        if name in CONTROLS:
            asked = replace(document, settings=replace(document.settings, **{name: point}))
            yield from _written(asked, generator, seed).takes
            continue
        written = _written(document, generator, seed)
        for take in written.takes:
            own = replace(written, picked=take.number)
            density, energy = feel_of(take.plan)
            wanted = (point, energy) if name == "pad, simple to complex" else (density, point)
            edit = with_feel(take.plan, range(len(take.plan)), *wanted)
            request = rewriting(own, edit, generator.styles)
            assert request is not None
            changed = request.applied(own, generator.generate(request.request)).take
            assert changed is not None
            yield changed


def _written(document: ClipDocument, generator: DrumGenerator, seed: int) -> ClipDocument:
    asked = generation(document, seed, generator.styles)
    return asked.takes_in(document, generator.generate(asked.request))
