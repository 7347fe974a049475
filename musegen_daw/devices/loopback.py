"""Loopback ports: recognise them, avoid feedback, and say what to install where there are none."""

from __future__ import annotations

import re
import secrets
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from musegen_daw.errors import PortError

PROBE_SECONDS = 0.3
PROBE_CONTROL = 0xBF, 119
"""Channel 16, a controller without a meaning."""

_PROBE_HEADER = bytes((0xF0, 0x7D, 0x6D, 0x67))  # 7D: no maker's, for tests and schools
_NONCE_BYTES = 8
_CONTROLS = 6
_SIDE = re.compile(r"^(?P<pair>.*)\((?P<side>[AB])\)$", re.IGNORECASE)


class Loopback(StrEnum):
    """A driver whose outputs return as inputs, so that two programs can connect through it."""

    LOOPMIDI = "loopMIDI"
    LOOPBE = "LoopBe"
    WINDOWS = "Windows MIDI Services loopback"
    IAC = "IAC driver"
    MIDI_THROUGH = "Midi Through"


_PATTERNS = {
    Loopback.LOOPMIDI: re.compile(r"loopmidi", re.IGNORECASE),
    Loopback.LOOPBE: re.compile(r"loopbe", re.IGNORECASE),
    Loopback.WINDOWS: re.compile(r"\bloopback\b.*\([AB]\)$", re.IGNORECASE),
    Loopback.IAC: re.compile(r"\bIAC\b"),
    Loopback.MIDI_THROUGH: re.compile(r"midi[ -]through", re.IGNORECASE),
}
# Bridges between MIDI systems add this to a name, different in each direction.
_DECORATION = re.compile(r"\((capture|playback)\)|[:_-](capture|playback)", re.IGNORECASE)


class ProbeOutput(Protocol):
    @property
    def name(self) -> str: ...

    def send(self, data: bytes, /) -> None: ...


class ProbeInput(Protocol):
    """See `devices.ports.MidiInput`."""

    @property
    def name(self) -> str: ...

    def overheard(self, listener: Callable[[bytes], None]) -> AbstractContextManager[None]:
        """Call `listener` with every message while in the context."""
        ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """The ports to use where none can be created, and what to choose in the DAW."""

    input_name: str
    output_name: str
    advice: str
    to_program: str
    """The output that the DAW sends to."""
    from_program: str
    """The input that the DAW listens to."""


def kind(name: str) -> Loopback | None:
    """The loopback driver to which a port name belongs; None for other ports."""
    return next((each for each, pattern in _PATTERNS.items() if pattern.search(name)), None)


def leads_to(output_name: str, input_name: str) -> bool:
    """Whether, judged by names alone, what is sent to the output returns at the input."""
    driver = kind(output_name)
    if driver is None or driver is not kind(input_name):
        return False
    out_side, in_side = _SIDE.match(output_name), _SIDE.match(input_name)
    if driver is Loopback.WINDOWS and out_side and in_side:
        same_pair = out_side["pair"].casefold() == in_side["pair"].casefold()
        return same_pair and out_side["side"].upper() != in_side["side"].upper()
    return _undecorated(output_name) == _undecorated(input_name)


def refuse_same_loop(output_names: Iterable[str], input_names: Sequence[str]) -> None:
    """Raises PortError when an output leads, by its name, to one of the inputs."""
    for output_name in output_names:
        for input_name in input_names:
            if leads_to(output_name, input_name):
                raise _feedback(output_name, input_name)


def refuse_feedback(
    output: ProbeOutput, inputs: Sequence[ProbeInput], wait_seconds: float = PROBE_SECONDS
) -> None:
    """Raises PortError when a probe sent to `output` returns at one of `inputs`, by whatever route."""
    heard_at = probe(output, inputs, wait_seconds)
    if heard_at is not None:
        raise _feedback(output.name, heard_at)


def probe(
    output: ProbeOutput, inputs: Sequence[ProbeInput], wait_seconds: float = PROBE_SECONDS
) -> str | None:
    """The name of the first of `inputs` at which a message sent to `output` returns; None when none does in time.

    What is sent is unique and silent: a SysEx with the test manufacturer id and, since many programs drop SysEx,
    values of an undefined controller.
    """
    nonce = _Nonce()
    heard = threading.Event()
    heard_at: list[str] = []

    def ear(name: str) -> Callable[[bytes], None]:
        recognise = nonce.recogniser()

        def hear(data: bytes) -> None:
            if recognise(data):
                heard_at.append(name)
                heard.set()

        return hear

    with ExitStack() as stack:
        for each in inputs:
            stack.enter_context(each.overheard(ear(each.name)))
        for _ in range(2):  # a connection that was only just made may lose the first
            for message in nonce.messages():
                output.send(message)
            if heard.wait(wait_seconds / 2):
                break
    return heard_at[0] if heard_at else None


