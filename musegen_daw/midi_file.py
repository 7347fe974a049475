"""Songs in .mid files: what is heard comes back to the tick, and every malformed file ends in one sentence."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from musegen_daw import files, smf
from musegen_daw.core.clip import Clip, Marker, Note, Song
from musegen_daw.core.time import Tempo, TimeMap, TimeSignature
from musegen_daw.errors import MidiFileError

MAX_BYTES = 64 * 2**20
DRUM_CHANNEL = 9
MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
MAX_DENOMINATOR_POWER = 8
MARKER, CUE_POINT = 0x06, 0x07  # meta events (Standard MIDI Files 1.0)


def read_midi(path: Path) -> Song:
    """The song in the file at `path`; raises MidiFileError naming it."""
    return song_from_bytes(read_midi_bytes(path), str(path))


def read_midi_bytes(path: Path) -> bytes:
    """The bytes of a file small enough to be MIDI; raises MidiFileError naming it."""
    return files.read_bytes(path, MAX_BYTES, MidiFileError)


def write_midi(song: Song, path: Path) -> None:
    """Write `song` as a type 1 file, whole or not at all; raises MidiFileError naming `path`."""
    files.write_bytes(path, song_to_bytes(song), MidiFileError)


def song_from_bytes(data: bytes, name: str) -> Song:
    """The song in the bytes of a .mid file; `name` stands for the file in the MidiFileError raised.

    Every track gives one clip for each channel and program it plays, so drums (channel 10) are always
    apart; a clip is as long as its track. A track with a program but no notes gives an empty clip.
    Markers and cue points become the markers of the song.
    """
    midi = _parse(data, name)
    try:
        time_map = TimeMap(midi.ppq, tuple(_tempos(midi)), tuple(_time_signatures(midi)))
    except ValueError as error:
        raise MidiFileError(f"{name} is damaged: {error}.") from error
    programs = _Programs(midi)
    clips = [clip for track in midi.tracks for clip in _clips(track, midi.ppq, programs)]
    return Song(tuple(clips), time_map, tuple(_markers(midi)))


def song_to_bytes(song: Song, *, type0: bool = False, with_tempo: bool = True) -> bytes:
    """The bytes of a .mid file: type 1 with a conductor track, or type 0 with all in a single track.

    Without tempo and meter (`with_tempo=False`) a file can be dropped into a running Ableton Live set.
    Two notes of one pitch in one clip, the second within the first, come back with their ends swapped:
    the format cannot tell them apart. Raises MidiFileError where the format cannot hold the song.
    """
    try:
        conductor = list(_conductor_events(song)) if with_tempo else []
        tracks = [
            _clip_track(clip, *place) for clip, place in zip(song.clips, _places(song.clips), strict=True)
        ]
        if type0:
            # Stable, so each clip's own order holds; events of the conductor come first at their tick.
            events = sorted((event for track in tracks for event in track.events), key=lambda event: event[0])
            merged = sorted([*conductor, *events], key=lambda event: event[0])
            return smf.build([smf.Track(tuple(merged), song.end_ticks)], song.time_map.ppq, file_type=0)
        conductor_tracks = [smf.Track(tuple(conductor), song.end_ticks)] if with_tempo or not tracks else []
        return smf.build([*conductor_tracks, *tracks], song.time_map.ppq)
    except ValueError as error:
        raise MidiFileError(f"The song cannot be written as MIDI: {error}.") from error


def add_drums(data: bytes, name: str, drums: Clip) -> bytes:
    """The file in `data` with `drums` in place of its own: every other event stays as it is, to the tick.

    A track that only played drums is left out, unless it also holds tempo, meter or markers. Raises MidiFileError.
    """
    midi = _parse(data, name)
    kept = [track for track in map(_without_drums, midi.tracks) if track is not None]
    try:
        return smf.build([*kept, _clip_track(drums.at_ppq(midi.ppq), DRUM_CHANNEL, 0)], midi.ppq)
    except ValueError as error:
        raise MidiFileError(f"{name} with drums cannot be written as MIDI: {error}.") from error


def _parse(data: bytes, name: str) -> smf.MidiData:
    if len(data) > MAX_BYTES:
        raise MidiFileError(f"{name} is too large to be read as MIDI.")
    try:
        return smf.parse(data)
    except ValueError as error:
        raise MidiFileError(f"{name} {error}.") from error


def _metas(midi: smf.MidiData, kind: int) -> Iterator[tuple[int, bytes]]:
    for track in midi.tracks:
        for ticks, status, first, _, payload in track.events:
            if status == smf.META and first == kind:
                yield ticks, payload


def _tempos(midi: smf.MidiData) -> Iterator[Tempo]:
    for ticks, payload in _metas(midi, smf.TEMPO):
        if len(payload) != 3:
            raise ValueError(f"the tempo at tick {ticks} has {len(payload)} bytes instead of 3")
        yield Tempo(ticks, int.from_bytes(payload))


def _time_signatures(midi: smf.MidiData) -> Iterator[TimeSignature]:
    for ticks, payload in _metas(midi, smf.TIME_SIGNATURE):
        if len(payload) < 2 or payload[1] > MAX_DENOMINATOR_POWER:
            raise ValueError(f"the time signature at tick {ticks} is impossible")
        yield TimeSignature(ticks, payload[0], 2 ** payload[1])


def _markers(midi: smf.MidiData) -> list[Marker]:
    found = {(ticks, _text(payload)) for kind in (MARKER, CUE_POINT) for ticks, payload in _metas(midi, kind)}
    return [Marker(ticks, name) for ticks, name in sorted(found)]


class _Programs:
    """The program a channel has by the program changes of all tracks, for tracks that set none themselves."""

    def __init__(self, midi: smf.MidiData) -> None:
        changes: dict[int, list[tuple[int, int]]] = {}
        for track in midi.tracks:
            for ticks, status, first, _, _ in track.events:
                if status & 0xF0 == smf.PROGRAM_CHANGE:
                    changes.setdefault(status & 0x0F, []).append((ticks, first))
        self._changes = {channel: sorted(of_channel) for channel, of_channel in changes.items()}

    def at(self, channel: int, ticks: int) -> int:
        changes = self._changes.get(channel, [])
        index = bisect_right(changes, (ticks, 127)) - 1
        return changes[index][1] if index >= 0 else 0


def _clips(track: smf.Track, ppq: int, programs: _Programs) -> Iterator[Clip]:
    # (channel, pitch) -> (ticks, velocity, program) in order; velocity 0 ends a note
    strokes: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    own_programs: dict[int, int] = {}
    name = ""
    for ticks, status, first, second, payload in track.events:
        message = status & 0xF0
        if message == smf.NOTE_ON or message == smf.NOTE_OFF:
            channel = status & 0x0F
            velocity = second if message == smf.NOTE_ON else 0
            program = own_programs.get(channel, -1) if velocity else 0
            if program < 0:
                program = programs.at(channel, ticks)
            strokes.setdefault((channel, first), []).append((ticks, velocity, program))
        elif message == smf.PROGRAM_CHANGE:
            own_programs[status & 0x0F] = first
        elif status == smf.META and first == smf.TRACK_NAME and not name:
            name = _text(payload)
    notes: dict[tuple[int, int], list[Note]] = {}
    for (channel, pitch), of_pitch in strokes.items():
        for (start_ticks, velocity, program), end_ticks in _paired(of_pitch, track.end_ticks):
            note = Note(pitch, velocity, start_ticks, end_ticks - start_ticks)
            notes.setdefault((channel, program), []).append(note)
    if not notes:
        notes = {(channel, program): [] for channel, program in own_programs.items()}
    for (channel, program), of_clip in sorted(notes.items(), key=lambda item: item[0]):
        yield Clip(tuple(of_clip), track.end_ticks, ppq, name, program, channel == DRUM_CHANNEL)


def _paired(
    strokes: list[tuple[int, int, int]], end_ticks: int
) -> Iterable[tuple[tuple[int, int, int], int]]:
    """The note-ons of one pitch, each with its end: first on, first off, where every note has an end.

    Where some have none, an off ends all that sound, as on an instrument, and the rest end with the track.
    """
    starts = [stroke for stroke in strokes if stroke[1]]
    ends = [stroke[0] for stroke in strokes if not stroke[1]]
    if len(starts) == len(ends) and all(start[0] <= end for start, end in zip(starts, ends, strict=True)):
        return zip(starts, ends, strict=True)
    paired: list[tuple[tuple[int, int, int], int]] = []
    sounding: list[tuple[int, int, int]] = []
    for stroke in strokes:
        if stroke[1]:
            sounding.append(stroke)
        else:
            paired += [(start, stroke[0]) for start in sounding]
            sounding = []
    return paired + [(start, end_ticks) for start in sounding]


def _text(payload: bytes) -> str:
    try:
        return payload.decode("utf-8").rstrip("\0")
    except UnicodeDecodeError:
        return payload.decode("latin-1").rstrip("\0")


def _conductor_events(song: Song) -> Iterator[smf.Event]:
    events: list[smf.Event] = []
    time_map = song.time_map
    for tempo in time_map.tempos:
        if tempo.quarter_microseconds > 0xFF_FFFF:
            raise ValueError(f"a tempo of {tempo.bpm:.2f} BPM is too slow")
        payload = tempo.quarter_microseconds.to_bytes(3)
        events.append((tempo.start_ticks, smf.META, smf.TEMPO, 0, payload))
    for meter in time_map.time_signatures:
        power = meter.denominator.bit_length() - 1
        if meter.denominator != 2**power or power > MAX_DENOMINATOR_POWER or meter.numerator > 255:
            raise ValueError(f"it has no time signature {meter.numerator}/{meter.denominator}")
        payload = bytes((meter.numerator, power, 24, 8))
        events.append((meter.start_ticks, smf.META, smf.TIME_SIGNATURE, 0, payload))
    for marker in song.markers:
        payload = marker.name.encode("utf-8", "replace")
        events.append((marker.start_ticks, smf.META, MARKER, 0, payload))
    return iter(sorted(events, key=lambda event: event[0]))


def _places(clips: Iterable[Clip]) -> Iterator[tuple[int, int]]:
    """A (channel, port) for each clip: parts get a channel of their own, and further ports when all are taken."""
    part_count = 0
    for clip in clips:
        if clip.is_drum:
            yield DRUM_CHANNEL, 0
        else:
            yield MELODIC_CHANNELS[part_count % 15], part_count // 15
            part_count += 1


def _clip_track(clip: Clip, channel: int, port: int) -> smf.Track:
    head: list[smf.Event] = []
    if clip.name:
        head.append((0, smf.META, smf.TRACK_NAME, 0, clip.name.encode("utf-8", "replace")))
    if port:
        head.append((0, smf.META, smf.PORT, 0, bytes((port,))))
    head.append((0, smf.PROGRAM_CHANGE | channel, clip.program, 0, b""))
    # At one tick: first the ends of earlier notes, then starts, then the ends of notes of no length.
    strokes: list[tuple[int, int, int, smf.Event]] = []
    for index, note in enumerate(clip.notes):
        on = (note.start_ticks, smf.NOTE_ON | channel, note.pitch, note.velocity, b"")
        off = (note.end_ticks, smf.NOTE_OFF | channel, note.pitch, 64, b"")
        strokes.append((note.start_ticks, 1, index, on))
        strokes.append((note.end_ticks, 0 if note.duration_ticks else 2, index, off))
    strokes.sort(key=lambda stroke: stroke[:3])
    return smf.Track((*head, *(stroke[3] for stroke in strokes)), clip.end_ticks)


def _without_drums(track: smf.Track) -> smf.Track | None:
    kept: list[smf.Event] = []
    plays_drums = plays_else = has_time = False
    for event in track.events:
        _, status, first, _, _ = event
        if status < smf.SYSEX and status & 0x0F == DRUM_CHANNEL:
            plays_drums = True
            continue
        kept.append(event)
        plays_else = plays_else or status < smf.SYSEX
        kinds = smf.TEMPO, smf.TIME_SIGNATURE, MARKER, CUE_POINT
        has_time = has_time or (status == smf.META and first in kinds)
    if plays_drums and not plays_else and not has_time:
        return None
    return replace(track, events=tuple(kept))
