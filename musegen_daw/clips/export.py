"""Performance and export of a document: swing, humanise, mix and drum map, as .mid files, loops and WAV."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path

from musegen_daw import files
from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.plan_edits import section_name, sections_of
from musegen_daw.daw.projects import is_project, project_bytes
from musegen_daw.daw.voices import split_song
from musegen_daw.errors import MidiFileError, ProjectError
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.midi.meta import without_meta
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.drum_maps import apply_drum_map, piece_names
from musegen_daw.music.groove import humanise, swing
from musegen_daw.music.loops import cut_to_loop, wrapped
from musegen_daw.music.parts import without_strays
from musegen_daw.music.sections import Section, with_sections
from musegen_daw.playback.bounce import BounceReport, bounce
from musegen_daw.progress import IsCancelled, Progress

MAX_NAME = 60
ALL_MUTED = "All drums are muted: unmute or solo a voice first."


class Profile(Enum):
    """The program that an exported .mid is for.

    Ableton Live asks whether to import the tempo of a file that has one, so it gets none; it writes and reads a
    single track, and the clip is as long as the track. REAPER asks how to import a file of several tracks, so it gets
    a single one, with tempo and meter. The others get type 1 of the Standard MIDI File specification: a conductor
    track, then the drums. `NOTES` has neither tempo nor any other meta event, so that no DAW asks anything.
    """

    LIVE = "Ableton Live"
    REAPER = "REAPER"
    OTHERS = "Others"
    NOTES = "Notes only"


def performed(document: ClipDocument, *, loop: bool = False) -> Clip:
    """The drums as they are heard, at General MIDI pitches; no hit outlasts the next of its pitch.

    What humanise moves ahead of the first bar line stands on it, or in a `loop` just before the last one.
    """
    # A bar later than written, so that there is room ahead of the first bar line.
    lead_ticks = document.bars[0].length_ticks if loop else 0
    drums = swing(document.drums.shift(lead_ticks), document.swing_ratio, origin_ticks=lead_ticks)
    take = document.take
    if document.humanise_amount and take is not None:
        bar_ticks = document.bars[0].length_ticks
        drums = humanise(drums, document.humanise_amount, seed=take.seed or 0, bar_ticks=bar_ticks)
    end_ticks = document.end_ticks
    heard = drums.with_notes(document.voice_mix.applied(drums.notes))
    if loop:
        notes = wrapped(heard, end_ticks, lead_ticks).notes
    else:
        notes = [replace(note, start_ticks=min(note.start_ticks, end_ticks - 1)) for note in heard.notes]
    return document.empty_drums.with_notes(_without_overlap(notes, end_ticks))


def mapped(document: ClipDocument, *, loop: bool = False) -> Clip:
    """As `performed`, at the pitches of the drum map."""
    drums = apply_drum_map(performed(document, loop=loop), document.drum_map)
    return drums.with_notes(_without_overlap(drums.notes, document.end_ticks))


def mix(document: ClipDocument, *, loop: bool = False) -> Song:
    """All parts and the performed drums, without strays; raises ProjectError where there are no drums.

    Where all drums are muted, only the parts.
    """
    is_mute = document.drums.notes and not performed(document, loop=loop).notes
    heard = () if is_mute else (_performed_drums(document, loop=loop),)
    song = without_strays(Song((*document.song.clips, *heard), document.time_map))[0]
    return cut_to_loop(song, document.end_ticks) if loop else song


def drums_alone(document: ClipDocument, *, loop: bool = False) -> Song:
    """Raises ProjectError where there are no drums."""
    return Song((_performed_drums(document, loop=loop),), document.time_map)


def drums_as_midi(
    document: ClipDocument,
    profile: Profile,
    *,
    split: bool = False,
    loop: bool = False,
) -> bytes:
    """The bytes of a .mid of the drums, as long as their bars; `split` gives each piece of the kit a track.

    `loop` wraps what is ahead of the first bar line to the end. The markers are those of the clip, else the sections of
    the take. Raises ProjectError where there are no drums.
    """
    drums = replace(mapped(document, loop=loop), name=f"{document.name} drums")
    if not drums.notes:
        raise _nothing_heard(document, "There are no drums to write yet: generate some first.")
    markers = tuple(each for each in document.song.markers if each.start_ticks < drums.end_ticks)
    song = Song((drums,), document.time_map.until(drums.end_ticks), markers)
    song = with_sections(song, sections_in(document))
    if split:
        song = split_song(song, piece_names(document.drum_map))
    is_single = profile is not Profile.OTHERS and not split
    data = song_to_bytes(song, type0=is_single, with_tempo=profile not in (Profile.LIVE, Profile.NOTES))
    return without_meta(data) if profile is Profile.NOTES else data


def with_drums(document: ClipDocument, path: Path) -> bytes:
    """The bytes of the file at `path` with parts and drums, a project by its suffix, else MIDI.

    The markers are those of the clip, else the sections of the take. Raises ProjectError where there are no drums.
    """
    _performed_drums(document)
    drums = replace(mapped(document), name="Drums")
    song = Song((*document.song.clips, drums), document.time_map, document.song.markers)
    song = replace(song, time_map=song.time_map.until(song.end_ticks))
    sections = sections_in(document)
    return (
        project_bytes(song, path, sections)
        if is_project(path)
        else song_to_bytes(with_sections(song, sections))
    )


def sections_in(document: ClipDocument) -> tuple[Section, ...]:
    """The sections of the picked take by their letters; none where it is all one."""
    take = document.take
    sections = sections_of(take.plan) if take is not None else ()
    if take is None or len(sections) < 2:
        return ()
    return tuple((bars.start, section_name(take.plan, bars.start)) for bars in sections)


class Bounce(Enum):
    MIX = "Mix"
    DRUMS = "Drums only"
    STEMS = "Mix and stems"
    MIX_LOOP = "Mix as a loop"
    DRUM_LOOP = "Drums as a loop"

    @property
    def has_drums_alone(self) -> bool:
        return self in (Bounce.DRUMS, Bounce.DRUM_LOOP)

    @property
    def is_loop(self) -> bool:
        """Whether it is exactly as long as its bars."""
        return self in (Bounce.MIX_LOOP, Bounce.DRUM_LOOP)


def write_for_drag(document: ClipDocument, profile: Profile, folder: Path) -> Path:
    """Write the drums to a .mid in `folder`, named after clip and take, for a drag into a DAW.

    Existing files are never changed, since a DAW may still read them; a number is appended to the name. Raises
    ProjectError where there are no drums, MidiFileError where the file cannot be written.
    """
    data = drums_as_midi(document, profile)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MidiFileError(f"Cannot make the folder {folder}: {files.reason(error)}.") from error
    name = f"{file_name(document)} drums {document.picked}"
    number = 1
    while True:
        path = folder / (f"{name}.mid" if number == 1 else f"{name} ({number}).mid")
        if not path.exists():
            files.write_bytes(path, data, MidiFileError)
            return path
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            return path
        number += 1


def file_name(document: ClipDocument) -> str:
    """The name of the clip, reduced to characters that every file system allows."""
    return re.sub(r"[^\w +-]", "_", document.name).strip(" _")[:MAX_NAME] or "clip"


def bounce_document(
    document: ClipDocument,
    what: Bounce,
    path: Path,
    soundfont: Path | None = None,
    *,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> BounceReport:
    """Render to a WAV at `path`, stems into a folder beside it; raises ProjectError without drums, AudioError."""
    song = (drums_alone if what.has_drums_alone else mix)(document, loop=what.is_loop)
    stems_dir = path.with_name(f"{path.stem} stems") if what is Bounce.STEMS else None
    return bounce(
        song,
        path,
        soundfont=soundfont,
        stems_dir=stems_dir,
        loop=what.is_loop,
        progress=progress,
        cancelled=cancelled,
    )


def _performed_drums(document: ClipDocument, *, loop: bool = False) -> Clip:
    drums = performed(document, loop=loop)
    if not drums.notes:
        raise _nothing_heard(document, "There are no drums yet: generate some first.")
    return drums


def _nothing_heard(document: ClipDocument, without_hits: str) -> ProjectError:
    return ProjectError(ALL_MUTED if document.drums.notes else without_hits)


def _without_overlap(notes: Sequence[Note], end_ticks: int) -> list[Note]:
    """The loudest of hits at one pitch and tick, each ended by the next of its pitch or the end."""
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
