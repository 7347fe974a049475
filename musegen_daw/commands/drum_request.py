"""From a song and the options of a command to a request for the drum generator, and from its takes to clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from musegen_daw.core.clip import Clip, Note, Song
from musegen_daw.core.drum_maps import GENERAL_MIDI, DrumMap, apply_drum_map, to_general_midi
from musegen_daw.core.parts import clip_bars, continued_bars, find_parts, listed_parts
from musegen_daw.core.time import Bar
from musegen_daw.drumming import job
from musegen_daw.drumming.job import DrumSettings, Kept, Primer, drums_of, merged, primer_of
from musegen_daw.drumming.request import DrumRequest
from musegen_daw.errors import MidiFileError
from musegen_daw.midi_file import read_midi


@dataclass(frozen=True, slots=True)
class DrumOptions:
    """What a person asks of a command: the settings of the drums, and what they follow, keep and go on from."""

    settings: DrumSettings
    bar_count: int | None = None
    tracks: tuple[str, ...] = ()
    primer_path: Path | None = None
    keep_drums: bool = False
    strict_meter: bool = False
    drum_map: DrumMap = GENERAL_MIDI


@dataclass(frozen=True, slots=True)
class DrumJob:
    """A request, and what it takes to put its takes back into the song."""

    job: job.DrumJob
    bars: tuple[Bar, ...]
    kept: tuple[Note, ...]
    drum_map: DrumMap

    @property
    def request(self) -> DrumRequest:
        """What the generator is asked."""
        return self.job.request

    def drums_of(self, take: Clip) -> Clip:
        """A take in the time of the song, at the pitches of the drum map, with the drums that are kept."""
        kept_bars = [self.bars[index] for index in sorted(self.request.kept_bars)]
        drums = apply_drum_map(self.job.in_song(take), self.drum_map)
        written = [
            note
            for note in drums.notes
            if not any(bar.start_ticks <= note.start_ticks < bar.end_ticks for bar in kept_bars)
        ]
        return drums.with_notes((*self.kept, *written))


def drum_job(song: Song, name: str, options: DrumOptions, note: Callable[[str], None]) -> DrumJob:
    """The request for drums to `song`; `name` stands for its file, `note` takes sentences for the person.

    Raises MidiFileError where the song gives the drums nothing to do.
    """
    parts = _chosen_parts(song, name, options.tracks, note)
    kept = _kept_drums(song, name, note) if options.keep_drums else None
    if options.bar_count is not None:
        bars = continued_bars(song.time_map, options.bar_count)
    else:
        bars = clip_bars(song.time_map, [*song.parts, *([kept] if kept else [])])
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
    standing = Kept(to_general_midi(kept, options.drum_map), bars=kept_bars) if kept else None
    asked = job.drum_job(parts, bars, song.time_map, options.settings, primer, standing)
    return DrumJob(asked, bars, kept.notes if kept else (), options.drum_map)


def read_drums(path: Path, note: Callable[[str], None]) -> tuple[Clip, Song]:
    """The drums of a file of drums, and its song; a file with one track off channel 10 is taken as drums.

    Raises MidiFileError when there are none.
    """
    song = read_midi(path)
    drums = drums_of(song)
    if drums is None:
        raise MidiFileError(f"{path} has no drums: no notes on channel 10.")
    if not any(clip.notes for clip in song.drums):
        note(f"{path} has nothing on channel 10; its only track is taken as drums.")
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
        names = ", ".join(repr(part.name or f"program {part.program}") for part in song.parts)
        note(f"{name} has no piano, guitar or bass of the kinds the model knows; the drums follow {names}.")
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
    end_ticks = bars[-1].end_ticks
    if song.time_map.is_four_four(end_ticks):
        return
    meters = dict.fromkeys(
        f"{meter.numerator}/{meter.denominator}"
        for meter in song.time_map.time_signatures
        if meter.start_ticks < end_ticks
    )
    where = f"{name} is in {', '.join(meters)}"
    if strict:
        raise MidiFileError(f"{where}; the model was trained on 4/4 and other meters were refused.")
    note(f"{where}; the model was trained on 4/4 and writes drums into these bars as best it can.")


def _primer(path: Path, ppq: int, note: Callable[[str], None]) -> Primer:
    _, song = read_drums(path, note)
    primer = primer_of(song, ppq)
    assert primer is not None, "read_drums raises where there are no drums"
    return primer
