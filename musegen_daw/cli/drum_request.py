"""From a song and options to a request for the drum generator, and from its takes to files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from musegen_daw.daw.projects import is_project, project_bytes
from musegen_daw.daw.voices import split_song
from musegen_daw.drums import job
from musegen_daw.drums.job import LockedDrums, Primer, merged, primer_of
from musegen_daw.drums.plan import Plan
from musegen_daw.drums.request import DrumRequest, DrumSettings
from musegen_daw.errors import MidiFileError
from musegen_daw.midi.file import MidiSong, midi_song_from_bytes, read_midi_song, song_to_bytes
from musegen_daw.midi.meta import with_markers, without_meta
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.drum_maps import GENERAL_MIDI, DrumMap, apply_drum_map, piece_names, to_general_midi
from musegen_daw.music.groove import STRAIGHT, swing
from musegen_daw.music.loops import cut_to_loop
from musegen_daw.music.parts import (
    check_bar_count,
    clip_bars,
    continued_bars,
    describe_parts,
    describe_strays,
    drop_strays,
    find_parts,
    listed_parts,
    section_bars,
)
from musegen_daw.music.sections import Section, with_sections
from musegen_daw.music.time import Bar, TimeMap

if TYPE_CHECKING:
    from musegen_daw.drums.style import StyleBook

KNOWN_METERS = {"4/4", "2/2", "2/4", "3/4", "6/8", "12/8", "7/8", "5/4", "9/8"}
"""Those that are written as they are; others are cut at their beats."""


@dataclass(frozen=True, slots=True)
class DrumOptions:
    """The options of drum generation: settings, parts to follow, drums to keep or continue."""

    settings: DrumSettings
    bar_count: int | None = None
    tracks: tuple[str, ...] = ()
    drum_tracks: tuple[str, ...] = ()
    primer_path: Path | None = None
    plan: Plan | None = None
    keep_drums: bool = False
    strict_meter: bool = False
    drum_map: DrumMap = GENERAL_MIDI
    swing_ratio: float = STRAIGHT


@dataclass(frozen=True, slots=True)
class FileForm:
    """How drums are written: alone, a track for each piece of the kit, a loop, without meta events."""

    only_drums: bool = False
    split_drums: bool = False
    loop: bool = False
    no_meta: bool = False


_WHOLE = FileForm()


@dataclass(frozen=True, slots=True)
class SongRequest:
    """A request, and what is needed to put its takes back into the song."""

    job: job.DrumJob
    bars: tuple[Bar, ...]
    kept: tuple[Note, ...]
    drum_map: DrumMap
    swing_ratio: float = STRAIGHT

    @property
    def request(self) -> DrumRequest:
        return self.job.request

    def written_of(self, take: Clip) -> Clip:
        """The new drums of a take in the song's time, at the drum map's pitches, up to the last bar line."""
        kept_bars = [self.bars[index] for index in sorted(self.request.locked_bars)]
        end_ticks = self.bars[-1].end_ticks
        drums = apply_drum_map(swing(self.job.in_song(take), self.swing_ratio), self.drum_map)
        return drums.with_notes(
            replace(note, duration_ticks=min(note.duration_ticks, end_ticks - note.start_ticks))
            for note in drums.notes
            if note.start_ticks < end_ticks
            and not any(bar.start_ticks <= note.start_ticks < bar.end_ticks for bar in kept_bars)
        )

    def file_of(
        self,
        take: Clip,
        given: MidiSong,
        path: Path,
        form: FileForm = _WHOLE,
        sections: Sequence[Section] = (),
    ) -> bytes:
        """The bytes of the file at `path`, a project by its suffix, else MIDI: what was given with a take in it.

        The markers are those of the song, else `sections`. Raises MidiFileError and ProjectError.
        """
        midi = self._midi_of(take, given, only_drums=form.only_drums)
        names = piece_names(self.drum_map)
        if form.split_drums and not is_project(path):
            midi = midi_song_from_bytes(midi, str(path)).with_split_drums(names)
        if form.loop or is_project(path) or (sections and not given.song.markers):
            song = midi_song_from_bytes(midi, str(path)).song
            song = cut_to_loop(song, self.bars[-1].end_ticks) if form.loop else song
            if is_project(path):
                return project_bytes(split_song(song, names) if form.split_drums else song, path, sections)
            markers = () if song.markers else with_sections(song, sections).markers
            midi = with_markers(song_to_bytes(song) if form.loop else midi, markers)
        return without_meta(midi) if form.no_meta else midi

    def _midi_of(self, take: Clip, given: MidiSong, *, only_drums: bool) -> bytes:
        if self.kept:
            return given.with_more_drums(self.written_of(take), alone=only_drums)
        drums = self.drums_of(take)
        if only_drums:
            return song_to_bytes(Song((drums,), given.song.time_map.until(drums.end_ticks)))
        return given.with_drums(drums)

    def drums_of(self, take: Clip) -> Clip:
        """The new drums of a take together with the kept ones."""
        written = self.written_of(take)
        return written.with_notes((*self.kept, *written.notes))


@dataclass(frozen=True, slots=True)
class DrumTask:
    """What to generate for a song, before a model is opened."""

    name: str
    time_map: TimeMap
    parts: tuple[Clip, ...]
    bars: tuple[Bar, ...]
    options: DrumOptions
    kept: Clip | None = None
    kept_bars: frozenset[int] = frozenset()
    primer: Primer | None = None
    plan: Plan | None = None
    sections: tuple[int, ...] = ()

    def job(self, styles: StyleBook) -> SongRequest:
        """The request, in a style of `styles`; raises MusegenError for an unknown style."""
        drum_map = self.options.drum_map
        asked = job.drum_job(
            self.parts,
            self.bars,
            self.time_map,
            self.options.settings,
            self.primer,
            LockedDrums(to_general_midi(self.kept, drum_map), bars=self.kept_bars) if self.kept else None,
            styles=styles,
            plan=self.plan,
            sections=self.sections,
        )
        kept = self.kept.notes if self.kept else ()
        return SongRequest(asked, self.bars, kept, drum_map, self.options.swing_ratio)


def read_song(path: Path, options: DrumOptions, note: Callable[[str], None]) -> MidiSong:
    """Read a song, with the tracks as drums that the options name; `note` receives remarks.

    Raises MidiFileError.
    """
    song = read_midi_song(path)
    for remark in song.song.remarks:
        note(remark)
    return song.taking_as_drums(options.drum_tracks)


def drum_task(song: Song, name: str, options: DrumOptions, note: Callable[[str], None]) -> DrumTask:
    """What to generate for `song`; `name` stands for its file, `note` receives remarks.

    Raises MidiFileError where the song gives the drums nothing to do.
    """
    parts = _chosen_parts(song, name, options.tracks, note)
    kept = _kept_drums(song, name, note) if options.keep_drums else None
    if options.bar_count is not None:
        bars = continued_bars(song.time_map, options.bar_count)
    else:
        every = [*song.parts, *([kept] if kept else [])]
        bars = clip_bars(song.time_map, every)
        _note_strays(drop_strays(song.time_map, every).strays, name, len(bars), note)
    try:
        check_bar_count(len(bars))
    except ValueError as error:
        raise MidiFileError(f"{name} {error}, or give a smaller number of bars.") from error
    _check_meter(song, name, bars, note, strict=options.strict_meter)
    kept_bars = frozenset(
        index
        for index, bar in enumerate(bars)
        if kept and any(bar.start_ticks <= hit.start_ticks < bar.end_ticks for hit in kept.notes)
    )
    if kept_bars and len(kept_bars) == len(bars):
        raise MidiFileError(f"Every bar of {name} already has drums, so there is nothing left to write.")
    primer = None
    if options.primer_path is not None:
        primer = _primer(options.primer_path, song.time_map.ppq, note)
        if primer.bars[-1].length_ticks != bars[0].length_ticks:
            note(f"{options.primer_path} is in another meter than {name}.")
    return DrumTask(
        name,
        song.time_map,
        parts,
        bars,
        options,
        kept,
        kept_bars,
        primer,
        None if options.plan is None else _fitted(options.plan, len(bars), name, note),
        section_bars(song.markers, bars),
    )


def read_drums(path: Path, note: Callable[[str], None]) -> tuple[Clip, Song]:
    """The drums of a file and its song; the only track of a file counts as drums.

    Raises MidiFileError when there are none.
    """
    drums, song = job.read_drums(path)
    for remark in song.remarks:
        note(remark)
    if not any(clip.notes for clip in song.drums):
        note(f"{path} has no track that is known to be drums; its only track is taken as drums.")
    return drums, song


def _chosen_parts(
    song: Song, name: str, tracks: tuple[str, ...], note: Callable[[str], None]
) -> tuple[Clip, ...]:
    if not song.parts:
        raise MidiFileError(f"{name} has no instrument track with notes for the drums to follow.")
    if tracks:
        try:
            chosen = [part for selector in tracks for part in find_parts(song, selector)]
        except ValueError as error:
            raise MidiFileError(f"In {name} {error}.") from error
        return tuple(dict.fromkeys(chosen))
    listed = listed_parts(song)
    if not listed:
        note(
            f"{name} has no piano, guitar or bass of the kinds the model knows; "
            f"the drums follow {describe_parts(song)}."
        )
    return listed or song.parts


def _kept_drums(song: Song, name: str, note: Callable[[str], None]) -> Clip | None:
    drums = [clip for clip in song.drums if clip.notes]
    if not drums:
        note(f"{name} has no drums to keep.")
        return None
    return merged(drums)


def _check_meter(
    song: Song, name: str, bars: Sequence[Bar], note: Callable[[str], None], *, strict: bool
) -> None:
    meters = dict.fromkeys(
        f"{meter.numerator}/{meter.denominator}"
        for meter in song.time_map.time_signatures
        if meter.start_ticks < bars[-1].end_ticks
    )
    unknown = [meter for meter in meters if meter not in KNOWN_METERS]
    if unknown and strict:
        raise MidiFileError(
            f"{name} is in {', '.join(unknown)}, and meters without drums of their own were refused."
        )
    for meter in unknown:
        note(f"{name}: {meter} is written in the styles of 4/4, cut at its beats.")


def _note_strays(strays: int, name: str, bars: int, note: Callable[[str], None]) -> None:
    if strays:
        note(f"{name}: drums for its {bars} bars; {describe_strays(strays)}.")


def _fitted(plan: Plan, bars: int, name: str, note: Callable[[str], None]) -> Plan:
    """The plan cut to `bars`, or repeated."""
    if len(plan) > bars:
        note(f"The plan has {len(plan)} bars and {name} {bars}: the plan is cut.")
    elif len(plan) < bars:
        note(
            f"The plan has {len(plan)} bars and {name} {bars}: the plan starts again at bar {len(plan) + 1}."
        )
    return Plan(tuple(plan[bar % len(plan)] for bar in range(bars)))


def _primer(path: Path, ppq: int, note: Callable[[str], None]) -> Primer:
    _, song = read_drums(path, note)
    primer = primer_of(song, ppq)
    assert primer is not None, "read_drums raises where there are no drums"
    return primer
