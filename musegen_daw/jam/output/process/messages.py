"""What the program and its sending process say to each other: one JSON array a line, the word first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from typing import Any

from musegen_daw.jam.events import MidiEvent, TimedNote
from musegen_daw.jam.output.scheduler import Lateness

# Said to the process.
OPEN, PLAY, SEND, CANCEL, OFFSET = "open", "play", "send", "cancel", "offset"
RELEASE, PANIC, END, TELL, CLOSE = "release", "panic", "end", "tell", "close"
# Said by it; ANSWER goes with the number of what is answered.
OPENED, REFUSED, LOST, FOUND, ENDED, ANSWER = "opened", "refused", "lost", "found", "ended", "answer"


@dataclass(frozen=True, slots=True)
class OutputPlace:
    """Where to send: a port that is created for others to connect to, or another's that is opened by its name.

    `system` is the key of the only MIDI system to look at (see `devices.drivers.APIS`); None: the first that can.
    """

    name: str
    created: bool = True
    system: str | None = None


@dataclass(frozen=True, slots=True)
class SenderState:
    """How things stand in the process: what sounds, and how late messages left."""

    sounding: frozenset[tuple[int, int]]
    lateness: Lateness


def line(word: str, *values: Any) -> bytes:
    """One message, with its line end."""
    return json.dumps((word, *values), separators=(",", ":")).encode() + b"\n"


def read(data: bytes) -> tuple[str, list[Any]]:
    """The word and the values of one line; raises ValueError for what is none."""
    message = json.loads(data)
    if not (isinstance(message, list) and message and isinstance(message[0], str)):
        raise ValueError(f"no message: {data[:80]!r}")
    return message[0], message[1:]


def note_values(notes: Iterable[TimedNote]) -> list[tuple[Any, ...]]:
    """Notes as they are written."""
    return [astuple(note) for note in notes]


def notes_of(values: Iterable[Any]) -> list[TimedNote]:
    """Notes as they were written; raises TypeError or ValueError for what is none."""
    return [TimedNote(*each) for each in values]


def event_values(events: Iterable[MidiEvent]) -> list[tuple[float, str]]:
    """Messages with their times, as they are written."""
    return [(event.time_seconds, event.data.hex()) for event in events]


def events_of(values: Iterable[Any]) -> list[MidiEvent]:
    """Messages with their times as they were written; raises TypeError or ValueError for what is none."""
    return [MidiEvent(seconds, bytes.fromhex(data)) for seconds, data in values]


def state_values(state: SenderState) -> dict[str, Any]:
    """A state as it is written."""
    return {"sounding": sorted(state.sounding), "lateness": asdict(state.lateness)}


def state_of(values: dict[str, Any]) -> SenderState:
    """A state as it was written."""
    sounding = frozenset((channel, pitch) for channel, pitch in values["sounding"])
    return SenderState(sounding, Lateness(**values["lateness"]))
