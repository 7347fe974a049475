"""The latency of notes through real ports: from due time to wire, and from wire to callback."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.jack_peer import Message, Peer
from benchmarks.jack_server import PERIOD_SAMPLES, SAMPLE_RATE_HZ, jack_server
from benchmarks.loads import generation, looping, rendering, repaint_until
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.jam.clock.clock import SystemClock
from musegen_daw.jam.events import TimedNote, note_off, note_on
from musegen_daw.jam.output.process.messages import OutputAddress
from musegen_daw.jam.output.process.remote import RemoteScheduler
from musegen_daw.jam.output.scheduler import Lateness, Scheduler

PERIOD_SECONDS = PERIOD_SAMPLES / SAMPLE_RATE_HZ
LOOKAHEAD_SECONDS, STEP_SECONDS = 0.12, 0.02  # as a session hands on
LEAD_SECONDS, TAIL_SECONDS = 0.5, 0.5
NOTE_SECONDS = 0.05
MEAN_GAP_SECONDS = 0.01  # two messages a note
KEYS = 16 * 128

Schedules = Scheduler | RemoteScheduler
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SendingMode:
    """How notes are sent: here, with the interpreter's usual switch interval or a short one, or from a process."""

    name: str
    is_remote: bool = False
    in_real_time: bool = True
    switch_seconds: float | None = None

    @contextmanager
    def scheduler(self) -> Iterator[Schedules]:
        """A scheduler with the port `musegen drums`."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(self.switch_seconds or before)
        try:
            if self.is_remote:
                place = OutputAddress("musegen drums", system="jack")
                remote = RemoteScheduler(place, in_real_time=self.in_real_time)
                try:
                    yield remote
                finally:
                    remote.close()
                return
            with PortDirectory.open("jack") as directory:
                local = Scheduler(SystemClock(), directory.create_output("musegen drums"))
                try:
                    yield local
                finally:
                    local.close()
        finally:
            sys.setswitchinterval(before)


WAYS = (
    SendingMode("one process"),
    SendingMode("one process, switch interval 0.5 ms", switch_seconds=0.0005),
    SendingMode("own process, usual priority", is_remote=True, in_real_time=False),
    SendingMode("own process", is_remote=True),
)
LOADS = ("alone", "generation and render", "generation, render and window")


def benchmark(events: int, seed: int, *, in_real_time: bool) -> list[Row]:
    """Print both tables, for every load, and return their rows."""
    rows: list[Row] = []
    with server(in_real_time):
        turns = (generation(), rendering())
        print(
            f"Due time to wire: {events} note-ons and note-offs, period {PERIOD_SECONDS * 1e3:.2f} ms, seed {seed}\n\n"
            "| sent from | meanwhile | due to driver ms p50 | p99 | max | due to wire ms p50 | p99 | max "
            "| beyond the period ms p99 | max | lost |\n|---|---|---|---|---|---|---|---|---|---|---|"
        )
        for load in LOADS:
            for way in WAYS:
                rows.append(_under(load, turns, lambda way=way: to_wire(way, events, seed)))
                rows[-1] |= {"way": way.name, "load": load}
                _print(way.name, load, rows[-1])
        print(
            f"\nWire to callback: {events // 4} note-ons\n\n| meanwhile | ms p50 | p99 | max "
            "| error of the time stamp ms p50 | p99 | max | lost |\n|---|---|---|---|---|---|---|---|"
        )
        for load in LOADS:
            rows.append(_under(load, turns, lambda: to_callback(events // 4, seed)))
            rows[-1] |= {"way": "in", "load": load}
            _print(load, None, rows[-1])
    return rows


def to_wire(way: SendingMode, events: int, seed: int) -> Row:
    """Play `events` note-ons and note-offs at random times; how long after they were due they left and arrived."""
    random = np.random.default_rng(seed)
    gaps = random.uniform(0.2, 1.8, events // 2) * MEAN_GAP_SECONDS
    with way.scheduler() as scheduler:
        peer = Peer.listening("musegen drums:musegen drums")
        starts = time.perf_counter() + LEAD_SECONDS + np.cumsum(gaps)
        notes = [
            TimedNote(start, start + NOTE_SECONDS, index // 128 % 16, index % 128, 1 + index // KEYS % 127)
            for index, start in enumerate(starts.tolist())
        ]
        _hand_on(notes, scheduler)
        lateness = scheduler.lateness
        heard = peer.messages()
    return wire_row(notes, heard, lateness)


def to_callback(count: int, seed: int) -> Row:
    """Be played `count` notes; how long after their period began the program is told, and how well it is told when."""
    told: list[tuple[float, float, bytes]] = []
    with PortDirectory.open("jack") as directory:
        directory.create_input(
            "musegen in", lambda seconds, data: told.append((time.perf_counter(), seconds, data))
        )
        sent = Peer.playing("musegen in:musegen in", count, seed).messages()
        time.sleep(TAIL_SECONDS)  # the last callbacks are still on their way
    called = {data: (at, stamp) for at, stamp, data in told}
    arrived = [message for message in sent if message.data in called]
    delays = np.array([called[message.data][0] - message.seconds for message in arrived])
    errors = np.abs([called[message.data][1] - message.seconds for message in arrived])
    return {**_quantiles("delay", delays), **_quantiles("stamp", errors), "lost": len(sent) - len(arrived)}


def _hand_on(notes: Sequence[TimedNote], scheduler: Schedules) -> None:
    """Give the notes to the scheduler a moment ahead, step by step, as a session does; return when all are sent."""
    waiting = deque(notes)
    while waiting:
        until = time.perf_counter() + LOOKAHEAD_SECONDS
        ahead: list[TimedNote] = []
        while waiting and waiting[0].start_seconds < until:
            ahead.append(waiting.popleft())
        scheduler.play(*ahead)
        time.sleep(STEP_SECONDS)
    time.sleep(LOOKAHEAD_SECONDS + NOTE_SECONDS + TAIL_SECONDS)


def wire_row(notes: Sequence[TimedNote], heard: Sequence[Message], lateness: Lateness) -> Row:
    """How long after they were due notes and their ends were heard, and how long before a period that they missed."""
    due = {note_on(note.channel, note.pitch, note.velocity): note.start_seconds for note in notes}
    ends: dict[bytes, float] = {}
    late, beyond = [], []
    for message in heard:
        if message.data in due:
            seconds = due[message.data]
            # The next note-off of its key is its own.
            ends[note_off(message.data[0] & 15, message.data[1])] = seconds + NOTE_SECONDS
        elif message.data in ends:
            seconds = ends.pop(message.data)
        else:
            continue
        late.append(message.seconds - seconds)
        beyond.append(max(0.0, message.before_seconds - seconds))
    return {
        "sent": lateness.sent,
        "driver_p50_ms": lateness.median_seconds * 1e3,
        "driver_p99_ms": lateness.p99_seconds * 1e3,
        "driver_max_ms": lateness.worst_seconds * 1e3,
        **_quantiles("wire", np.array(late)),
        "beyond_p99_ms": float(np.quantile(beyond, 0.99)) * 1e3,
        "beyond_max_ms": max(beyond) * 1e3,
        "lost": 2 * len(notes) - len(late),
    }


def _quantiles(name: str, seconds: np.ndarray) -> Row:
    p50, p99 = np.quantile(seconds, (0.5, 0.99)) * 1e3
    return {
        f"{name}_p50_ms": float(p50),
        f"{name}_p99_ms": float(p99),
        f"{name}_max_ms": float(seconds.max()) * 1e3,
    }


def _under(load: str, turns: Sequence[Callable[[], object]], measure: Callable[[], Row]) -> Row:
    if load == "alone":
        return measure()
    with looping(*turns):
        if "window" not in load:
            return measure()
        found: list[Row] = []
        thread = threading.Thread(target=lambda: found.append(measure()))
        thread.start()
        repaint_until(lambda: not thread.is_alive())
        thread.join()
        return found[0]


def _print(name: str, load: str | None, row: Row) -> None:
    numbers = [f"{value:.2f}" for key, value in row.items() if key.endswith("_ms")]
    print(f"| {' | '.join([name, *([load] if load else []), *numbers, str(row['lost'])])} |", flush=True)


@contextmanager
def server(in_real_time: bool) -> Iterator[None]:
    """A JACK server for this process and those that it starts."""
    name = os.environ["JACK_DEFAULT_SERVER"] = f"musegen-benchmark-{os.getpid()}"
    with jack_server(name, in_real_time=in_real_time):
        yield
