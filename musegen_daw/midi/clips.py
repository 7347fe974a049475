"""Convert the tracks of a MIDI file to clips: notes and channel messages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from musegen_daw.midi import smf
from musegen_daw.midi.drum_channels import DrumChannels, SysEx, plays_drums
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.messages import ChannelMessage, MessageKind, Messages

BANK_COARSE, BANK_FINE = 0, 32
_FIRST_NON_NOTE = smf.KEY_PRESSURE  # lower statuses are notes
_NO_SOUND = (0, 0)

Sound = tuple[int, int]
"""(bank, program)"""
RawMessage = tuple[int, int, int, int]
"""(ticks, kind of message, first data byte, second data byte)"""
NoteEvent = tuple[int, int, Sound | None]
"""(ticks, velocity or 0 for a note-off, the sound that the track itself selected)"""


@dataclass(frozen=True, slots=True)
class PlacedClip:
    """A clip with the index of its track and its channel, which is 16 times the port plus the number from 0.

    `is_by_name` marks drums that were detected by the name and pitches of the track.
    """

    clip: Clip
    track: int
    channel: int
    is_by_name: bool = False


def placed_clips(midi: smf.MidiData, text: Callable[[bytes], str]) -> list[PlacedClip]:
    """All clips of a file, one per track, channel, bank and program; a program without notes gives an empty clip.

    A program that a track selects takes precedence over one that another track selects on its channel. Clips of one
    channel share their messages.
    """
    channels = _Channels(midi)
    return [clip for index in range(len(midi.tracks)) for clip in _of_track(midi, index, channels, text)]


class _Channel:
    """The messages of all tracks on one channel."""

    def __init__(self, raw: list[RawMessage]) -> None:
        raw.sort(key=itemgetter(0))
        self._raw = raw
        self._bank_choices: set[int] = set()
        self._messages: Messages | None = None
        coarse = fine = 0
        has_program = False
        pending: list[int] = []
        self._sounds: list[tuple[int, Sound]] = []
        for index, (ticks, kind, first, second) in enumerate(raw):
            if kind == smf.PROGRAM_CHANGE:
                has_program = True
                self._bank_choices.update(pending)
                pending.clear()
                self._sounds.append((ticks, (coarse << 7 | fine, first)))
            elif kind == smf.CONTROL_CHANGE and first in (BANK_COARSE, BANK_FINE):
                coarse, fine = (second, fine) if first == BANK_COARSE else (coarse, second)
                pending.append(index)
                if not has_program:
                    self._sounds.append((ticks, (coarse << 7 | fine, 0)))

    def sound_at(self, ticks: int) -> Sound:
        """Bank and program; a bank takes effect with the next program, before the first program at once."""
        index = bisect_right(self._sounds, ticks, key=itemgetter(0)) - 1
        return self._sounds[index][1] if index >= 0 else _NO_SOUND

    @property
    def messages(self) -> Messages:
        """All but programs and their bank selects; always the same object."""
        if self._messages is None:
            self._messages = Messages(
                _message(raw)
                for index, raw in enumerate(self._raw)
                if raw[1] != smf.PROGRAM_CHANGE and index not in self._bank_choices
            )
        return self._messages


_SILENT = _Channel([])


class _Channels:
    def __init__(self, midi: smf.MidiData) -> None:
        raw: dict[int, list[RawMessage]] = {}
        exclusive: list[SysEx] = []
        for track in midi.tracks:
            port = track.first_port
            for ticks, status, first, second, payload in track.events:
                if status < _FIRST_NON_NOTE:
                    continue
                if status < smf.SYSEX:
                    raw.setdefault(port | status & 0x0F, []).append((ticks, status & 0xF0, first, second))
                elif status == smf.SYSEX:
                    exclusive.append((ticks, port >> 4, payload))
                elif status == smf.META and first == smf.PORT and payload:
                    port = payload[0] << 4
        self._channels = {channel: _Channel(of_channel) for channel, of_channel in raw.items()}
        self.drums = DrumChannels(exclusive)

    def __getitem__(self, channel: int) -> _Channel:
        return self._channels.get(channel, _SILENT)


def _message(raw: RawMessage) -> ChannelMessage:
    ticks, kind, first, second = raw
    if kind == smf.CONTROL_CHANGE:
        return ChannelMessage(ticks, MessageKind.CONTROL_CHANGE, first, second)
    if kind == smf.PITCH_BEND:
        return ChannelMessage(ticks, MessageKind.PITCH_BEND, 0, second << 7 | first)
    if kind == smf.CHANNEL_PRESSURE:
        return ChannelMessage(ticks, MessageKind.CHANNEL_PRESSURE, 0, first)
    return ChannelMessage(ticks, MessageKind.KEY_PRESSURE, first, second)


class _OwnSounds:
    """The sounds that a track itself selects on its channels."""

    def __init__(self, channels: _Channels) -> None:
        self._channels = channels
        self._banks: dict[int, list[int]] = {}
        self.sounds: dict[int, Sound] = {}

    def bank(self, channel: int, controller: int, value: int) -> None:
        self._banks.setdefault(channel, [0, 0])[controller == BANK_FINE] = value

    def program(self, channel: int, ticks: int, program: int) -> None:
        own = self._banks.get(channel)
        bank = own[0] << 7 | own[1] if own else self._channels[channel].sound_at(ticks)[0]
        self.sounds[channel] = (bank, program)


def _of_track(
    midi: smf.MidiData, index: int, channels: _Channels, text: Callable[[bytes], str]
) -> list[PlacedClip]:
    track = midi.tracks[index]
    events: dict[tuple[int, int], list[NoteEvent]] = {}
    own = _OwnSounds(channels)
    sounds = own.sounds
    names: dict[int, bytes] = {}
    port = track.first_port
    for ticks, status, first, second, payload in track.events:
        if status < _FIRST_NON_NOTE:
            channel = port | status & 0x0F
            if status < smf.NOTE_ON or not second:
                event = (ticks, 0, None)
            else:
                event = (ticks, second, sounds.get(channel))
            of_pitch = events.get((channel, first))
            if of_pitch is None:
                events[channel, first] = [event]
            else:
                of_pitch.append(event)
        elif status < smf.SYSEX:
            message = status & 0xF0
            if message == smf.PROGRAM_CHANGE:
                own.program(port | status & 0x0F, ticks, first)
            elif message == smf.CONTROL_CHANGE and first in (BANK_COARSE, BANK_FINE):
                own.bank(port | status & 0x0F, first, second)
        elif status == smf.META:
            if first == smf.PORT and payload:
                port = payload[0] << 4
            elif first in (smf.TRACK_NAME, smf.INSTRUMENT_NAME) and payload:
                names.setdefault(first, payload)
    name = text(names.get(smf.TRACK_NAME) or names.get(smf.INSTRUMENT_NAME) or b"")
    notes = _notes(events, track.end_ticks, channels)
    if not notes:
        notes = {
            (channel, sound, channels.drums.of(channel, *sound, track.end_ticks)): []
            for channel, sound in sounds.items()
        }
    placed = [
        PlacedClip(
            Clip(
                tuple(of_clip), track.end_ticks, midi.ppq, name, sound[1], is_drum, sound[0],
                channels[channel].messages, (channel & 0x0F) + 1,
            ),
            index,
            channel,
        )
        for (channel, sound, is_drum), of_clip in sorted(notes.items(), key=itemgetter(0))
    ]  # fmt: skip
    return _by_name(placed)


def _by_name(placed: Sequence[PlacedClip]) -> list[PlacedClip]:
    """The clips of a track, as drums where it uses one channel and its name and pitches say so."""
    clips = [each.clip for each in placed]
    if len({each.channel for each in placed}) != 1 or any(clip.is_drum for clip in clips):
        return list(placed)
    if not plays_drums(clips[0].name, (note.pitch for clip in clips for note in clip.notes)):
        return list(placed)
    return [replace(each, clip=replace(each.clip, is_drum=True), is_by_name=True) for each in placed]


def _notes(
    events: dict[tuple[int, int], list[NoteEvent]], end_ticks: int, channels: _Channels
) -> dict[tuple[int, Sound, bool], list[Note]]:
    """The notes of a track by channel, sound and whether they are drums."""
    notes: dict[tuple[int, Sound, bool], list[Note]] = {}
    for (channel, pitch), of_pitch in events.items():
        own = channels[channel]
        is_steady = not channels.drums.changes(channel)
        last_sound, of_clip = None, list[Note]()
        for (start_ticks, velocity, sound), note_end_ticks in _paired(of_pitch, end_ticks):
            if sound is None:
                sound = own.sound_at(start_ticks)
            if sound is not last_sound or not is_steady:
                last_sound = sound
                is_drum = channels.drums.of(channel, *sound, start_ticks)
                of_clip = notes.setdefault((channel, sound, is_drum), [])
            of_clip.append(Note(pitch, velocity, start_ticks, note_end_ticks - start_ticks))
    return notes


def _paired(events: list[NoteEvent], end_ticks: int) -> Iterable[tuple[NoteEvent, int]]:
    """The note-ons of one pitch, each with its end: first on, first off, where every note has an end.

    Otherwise a note-off ends all notes that sound, and those left end with the track.
    """
    starts = [event for event in events if event[1]]
    ends = [event[0] for event in events if not event[1]]
    if len(starts) == len(ends) and all(start[0] <= end for start, end in zip(starts, ends, strict=True)):
        return zip(starts, ends, strict=True)
    paired: list[tuple[NoteEvent, int]] = []
    sounding: list[NoteEvent] = []
    for event in events:
        if event[1]:
            sounding.append(event)
        else:
            paired += [(start, event[0]) for start in sounding]
            sounding = []
    return paired + [(start, end_ticks) for start in sounding]


def by_name(placed: Iterable[PlacedClip]) -> list[Clip]:
    """One clip for each track that was detected as drums by name and pitches."""
    found = {each.track: each.clip for each in placed if each.is_by_name}
    return list(found.values())
