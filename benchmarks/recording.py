"""Whether a recording has the tempo that was played, and every note when it came: a clock through JACK into a jam."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.jack_peer import Peer
from benchmarks.live import server
from musegen_daw import resource_paths as resources
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.jam.events import CLOCK, CLOCKS_PER_BEAT, START, STOP, note_off, note_on
from musegen_daw.jam.rig import JamRig, KnowsStyles
from musegen_daw.jam.settings import ClockSource, RigSettings
from musegen_daw.midi.file import read_midi

TEMPI_BPM = (40.0, 96.0, 120.0, 174.0, 300.0)
JUMP_BEATS, RAMP_BEATS = 8.0, 16.0
AFTER_SECONDS = 0.3  # in which what was sent last has arrived
_NOTE_ON = 0x90


Song = tuple[tuple[float, float, float], ...]
"""From a tempo to another, in quarter notes a minute, in so many beats, one after the other."""


def messages(song: Song) -> list[tuple[float, bytes]]:
    """The messages of a song and their seconds: START just ahead of the first tick, STOP where the last beat ends."""
    plan = [(-0.001, bytes((START,)))]
    seconds, tick = 0.0, 0
    for from_bpm, to_bpm, beats in song:
        count = round(beats * CLOCKS_PER_BEAT)
        for index in range(count):
            if tick % CLOCKS_PER_BEAT == 0:
                plan.append((seconds, note_on(0, 60, 90)))
            elif tick % CLOCKS_PER_BEAT == CLOCKS_PER_BEAT // 2:
                plan.append((seconds, note_off(0, 60)))
            plan.append((seconds, bytes((CLOCK,))))
            seconds += 60 / CLOCKS_PER_BEAT / (from_bpm + (to_bpm - from_bpm) * index / count)
            tick += 1
    return [*plan, (seconds, bytes((STOP,)))]


def songs(seconds: float) -> dict[str, Song]:
    """Steady clocks of about so many seconds, jumps and ramps, by name."""
    steady = {f"steady, {bpm:g} BPM": ((bpm, bpm, round(seconds * bpm / 60)),) for bpm in TEMPI_BPM}
    jumps = {
        f"jump {one:g} to {other:g}": ((one, one, JUMP_BEATS), (other, other, JUMP_BEATS))
        for one, other in ((120.0, 121.0), (120.0, 140.0), (100.0, 200.0), (120.0, 60.0))
    }
    ramps: dict[str, Song] = {
        f"ramp {one:g} to {other:g} in {RAMP_BEATS:g} beats": (
            (one, one, JUMP_BEATS),
            (one, other, RAMP_BEATS),
            (other, other, JUMP_BEATS),
        )
        for one, other in ((100.0, 140.0), (140.0, 100.0))
    }
    return {**steady, **jumps, **ramps}


def benchmark(seconds: float, *, in_real_time: bool) -> list[dict[str, Any]]:
    """Print a row for every song, with the drums of the real generator, and return the rows."""
    generator = DrumGenerator.open(resources.drum_model_dir())
    print(
        "| clock | tempi in the file | first BPM | last BPM | off by BPM p50 | max "
        "| notes | off by ms p50 | max |\n|---|---|---|---|---|---|---|---|---|"
    )
    rows: list[dict[str, Any]] = []
    with server(in_real_time):
        for name, song in songs(seconds).items():
            rows.append({"clock": name, **recorded(song, generator)})
            row = rows[-1]
            numbers = [f"{row[key]:.2f}" for key in ("first_bpm", "last_bpm", "bpm_p50", "bpm_max")]
            times = [str(row["notes"]), f"{row['ms_p50']:.2f}", f"{row['ms_max']:.2f}"]
            print(f"| {' | '.join([name, str(row['tempi']), *numbers, *times])} |", flush=True)
    return rows


def recorded(song: Song, generator: KnowsStyles) -> dict[str, Any]:
    """What a jam that follows a song on the JACK server of the environment has recorded of it.

    `bpm` is how far the tempo of the file is off on every beat but the first and last, `ms` how far a note is off in
    time from the others.
    """
    with tempfile.TemporaryDirectory() as folder, PortDirectory.open("jack") as directory:
        path = Path(folder) / "jam.mid"
        settings = RigSettings(clock=ClockSource.MIDI, record_path=path)
        rig = JamRig(settings, generator, directory, config_dir=Path(folder) / "config")
        try:
            peer = Peer.sending("musegen in:musegen in", messages(song))
            sent = peer.messages()
            time.sleep(AFTER_SECONDS)
            rig.stop_recording()
        finally:
            rig.close()
        written = read_midi(path)
    meant = np.array([message.seconds for message in sent if message.data[0] == _NOTE_ON])
    starts = sorted(note.start_ticks for part in written.parts for note in part.notes)
    time_map = written.time_map
    came = np.array([time_map.seconds_at(ticks) for ticks in starts])
    row: dict[str, Any] = {
        "tempi": len(time_map.tempos),
        "first_bpm": time_map.tempos[0].bpm,
        "last_bpm": time_map.tempos[-1].bpm,
        "notes": len(came),
    }
    if len(came) == len(meant):
        off = np.abs(came - meant - np.median(came - meant)) * 1e3
        row |= {"ms_p50": float(np.median(off)), "ms_max": float(off.max())}
    else:
        row |= {"ms_p50": float("inf"), "ms_max": float("inf")}
    played = 60 / ((meant[2:] - meant[:-2]) / 2)
    in_file = [
        _between(time_map.seconds_at, beat * time_map.ppq, time_map.ppq) for beat in range(1, len(meant) - 1)
    ]
    wrong = np.abs(np.array(in_file) - played)
    return row | {"bpm_p50": float(np.median(wrong)), "bpm_max": float(wrong.max())}


def _between(seconds_at: Any, ticks: float, ppq: int) -> float:
    """The tempo over the two beats around a place."""
    return 60 / ((seconds_at(ticks + ppq) - seconds_at(ticks - ppq)) / 2)
