"""Read and write Standard MIDI Files without loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from musegen_daw import files
from musegen_daw.errors import MidiFileError
from musegen_daw.midi import smf
from musegen_daw.midi.clips import PlacedClip, by_name, placed_clips
from musegen_daw.midi.file_drums import FileDrums
from musegen_daw.midi.text import text_decoder
from musegen_daw.midi.tracks import conductor_events, song_tracks
from musegen_daw.music.clip import Clip, Marker, Song
from musegen_daw.music.parts import take_as_drums
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature

MAX_BYTES = 64 * 2**20
MAX_BARS_READ = 50_000
_LAST_TEXT = 0x0F  # meta events 01 to 0F are text (Standard MIDI Files 1.0)


@dataclass(frozen=True, slots=True)
class MidiSong:
    """A song with the file it was read from, so that drums can be added and everything else kept."""

    name: str
    song: Song
    _midi: smf.MidiData
    _placed: tuple[PlacedClip, ...]

    def taking_as_drums(self, selectors: Sequence[str]) -> MidiSong:
        """Treat the parts that `selectors` name (see `find_parts`) as drums; raises MidiFileError."""
        try:
            song = take_as_drums(self.song, selectors)
        except ValueError as error:
            raise MidiFileError(f"In {self.name} {error}.") from error
        return MidiSong(self.name, song, self._midi, self._placed)

    def with_drums(self, drums: Clip) -> bytes:
        """The file with `drums` in place of its own; all other events are kept. Raises MidiFileError.

        Unchanged tracks keep their bytes. A track of drums alone is removed, unless it holds tempo, meter or markers.
        """
        return self._built(self._drums.replaced(drums.at_ppq(self._midi.ppq)))

    def with_more_drums(self, written: Clip, *, alone: bool = False) -> bytes:
        """The file with `written` added to its drums; `alone` leaves everything else out.

        A file without drums gets a track of them. Raises MidiFileError.
        """
        written = written.at_ppq(self._midi.ppq)
        if not self._drums.has_drums:
            return self._built(self._drums.replaced(written))
        return self._built(self._drums.alone(written) if alone else self._drums.completed(written))

    def with_split_drums(self, names: Mapping[int, str]) -> bytes:
        """The file with a track for each piece of the kit, named by pitch; raises MidiFileError."""
        return self._built(self._drums.split(names))

    @property
    def _drums(self) -> FileDrums:
        return FileDrums(self._midi, self._placed, tuple(clip.is_drum for clip in self.song.clips))

    def _built(self, tracks: Sequence[smf.Track]) -> bytes:
        try:
            return smf.build(tracks, self._midi.ppq)
        except ValueError as error:
            raise MidiFileError(f"{self.name} with drums cannot be written as MIDI: {error}.") from error


def read_midi(path: Path) -> Song:
    """Raises MidiFileError."""
    return song_from_bytes(read_midi_bytes(path), str(path))


def read_midi_song(path: Path) -> MidiSong:
    """As `read_midi`, with the file."""
    return midi_song_from_bytes(read_midi_bytes(path), str(path))


def read_midi_bytes(path: Path) -> bytes:
    """Raises MidiFileError, also where the file is too large."""
    return files.read_bytes(path, MAX_BYTES, MidiFileError)


def write_midi(song: Song, path: Path) -> None:
    """Write `song` as a type 1 file, whole or not at all; raises MidiFileError."""
    files.write_bytes(path, song_to_bytes(song), MidiFileError)


def song_from_bytes(data: bytes, name: str) -> Song:
    """The song in the bytes of a .mid file; raises MidiFileError, with `name` in the message.

    Each track gives one clip per channel, bank and program, as long as the track; a program without notes gives an
    empty clip. Drums are those on channel 10, on channels that GM2, GS or XG make drums, and tracks whose name and
    pitches say so. Markers and cue points become markers. Repairs and guesses are in its remarks, a sentence each.
    """
    return midi_song_from_bytes(data, name).song


def midi_song_from_bytes(data: bytes, name: str) -> MidiSong:
    """As `song_from_bytes`, with the file."""
    if len(data) > MAX_BYTES:
        raise MidiFileError(f"{name} is too large to be read as MIDI.")
    try:
        midi = smf.parse(data)
    except ValueError as error:
        raise MidiFileError(f"{name} {error}.") from error
    metas = [event for track in midi.tracks for event in track.events if event[1] == smf.META]
    if len(metas) > smf.MAX_METAS:
        raise MidiFileError(f"{name} has more than {smf.MAX_METAS:,} tempi, meters, markers and texts.")
    text = text_decoder(payload for _, _, kind, _, payload in metas if 0 < kind <= _LAST_TEXT)
    tempos = (Tempo(ticks, int.from_bytes(payload)) for ticks, payload in _of_kind(metas, smf.TEMPO))
    meters = (
        TimeSignature(ticks, payload[0], 2 ** payload[1])
        for ticks, payload in _of_kind(metas, smf.TIME_SIGNATURE)
    )
    time_map = TimeMap(midi.ppq, tuple(tempos), tuple(meters))
    placed = tuple(placed_clips(midi, text))
    end_ticks = max((note.end_ticks for each in placed for note in each.clip.notes), default=0)
    if time_map.bar_count(end_ticks) > MAX_BARS_READ:
        raise MidiFileError(f"{name} has more than {MAX_BARS_READ:,} bars.")
    song = Song(
        tuple(each.clip for each in placed),
        time_map,
        tuple(_markers(metas, text)),
        tuple(_remarks(midi, placed, name)),
    )
    return MidiSong(name, song, midi, placed)


def song_to_bytes(song: Song, *, type0: bool = False, with_tempo: bool = True) -> bytes:
    """The bytes of a .mid file: type 1 with a conductor track, or type 0 with a single track.

    Without tempo and meter (`with_tempo=False`) a file can be dropped into a running Ableton Live set. Of nested
    notes of one pitch in one clip the ends are swapped: the format cannot tell them apart. Raises MidiFileError where
    the format cannot hold the song.
    """
    try:
        conductor = conductor_events(song) if with_tempo else []
        tracks = song_tracks(song)
        if type0:
            # Stable sort: each clip keeps its order, and conductor events come first at equal ticks.
            events = sorted((event for track in tracks for event in track.events), key=lambda event: event[0])
            merged = sorted([*conductor, *events], key=lambda event: event[0])
            return smf.build([smf.Track(tuple(merged), song.end_ticks)], song.time_map.ppq, file_type=0)
        conductor_tracks = [smf.Track(tuple(conductor), song.end_ticks)] if with_tempo or not tracks else []
        return smf.build([*conductor_tracks, *tracks], song.time_map.ppq)
    except ValueError as error:
        raise MidiFileError(f"The song cannot be written as MIDI: {error}.") from error


def _of_kind(metas: Sequence[smf.Event], wanted: int) -> Iterator[tuple[int, bytes]]:
    return ((ticks, payload) for ticks, _, kind, _, payload in metas if kind == wanted)


def _markers(metas: Sequence[smf.Event], text: Callable[[bytes], str]) -> Iterator[Marker]:
    kinds = smf.MARKER, smf.CUE_POINT
    found = {(ticks, text(payload)) for kind in kinds for ticks, payload in _of_kind(metas, kind)}
    return (Marker(ticks, name) for ticks, name in sorted(found))


def _remarks(midi: smf.MidiData, placed: Sequence[PlacedClip], name: str) -> Iterator[str]:
    if midi.repairs:
        yield f"{name} was repaired: {'; '.join(midi.repairs)}."
    guessed = [f"{clip.name!r} on channel {clip.channel}" for clip in by_name(placed)]
    if guessed:
        are = "is" if len(guessed) == 1 else "are"
        yield f"{name}: {', '.join(guessed)} {are} taken as drums, by name and pitches."
