"""Whether the clock that is sent keeps time: an hour of simulated time, and some minutes through a real port."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.jack_peer import Peer
from benchmarks.live import server
from musegen_daw.jam.clock.clock import ManualClock, SystemClock
from musegen_daw.jam.clock.midi_clock import ClockFollower
from musegen_daw.jam.clock.sender import ClockSender
from musegen_daw.jam.clock.transport import InternalTransport
from musegen_daw.jam.events import CLOCK, CLOCKS_PER_BEAT
from musegen_daw.jam.output.process.messages import OutputAddress
from musegen_daw.jam.output.process.remote import RemoteScheduler
from musegen_daw.jam.output.scheduler import Scheduler

BPM = 118.4  # whose ticks are no round number of anything
JITTER_SECONDS = 0.004
STEP_SECONDS = 1.0
_TICK = bytes((CLOCK,))


class _Kept:
    """A port that keeps when its clock ticks came."""

    name, is_lost = "kept", False

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.tick_seconds: list[float] = []

    def send(self, data: bytes) -> None:
        """Keep the time of a tick."""
        if data == _TICK:
            self.tick_seconds.append(self._clock.now_seconds())


def simulated(minutes: float, seed: int) -> dict[str, Any]:
    """The clock sent for so long, and followed though every tick jitters: how far each is off at most."""
    clock = ManualClock(100.0)
    port, transport = _Kept(clock), InternalTransport(clock, BPM)
    scheduler = Scheduler(clock, port)
    sender = ClockSender(clock, transport, scheduler)
    transport.start()
    for _ in range(round(minutes * 60 / STEP_SECONDS)):
        clock.advance(STEP_SECONDS)
    ticks = np.array(port.tick_seconds)
    sender.close()
    scheduler.close()
    ideal = ticks[0] + np.arange(len(ticks)) * _tick_seconds()
    random = np.random.default_rng(seed)
    follower = ClockFollower()
    follower.feed(b"\xfa", float(ticks[0]) - 0.001)
    errors: list[float] = []
    heard = np.maximum.accumulate(ticks + random.uniform(-1, 1, len(ticks)) * JITTER_SECONDS)
    for number, (came, meant) in enumerate(zip(heard.tolist(), ideal.tolist(), strict=True)):
        follower.feed(_TICK, came)
        beat = follower.position(meant)
        assert beat is not None
        errors.append((beat - number / CLOCKS_PER_BEAT) * 60 / BPM)
    return {
        "what": f"sent, {minutes:g} min simulated",
        "ticks": len(ticks),
        "last_ms": float(ticks[-1] - ideal[-1]) * 1e3,
        "max_ms": float(np.abs(ticks - ideal).max()) * 1e3,
    } | {
        "followed_last_ms": errors[-1] * 1e3,
        "followed_max_ms": float(np.abs(errors[8 * CLOCKS_PER_BEAT :]).max()) * 1e3,
    }


def real(minutes: float, *, in_real_time: bool) -> dict[str, Any]:
    """The clock sent through a port of JACK from a process of its own, as another program hears it."""
    with server(in_real_time):
        scheduler = RemoteScheduler(OutputAddress("musegen clock", system="jack"))
        clock = SystemClock()
        transport = InternalTransport(clock, BPM)
        sender = ClockSender(clock, transport, scheduler)
        peer = Peer.listening("musegen clock:musegen clock")
        transport.start()
        first_seconds = transport.seconds_at(0.0)
        assert first_seconds is not None
        time.sleep(minutes * 60)  # the time that is measured
        sender.close()
        scheduler.close()
        came = np.array([each.seconds for each in peer.messages() if each.data == _TICK])
    numbers = np.arange(len(came))
    late = came - (first_seconds + numbers * _tick_seconds())
    slope, _ = np.polyfit(numbers * _tick_seconds(), late, 1)
    return {
        "what": f"through JACK, {minutes:g} min",
        "ticks": len(came),
        "expected_ticks": minutes * BPM * CLOCKS_PER_BEAT,
        "slope_ppm": float(slope) * 1e6,
        "p50_ms": float(np.median(late)) * 1e3,
        "p99_ms": float(np.quantile(late, 0.99)) * 1e3,
        "max_ms": float(late.max()) * 1e3,
    }


def _tick_seconds() -> float:
    return 60 / BPM / CLOCKS_PER_BEAT


def benchmark(
    simulated_minutes: float, real_minutes: float, seed: int, *, in_real_time: bool
) -> list[dict[str, Any]]:
    """Print what was found, and return it."""
    rows: list[dict[str, Any]] = []
    print(f"Clock sent at {BPM} BPM, seed {seed}\n")
    if simulated_minutes:
        rows.append(simulated(simulated_minutes, seed))
    if real_minutes:
        rows.append(real(real_minutes, in_real_time=in_real_time))
    for row in rows:
        words = [
            f"{name} {value:.6g}" if isinstance(value, float) else f"{value}" for name, value in row.items()
        ]
        print("- " + ", ".join(words), flush=True)
    return rows
