"""The protocol between the program and its output process: one JSON array a line, the word first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from typing import Any

from musegen_daw.jam.events import MidiEvent, TimedNote
from musegen_daw.jam.output.scheduler import Lateness

# To the process.
OPEN, PLAY, SEND, CANCEL, OFFSET = "open", "play", "send", "cancel", "offset"
RELEASE, PANIC, END, TELL, CLOSE = "release", "panic", "end", "tell", "close"
# From it; ANSWER has the number of the message that it answers.
OPENED, REFUSED, LOST, FOUND, ENDED, ANSWER = "opened", "refused", "lost", "found", "ended", "answer"


@dataclass(frozen=True, slots=True)
class OutputAddress:
    """Where to send: a port that is created for others to connect to, or an existing one, opened by its name.

    `system` is the key of the only MIDI system to look at (see `devices.drivers.APIS`); None: the first that can.
    """

    name: str
    created: bool = True
    system: str | None = None


@dataclass(frozen=True, slots=True)
class SenderState:
    sounding: frozenset[tuple[int, int]]
    lateness: Lateness


def line(word: str, *values: Any) -> bytes:
    """One message, with its line end."""
    return json.dumps((word, *values), separators=(",", ":")).encode() + b"\n"


def read(data: bytes) -> tuple[str, list[Any]]:
    """The word and the values of one line; raises ValueError where it has none."""
    message = json.loads(data)
    if not (isinstance(message, list) and message and isinstance(message[0], str)):
        raise ValueError(f"not a message: {data[:80]!r}")
    return message[0], message[1:]


def note_values(notes: Iterable[TimedNote]) -> list[tuple[Any, ...]]:
    return [astuple(note) for note in notes]


def notes_of(values: Iterable[Any]) -> list[TimedNote]:
    """Raises TypeError or ValueError for what is no note."""
    return [TimedNote(*each) for each in values]


def event_values(events: Iterable[MidiEvent]) -> list[tuple[float, str]]:
    return [(event.time_seconds, event.data.hex()) for event in events]


def events_of(values: Iterable[Any]) -> list[MidiEvent]:
    """Raises TypeError or ValueError for what is no message."""
    return [MidiEvent(seconds, bytes.fromhex(data)) for seconds, data in values]


def state_values(state: SenderState) -> dict[str, Any]:
    return {"sounding": sorted(state.sounding), "lateness": asdict(state.lateness)}


def state_of(values: dict[str, Any]) -> SenderState:
    sounding = frozenset((channel, pitch) for channel, pitch in values["sounding"])
    return SenderState(sounding, Lateness(**values["lateness"]))
