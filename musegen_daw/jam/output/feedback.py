"""EchoFilter: ignores drums that come back as the part over a connection made later."""

from __future__ import annotations

import threading
from collections import deque

from musegen_daw.jam.events import MidiEvent, TimedNote

KEPT_NOTES = 256
EARLY_SECONDS, LATE_SECONDS = 0.6, 1.0  # an offset sends earlier, a DAW sends back later
SURE_NOTES, OF_NOTES = 8, 16


class EchoFilter:
    """One of the outputs, and a filter of inputs: notes that come in as they were played are an echo.

    Once half of the last sixteen notes of a source are echoes, it joins `sources`, whose echoes are ignored.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._played: deque[TimedNote] = deque(maxlen=KEPT_NOTES)
        self._were_echoes: dict[str, deque[bool]] = {}
        self.sources: frozenset[str] = frozenset()

    offset_seconds = 0.0

    def play(self, *notes: TimedNote) -> None:
        with self._lock:
            self._played.extend(notes)

    def cancel_after(self, time_seconds: float) -> None:
        with self._lock:
            kept = [note for note in self._played if note.start_seconds < time_seconds]
            self._played = deque(kept, maxlen=KEPT_NOTES)

    def release_all(self) -> None:
        """Nothing sounds here."""

    def panic(self) -> None:
        """Nothing sounds here."""

    def takes(self, event: MidiEvent, source: str) -> bool:
        """Whether the message is an echo that is to be ignored."""
        if not event.is_note_on:
            return False
        with self._lock:
            echoed = next((note for note in self._played if _is_echo(event, note)), None)
            were_echoes = self._were_echoes.setdefault(source, deque(maxlen=OF_NOTES))
            were_echoes.append(echoed is not None)
            if echoed is None:
                return False
            self._played.remove(echoed)
            if sum(were_echoes) >= SURE_NOTES:
                self.sources |= {source}
            return source in self.sources


def _is_echo(event: MidiEvent, note: TimedNote) -> bool:
    is_same = event.data[1] == note.pitch and event.data[2] == note.velocity
    return is_same and -EARLY_SECONDS <= event.time_seconds - note.start_seconds <= LATE_SECONDS
