"""How fast and how exactly a clock follower locks, in simulated time, for all that senders do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.senders import ClockSource, Measure, follow
from musegen_daw.jam.clock.midi_clock import ClockState
from musegen_daw.jam.events import CLOCKS_PER_BEAT

ON_TIME_SECONDS = 0.002
BEFORE_BEATS, AFTER_BEATS = 16.0, 32.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A sender and what it does: 16 beats at `bpm`, then `event`, then on to the end at the tempo it leaves."""

    name: str
    event: Callable[[ClockSource], None]
    after_bpm: float = 120.0
    bpm: float = 120.0
    starts: bool = True
    before_beats: float = BEFORE_BEATS

    def run(self, seed: int, jitter_seconds: float) -> tuple[list[Measure], int]:
        """What the follower said at each tick, and the index of the first tick from the event on."""
        sender = ClockSource(seed, jitter_seconds)
        if self.starts:
            sender.start()
        if self.before_beats:
            sender.play(self.bpm, beats=self.before_beats)
        first = sum(truth is not None for _, truth in sender.messages)
        self.event(sender)
        sender.play(self.after_bpm, beats=AFTER_BEATS)
        return follow(sender), first


def nothing(sender: ClockSource) -> None:
    """Only go on."""


def _stop_and_continue(sender: ClockSource) -> None:
    sender.stop()
    sender.wait(1.7)
    sender.go_on()


def _reaper(sender: ClockSource) -> None:
    sender.stop()
    sender.place(0.0)
    sender.place(4.0)
    sender.wait(2.3)
    sender.reset_channels()
    sender.go_on()


def _ardour_loop(sender: ClockSource) -> None:
    sender.wait(0.004)
    sender.place(4.0)
    sender.go_on()


SCENARIOS = (
    Scenario("steady, 60 BPM", nothing, 60.0, 60.0, before_beats=0),
    Scenario("steady, 120 BPM", nothing, before_beats=0),
    Scenario("steady, 174 BPM", nothing, 174.0, 174.0, before_beats=0),
    Scenario("steady, 240 BPM", nothing, 240.0, 240.0, before_beats=0),
    Scenario("joined midway", nothing, starts=False, before_beats=0),
    Scenario("ramp 120 to 140 in 32 beats", lambda sender: sender.play(120, 140, beats=32), 140.0),
    Scenario("ramp 140 to 100 in 8 beats", lambda sender: sender.play(140, 100, beats=8), 100.0, 140.0),
    Scenario("jump 120 to 121", nothing, 121.0),
    Scenario("jump 120 to 140", nothing, 140.0),
    Scenario("jump 120 to 90", nothing, 90.0),
    Scenario("jump 120 to 60", nothing, 60.0),
    Scenario("jump 100 to 200", nothing, 200.0, 100.0),
    Scenario("drop-out of 70 ms", lambda sender: sender.wait(0.07)),
    Scenario("stalled for 3 s", lambda sender: sender.wait(3.0)),
    Scenario("40 ticks held back, then at once", lambda sender: sender.hold_back(120.0, 40)),
    Scenario(
        "doubled from the start",
        lambda sender: sender.play(120, beats=16, copies_seconds=(0.003,)),
        before_beats=0,
    ),
    Scenario("doubled for 16 beats", lambda sender: sender.play(120, beats=16, copies_seconds=(0.003,))),
    Scenario("STOP, CONTINUE", _stop_and_continue),
    Scenario("Live: START on a relocate", ClockSource.start),
    Scenario("REAPER: position, 120 and 123, CONTINUE", _reaper),
    Scenario("Ardour: loop by position and CONTINUE", _ardour_loop),
    Scenario("position sent while running", lambda sender: sender.place(8.0)),
)


def measure(scenario: Scenario, jitter_seconds: float, seeds: int) -> dict[str, Any]:
    """Beats until locked and until on time again, worst of all seeds; errors from then on, of all seeds together."""
    locked, settled = [], []
    phases, tempi, finals = [], [], []
    for seed in range(seeds):
        measures, first = scenario.run(seed, jitter_seconds)
        states = [each.state is ClockState.LOCKED for each in measures]
        locked.append(states.index(True) + 1 if True in states else len(states))
        errors = np.abs([each.phase_error_seconds for each in measures])
        start = _settles(errors, max(first, locked[-1] if first == 0 else first))
        settled.append(start - first)
        phases.append(errors[start:])
        tempo_errors = np.abs([each.tempo_error_bpm for each in measures])
        tempi.append(tempo_errors[start:])
        finals.append(tempo_errors[-8 * CLOCKS_PER_BEAT :])
    phase, tempo, final = (np.concatenate(arrays) for arrays in (phases, tempi, finals))
    return {
        "scenario": scenario.name,
        "jitter_ms": jitter_seconds * 1e3,
        "locked_beats": max(locked) / CLOCKS_PER_BEAT,
        "on_time_beats": max(settled) / CLOCKS_PER_BEAT,
        "phase_p50_ms": float(np.quantile(phase, 0.5)) * 1e3,
        "phase_p99_ms": float(np.quantile(phase, 0.99)) * 1e3,
        "phase_max_ms": float(phase.max()) * 1e3,
        "tempo_p50_bpm": float(np.quantile(tempo, 0.5)),
        "tempo_p99_bpm": float(np.quantile(tempo, 0.99)),
        "tempo_end_max_bpm": float(final.max()),
    }


def _settles(errors: np.ndarray, start: int) -> int:
    """The first tick from `start` on from which the song is on time for a beat."""
    for index in range(start, len(errors)):
        if errors[index : index + CLOCKS_PER_BEAT].max() <= ON_TIME_SECONDS:
            return index
    return len(errors) - 1


def benchmark(seeds: int) -> list[dict[str, Any]]:
    """Print a row for every scenario without jitter and with ±4 ms, and return the rows."""
    print(
        "| sender | jitter ms | beats to lock | beats to on time | phase p50 ms | p99 | max "
        "| tempo p50 BPM | p99 | max of the last 8 beats |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    rows: list[dict[str, Any]] = []
    for jitter_seconds in (0.0, 0.004):
        for scenario in SCENARIOS:
            row = measure(scenario, jitter_seconds, seeds if jitter_seconds else 1)
            rows.append(row)
            numbers = [f"{value:.2f}" for value in list(row.values())[2:-3]]
            numbers += [f"{value:.3f}" for value in list(row.values())[-3:]]
            print(f"| {row['scenario']} | ±{row['jitter_ms']:g} | {' | '.join(numbers)} |", flush=True)
    return rows
