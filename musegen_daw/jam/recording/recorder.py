"""Recorder: everything heard and sent in a session, as a song whose bars and tempo are those that were played."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from musegen_daw.jam.events import MidiEvent
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid
from musegen_daw.jam.planning.heard import Heard
from musegen_daw.jam.recording.played_tempo import PlayedTempo
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.time import TimeMap, TimeSignature

MAX_NOTES = 2_000_000


class Records(Protocol):
    """What a session tells of itself; a `Recorder` keeps it, a `tape.Tape` while it runs."""

    def heard(self, event: MidiEvent, beats: float, source: str) -> None:
        """A message came in."""
        ...

    def released(self, beats: float, source: str | None = None) -> None:
        """What sounded of a source, or of all, has ended."""
        ...

    def sent(self, note: Note) -> None:
        """A drum note goes out."""
        ...

    def cut(self, beats: float) -> None:
        """What was to be sent from `beats` on is not sent."""
        ...

    def time(self, beats: float, seconds: float) -> None:
        """The song was at `beats` at `seconds`."""
        ...

    def interrupted(self) -> None:
        """The song stopped or jumped: time does not go on from where it was."""
        ...


class Recorder:
    """Keeps what it is told, in beats of the session; where the song stood still or jumped, the recording goes on.

    Not for several threads at once.
    """

    def __init__(self, grid: BarGrid, *, channels: frozenset[int] | None = None) -> None:
        self._grid = grid
        self._heard = Heard(channels=channels, keep_beats=float("inf"), max_notes=MAX_NOTES)
        self._sent: list[Note] = []
        self._tempo = PlayedTempo()
        self._end_beats = 0.0

    def heard(self, event: MidiEvent, beats: float, source: str) -> None:
        """A message came in."""
        self._heard.feed(event, beats, source)
        self._end_beats = max(self._end_beats, beats)

    def released(self, beats: float, source: str | None = None) -> None:
        """What sounded of a source, or of all, has ended."""
        self._heard.release(beats, source)
        self._end_beats = max(self._end_beats, beats)

    def sent(self, note: Note) -> None:
        """A drum note goes out, at the pitch of the kit."""
        if len(self._sent) < MAX_NOTES:
            self._sent.append(note)

    def cut(self, beats: float) -> None:
        """What was to be sent from `beats` on is not sent, and what sounds then ends."""
        ticks = max(0, round(beats * LIVE_PPQ))
        # Only the end of the list lies near now.
        for index in range(len(self._sent) - 1, -1, -1):
            note = self._sent[index]
            if note.start_ticks >= ticks:
                del self._sent[index]
            elif note.end_ticks > ticks:
                self._sent[index] = replace(note, duration_ticks=ticks - note.start_ticks)
            elif note.start_ticks < ticks - 4 * LIVE_PPQ:
                break

    def time(self, beats: float, seconds: float) -> None:
        """The song was at `beats` at `seconds`; out of all such places the tempo is read in the end."""
        self._tempo.add(beats, seconds)

    def interrupted(self) -> None:
        """The song stopped or jumped: time does not go on from where it was."""
        self._tempo.interrupt()

    def song(self) -> Song:
        """One track for each input, channel and program heard, then the drums; to the end of the last bar begun."""
        end_ticks = max([round(self._end_beats * LIVE_PPQ), *(note.end_ticks for note in self._sent[-64:])])
        bars = max(1, -(-end_ticks // self._grid.bar_ticks))
        length_ticks = bars * self._grid.bar_ticks
        parts = tuple(
            replace(part, name=part.name or "Heard")
            for part in self._heard.parts(-1.0, length_ticks / LIVE_PPQ, LIVE_PPQ, is_whole=True)
        )
        drums = Clip(tuple(self._sent), length_ticks, LIVE_PPQ, name="Drums", is_drum=True)
        meter = TimeSignature(0, self._grid.numerator, self._grid.denominator)
        return Song((*parts, drums), TimeMap(LIVE_PPQ, self._tempo.tempos(LIVE_PPQ), (meter,)))
