"""Meta events of the bytes of a .mid: markers put in, or everything but the notes taken out."""

from __future__ import annotations

from collections.abc import Sequence

from musegen_daw.errors import MidiFileError
from musegen_daw.midi import smf
from musegen_daw.midi.clips import BANK_COARSE, BANK_FINE
from musegen_daw.music.clip import Marker

_SINGLE_TRACK, _SEVERAL_TRACKS = 0, 1


def without_meta(data: bytes) -> bytes:
    """A .mid without tempo, meter, names, markers, SysEx and programs; the end of each track stays where it is.

    A DAW has nothing to ask when it imports it. Tracks without anything else are left out. Raises MidiFileError.
    """
    midi = _parsed(data)
    tracks = [
        track.with_events(event for event in track.events if not _says_more_than_notes(event))
        for track in midi.tracks
    ]
    sounding = [track for track in tracks if track.events] or tracks[:1]
    return _built(sounding, midi.ppq, _SINGLE_TRACK if len(sounding) == 1 else _SEVERAL_TRACKS)


def with_markers(data: bytes, markers: Sequence[Marker]) -> bytes:
    """A .mid with these markers in its first track; raises MidiFileError."""
    midi = _parsed(data)
    if not markers or not midi.tracks:
        return data
    first, *others = midi.tracks
    added = [
        (marker.start_ticks, smf.META, smf.MARKER, 0, marker.name.encode("utf-8", "replace"))
        for marker in markers
    ]
    events = sorted([*added, *first.events], key=lambda event: event[0])
    end_ticks = max(first.end_ticks, *(event[0] for event in added))
    return _built([smf.Track(tuple(events), end_ticks), *others], midi.ppq, _SEVERAL_TRACKS)


def _says_more_than_notes(event: smf.Event) -> bool:
    _, status, first, _, _ = event
    if status >= smf.SYSEX or status & 0xF0 == smf.PROGRAM_CHANGE:
        return True
    return status & 0xF0 == smf.CONTROL_CHANGE and first in (BANK_COARSE, BANK_FINE)


def _parsed(data: bytes) -> smf.MidiData:
    try:
        return smf.parse(data)
    except ValueError as error:
        raise MidiFileError(f"The MIDI data {error}.") from error


def _built(tracks: Sequence[smf.Track], ppq: int, file_type: int) -> bytes:
    try:
        return smf.build(tracks, ppq, file_type=file_type)
    except ValueError as error:
        raise MidiFileError(f"The song cannot be written as MIDI: {error}.") from error
