"""From a song and the options of a person to a request for the drum generator, and from its takes to clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from musegen_daw.core.clip import Clip, Note, Song
from musegen_daw.core.drum_maps import GENERAL_MIDI, DrumMap, apply_drum_map, to_general_midi
from musegen_daw.core.parts import clip_bars, continued_bars, find_parts, listed_parts
from musegen_daw.core.time import Bar
from musegen_daw.drumming.request import (
    DEFAULT_CANDIDATES,
    DEFAULT_FOLLOW,
    DEFAULT_TEMPERATURE,
    DEFAULT_TOP_P,
    DrumRequest,
    DrumResult,
)
from musegen_daw.errors import MidiFileError
from musegen_daw.midi_file import read_midi

MAX_PRIMER_BARS = 8


class DrumWriter(Protocol):
    """What the commands need of a drum generator."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    def generate(
        self,
        request: DrumRequest,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> DrumResult:
        """The takes for `request`, the likeliest first."""
        ...


OpenGenerator = Callable[[Path], DrumWriter]


@dataclass(frozen=True, slots=True)
class DrumOptions:
    """What a person asks of the drums, whatever the song."""

    seed: int
    temperature: float = DEFAULT_TEMPERATURE
    top_p: float = DEFAULT_TOP_P
    follow: float = DEFAULT_FOLLOW
    density: float | None = None
    loudness: float | None = None
    fill: float | None = None
    human_timing: bool | None = None
    variations: int = 1
    bar_count: int | None = None
    tracks: tuple[str, ...] = ()
    primer_path: Path | None = None
    keep_drums: bool = False
    strict_meter: bool = False
    drum_map: DrumMap = GENERAL_MIDI


@dataclass(frozen=True, slots=True)
class DrumJob:
    """A request, and what it takes to put its takes back into the song."""

    request: DrumRequest
    bars: tuple[Bar, ...]
    primer_ticks: int
    kept: tuple[Note, ...]
    drum_map: DrumMap

    def drums_of(self, take: Clip) -> Clip:
        """A take in the time of the song, at the pitches of the drum map, with the drums that are kept."""
        kept_bars = [self.bars[index] for index in sorted(self.request.kept_bars)]
        written: list[Note] = []
        for note in apply_drum_map(take, self.drum_map).notes:
            # A hit pushed ahead of the first bar has no room before it.
            start_ticks = max(0, note.start_ticks - self.primer_ticks)
            if not any(bar.start_ticks <= start_ticks < bar.end_ticks for bar in kept_bars):
                written.append(replace(note, start_ticks=start_ticks))
        length_ticks = self.bars[-1].end_ticks
        notes = (*self.kept, *written)
        return Clip(notes, length_ticks, self.request.ppq, name="Drums", is_drum=True)


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
    primer, primer_bars = None, ()
    if options.primer_path is not None:
        primer, primer_bars = _primer(options.primer_path, song.time_map.ppq, note)
        if primer_bars[-1].length_ticks != bars[0].length_ticks:
            note(f"{options.primer_path} is in another meter than {name}.")
    primer_ticks = sum(bar.length_ticks for bar in primer_bars)
    request = DrumRequest(
        parts=tuple(part.shift(primer_ticks) for part in parts),
        bars=tuple(replace(bar, start_ticks=bar.start_ticks + primer_ticks) for bar in bars),
        ppq=song.time_map.ppq,
        bpm=song.time_map.bpm_at(0),
        seed=options.seed,
        temperature=options.temperature,
        top_p=options.top_p,
        follow=options.follow,
        density=options.density,
        loudness=options.loudness,
        fill=options.fill,
        human_timing=options.human_timing,
        variations=options.variations,
        candidates=DEFAULT_CANDIDATES if options.variations == 1 else options.variations,
        primer=primer,
        primer_bars=primer_bars,
        kept=to_general_midi(kept, options.drum_map).shift(primer_ticks) if kept else None,
        kept_bars=kept_bars,
    )
    return DrumJob(request, bars, primer_ticks, kept.notes if kept else (), options.drum_map)


def merged(clips: Sequence[Clip]) -> Clip:
    """All clips as one; there must be at least one."""
    return reduce(Clip.merge, clips)


def read_drums(path: Path, note: Callable[[str], None]) -> tuple[Clip, Song]:
    """The drums of a file of drums, and its song; a file with one track off channel 10 is taken as drums.

    Raises MidiFileError when there are none.
    """
    song = read_midi(path)
    drums = [clip for clip in song.drums if clip.notes]
    if drums:
        return merged(drums), song
    if len(song.parts) == 1:
        note(f"{path} has nothing on channel 10; its only track is taken as drums.")
        return replace(song.parts[0], is_drum=True), song
    raise MidiFileError(f"{path} has no drums: no notes on channel 10.")


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


def _primer(path: Path, ppq: int, note: Callable[[str], None]) -> tuple[Clip, tuple[Bar, ...]]:
    """The last bars of the drums in `path` at `ppq`, moved to tick 0."""
    drums, song = read_drums(path, note)
    bars = clip_bars(song.time_map, [drums])[-MAX_PRIMER_BARS:]
    sliced = drums.slice(bars[0].start_ticks, bars[-1].end_ticks)
    edges = [bar.start_ticks - bars[0].start_ticks for bar in bars] + [sliced.length_ticks]
    scaled = [(2 * edge * ppq + drums.ppq) // (2 * drums.ppq) for edge in edges]
    primer_bars = tuple(Bar(start, end - start) for start, end in pairwise(scaled))
    return sliced.at_ppq(ppq), primer_bars
