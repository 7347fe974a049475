"""Stuck notes: jams through JACK, with a clock that jitters and SysEx between its ticks."""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.jack_peer import Message, Peer, Plan
from benchmarks.live import server
from musegen_daw import resource_paths as resources
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.jam.events import CLOCK, CLOCKS_PER_BEAT, CONTINUE, START, STOP, note_off, note_on
from musegen_daw.jam.rig import JamRig, KnowsStyles
from musegen_daw.jam.settings import ClockSource, RigSettings

JITTER_SECONDS = 0.004
CHORD = (48, 52, 55, 60)
BEATS = 24
BPM = 130.0, 280.0
AFTER_SECONDS = 0.3  # in which what was sent last has arrived


def plan(chance: random.Random) -> list[tuple[float, bytes]]:
    """A clock that jitters, chords, SysEx of any length between the ticks, and sometimes a STOP and CONTINUE."""
    bpm = chance.uniform(*BPM)
    tick_seconds = 60 / bpm / CLOCKS_PER_BEAT
    messages: list[tuple[float, bytes]] = [(0.0, bytes((START,)))]
    seconds = 0.01
    pause = chance.choice((None, chance.randrange(24, BEATS * CLOCKS_PER_BEAT)))
    for tick in range(BEATS * CLOCKS_PER_BEAT):
        if tick == pause:
            messages.append((seconds, bytes((STOP,))))
            seconds += chance.uniform(0.0, 0.3)
            messages.append((seconds, bytes((CONTINUE,))))
        late_seconds = chance.uniform(-JITTER_SECONDS, JITTER_SECONDS)
        messages.append((max(0.0, seconds + late_seconds), bytes((CLOCK,))))
        for _ in range(chance.choice((0, 0, 1, 2))):
            between = seconds + chance.random() * tick_seconds
            body = bytes(chance.randrange(128) for _ in range(chance.choice((1, 4, 30, 200))))
            messages.append((between, b"\xf0" + body + b"\xf7"))
        if tick % 12 == 0:
            struck = seconds + chance.uniform(0.0, tick_seconds)
            for pitch in CHORD:
                messages.append((struck, note_on(0, pitch, chance.randrange(1, 128))))
                messages.append((struck + chance.uniform(0.2, 0.9) * 12 * tick_seconds, note_off(0, pitch)))
        seconds += tick_seconds
    if chance.random() < 0.5:
        messages.append((seconds, bytes((STOP,))))
    return sorted(messages, key=lambda message: message[0])


def jam(number: int, generator: KnowsStyles) -> dict[str, Any]:
    """One jam on the JACK server of the environment: its notes, and what hung, was ended for nothing or struck twice.

    Every other jam is closed at once after its last message, when notes may sound.
    """
    sent: Plan = plan(random.Random(number))
    with tempfile.TemporaryDirectory() as folder, PortDirectory.open("jack") as directory:
        settings = RigSettings(clock=ClockSource.MIDI)
        rig = JamRig(settings, generator, directory, config_dir=Path(folder))
        try:
            listener = Peer.listening("musegen drums:musegen drums")
            Peer.sending("musegen in:musegen in", sent).messages()
            time.sleep(AFTER_SECONDS if number % 2 else 0.0)
        finally:
            rig.close()
        time.sleep(AFTER_SECONDS)
        heard = listener.messages()
    return {"jam": number, **faults(heard)}


def faults(heard: list[Message]) -> dict[str, Any]:
    """How many notes were struck; those that never ended, that ended without a begin, and that began while they
    sounded."""
    sounding: Counter[tuple[int, int]] = Counter()
    notes, for_nothing, twice = 0, 0, 0
    for message in heard:
        kind, key = (
            message.data[0] & 0xF0,
            (message.data[0] & 15, message.data[1] if len(message.data) > 1 else 0),
        )
        if kind == 0x90 and message.data[2]:
            notes += 1
            twice += sounding[key] > 0
            sounding[key] += 1
        elif kind in (0x80, 0x90):
            for_nothing += sounding[key] == 0
            sounding[key] = max(0, sounding[key] - 1)
    return {
        "notes": notes,
        "stuck": sum(sounding.values()),
        "ended_for_nothing": for_nothing,
        "struck_twice": twice,
    }


def benchmark(jams: int, seed: int, *, in_real_time: bool) -> tuple[list[dict[str, Any]], int]:
    """Play so many jams, print every fault and the sums, and return the rows and a status of 1 where a note hung."""
    generator = DrumGenerator.open(resources.drum_model_dir())
    rows: list[dict[str, Any]] = []
    with server(in_real_time):
        for number in range(seed, seed + jams):
            rows.append(jam(number, generator))
            if any(rows[-1][what] for what in ("stuck", "ended_for_nothing", "struck_twice")):
                print(rows[-1], flush=True)
    sums = {
        what: sum(row[what] for row in rows)
        for what in ("notes", "stuck", "ended_for_nothing", "struck_twice")
    }
    print(
        f"\n| jams | {' | '.join(sums)} |\n|{'---|' * 5}\n| {jams} | {' | '.join(map(str, sums.values()))} |"
    )
    return rows, int(sums["stuck"] > 0)
