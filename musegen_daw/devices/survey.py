"""A survey of ports and sound devices: what exists, which clocks run, where there is feedback."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from musegen_daw.devices import loopback, sound_devices
from musegen_daw.devices.drivers import Direction
from musegen_daw.devices.ports import MidiInput, PortDirectory, PortInfo
from musegen_daw.devices.sound_devices import AudioDevice
from musegen_daw.errors import AudioError, PortError

LISTEN_SECONDS = 1.0
PROBE_SECONDS = 0.15
MAX_PORTS = 32

ListDevices = Callable[[], tuple[AudioDevice, ...]]

_CLOCK = b"\xf8"
_CLOCKS_PER_BEAT = 24
_MIN_CLOCKS = 12


@dataclass(frozen=True, slots=True)
class Survey:
    """MIDI systems with their problems, ports, and sound devices.

    `clock_bpm` has the tempo of each input with a running clock, `feedback` pairs of an output and the input at which
    it returns.
    """

    systems: dict[str, str | None]
    created_on: str | None
    inputs: tuple[PortInfo, ...]
    outputs: tuple[PortInfo, ...]
    sound_devices: tuple[AudioDevice, ...] = ()
    sound_problem: str | None = None
    clock_bpm: dict[str, float] = field(default_factory=dict)
    feedback: tuple[tuple[str, str], ...] = ()


def look(directory: PortDirectory, list_devices: ListDevices = sound_devices.output_devices) -> Survey:
    """List what exists; nothing is opened and nothing is sent."""
    try:
        devices, problem = list_devices(), None
    except AudioError as error:
        devices, problem = (), str(error)
    return Survey(
        systems=directory.systems(),
        created_on=directory.created_on(),
        inputs=directory.ports(Direction.INPUT),
        outputs=directory.ports(Direction.OUTPUT),
        sound_devices=devices,
        sound_problem=problem,
    )


def listen(
    directory: PortDirectory, listen_seconds: float = LISTEN_SECONDS
) -> tuple[dict[str, float], tuple[tuple[str, str], ...]]:
    """The tempo of each running clock, and the pairs of output and input between which there is feedback.

    Every input is opened for a while, and a silent probe is sent to every output; ports in use elsewhere are
    skipped.
    """
    ticks: dict[str, list[float]] = {}
    feedback: list[tuple[str, str]] = []
    with ExitStack() as stack:
        inputs: list[MidiInput] = []
        for info in directory.ports(Direction.INPUT)[:MAX_PORTS]:
            try:
                port = directory.open_input(info.name, _tick_into(ticks, info.name), clock=True)
            except PortError:
                continue
            inputs.append(stack.enter_context(closing(port)))
        for info in directory.ports(Direction.OUTPUT)[:MAX_PORTS] if inputs else ():
            try:
                with closing(directory.open_output(info.name)) as output:
                    heard_at = loopback.probe(output, inputs, PROBE_SECONDS)
            except PortError:
                continue
            if heard_at is not None:
                feedback.append((info.name, heard_at))
        if inputs:
            threading.Event().wait(listen_seconds)
    tempos = {name: _bpm(seconds) for name, seconds in ticks.items() if len(seconds) >= _MIN_CLOCKS}
    return tempos, tuple(feedback)


def _tick_into(ticks: dict[str, list[float]], name: str) -> Callable[[float, bytes], None]:
    def received(time_seconds: float, data: bytes) -> None:
        if data == _CLOCK:
            ticks.setdefault(name, []).append(time_seconds)

    return received


def _bpm(tick_seconds: list[float]) -> float:
    beats = (len(tick_seconds) - 1) / _CLOCKS_PER_BEAT
    return round(60 * beats / max(1e-6, tick_seconds[-1] - tick_seconds[0]), 1)
