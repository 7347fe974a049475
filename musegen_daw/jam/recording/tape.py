"""Tape: a recording that is begun and ended while the music goes on."""

from __future__ import annotations

import threading
from dataclasses import replace

from musegen_daw.jam.events import MidiEvent
from musegen_daw.jam.patterns import LEAD_TICKS, LIVE_PPQ, BarGrid
from musegen_daw.jam.recording.recorder import Recorder
from musegen_daw.music.clip import Note, Song


class JamRecording:
    """Keeps what a session tells, from the bar on in which `start` is called; for any thread.

    In between nothing is kept, so that an evening of playing needs no memory.
    """

    def __init__(self, grid: BarGrid, *, channels: frozenset[int] | None = None) -> None:
        self._grid, self._channels = grid, channels
        self._lock = threading.Lock()
        self._recorder: Recorder | None = None
        self._start_beats = 0.0

    @property
    def is_running(self) -> bool:
        """Whether it records."""
        return self._recorder is not None

    def start(self, beats: float) -> None:
        """Begin a recording with the bar at `beats` of the session; nothing where one runs."""
        with self._lock:
            if self._recorder is None:
                self._start_beats = self._grid.start_beats(max(0, self._grid.index_of_onset(beats)))
                self._recorder = Recorder(self._grid, channels=self._channels)

    def stop(self, beats: float | None = None) -> Song | None:
        """End the recording at `beats`, or where the session has ended, and what it holds; None where none runs."""
        if beats is not None:
            self.released(beats)
            self.cut(beats)
        with self._lock:
            recorder, self._recorder = self._recorder, None
        return None if recorder is None else recorder.song()

    # What a session tells

    def heard(self, event: MidiEvent, beats: float, source: str) -> None:
        """A message came in."""
        with self._lock:
            if self._recorder is not None:
                self._recorder.heard(event, max(0.0, beats - self._start_beats), source)

    def released(self, beats: float, source: str | None = None) -> None:
        """What sounded of a source, or of all, has ended."""
        with self._lock:
            if self._recorder is not None:
                self._recorder.released(max(0.0, beats - self._start_beats), source)

    def sent(self, note: Note) -> None:
        """A drum note goes out, at the pitch of the kit."""
        with self._lock:
            start_ticks = note.start_ticks - round(self._start_beats * LIVE_PPQ)
            if self._recorder is not None and start_ticks >= -LEAD_TICKS:
                self._recorder.sent(replace(note, start_ticks=max(0, start_ticks)))

    def cut(self, beats: float) -> None:
        """What was to be sent from `beats` on is not sent, and what sounds then ends."""
        with self._lock:
            if self._recorder is not None:
                self._recorder.cut(beats - self._start_beats)

    def time(self, beats: float, seconds: float) -> None:
        """The song was at `beats` at `seconds`."""
        with self._lock:
            if self._recorder is not None:
                self._recorder.time(beats - self._start_beats, seconds)

    def interrupted(self) -> None:
        """The song stopped or jumped: time does not go on from where it was."""
        with self._lock:
            if self._recorder is not None:
                self._recorder.interrupted()
