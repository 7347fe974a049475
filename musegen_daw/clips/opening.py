"""Open .mid files as documents: parts on one time map, suitable parts selected, drums as the first take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from musegen_daw.clips.document import ClipDocument, MidiSource, Take
from musegen_daw.clips.edits import add_takes
from musegen_daw.drums.job import merged, primer_of
from musegen_daw.drums.request import DrumSettings
from musegen_daw.errors import MidiFileError
from musegen_daw.midi.file import read_midi_bytes, song_from_bytes
from musegen_daw.music.clip import Clip, Marker, Song
from musegen_daw.music.parts import LISTED_PROGRAMS, clip_bars, describe_strays, drop_strays
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature

FROM_FILE = "from the file"


def read_source(path: Path) -> MidiSource:
    """Raises MidiFileError."""
    return MidiSource(path.name, read_midi_bytes(path))


def open_clip(sources: Sequence[MidiSource], identity: int, settings: DrumSettings) -> ClipDocument:
    """A document of the files' parts, aligned at the start; their drums become its first take.

    Raises MidiFileError where a file cannot be read or there is no part to follow.
    """
    document, drums = _without_takes(sources, identity, settings)
    return add_takes(document, [Take.new(drums, FROM_FILE)]) if drums else document


def open_without_takes(sources: Sequence[MidiSource], identity: int, settings: DrumSettings) -> ClipDocument:
    """As `open_clip`, without a take of the drums in the files."""
    return _without_takes(sources, identity, settings)[0]


def add_sources(document: ClipDocument, sources: Sequence[MidiSource]) -> ClipDocument:
    """Add the parts of further files; raises MidiFileError."""
    every = (*document.sources, *sources)
    opened, _ = _without_takes(every, document.identity, document.settings)
    before = len(document.song.clips)
    added = frozenset(index for index in opened.followed if index >= before)
    return replace(
        document,
        sources=every,
        song=opened.song,
        bars=opened.bars,
        followed=document.followed | added,
    )


def set_primer(document: ClipDocument, source: MidiSource | None) -> ClipDocument:
    """Set a drum loop that the takes continue, or none; raises MidiFileError where it has no drums."""
    if source is None:
        return replace(document, primer_source=None, primer=None)
    primer = primer_of(song_from_bytes(source.data, source.name), document.ppq)
    if primer is None:
        raise MidiFileError(
            f"{source.name} has no drums: none of its tracks is known to be drums, and there is not only one."
        )
    return replace(document, primer_source=source, primer=primer)


def _without_takes(
    sources: Sequence[MidiSource], identity: int, settings: DrumSettings
) -> tuple[ClipDocument, Clip | None]:
    songs = [song_from_bytes(source.data, source.name) for source in sources]
    ppq = songs[0].time_map.ppq
    timed = next((song for song in songs if song.time_map.tempos), songs[0])
    parts = tuple(part.at_ppq(ppq) for song in songs for part in song.parts)
    names = " and ".join(source.name for source in sources)
    if not parts:
        raise MidiFileError(
            f"{names} has no instrument track with notes for the drums to follow; "
            "a drum loop can be dropped on the primer."
        )
    time_map = _at_ppq(timed.time_map, ppq)
    every = [clip.at_ppq(ppq) for song in songs for clip in (*song.parts, *song.drums)]
    near = drop_strays(time_map, every)
    drums = [clip for clip in near.clips if clip.is_drum and clip.notes]
    strays = (f"{names}: {describe_strays(near.strays)}.",) if near.strays else ()
    markers = {
        Marker(_rescaled(each.start_ticks, song.time_map.ppq, ppq), each.name)
        for song in songs
        for each in song.markers
    }
    listed = frozenset(index for index, part in enumerate(parts) if part.program in LISTED_PROGRAMS)
    document = ClipDocument(
        identity=identity,
        name=PurePath(sources[0].name).stem,
        sources=tuple(sources),
        song=Song(
            parts,
            time_map,
            tuple(sorted(markers, key=lambda marker: (marker.start_ticks, marker.name))),
            (*(remark for song in songs for remark in song.remarks), *strays),
        ),
        bars=clip_bars(time_map, [*parts, *drums]),
        followed=listed or frozenset(range(len(parts))),
        settings=settings,
    )
    return document, merged(drums) if drums else None


def _at_ppq(time_map: TimeMap, ppq: int) -> TimeMap:
    if time_map.ppq == ppq:
        return time_map

    def rescale(ticks: int) -> int:
        return _rescaled(ticks, time_map.ppq, ppq)

    return TimeMap(
        ppq,
        tuple(Tempo(rescale(tempo.start_ticks), tempo.quarter_microseconds) for tempo in time_map.tempos),
        tuple(
            TimeSignature(rescale(meter.start_ticks), meter.numerator, meter.denominator)
            for meter in time_map.time_signatures
        ),
    )


def _rescaled(ticks: int, ppq: int, to_ppq: int) -> int:
    return (2 * ticks * to_ppq + ppq) // (2 * ppq)
