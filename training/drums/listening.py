"""Drums written for the songs of a split by the generator that the app runs, compared with the human ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from musegen_daw.core.clip import Clip, Note
from musegen_daw.core.time import Bar
from musegen_daw.drumming.events import (
    FAMILIES,
    LEAD_POSITIONS,
    POSITIONS_PER_BAR,
    POSITIONS_PER_BEAT,
    Array,
    clip_hits,
    hits_to_notes,
    velocity_of_level,
)
from musegen_daw.drumming.generator import DrumGenerator
from musegen_daw.drumming.request import DEFAULT_CANDIDATES, DEFAULT_FOLLOW, DrumRequest
from training.drums.corpus import Corpus
from training.drums.grid import (
    WINDOW_BARS,
    Grid,
    Overlap,
    drum_grid,
    overlap,
    scored_windows,
    self_similarity,
)
from training.drums.pictures import draw_grids
from training.drums.train import other_onsets, other_songs

PROGRAM_OF_FAMILY = (0, 27, 33)


@dataclass(frozen=True, slots=True)
class Song:
    """One song of a split that has windows that count."""

    index: int
    other: int
    bars: int
    windows: Any  # (windows,) first bars


@dataclass(frozen=True, slots=True)
class Settings:
    """How drums are asked for while measuring."""

    model: Path
    data: Path
    split: str
    temperature: float
    top_p: float
    seed: int
    variations: int = 1
    follow: float = DEFAULT_FOLLOW
    candidates: int = DEFAULT_CANDIDATES


@dataclass(frozen=True, slots=True)
class Outcome:
    """One generation compared with the human drums."""

    overlap: Overlap
    similarity: tuple[float, ...]
    valid: bool


def measured_songs(corpus: Corpus) -> list[Song]:
    """The songs with at least one window that counts, each with the other song whose parts it is given."""
    found: list[tuple[int, int, Any]] = []
    for index, song in enumerate(corpus.songs):
        bars = song["bars"]
        if song["tracks"]:
            hits, onsets = (corpus.between(name, index, 0, bars) for name in ("hits", "onsets"))
            windows = scored_windows(hits, onsets, bars)
            if len(windows):
                found.append((index, int(windows[-1]) + WINDOW_BARS, windows))
    other = other_songs(len(found))
    return [
        Song(index, found[other[at]][0], bars, windows) for at, (index, bars, windows) in enumerate(found)
    ]


def groove_songs(corpus: Corpus) -> list[int]:
    """Drum performances with human timing, long enough for a primer and as much again."""
    return [
        index
        for index, song in enumerate(corpus.songs)
        if not song["tracks"] and song["bars"] >= 2 * WINDOW_BARS and song["timing"] == 2
    ]


def parts_of(corpus: Corpus, song: int, first_bar: int, bars: int) -> tuple[Clip, ...]:
    """The listed instruments of some bars as clips at 48 PPQ, one per family."""
    return clips_of(corpus.between("onsets", song, first_bar, bars), bars)


def clips_of(onsets: Array, bars: int) -> tuple[Clip, ...]:
    """ONSET as clips at 48 PPQ, one per family."""
    length = bars * POSITIONS_PER_BAR
    clips: list[Clip] = []
    for family in range(len(FAMILIES)):
        own = onsets[onsets["family"] == family]
        start = np.maximum(0, own["bar"].astype(int) * POSITIONS_PER_BAR + own["position"] - LEAD_POSITIONS)
        velocity = velocity_of_level(own["level"])
        notes = tuple(
            Note(int(pitch), int(loud), int(at), int(duration))
            for pitch, loud, at, duration in zip(own["pitch"], velocity, start, own["duration"], strict=True)
        )
        if notes:
            clips.append(Clip(notes, length, POSITIONS_PER_BEAT, FAMILIES[family], PROGRAM_OF_FAMILY[family]))
    return tuple(clips)


def bars_of(first: int, bars: int) -> tuple[Bar, ...]:
    """Bars of 4/4 at 48 PPQ."""
    return tuple(Bar(bar * POSITIONS_PER_BAR, POSITIONS_PER_BAR) for bar in range(first, first + bars))


def drums_clip(hits: Array, bars: int) -> Clip:
    """HIT as a clip at 48 PPQ."""
    notes = hits_to_notes(hits, bars_of(0, bars), POSITIONS_PER_BEAT)
    return Clip(notes, bars * POSITIONS_PER_BAR, POSITIONS_PER_BEAT, is_drum=True)


class Listener:
    """One worker's generator and corpus."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.corpus = Corpus(settings.data, settings.split)
        self._generator = DrumGenerator.open(settings.model)

    def _request(self, parts: tuple[Clip, ...], bars: tuple[Bar, ...], song: int) -> DrumRequest:
        settings = self._settings
        return DrumRequest(
            parts,
            bars,
            POSITIONS_PER_BEAT,
            bpm=self.corpus.songs[song]["bpm"],
            seed=settings.seed + song,
            temperature=settings.temperature,
            top_p=settings.top_p,
            variations=settings.variations,
            follow=settings.follow,
            candidates=settings.candidates,
        )

    def _generate(self, request: DrumRequest) -> tuple[Array, bool]:
        take = self._generator.generate(request).takes[0]
        try:
            _, bars = self._generator.vocabulary.decode(take.tokens)
            valid = bars == len(request.bars)
        except ValueError:
            valid = False
        return clip_hits(take.drums, request.bars), valid

    def _human(self, song: Song) -> Array:
        return self.corpus.between("hits", song.index, 0, song.bars)

    def _compare(self, generated: Grid, song: Song, windows: Any, valid: bool) -> Outcome:
        human = drum_grid(self._human(song), song.bars)
        return Outcome(overlap(generated, human, windows), tuple(self_similarity(generated, windows)), valid)

    def own(self, song: Song) -> Outcome:
        """The whole song, with its own instruments."""
        parts = parts_of(self.corpus, song.index, 0, song.bars)
        hits, valid = self._generate(self._request(parts, bars_of(0, song.bars), song.index))
        return self._compare(drum_grid(hits, song.bars), song, song.windows, valid)

    def draw(self, song: Song, path: Path, bars: int = 4) -> None:
        """A picture of the parts, the human drums and ours over the first windows that count."""
        whole = self.corpus.between("onsets", song.index, 0, song.bars)
        made, _ = self._generate(self._request(clips_of(whole, song.bars), bars_of(0, song.bars), song.index))
        first = int(song.windows[0])
        bars = min(bars, song.bars - first)

        def cut(events: Array) -> Array:
            found = events[(events["bar"] >= first) & (events["bar"] < first + bars)]
            found["bar"] -= first
            return found

        rows = [("human", cut(self._human(song)), bars), ("generated", cut(made), bars)]
        draw_grids(rows, path, onsets=cut(whole), title=f"song {song.index}", first_bar=first)

    def other(self, song: Song) -> Outcome:
        """The whole song, with the instruments of another one."""
        parts = clips_of(other_onsets(self.corpus, song.other, 0, song.bars), song.bars)
        hits, valid = self._generate(self._request(parts, bars_of(0, song.bars), song.index))
        return self._compare(drum_grid(hits, song.bars), song, song.windows, valid)

    def primed(self, song: Song) -> Outcome:
        """The first two bars that count are given, all that follows is written."""
        first = int(song.windows[0])
        rest = song.bars - first - WINDOW_BARS
        windows = song.windows[song.windows >= first + WINDOW_BARS]
        if not len(windows):
            return Outcome(Overlap(0, 0, 0), (), True)
        human = self._human(song)
        primer = drums_clip(human[(human["bar"] >= first) & (human["bar"] < first + WINDOW_BARS)], song.bars)
        request = replace(
            self._request(
                parts_of(self.corpus, song.index, 0, song.bars),
                bars_of(first + WINDOW_BARS, rest),
                song.index,
            ),
            primer=primer,
            primer_bars=bars_of(first, WINDOW_BARS),
        )
        hits, valid = self._generate(request)
        hits["bar"] += first + WINDOW_BARS
        return self._compare(drum_grid(hits, song.bars), song, windows, valid)

    def rolling(self, song: Song) -> Outcome:
        """Every window from the two human bars before it."""
        human = self._human(song)
        parts = parts_of(self.corpus, song.index, 0, song.bars)
        drums = drums_clip(human, song.bars)
        grid = np.zeros((song.bars, *drum_grid(human, 1).shape[1:]), bool)
        windows = song.windows[song.windows >= WINDOW_BARS]
        valid = True
        for start in windows.tolist():
            request = replace(
                self._request(parts, bars_of(start, WINDOW_BARS), song.index),
                primer=drums,
                primer_bars=bars_of(start - WINDOW_BARS, WINDOW_BARS),
            )
            hits, ok = self._generate(request)
            grid[start : start + WINDOW_BARS] = drum_grid(hits, WINDOW_BARS)
            valid &= ok
        return self._compare(grid, song, windows, valid)

    def groove(self, song: int) -> tuple[Array, Array, float]:
        """Human bars after the first two, and what the model writes after the same two bars, asked for human timing."""
        facts = self.corpus.songs[song]
        bars = min(facts["bars"], 16)
        human = self.corpus.between("hits", song, 0, bars)
        request = replace(
            self._request((), bars_of(WINDOW_BARS, bars - WINDOW_BARS), song),
            primer=drums_clip(human[human["bar"] < WINDOW_BARS], WINDOW_BARS),
            primer_bars=bars_of(0, WINDOW_BARS),
            human_timing=True,
        )
        hits, _ = self._generate(request)
        return human[human["bar"] >= WINDOW_BARS], hits, float(facts["bpm"])


WAYS = {
    "own": Listener.own,
    "other": Listener.other,
    "primed": Listener.primed,
    "rolling": Listener.rolling,
}


def measure(settings: Settings, way: str, songs: list[Song]) -> list[Outcome]:
    """The outcome of each song, generated in one of WAYS."""
    listener = Listener(settings)
    return [WAYS[way](listener, song) for song in songs]


def measure_grooves(settings: Settings, songs: list[int]) -> list[tuple[Array, Array, float]]:
    """Human bars, written bars and BPM of each drum performance."""
    listener = Listener(settings)
    return [listener.groove(song) for song in songs]
