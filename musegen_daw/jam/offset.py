"""Measures the latency of a port, with notes sent around a loop through the DAW."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from statistics import median

from musegen_daw.devices.ports import PortDirectory
from musegen_daw.errors import PortError
from musegen_daw.jam.clock.clock import SystemClock
from musegen_daw.jam.events import MidiEvent, note_off, note_on
from musegen_daw.jam.rig_ports import MidiScheduler, RigPorts
from musegen_daw.jam.settings import ClockSource, RigSettings
from musegen_daw.music.kit import PIECE_OF_PITCH

NOTES = 24
WAIT_SECONDS = 60.0
RETURN_SECONDS = 0.5
SHORTEST_GAP_SECONDS, SPREAD_GAP_SECONDS = 0.06, 0.05
_GOLDEN = 0.618034
SIDE_STICK, VELOCITY = 37, 40


@dataclass(frozen=True, slots=True)
class OffsetMeasurement:
    """The port, the median round trip, and the width of its middle 80 %."""

    port_name: str
    round_trip_seconds: float
    spread_seconds: float
    sent: int
    returned: int

    @property
    def offset_seconds(self) -> float:
        """Minus half the round-trip time."""
        return -self.round_trip_seconds / 2

    @property
    def sentence(self) -> str:
        return (
            f"{self.returned} of {self.sent} notes came back, after {1000 * self.round_trip_seconds:.1f} ms (within "
            f"{1000 * self.spread_seconds:.1f} ms); from now on the drums are sent "
            f"{-1000 * self.offset_seconds:.1f} ms early to {self.port_name!r}."
        )


def measure_offset(
    settings: RigSettings,
    directory: PortDirectory,
    *,
    told: Callable[[str], None] = lambda sentence: None,
    is_over: Callable[[], bool] = lambda: False,
    wait_seconds: float = WAIT_SECONDS,
) -> OffsetMeasurement:
    """Measure the latency to the DAW: `told` receives what to connect, `is_over` says whether to give up.

    Uses the ports of `settings`, which must have an input and an output. Raises PortError where nothing, or too
    little, comes back within `wait_seconds`.
    """
    came: SimpleQueue[tuple[float, bytes]] = SimpleQueue()

    def received(_source: str, time_seconds: float, data: bytes) -> None:
        if MidiEvent(time_seconds, data).is_note_on:
            came.put((time_seconds, data))

    wanted = replace(settings, clock=ClockSource.INTERNAL, send_clock=False, sends_apart=False)
    ports = RigPorts(
        wanted, directory, SystemClock(), received, lambda sentence: None, refuses_feedback=False
    )
    try:
        output = ports.output
        if output is None or not ports.inputs:
            raise PortError("To measure an offset a MIDI input and a MIDI output are needed.")
        names = " or ".join(repr(port.name) for port in ports.inputs)
        told(
            f"In the DAW take {output.name!r} as the input of a MIDI track, monitored, and send its MIDI to {names}."
        )
        kit = settings.jam.kit
        pitch = kit.drum_map.pitch_of(PIECE_OF_PITCH[SIDE_STICK]) or SIDE_STICK
        trips = _trips(output, kit.channel, pitch, came, is_over, wait_seconds)
    finally:
        ports.close()
    if trips is None:
        raise PortError(
            f"No note that was sent to {output.name!r} came back at {names}; nothing was measured."
        )
    if len(trips) < NOTES / 2:
        raise PortError(f"Of {NOTES} notes only {len(trips)} came back at {names}; nothing was measured.")
    ordered = sorted(trips)
    tenth = len(ordered) // 10
    spread_seconds = ordered[-1 - tenth] - ordered[tenth]
    return OffsetMeasurement(output.name, median(ordered), spread_seconds, NOTES, len(ordered))


def _trips(
    output: MidiScheduler,
    channel: int,
    pitch: int,
    came: SimpleQueue[tuple[float, bytes]],
    is_over: Callable[[], bool],
    wait_seconds: float,
) -> list[float] | None:
    """Round-trip seconds of the notes that returned, after the first that did; None where none does."""
    end_seconds = time.perf_counter() + wait_seconds
    while _trip(output, channel, pitch, came) is None:
        if time.perf_counter() > end_seconds or is_over():
            return None
    trips: list[float] = []
    for number in range(NOTES):
        if is_over():
            return None
        # At irregular moments, so that they fall anywhere in the DAW's blocks.
        time.sleep(SHORTEST_GAP_SECONDS + SPREAD_GAP_SECONDS * (number * _GOLDEN % 1))
        trip = _trip(output, channel, pitch, came)
        if trip is not None:
            trips.append(trip)
    return trips


def _trip(
    output: MidiScheduler, channel: int, pitch: int, came: SimpleQueue[tuple[float, bytes]]
) -> float | None:
    while not came.empty():
        came.get()  # what returned too late, or was played
    sent_seconds = time.perf_counter()
    output.send_now(note_on(channel, pitch, VELOCITY))
    try:
        while True:
            left_seconds = sent_seconds + RETURN_SECONDS - time.perf_counter()
            time_seconds, data = came.get(timeout=max(0.0, left_seconds))
            if data[1] == pitch:
                return max(0.0, time_seconds - sent_seconds)
    except Empty:
        return None
    finally:
        output.send_now(note_off(channel, pitch))
