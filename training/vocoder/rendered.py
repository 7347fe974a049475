"""MIDI files rendered through a SoundFont as a source: like the mixes that the app bounces."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from heapq import heappush, heappushpop
from pathlib import Path

import numpy as np

from musegen_daw.errors import MusegenError
from musegen_daw.midi.file import song_from_bytes
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.synth.soundfont import SoundFont, open_soundfont
from musegen_daw.playback.synth.synth import render
from musegen_daw.resource_paths import soundfont_dir
from training.drums.gigamidi import CorpusFile, find_units, read_unit
from training.vocoder.recordings import HELD_OUT_SHARE, Found, Recording, Samples, Unusable

SOURCE, DRUMS_SOURCE, ACOUSTIC_SOURCE = "rendered", "rendered drums", "rendered acoustic"
LICENCE_CLASSES = ("A", "B")
EXCERPT_SECONDS = 20.0
PEAK = 0.89
RENDER_HZ = 44_100
MAX_NOTES = 20_000
ACOUSTIC_PROGRAMS = frozenset(
    {*range(4), 6, *range(8, 16), *range(20, 26), *range(40, 80), *range(104, 112)}
) - frozenset({50, 51, 54, 55, 62, 63})
"""Of General MIDI: what is struck, plucked, bowed or blown, and voices; none that are electric or synthetic."""
_PPQ, _TICKS_PER_SECOND = 4800, 9600


class Part(Enum):
    """What of a song is rendered; its value is the source that the recordings are from."""

    WHOLE = SOURCE
    DRUMS = DRUMS_SOURCE
    ACOUSTIC = ACOUSTIC_SOURCE

    def has(self, clip: Clip) -> bool:
        """Whether a clip belongs to it."""
        if self is Part.ACOUSTIC:
            return not clip.is_drum and clip.program in ACOUSTIC_PROGRAMS
        return self is Part.WHOLE or clip.is_drum


@dataclass(frozen=True, slots=True)
class RenderedMidi:
    """The middle of a MIDI file, or of a part of it, played through a SoundFont."""

    midi: bytes
    soundfont: Path
    part: Part = Part.WHOLE

    @property
    def identity(self) -> str:
        """The music, the SoundFont and the length of the excerpt."""
        size = self.soundfont.stat().st_size
        part = "" if self.part is Part.WHOLE else f"|{self.part.name.lower()}"
        return f"{hashlib.sha1(self.midi).hexdigest()}|{self.soundfont.name}|{size}|{EXCERPT_SECONDS}{part}"

    def mono(self, sample_rate_hz: int) -> Samples:
        """The excerpt (samples,) at a rate, its peak at -1 dBFS; raises Unusable."""
        import soxr

        try:
            song = song_from_bytes(self.midi, "a MIDI file")
            song = replace(song, clips=tuple(filter(self.part.has, song.clips)))
            song = excerpt(song, EXCERPT_SECONDS)
            if sum(len(clip.notes) for clip in song.clips) > MAX_NOTES:
                raise Unusable("too many notes")
            audio = render(song, _soundfont(self.soundfont), RENDER_HZ).mean(axis=1)
        except (MusegenError, ValueError) as error:
            raise Unusable("unreadable MIDI") from error
        audio = soxr.resample(audio, RENDER_HZ, sample_rate_hz).astype(np.float32)
        return audio * (PEAK / max(PEAK * 1e-3, float(np.abs(audio).max(initial=0.0))))


def find_recordings(
    root: Path,
    files: int,
    *,
    licence_classes: tuple[str, ...] = LICENCE_CLASSES,
    soundfont: Path | None = None,
    part: Part = Part.WHOLE,
) -> Found:
    """`files` MIDI files of a corpus (`training.drums.gigamidi`) to train on, and 8 % as many to validate.

    Those to train on come from its training split, the others from its validation split. They are chosen
    by a hash, from all origins in turn, so that no large one crowds out the rest.
    """
    font = soundfont or soundfont_dir() / "musegen.sf2"
    wanted = {"train": files, "validation": max(1, round(HELD_OUT_SHARE * files))}
    candidates = {split: _Candidates(number) for split, number in wanted.items()}
    for unit in find_units(root):
        for source in read_unit(unit):
            if source.split in wanted and (source.licence_class in licence_classes or not licence_classes):
                candidates[source.split].add(source)
    chosen = [source for each in candidates.values() for source in each.in_turn()]
    recordings = [
        Recording(
            key=f"{part.value}/{source.key}",
            group=f"{SOURCE} {source.group}",
            place=RenderedMidi(source.data, font, part),
            source=part.value,
            split=source.split,
            licence=f"class {source.licence_class}" if source.licence_class else "",
        )
        for source in chosen
    ]
    return Found(recordings, Counter())


def excerpt(song: Song, seconds: float) -> Song:
    """The notes that start in the middle `seconds` of a song, from its first note to its last, at a fixed tempo."""
    time = song.time_map
    starts = [time.seconds_at(note.start_ticks) for clip in song.clips for note in clip.notes]
    ends = [time.seconds_at(note.end_ticks) for clip in song.clips for note in clip.notes]
    first, last = min(starts, default=0.0), max(ends, default=0.0)
    begin = max(first, (first + last - seconds) / 2)
    end = min(last, begin + seconds)

    def move(note: Note) -> Note | None:
        start, stop = time.seconds_at(note.start_ticks), time.seconds_at(note.end_ticks)
        if not begin <= start < end:
            return None
        start_ticks = round((start - begin) * _TICKS_PER_SECOND)
        duration_ticks = max(1, round((min(stop, end) - start) * _TICKS_PER_SECOND))
        return replace(note, start_ticks=start_ticks, duration_ticks=duration_ticks)

    length_ticks = round((end - begin) * _TICKS_PER_SECOND)
    clips = tuple(replace(clip.map_notes(move), ppq=_PPQ, length_ticks=length_ticks) for clip in song.clips)
    return Song(tuple(clip for clip in clips if clip.notes), TimeMap(_PPQ))


class _Candidates:
    """Up to `number` sources of every origin, those with the lowest hashes: of a large corpus no more are kept."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._by_origin: dict[str, list[tuple[int, int, CorpusFile]]] = defaultdict(list)
        self._count = 0

    def add(self, source: CorpusFile) -> None:
        rank = int(hashlib.sha1(source.key.encode()).hexdigest(), 16)
        own = self._by_origin[source.origin]
        self._count += 1
        entry = (-rank, -self._count, source)  # of two of one name the first is kept
        if len(own) < self._number:
            heappush(own, entry)
        else:
            heappushpop(own, entry)

    def in_turn(self) -> list[CorpusFile]:
        """In an order of hashes, the first of every origin before the second of any."""
        ranked = [
            (rank, origin, source)
            for origin, own in self._by_origin.items()
            for rank, (_, _, source) in enumerate(sorted(own, key=lambda entry: entry[:2], reverse=True))
        ]
        return [source for _, _, source in sorted(ranked, key=lambda item: item[:2])][: self._number]


@cache
def _soundfont(path: Path) -> SoundFont:
    return open_soundfont(path)
