"""Drums written for songs by the app's own generator, with its default settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from musegen_daw.drums.events import Array, clip_hits, quantise
from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.drums.request import DrumRequest
from musegen_daw.drums.style import Style, groove_of
from musegen_daw.drums.style_names import bundled_grooves, find_style
from musegen_daw.midi.file import read_midi
from musegen_daw.music.clip import Clip
from musegen_daw.music.time import Bar
from training.drums.genre import BARS, GENRES, share_kept
from training.drums.played import PlayedNotes, of_clip
from training.drums.songs import (
    PPQ,
    WINDOW_BARS,
    Grid,
    MeasuredSong,
    bars_of,
    clip_grid,
    clips_of,
    drums_clip,
    onsets_over,
)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The takes on the grid, (bars, 16, 9) each, and the first one as raw HIT and as it is played."""

    takes: tuple[Grid, ...]
    hits: Array
    played: PlayedNotes
    valid: bool

    @property
    def first(self) -> Grid:
        """The first take (bars, 16, 9)."""
        return self.takes[0]


TAKES = 8
ENERGIES = (0.0, 0.5, 1.0)
ENERGY_BARS = 8


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """How drums are requested while measuring; everything else has the defaults of the app."""

    model: Path
    seed: int = 0
    takes: int = TAKES


@dataclass(frozen=True, slots=True, eq=False)
class SongPair:
    """A song, and another one whose parts replace its own."""

    song: MeasuredSong
    other: MeasuredSong


class MeasuredGenerator:
    def __init__(self, settings: GenerationSettings) -> None:
        self._settings = settings
        self._generator = DrumGenerator.open(settings.model)

    def own(self, work: SongPair) -> Outcome:
        """As many takes as are asked for, with the song's own instruments."""
        return self._write(self._request(work.song, work.song.onsets, self._settings.takes), work.song)

    def other(self, work: SongPair) -> Outcome:
        song = work.song
        request = self._request(song, onsets_over(work.other, song.bars), self._settings.takes)
        return self._write(request, song, takes=1)

    def styled(self, work: SongPair) -> Outcome:
        request = self._request(work.song, work.song.onsets, 1)
        return self._write(replace(request, style=style_of(work.song)), work.song)

    def styled_other(self, work: SongPair) -> Outcome:
        request = self._request(work.song, onsets_over(work.other, work.song.bars), 1)
        return self._write(replace(request, style=style_of(work.song)), work.song)

    def primed(self, work: SongPair) -> Outcome:
        """The first two bars that count are given, one take of all that follows is written."""
        song = work.song
        first = int(song.windows[0])
        start = first + WINDOW_BARS
        primer = song.hits[(song.hits["bar"] >= first) & (song.hits["bar"] < start)]
        request = replace(
            self._request(song, song.onsets, 1),
            bars=bars_of(start, song.bars - start),
            primer=drums_clip(primer, song.bars),
            primer_bars=bars_of(first, WINDOW_BARS),
        )
        return self._write(request, song)

    def energy(self, song: MeasuredSong) -> list[PlayedNotes]:
        bars = min(song.bars, int(song.windows[0]) + ENERGY_BARS)
        request = replace(self._request(song, song.onsets, 1), bars=bars_of(0, bars))
        clips = [
            self._generator.generate(replace(request, energy=energy)).takes[0].drums for energy in ENERGIES
        ]
        return [of_clip(clip, song.bpm) for clip in clips]

    def clip(
        self, parts: tuple[Clip, ...], bars: tuple[Bar, ...], bpm: float, style: str | None
    ) -> list[Clip]:
        """All takes for the parts of a clip; with the `style` that is found under these words, one."""
        request = DrumRequest(
            parts, bars, parts[0].ppq, bpm, seed=self._settings.seed, variations=self._settings.takes
        )
        if style is not None:
            found = find_style(style, self._generator.styles, bundled_grooves())
            request = replace(request, style=found, variations=1)
        return [take.drums for take in self._generator.generate(request).takes]

    def _request(self, song: MeasuredSong, onsets: Array, takes: int) -> DrumRequest:
        parts = clips_of(onsets, song.bars)
        return DrumRequest(
            parts, bars_of(0, song.bars), PPQ, song.bpm, seed=self._settings.seed, variations=takes
        )

    def _write(self, request: DrumRequest, song: MeasuredSong, takes: int = 0) -> Outcome:
        every = self._generator.generate(request).takes
        first = every[0]
        bars = bars_of(0, song.bars)
        hits = clip_hits(first.drums, bars)
        grids = tuple(clip_grid(take.drums, song.bars) for take in every[: takes or len(every)])
        valid = len(hits) == len(first.drums.notes)
        try:
            self._generator.vocabulary.decode(first.tokens)
        except ValueError:
            valid = False
        return Outcome(grids, hits, of_clip(first.drums, song.bpm), valid)


def style_of(song: MeasuredSong) -> Style:
    hits = quantise(song.hits)
    pattern, triplets = groove_of(hits, np.unique(hits["bar"]))
    return Style(pattern, triplets, "as played")


CONDITIONS = {
    "own": MeasuredGenerator.own,
    "other": MeasuredGenerator.other,
    "styled": MeasuredGenerator.styled,
    "styled other": MeasuredGenerator.styled_other,
    "primed": MeasuredGenerator.primed,
}


def write(settings: GenerationSettings, condition: str, songs: list[SongPair]) -> list[Outcome]:
    """The outcome of each song, written in one of CONDITIONS."""
    listener = MeasuredGenerator(settings)
    return [CONDITIONS[condition](listener, work) for work in songs]


def write_at_energies(settings: GenerationSettings, songs: list[MeasuredSong]) -> list[list[PlayedNotes]]:
    listener = MeasuredGenerator(settings)
    return [listener.energy(song) for song in songs]


def keep_genres(settings: GenerationSettings, clips: list[Path]) -> list[tuple[list[float], float]]:
    """For each clip of GENRES the shares of bars in which its takes keep the rule, and that of the style that fits."""
    listener = MeasuredGenerator(settings)
    found: list[tuple[list[float], float]] = []
    for path in clips:
        genre, song = GENRES[path.stem], read_midi(path)
        parts = tuple(clip for clip in song.clips if not clip.is_drum)
        bars = song.time_map.bars(BARS * 4 * song.time_map.ppq)[:BARS]
        bpm = song.time_map.bpm_at(0)
        takes, styled = (listener.clip(parts, bars, bpm, style) for style in (None, genre.style))
        found.append(
            (
                [share_kept(genre.rule, take, parts) for take in takes],
                share_kept(genre.rule, styled[0], parts),
            )
        )
    return found
