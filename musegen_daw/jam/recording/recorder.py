"""Recorder: what is heard and sent in a session, as a song with the bars and tempo that were played."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from musegen_daw.jam.events import MidiEvent
from musegen_daw.jam.patterns import LEAD_TICKS, LIVE_PPQ, BarGrid
from musegen_daw.jam.planning.heard import Heard
from musegen_daw.jam.recording.played_tempo import PlayedTempo
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.time import TimeMap, TimeSignature

MAX_NOTES = 2_000_000


@dataclass(slots=True)
class _Take:
    """One recording; beats and ticks count from its first bar."""

    start_beats: float
    heard: Heard
    sent: list[Note] = field(default_factory=list)
    tempo: PlayedTempo = field(default_factory=PlayedTempo)
    end_beats: float = 0.0


class Recorder:
    """Records between `start` and `stop`, in beats of the session; for any thread.

    Where the song stands still or jumps, the recording goes on. Outside a recording nothing is kept.
    """

    def __init__(self, grid: BarGrid, *, channels: frozenset[int] | None = None) -> None:
        self._grid, self._channels = grid, channels
        self._lock = threading.Lock()
        self._take: _Take | None = None

    @property
    def is_running(self) -> bool:
        return self._take is not None

    def start(self, beats: float) -> None:
        """Begin a recording with the bar at `beats`; nothing where one runs."""
        with self._lock:
            if self._take is None:
                start_beats = self._grid.start_beats(max(0, self._grid.index_of_onset(beats)))
                heard = Heard(channels=self._channels, keep_beats=float("inf"), max_notes=MAX_NOTES)
                self._take = _Take(start_beats, heard)

    def stop(self, beats: float | None = None) -> Song | None:
        """End the recording at `beats`, or at its last event, and return it; None where none runs."""
        if beats is not None:
            self.released(beats)
            self.cut(beats)
        with self._lock:
            take, self._take = self._take, None
        return None if take is None else self._song(take)

    def heard(self, event: MidiEvent, beats: float, source: str) -> None:
        """A message came in."""
        with self._lock:
            if (take := self._take) is not None:
                beats = max(0.0, beats - take.start_beats)
                take.heard.feed(event, beats, source)
                take.end_beats = max(take.end_beats, beats)

    def released(self, beats: float, source: str | None = None) -> None:
        """What sounded of a source, or of all, has ended."""
        with self._lock:
            if (take := self._take) is not None:
                beats = max(0.0, beats - take.start_beats)
                take.heard.release(beats, source)
                take.end_beats = max(take.end_beats, beats)

    def sent(self, note: Note) -> None:
        """A drum note was handed to the output, at the pitch of the kit."""
        with self._lock:
            if (take := self._take) is not None and len(take.sent) < MAX_NOTES:
                start_ticks = note.start_ticks - round(take.start_beats * LIVE_PPQ)
                if start_ticks >= -LEAD_TICKS:
                    take.sent.append(replace(note, start_ticks=max(0, start_ticks)))

    def cut(self, beats: float) -> None:
        """Drop notes sent for `beats` and later, and end those that sound then."""
        with self._lock:
            if (take := self._take) is None:
                return
            sent = take.sent
            ticks = max(0, round((beats - take.start_beats) * LIVE_PPQ))
            # Only the last notes can be affected.
            for index in range(len(sent) - 1, -1, -1):
                note = sent[index]
                if note.start_ticks >= ticks:
                    del sent[index]
                elif note.end_ticks > ticks:
                    sent[index] = replace(note, duration_ticks=ticks - note.start_ticks)
                elif note.start_ticks < ticks - 4 * LIVE_PPQ:
                    break

    def time(self, beats: float, seconds: float) -> None:
        """The song was at `beats` at `seconds`; the tempo is fitted to all such places in the end."""
        with self._lock:
            if (take := self._take) is not None:
                take.tempo.add(beats - take.start_beats, seconds)

    def interrupted(self) -> None:
        """The song stopped or jumped: time does not go on from where it was."""
        with self._lock:
            if (take := self._take) is not None:
                take.tempo.interrupt()

    def _song(self, take: _Take) -> Song:
        """One track for each input, channel and program heard, then the drums; to the end of the last bar begun."""
        end_ticks = max([round(take.end_beats * LIVE_PPQ), *(note.end_ticks for note in take.sent[-64:])])
        bars = max(1, -(-end_ticks // self._grid.bar_ticks))
        length_ticks = bars * self._grid.bar_ticks
        parts = tuple(
            replace(part, name=part.name or "Heard")
            for part in take.heard.parts(-1.0, length_ticks / LIVE_PPQ, LIVE_PPQ, is_whole=True)
        )
        drums = Clip(tuple(take.sent), length_ticks, LIVE_PPQ, name="Drums", is_drum=True)
        meter = TimeSignature(0, self._grid.numerator, self._grid.denominator)
        return Song((*parts, drums), TimeMap(LIVE_PPQ, take.tempo.tempos(LIVE_PPQ), (meter,)))
