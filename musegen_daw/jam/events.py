"""Timed MIDI messages as bytes (MIDI 1.0 Detailed Specification)."""

from __future__ import annotations

from dataclasses import dataclass

NOTE_OFF, NOTE_ON, CONTROL_CHANGE, PROGRAM_CHANGE = 0x80, 0x90, 0xB0, 0xC0
SONG_POSITION, CLOCK, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC
SUSTAIN, ALL_SOUND_OFF, ALL_NOTES_OFF = 64, 120, 123

CLOCKS_PER_BEAT = 24
SIXTEENTHS_PER_BEAT = 4
MAX_SONG_POSITION = 0x3FFF


@dataclass(frozen=True, slots=True)
class MidiEvent:
    """One complete MIDI message and the time it arrived or is due, in the seconds of a `Clock`."""

    time_seconds: float
    data: bytes

    @property
    def kind(self) -> int:
        """The status byte, without the channel where it has one; 0 for an empty message."""
        status = self.data[0] if self.data else 0
        return status & 0xF0 if status < 0xF0 else status

    @property
    def channel(self) -> int | None:
        """The channel from 0 to 15, None for a system message."""
        return self.data[0] & 0x0F if self.data and 0x80 <= self.data[0] < 0xF0 else None

    @property
    def is_note_on(self) -> bool:
        return self.kind == NOTE_ON and len(self.data) == 3 and self.data[2] > 0

    @property
    def is_note_off(self) -> bool:
        """A note-off, or a note-on of velocity 0."""
        return len(self.data) == 3 and (self.kind == NOTE_OFF or (self.kind == NOTE_ON and self.data[2] == 0))

    @property
    def is_control(self) -> bool:
        return self.kind == CONTROL_CHANGE and len(self.data) == 3

    @property
    def is_note(self) -> bool:
        return self.is_note_on or self.is_note_off

    @property
    def program(self) -> int | None:
        """The program, 0 to 127, that a message changes to."""
        return self.data[1] & 0x7F if self.kind == PROGRAM_CHANGE and len(self.data) == 2 else None

    @property
    def is_time(self) -> bool:
        """Clock, start, continue, stop or song position."""
        return self.kind in (CLOCK, START, CONTINUE, STOP, SONG_POSITION)


@dataclass(frozen=True, slots=True)
class TimedNote:
    """A note to send: on at `start_seconds`, off at `end_seconds`, on a channel from 0 to 15."""

    start_seconds: float
    end_seconds: float
    channel: int
    pitch: int
    velocity: int

    def __post_init__(self) -> None:
        if not self.start_seconds <= self.end_seconds < float("inf"):
            raise ValueError(
                f"a note cannot end at {self.end_seconds} s when it starts at {self.start_seconds} s"
            )
        _check(self.channel, 15, "a channel")
        _check(self.pitch, 127, "a pitch")
        if not 1 <= self.velocity <= 127:
            raise ValueError(f"a velocity must be within 1..127, got {self.velocity}")


def note_on(channel: int, pitch: int, velocity: int) -> bytes:
    """The channel is 0 to 15; raises ValueError for a value out of range."""
    return _channel_message(NOTE_ON, channel, pitch, velocity)


def note_off(channel: int, pitch: int) -> bytes:
    """The channel is 0 to 15; the release velocity is 64, which means none."""
    return _channel_message(NOTE_OFF, channel, pitch, 64)


def control_change(channel: int, number: int, value: int) -> bytes:
    """The channel is 0 to 15; raises ValueError for a value out of range."""
    return _channel_message(CONTROL_CHANGE, channel, number, value)


def program_change(channel: int, program: int) -> bytes:
    """The channel is 0 to 15, the program 0 to 127; raises ValueError for a value out of range."""
    _check(channel, 15, "a channel")
    _check(program, 127, "a program")
    return bytes((PROGRAM_CHANGE | channel, program))


def song_position(sixteenths: int) -> bytes:
    """In sixteenths from the start; raises ValueError above 16,383."""
    _check(sixteenths, MAX_SONG_POSITION, "a song position")
    return bytes((SONG_POSITION, sixteenths & 0x7F, sixteenths >> 7))


def _channel_message(kind: int, channel: int, first: int, second: int) -> bytes:
    _check(channel, 15, "a channel")
    _check(first, 127, "a data byte")
    _check(second, 127, "a data byte")
    return bytes((kind | channel, first, second))


def _check(value: int, highest: int, what: str) -> None:
    if not 0 <= value <= highest:
        raise ValueError(f"{what} must be within 0..{highest}, got {value}")