def wiring(input_names: Sequence[str], output_names: Sequence[str], platform: str = sys.platform) -> Wiring:
    """How to reach a DAW through the loopback ports here; raises PortError with what to install or add."""
    pairs = [
        (name, other)
        for name in input_names
        for other in output_names
        if name == other and kind(name) is Loopback.WINDOWS and _SIDE.match(name)
    ]
    for name, other in reversed(pairs):
        far = _other_side(name)
        if far in output_names and far in input_names:
            return Wiring(
                name,
                other,
                f"In the DAW choose {far!r} both for sending the part and for the drums.",
                far,
                far,
            )
    loops = [name for name in input_names if any(leads_to(other, name) for other in output_names)]
    loops = [name for name in loops if kind(name) is not Loopback.WINDOWS]
    if len(loops) >= 2:
        way_in = loops[0]
        way_out = next((other for other in output_names if leads_to(other, loops[1])), None)
        if way_out is not None:
            return Wiring(
                way_in,
                way_out,
                f"In the DAW send the part to {way_in!r} and take the drums from {loops[1]!r}.",
                way_in,
                loops[1],
            )
    if loops:
        raise PortError(
            f"There is only one loopback port, {loops[0]!r}, and drums sent to it would come back as the part: "
            f"{_one_more(kind(loops[0]))}."
        )
    raise PortError(installation(platform))


def installation(platform: str = sys.platform) -> str:
    """What to install or turn on to connect this program with a DAW."""
    if platform == "win32":
        return (
            "Windows cannot create MIDI ports for a program: install loopMIDI (winget install "
            "TobiasErichsen.loopMIDI) and add two ports in it; or, where Windows MIDI Services is there, turn on the "
            "Default App Loopback in its MIDI Settings."
        )
    if platform == "darwin":
        return (
            "No MIDI port can be created: open Audio MIDI Setup, Window, Show MIDI Studio, double-click IAC Driver, "
            "tick 'Device is online' and add a second bus."
        )
    return (
        "No MIDI port can be created: load ALSA's sequencer (sudo modprobe snd-seq) or start a JACK server "
        "(package jackd2, then jackd or QjackCtl)."
    )


class _Nonce:
    """Messages with random values that nothing else sends, and their recognition when they return."""

    def __init__(self) -> None:
        self._sysex = _PROBE_HEADER + bytes(secrets.randbelow(128) for _ in range(_NONCE_BYTES)) + b"\xf7"
        self._values = bytes(secrets.randbelow(128) for _ in range(_CONTROLS))

    def messages(self) -> list[bytes]:
        return [self._sysex, *(bytes((*PROBE_CONTROL, value)) for value in self._values)]

    def recogniser(self) -> Callable[[bytes], bool]:
        last: deque[int] = deque(maxlen=_CONTROLS)

        def recognise(data: bytes) -> bool:
            # A DAW may move everything to another channel.
            if len(data) == 3 and data[0] & 0xF0 == PROBE_CONTROL[0] & 0xF0 and data[1] == PROBE_CONTROL[1]:
                last.append(data[2])
            return data == self._sysex or bytes(last) == self._values

        return recognise


def _undecorated(name: str) -> str:
    return " ".join(_DECORATION.sub("", name).casefold().split())


def _other_side(name: str) -> str:
    return name[:-2] + {"A": "B", "B": "A", "a": "b", "b": "a"}[name[-2]] + name[-1]


def _one_more(driver: Loopback | None) -> str:
    if driver is Loopback.IAC:
        return "add a second bus to the IAC Driver in Audio MIDI Setup"
    if driver is Loopback.LOOPMIDI:
        return "add a second port in loopMIDI"
    return "add a second one, or choose ports with --in and --out"


def _feedback(output_name: str, input_name: str) -> PortError:
    return PortError(
        f"What is sent to {output_name!r} comes back at {input_name!r}, so the drums would answer themselves: "
        "use two different ports, or turn off the feedback in the DAW or patchbay."
    )
