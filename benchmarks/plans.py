"""Whether plans come in time: a session with the real generator and a player who never stops, at every tempo."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.drums.request import DrumRequest, DrumResult
from musegen_daw.jam.clock.clock import Clock, ManualClock, SystemClock
from musegen_daw.jam.clock.transport import InternalTransport
from musegen_daw.jam.events import MidiEvent, note_off, note_on
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.jam.session import JamSession
from musegen_daw.jam.settings import JamSettings
from musegen_daw.progress import IsCancelled
from musegen_daw.resource_paths import drum_model_dir

TEMPI_BPM = (60, 90, 120, 160, 200, 240)
SCALE = (40, 43, 45, 47, 50, 52, 55)
NOTE_SHARE = 0.7  # of the eighths
WAKE_SECONDS = 0.05


class _NullPort:
    """A port whose messages no one hears."""

    name, is_lost = "nowhere", False

    def send(self, data: bytes) -> None:
        """Nothing to do."""


@dataclass(frozen=True, slots=True)
class _TimedGenerator:
    """The generator on a clock that stands: what it takes in truth passes there, while the others go on."""

    generator: DrumGenerator
    clock: ManualClock

    def generate(self, request: DrumRequest, *, cancelled: IsCancelled | None = None) -> DrumResult:
        began = time.perf_counter()
        result = self.generator.generate(request, cancelled=cancelled)
        self.clock.advance(time.perf_counter() - began)
        return result


class _Player:
    """Plays eighths as chance has it, each held for half its length, until the end."""

    def __init__(self, transport: InternalTransport, end_beats: float, seed: int) -> None:
        self._transport, self._end_beats = transport, end_beats
        self._random = np.random.default_rng(seed)
        self._half_eighths = 0
        self._pitch: int | None = None
        self.session: JamSession | None = None

    def step(self, now_seconds: float) -> float | None:
        assert self.session is not None
        due = self._due_seconds()
        if now_seconds < due:
            return due
        if self._pitch is not None:
            self.session.receive(MidiEvent(now_seconds, note_off(0, self._pitch)), "keys")
            self._pitch = None
        elif self._half_eighths % 2 == 0 and self._random.random() < NOTE_SHARE:
            self._pitch = int(self._random.choice(SCALE))
            velocity = int(self._random.integers(50, 120))
            self.session.receive(MidiEvent(now_seconds, note_on(0, self._pitch, velocity)), "keys")
        self._half_eighths += 1
        return self._due_seconds() if self._half_eighths / 4 < self._end_beats else None

    def _due_seconds(self) -> float:
        seconds = self._transport.seconds_at(self._half_eighths / 4)
        assert seconds is not None
        return seconds


def measure(generator: DrumGenerator, bpm: float, bars: int, seed: int, *, is_real: bool) -> dict[str, Any]:
    """Play `bars` bars; how many began without their plan, and how long plans took."""
    clock: Clock = SystemClock() if is_real else ManualClock(100.0)
    scheduler = Scheduler(clock, _NullPort())
    transport = InternalTransport(clock, bpm)
    writer = _TimedGenerator(generator, clock) if isinstance(clock, ManualClock) else generator
    session = JamSession(clock, transport, scheduler, writer, JamSettings())
    while not session.is_ready:
        _pass(clock, WAKE_SECONDS)
    transport.start()
    player = _Player(transport, 4.0 * bars, seed)
    player.session = session
    failures: list[Exception] = []
    worker = clock.start("player", player.step, failures.append)
    session.wake()
    end_seconds = transport.seconds_at(4.0 * bars)
    assert end_seconds is not None
    while clock.now_seconds() < end_seconds:
        _pass(clock, WAKE_SECONDS)
    late_bars, delays = session.status.late_bars, session.delays
    worker.stop()
    session.close()
    scheduler.close()
    if failures:
        raise failures[0]
    return {
        "bpm": bpm,
        "time": "real" if is_real else "simulated",
        "bars": bars - 1,  # the first is heard
        "late_bars": late_bars,
        "plans": len(delays.of_plans),
        **{f"plan_{name}_ms": value for name, value in _quantiles(delays.of_plans).items()},
        **{f"note_{name}_ms": value for name, value in _quantiles(delays.of_notes).items()},
    }


def _pass(clock: Clock, seconds: float) -> None:
    if isinstance(clock, ManualClock):
        clock.advance(seconds)
    else:
        time.sleep(seconds)


def _quantiles(seconds: Any) -> dict[str, float]:
    p50, p99, largest = np.quantile(list(seconds) or [0.0], (0.5, 0.99, 1.0)) * 1e3
    return {"p50": float(p50), "p99": float(p99), "max": float(largest)}


def benchmark(real_bars: int, simulated_bars: int, seed: int) -> list[dict[str, Any]]:
    """Print a row for every tempo, in real time and in simulated time, and return the rows."""
    generator = DrumGenerator.open(drum_model_dir())
    print(
        f"Plans ready before their bar, seed {seed}\n\n"
        "| BPM | time | bars | in time | question to plan ms p50 | p99 | max "
        "| note to plan ms p50 | p99 | max |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    rows: list[dict[str, Any]] = []
    for is_real, bars in ((True, real_bars), (False, simulated_bars)):
        for bpm in TEMPI_BPM if bars else ():
            row = measure(generator, bpm, bars, seed, is_real=is_real)
            rows.append(row)
            numbers = [f"{value:.0f}" for key, value in row.items() if key.endswith("_ms")]
            share = 1 - row["late_bars"] / row["bars"]
            print(
                f"| {bpm} | {row['time']} | {row['bars']} | {share:.1%} | {' | '.join(numbers)} |", flush=True
            )
    return rows
