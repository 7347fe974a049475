"""Heard: a rolling record of what was played, in beats, and the parts cut from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from musegen_daw.jam.events import ALL_NOTES_OFF, ALL_SOUND_OFF, PROGRAM_CHANGE, SUSTAIN, MidiEvent
from musegen_daw.music.clip import Clip, Note

RESET_CONTROLLERS, LAST_MODE_MESSAGE = 121, 127
DEFAULT_KEEP_BEATS = 512.0
MAX_NOTES = 50_000
NEWEST_PER_BEAT = 64
"""More notes than hands, or an arpeggiator, play in a beat: what a flood is cut to where it is asked or drawn."""
_DISORDER_BEATS = 4.0  # by so much notes of several sources may be told out of the order of their ends
MAX_REPEATS = 8  # of one pitch that sound at once; a source that sends no note-offs must not fill the memory


@dataclass(frozen=True, slots=True)
class HeardNote:
    """One note as it was played; `end_beats` is None while it sounds."""

    source: str
    channel: int
    program: int
    pitch: int
    velocity: int
    start_beats: float
    end_beats: float | None = None


@dataclass(slots=True)
class _Sounding:
    note: HeardNote
    is_down: bool = True  # False: the key is up and the pedal holds the note


@dataclass(slots=True)
class _Channel:
    """One channel of one source; `sounding` has the notes by pitch, the oldest first."""

    program: int = 0
    pedal: bool = False
    sounding: dict[int, list[_Sounding]] = field(default_factory=dict)


class Heard:
    """What was played in the last `keep_beats`; only `channels` (0 to 15; None: all) are listened to.

    Overlapping notes of one pitch end in the order they began, as in a .mid file. The sustain pedal holds
    what it finds or catches until it is lifted or the pitch is struck again. CC 123 and the mode
    messages lift all keys, CC 120 silences, CC 121 lifts the pedal (MIDI 1.0). `programs` are the General
    MIDI programs of sources that send none, by source; of more than `max_notes` the oldest are forgotten.
    """

    def __init__(
        self,
        *,
        channels: frozenset[int] | None = None,
        keep_beats: float = DEFAULT_KEEP_BEATS,
        programs: dict[str, int] | None = None,
        max_notes: int = MAX_NOTES,
    ) -> None:
        self._filter = channels
        self._keep_beats = keep_beats
        self._programs = dict(programs or {})
        self._channels: dict[tuple[str, int], _Channel] = {}
        self._ended: deque[HeardNote] = deque(maxlen=max_notes)
        self.last_onset_beats: float | None = None

    def feed(self, event: MidiEvent, beats: float, source: str = "") -> bool:
        """Take a message played at `beats`; returns whether it began a note. System messages are ignored."""
        number = event.channel
        if number is None or len(event.data) < 2 or (self._filter is not None and number not in self._filter):
            return False
        channel = self._channel(source, number)
        first = event.data[1] & 0x7F
        if event.kind == PROGRAM_CHANGE:
            channel.program = first
        elif event.is_note_on:
            velocity = event.data[2] & 0x7F
            self._strike(channel, HeardNote(source, number, channel.program, first, max(1, velocity), beats))
        elif event.is_note_off:
            self._lift(channel, first, beats)
        elif event.is_control:
            self._control(channel, first, event.data[2], beats)
        return event.is_note_on

    def release(self, beats: float, source: str | None = None) -> None:
        """End all that sounds, of one source or of all."""
        for (of_source, _), channel in self._channels.items():
            if source is None or source == of_source:
                self._silence(channel, beats)

    def forget(self) -> None:
        self._channels.clear()
        self._ended.clear()
        self.last_onset_beats = None

    @property
    def sounding(self) -> int:
        return sum(len(notes) for channel in self._channels.values() for notes in channel.sounding.values())

    def sounded(self, start_beats: float, end_beats: float) -> bool:
        """Whether any note sounded within [start_beats, end_beats)."""
        if any(
            each.note.start_beats < end_beats
            for channel in self._channels.values()
            for notes in channel.sounding.values()
            for each in notes
        ):
            return True
        for note in reversed(self._ended):
            if note.end_beats is None or note.end_beats <= start_beats:
                return False
            if note.start_beats < end_beats:
                return True
        return False

    def notes(self, start_beats: float, end_beats: float) -> Iterator[HeardNote]:
        """The notes that began within [start_beats, end_beats): what sounds, then what ended, the newest first."""
        for channel in self._channels.values():
            for notes in channel.sounding.values():
                for each in notes:
                    if start_beats <= each.note.start_beats < end_beats:
                        yield each.note
        for note in reversed(self._ended):
            if start_beats <= note.start_beats < end_beats:
                yield note
            elif note.end_beats is not None and note.end_beats < start_beats - _DISORDER_BEATS:
                return

    def newest(self, start_beats: float, end_beats: float) -> Iterator[HeardNote]:
        """The notes that began within [start_beats, end_beats), at most `NEWEST_PER_BEAT` a beat on average."""
        return islice(
            self.notes(start_beats, end_beats), max(0, round(NEWEST_PER_BEAT * (end_beats - start_beats)))
        )

    def parts(
        self, start_beats: float, end_beats: float, ppq: int, *, is_whole: bool = False
    ) -> tuple[Clip, ...]:
        """The newest of those notes, or all, as clips: one for each source, channel and program, all to `end_beats`.

        Ticks count from beat 0; what still sounds, or sounded on, is cut at `end_beats`, and what was struck just
        ahead of beat 0 begins there.
        """
        length_ticks = max(0, round(end_beats * ppq))
        clips: dict[tuple[str, int, int], list[Note]] = {}
        taken = self.notes if is_whole else self.newest
        for heard in taken(start_beats, end_beats):
            start_ticks = min(max(0, round(heard.start_beats * ppq)), max(0, length_ticks - 1))
            end = end_beats if heard.end_beats is None else min(heard.end_beats, end_beats)
            duration_ticks = max(1, round(end * ppq) - start_ticks)
            note = Note(heard.pitch, heard.velocity, start_ticks, duration_ticks)
            clips.setdefault((heard.source, heard.channel, heard.program), []).append(note)
        return tuple(
            Clip(tuple(notes), length_ticks, ppq, source, program)
            for (source, _, program), notes in sorted(clips.items(), key=lambda clip: clip[0])
        )

    def _channel(self, source: str, number: int) -> _Channel:
        key = source, number
        if key not in self._channels:
            self._channels[key] = _Channel(self._programs.get(source, 0))
        return self._channels[key]

    def _strike(self, channel: _Channel, note: HeardNote) -> None:
        notes = channel.sounding.setdefault(note.pitch, [])
        held = [each for each in notes if not each.is_down]
        surplus = [each for each in notes if each.is_down][: max(0, len(notes) - len(held) + 1 - MAX_REPEATS)]
        for each in (*held, *surplus):
            notes.remove(each)
            self._end(each.note, note.start_beats)
        notes.append(_Sounding(note))
        if self.last_onset_beats is None or note.start_beats > self.last_onset_beats:
            self.last_onset_beats = note.start_beats
        self._prune(note.start_beats)

    def _lift(self, channel: _Channel, pitch: int, beats: float) -> None:
        notes = channel.sounding.get(pitch, [])
        down = next((each for each in notes if each.is_down), None)
        if down is None:
            return
        down.is_down = False
        if not channel.pedal:
            notes.remove(down)
            self._end(down.note, beats)

    def _control(self, channel: _Channel, number: int, value: int, beats: float) -> None:
        if number == SUSTAIN:
            channel.pedal = value >= 64
        elif number == RESET_CONTROLLERS:
            channel.pedal = False
        elif number == ALL_SOUND_OFF:
            self._silence(channel, beats)
        elif ALL_NOTES_OFF <= number <= LAST_MODE_MESSAGE:
            for notes in channel.sounding.values():
                for each in notes:
                    each.is_down = False
        if not channel.pedal:
            self._drop_lifted(channel, beats)

    def _drop_lifted(self, channel: _Channel, beats: float) -> None:
        for notes in channel.sounding.values():
            for each in [each for each in notes if not each.is_down]:
                notes.remove(each)
                self._end(each.note, beats)

    def _silence(self, channel: _Channel, beats: float) -> None:
        for notes in channel.sounding.values():
            for each in notes:
                self._end(each.note, beats)
        channel.sounding.clear()

    def _end(self, note: HeardNote, beats: float) -> None:
        self._ended.append(replace(note, end_beats=max(beats, note.start_beats)))

    def _prune(self, now_beats: float) -> None:
        """Forget what ended too long ago; the oldest are in front."""
        oldest_beats = now_beats - self._keep_beats
        while self._ended and (self._ended[0].end_beats or 0.0) < oldest_beats:
            self._ended.popleft()
