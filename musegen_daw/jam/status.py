"""The state of a jam at one moment, for display."""

from __future__ import annotations

from dataclasses import dataclass, field

from musegen_daw.jam.clock.midi_clock import ClockState
from musegen_daw.jam.clock.transport import TransportState
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.planning.reasons import Reason
from musegen_daw.jam.repertoire import CalledUp
from musegen_daw.jam.settings import JamMode


@dataclass(frozen=True, slots=True)
class JamStatus:
    """A session at one moment, for a display; `song_bar` counts from 0, `message` is the last thing to tell."""

    is_playing: bool
    song_bar: int
    beat: int
    bpm: float | None
    mode: JamMode
    phase: str
    controls: Controls
    learning: str | None
    reason: Reason | None
    plan_seconds: float | None
    late_bars: int
    message: str


@dataclass(frozen=True, slots=True)
class PortStatus:
    """A port in use; `active_seconds` is when the last note came (None: none yet, or an output)."""

    name: str
    is_lost: bool
    active_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RigStatus:
    """A jam at one moment; `message` is the last thing to tell.

    `clock` is the DAW's, None where none is followed; `link_peers` the others in a Link session, None without one.
    `called_up` has the style and the sections.
    """

    jam: JamStatus
    transport: TransportState
    clock: ClockState | None
    is_ready: bool
    inputs: tuple[PortStatus, ...]
    outputs: tuple[PortStatus, ...]
    offset_seconds: float
    message: str
    link_peers: int | None = None
    called_up: CalledUp = field(default_factory=CalledUp)
