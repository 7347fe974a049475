"""REAPER project files and track templates, with the MIDI of every track in them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from musegen_daw.daw.tempo import shortest_bpm
from musegen_daw.midi import smf
from musegen_daw.midi.tracks import song_tracks
from musegen_daw.music.clip import Clip, Song
from musegen_daw.music.time import TimeMap, TimeSignature

PROJECT_SUFFIX, TEMPLATE_SUFFIX = ".rpp", ".rtracktemplate"
PPQ = 960
"""REAPER's own ticks a quarter note."""
_ALL_NOTES_OFF = 0x7B
_SQUARE = 1  # a tempo holds until the next
_SETS_METER_AND_TEMPO, _MAY_CUT_A_BAR = 1, 4
_NAMESPACE = uuid.UUID("5f1c1a0e-6d0b-5b5e-9a55-0d6c2f4f7a11")


def song_to_rpp(song: Song) -> bytes:
    """The bytes of a REAPER project with one track for each clip, tempo, meter and markers.

    Raises ValueError where the song has more tracks or tempi than MIDI can hold. Source: the state chunk format of
    the Cockos wiki (`StateChunkAndRppMidiFormat`).
    """
    return _joined(_project(song))


def song_to_track_template(song: Song) -> bytes:
    """The bytes of a REAPER track template: the tracks with their MIDI, placed at the tempo of the song."""
    return _joined(_tracks(song))


def _joined(lines: Iterator[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _project(song: Song) -> Iterator[str]:
    numerator, denominator = next(
        ((meter.numerator, meter.denominator) for meter in reversed(song.time_map.time_signatures)
         if meter.start_ticks <= 0),
        (4, 4),
    )  # fmt: skip
    yield '<REAPER_PROJECT 0.1 "6.0" 0'
    yield f"  TEMPO {_bpm(song.time_map, 0)} {numerator} {denominator}"
    points = list(_tempo_points(song))
    if len(points) > 1:
        yield "  <TEMPOENVEX"
        yield "    ACT 1 -1"
        yield "    DEFSHAPE 1 -1 -1"
        yield from (f"    {point}" for point in points)
        yield "  >"
    for number, marker in enumerate(sorted(song.markers, key=lambda marker: marker.start_ticks), 1):
        seconds = song.time_map.seconds_at(marker.start_ticks)
        yield f"  MARKER {number} {seconds:.12f} {_quoted(marker.name)} 0"
    yield from (f"  {line}" for line in _tracks(song))
    yield ">"


def _tempo_points(song: Song) -> Iterator[str]:
    """A point for every tick at which tempo or meter changes; a meter is the denominator times 65536 plus numerator."""
    time_map = song.time_map
    meters = {max(0, each.start_ticks): each for each in time_map.time_signatures}
    meters = {0: TimeSignature(0, 4, 4), **meters}
    ticks = {*meters, *(max(0, tempo.start_ticks) for tempo in time_map.tempos)}
    former = TimeSignature(0, 4, 4)
    for tick in sorted(each for each in ticks if each < max(1, song.end_ticks)):
        start = f"{time_map.seconds_at(tick):.12f} {_bpm(time_map, tick)} {_SQUARE}"
        meter = meters.get(tick)
        if meter is None:
            yield f"PT {start}"
            continue
        bar_ticks = time_map.bar_ticks(former.numerator, former.denominator)
        is_cut = (tick - max(0, former.start_ticks)) % bar_ticks != 0
        flags = _SETS_METER_AND_TEMPO | (_MAY_CUT_A_BAR if is_cut else 0)
        yield f"PT {start} {meter.denominator * 65_536 + meter.numerator} 0 {flags}"
        former = meter


def _bpm(time_map: TimeMap, tick: int) -> str:
    return f"{shortest_bpm(round(60e6 / time_map.bpm_at(tick))):.10g}"


def _tracks(song: Song) -> Iterator[str]:
    clips = tuple(clip.at_ppq(PPQ) for clip in song.clips)
    at_reaper = Song(clips, TimeMap(PPQ))  # for the events alone: times in seconds are those of `song`
    length_seconds = song.time_map.seconds_at(song.end_ticks)
    for index, (clip, track) in enumerate(zip(clips, song_tracks(at_reaper), strict=True)):
        name = _quoted(clip.name or ("Drums" if clip.is_drum else f"Track {index + 1}"))
        yield f"<TRACK {_guid('track', index, clip)}"
        yield f"  NAME {name}"
        yield "  <ITEM"
        yield "    POSITION 0"
        yield f"    LENGTH {length_seconds:.12f}"
        yield "    LOOP 0"
        yield f"    NAME {name}"
        yield "    <SOURCE MIDI"
        yield f"      HASDATA 1 {PPQ} QN"
        yield from (f"      {event}" for event in _events(track, at_reaper.end_ticks))
        yield "    >"
        yield "  >"
        yield ">"


def _events(track: smf.Track, end_ticks: int) -> Iterator[str]:
    """A line for each channel message, its ticks counted from the one before; the last one ends the source."""
    former = 0
    for ticks, status, first, second, _ in track.events:
        if status < smf.SYSEX:
            yield f"E {ticks - former} {status:02x} {first:02x} {second:02x}"
            former = ticks
    yield f"E {end_ticks - former} b0 {_ALL_NOTES_OFF:02x} 00"


def _guid(kind: str, index: int, clip: Clip) -> str:
    """The same for the same project, so that it can be compared."""
    return "{" + str(uuid.uuid5(_NAMESPACE, f"{kind} {index} {clip.name}")).upper() + "}"


def _quoted(text: str) -> str:
    """In the quotes that the text does not hold; backticks are replaced where it holds all three kinds."""
    text = " ".join(text.split())
    for quote in "\"'`":
        if quote not in text:
            return f"{quote}{text}{quote}"
    return "`" + text.replace("`", "'") + "`"
