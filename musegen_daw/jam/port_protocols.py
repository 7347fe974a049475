"""What playing asks of a MIDI port, whatever driver is behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from musegen_daw.jam.events import MidiEvent

Received = Callable[[MidiEvent], None]
"""Given when an input is opened; called on the driver's thread, so it only stamps, filters and enqueues."""


class OutputPort(Protocol):
    """An open way out."""

    @property
    def name(self) -> str:
        """The port's name, as a person sees it in a DAW."""
        ...

    def send(self, data: bytes) -> None:
        """Send one complete message now; raises PortError when the port is lost."""
        ...

    def close(self) -> None:
        """Give the port back; a second call does nothing."""
        ...


class InputPort(Protocol):
    """An open way in; what comes goes to the `Received` it was opened with."""

    @property
    def name(self) -> str:
        """The port's name, as a person sees it in a DAW."""
        ...

    def close(self) -> None:
        """Give the port back; nothing is received after the return, and a second call does nothing."""
        ...
