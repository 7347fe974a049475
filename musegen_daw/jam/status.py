"""RigStatus: how a jam stands at one moment, for a display of any kind."""

from __future__ import annotations

from dataclasses import dataclass

from musegen_daw.jam.clock.midi_clock import ClockState
from musegen_daw.jam.clock.transport import TransportState
from musegen_daw.jam.session_settings import JamStatus


@dataclass(frozen=True, slots=True)
class PortStatus:
    """A port in use; `active_seconds` is when the last message came (None: none yet, or an output)."""

    name: str
    is_lost: bool
    active_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RigStatus:
    """A jam at one moment; `clock` is None where the program keeps its own time, `message` the last thing to tell."""

    jam: JamStatus
    transport: TransportState
    clock: ClockState | None
    is_ready: bool
    inputs: tuple[PortStatus, ...]
    outputs: tuple[PortStatus, ...]
    offset_seconds: float
    message: str
