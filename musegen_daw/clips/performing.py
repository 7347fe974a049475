"""What is played and written of a document: the hits with swing, feel and drum map, with the parts or alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from musegen_daw.clips.document import ClipDocument
from musegen_daw.errors import ProjectError
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.drum_maps import apply_drum_map
from musegen_daw.music.groove import humanise, swing
from musegen_daw.music.parts import without_strays


class Profile(Enum):
    """How the drums are written as a .mid, by the program that they are dragged into.

    Ableton Live asks whether to take over the tempo of a file that has one, so it gets none; it writes and reads a
    single track, and the clip is as long as the track. REAPER asks what to do with a file of several tracks, so it
    gets a single one, with tempo and meter. The others read what the Standard MIDI File specification calls type 1:
    a track of tempo and meter, then the drums.
    """

    LIVE = "Ableton Live"
    REAPER = "REAPER"
    OTHERS = "Others"


def performed(document: ClipDocument) -> Clip:
    """The drums as they are heard: swung, humanised, General MIDI pitches; no hit outlasts the next of its pitch."""
    drums = swing(document.drums, document.swing_ratio)
    take = document.take
    if document.humanise_amount and take is not None:
        bar_ticks = document.bars[0].length_ticks
        drums = humanise(drums, document.humanise_amount, seed=take.seed or 0, bar_ticks=bar_ticks)
    end_ticks = document.end_ticks
    notes = [replace(note, start_ticks=min(note.start_ticks, end_ticks - 1)) for note in drums.notes]
    return document.empty_drums.with_notes(_without_overlap(notes, end_ticks))


def mapped(document: ClipDocument) -> Clip:
    """The drums as they are sent and written: as they are heard, at the pitches of the drum map."""
    drums = apply_drum_map(performed(document), document.drum_map)
    return drums.with_notes(_without_overlap(drums.notes, document.end_ticks))


def mix(document: ClipDocument) -> Song:
    """All parts and the drums as they are heard, without strays; raises ProjectError where there are no drums."""
    return without_strays(Song((*document.song.clips, _heard_drums(document)), document.time_map))[0]


def drums_alone(document: ClipDocument) -> Song:
    """The drums as they are heard; raises ProjectError where there are none."""
    return Song((_heard_drums(document),), document.time_map)


def drums_as_midi(document: ClipDocument, profile: Profile) -> bytes:
    """The bytes of a .mid of the drums, as long as their bars; raises ProjectError where there are none."""
    drums = replace(mapped(document), name=f"{document.name} drums")
    if not drums.notes:
        raise ProjectError("There are no drums to write yet: generate some first.")
    song = Song((drums,), document.time_map.until(drums.end_ticks))
    return song_to_bytes(song, type0=profile is not Profile.OTHERS, with_tempo=profile is not Profile.LIVE)


def with_drums_as_midi(document: ClipDocument) -> bytes:
    """The bytes of a .mid of the parts and the drums; raises ProjectError where there are no drums."""
    _heard_drums(document)
    drums = mapped(document)
    song = Song((*document.song.clips, drums), document.time_map)
    return song_to_bytes(replace(song, time_map=song.time_map.until(song.end_ticks)))


def _heard_drums(document: ClipDocument) -> Clip:
    drums = performed(document)
    if not drums.notes:
        raise ProjectError("There are no drums yet: generate some first.")
    return drums


def _without_overlap(notes: Sequence[Note], end_ticks: int) -> list[Note]:
    """Of hits of one pitch at one tick the loudest, each ended by the next of its pitch or the end."""
    loudest: dict[tuple[int, int], Note] = {}
    for note in notes:
        place = note.start_ticks, note.pitch
        if place not in loudest or loudest[place].velocity < note.velocity:
            loudest[place] = note
    following: dict[int, int] = {}
    cut: list[Note] = []
    for note in sorted(loudest.values(), key=lambda note: note.start_ticks, reverse=True):
        until = min(note.end_ticks, following.get(note.pitch, end_ticks))
        cut.append(replace(note, duration_ticks=until - note.start_ticks))
        following[note.pitch] = note.start_ticks
    return cut
