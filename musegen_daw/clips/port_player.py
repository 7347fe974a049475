"""Plays clips to a MIDI port: notes are sent slightly ahead of time, with seek and loop."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from musegen_daw.jam.clock.clock import Clock
from musegen_daw.jam.events import TimedNote
from musegen_daw.jam.output.outputs import PlaysNotes
from musegen_daw.midi.tracks import MELODIC_CHANNELS
from musegen_daw.music.clip import Clip
from musegen_daw.music.kit import DRUM_CHANNEL
from musegen_daw.music.time import TimeMap

AHEAD_SECONDS = 1.0
LEAD_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class _Sounding:
    start_seconds: float
    end_seconds: float
    channel: int
    pitch: int
    velocity: int


class PortPlayer:
    """Plays to `output`; call `send_due` more often than every `AHEAD_SECONDS`.

    Positions are seconds of the music. Drums go to channel 10, parts to the other channels in turn. Not thread-safe.
    """

    def __init__(self, output: PlaysNotes, clock: Clock) -> None:
        self._output, self._clock = output, clock
        self._notes: list[_Sounding] = []
        self._starts: list[float] = []
        self._length_seconds = 0.0
        self._loop: tuple[float, float] | None = None
        self._is_playing = False
        self._began_seconds = 0.0  # clock time at which `_from_seconds` of the music plays
        self._from_seconds = 0.0
        self._sent_seconds = 0.0  # playback time up to which notes are sent

    @property
    def is_playing(self) -> bool:
        return self._is_playing

    @property
    def position_seconds(self) -> float:
        if not self._is_playing:
            return self._from_seconds
        return self._music_at(max(0.0, self._clock.now_seconds() - self._began_seconds))

    def load(self, clips: Sequence[Clip], time_map: TimeMap, length_ticks: int) -> None:
        """Replace the clips; playback continues at its position."""
        notes: list[_Sounding] = []
        parts = 0
        for clip in clips:
            channel = DRUM_CHANNEL if clip.is_drum else MELODIC_CHANNELS[parts % len(MELODIC_CHANNELS)]
            parts += not clip.is_drum
            for note in clip.notes:
                start, end = time_map.seconds_at(note.start_ticks), time_map.seconds_at(note.end_ticks)
                notes.append(_Sounding(start, end, channel, note.pitch, note.velocity))
        self._notes = sorted(notes, key=lambda note: note.start_seconds)
        self._starts = [note.start_seconds for note in self._notes]
        self._length_seconds = time_map.seconds_at(length_ticks)
        self._again()

    def play(self) -> None:
        """Start at the position, or at 0 from the end."""
        if self._is_playing:
            return
        if self._from_seconds >= self._length_seconds:
            self._from_seconds = 0.0
        self._is_playing = True
        self._begin(self._from_seconds)

    def pause(self) -> None:
        """Stop all notes and stay at the position."""
        self._from_seconds = self.position_seconds
        self._is_playing = False
        self._output.release_all()

    def seek(self, seconds: float) -> None:
        """Continue at that position, clamped to the music."""
        self._output.release_all()
        self._begin(min(max(0.0, seconds), self._length_seconds))

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Loop over [start, end) once it is reached; None ends the loop."""
        at = self.position_seconds
        self._loop = loop if loop is not None and loop[1] > loop[0] else None
        if self._is_playing:
            self._output.cancel_after(self._clock.now_seconds() + LEAD_SECONDS)
        self._begin(at)

    def send_due(self) -> None:
        """Send the notes that are due soon, and stop at the end."""
        if not self._is_playing:
            return
        played = self._clock.now_seconds() - self._began_seconds
        until = played + AHEAD_SECONDS
        self._output.play(*self._due(self._sent_seconds, until))
        self._sent_seconds = max(self._sent_seconds, until)
        if self._loop is None and self._from_seconds + played >= self._length_seconds:
            self._is_playing = False
            self._from_seconds = self._length_seconds

    def _again(self) -> None:
        if self._is_playing:
            now = self._clock.now_seconds()
            self._output.cancel_after(now + LEAD_SECONDS)
            self._sent_seconds = now + LEAD_SECONDS - self._began_seconds
            self.send_due()

    def _begin(self, seconds: float) -> None:
        self._from_seconds = seconds
        self._began_seconds = self._clock.now_seconds() + (LEAD_SECONDS if self._is_playing else 0.0)
        self._sent_seconds = 0.0
        self.send_due()

    def _passes(self) -> Iterator[tuple[float, float, float]]:
        """Stretches of playback: when each begins, and the start and end positions in the music."""
        at, music = 0.0, self._from_seconds
        while True:
            end = self._loop[1] if self._loop is not None and music < self._loop[1] else inf
            yield at, music, end
            if end == inf or self._loop is None:
                return
            at, music = at + end - music, self._loop[0]

    def _due(self, since: float, until: float) -> Iterator[TimedNote]:
        for at, music, end in self._passes():
            if at >= until:
                return
            first = bisect_left(self._starts, max(music, music + since - at))
            last = bisect_left(self._starts, min(end, music + until - at))
            shift = self._began_seconds + at - music
            for note in self._notes[first:last]:
                stops = min(note.end_seconds, end)
                yield TimedNote(
                    note.start_seconds + shift, stops + shift, note.channel, note.pitch, note.velocity
                )

    def _music_at(self, played: float) -> float:
        for at, music, end in self._passes():
            if played < at + end - music:
                return min(music + played - at, self._length_seconds)
        raise AssertionError("the last pass has no end")
