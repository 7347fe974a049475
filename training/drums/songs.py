"""The songs on which drums are measured: in 4/4, at most 64 bars of each, from a prepared corpus or from the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from symusic import Score

from musegen_daw.drums.events import (
    FAMILIES,
    FRAMES_PER_BAR,
    LEAD_POSITIONS,
    LISTED_PROGRAMS,
    POSITIONS_PER_BAR,
    POSITIONS_PER_BEAT,
    POSITIONS_PER_FRAME,
    Array,
    family_of_program,
    hits_from_notes,
    hits_to_notes,
    onsets_from_notes,
    velocity_of_level,
)
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import VOICE_OF_PIECE, VOICE_OF_PITCH, VOICES
from musegen_daw.music.time import Bar
from training.drums.corpus import Corpus
from training.drums.gigamidi import find_units, read_unit

WINDOW_BARS = 2
MIN_HITS = 8
MIN_ONSET_STEPS = 4

Grid = npt.NDArray[np.bool_]  # (bars, 16, 9)

_VOICE_OF_PIECE_INDEX = np.array([-1 if voice is None else voice for voice in VOICE_OF_PIECE])


PPQ = 480
MOST_BARS, LEAST_BARS, LEAST_WINDOWS = 64, 4, 2
PROGRAM_OF_FAMILY = (0, 27, 33)
BASS_PROGRAMS = range(32, 40)

Steps = npt.NDArray[np.bool_]  # (bars, 16)

_BEATS_A_BAR = 4
_VOICES = np.array([VOICE_OF_PITCH.get(pitch, -1) for pitch in range(128)])


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredSong:
    """The drums of a person and the listed instruments, raw, over an even number of bars.

    `grid` (bars, 16, 9): the drums on sixteenths; `starts` (bars, 16): where a listed instrument starts; `bass`
    (bars, 16): where any bass does, listed or not. `windows` are the first bars of those that count.
    """

    key: str
    bars: int
    bpm: float
    hits: Array
    onsets: Array
    grid: Grid
    starts: Steps
    bass: Steps
    windows: npt.NDArray[np.int64]

    def parts(self) -> tuple[Clip, ...]:
        """The instruments as clips, one per family."""
        return clips_of(self.onsets, self.bars)


def songs_of_corpus(corpus: Corpus, count: int = 0) -> list[MeasuredSong]:
    """The first `count` songs (0: all) of a prepared split that can be measured.

    A prepared song ends with the bar of its last hit.
    """
    return _first(_read_corpus(corpus), count)


def songs_of_files(root: Path, split: str, count: int = 0) -> list[MeasuredSong]:
    """The same of the MIDI files that a corpus was prepared from; songs end with their last note."""
    return _first(_read_files(root, split), count)


def _first(songs: Iterable[MeasuredSong | None], count: int) -> list[MeasuredSong]:
    found: list[MeasuredSong] = []
    for song in songs:
        if song is not None:
            found.append(song)
        if count and len(found) == count:
            break
    return found


def _read_corpus(corpus: Corpus) -> Iterator[MeasuredSong | None]:
    for index in np.flatnonzero(corpus.index["tracks"]).tolist():
        facts = corpus.songs[index]
        if facts["four_four"]:
            bars = min(int(facts["bars"]), MOST_BARS)
            hits, onsets = (corpus.between(name, index, 0, bars) for name in ("hits", "onsets"))
            starts, bass = (
                _steps(own, _even(bars))
                for own in (onsets, onsets[onsets["family"] == FAMILIES.index("bass")])
            )
            yield measured(
                str(facts["key"]),
                float(facts["bpm"]),
                hits,
                onsets,
                drum_grid(hits, _even(bars)),
                starts,
                bass,
            )


def _read_files(root: Path, split: str) -> Iterator[MeasuredSong | None]:
    for unit in find_units(root):
        if unit.split in (None, split):
            for source in read_unit(unit):
                if source.split == split:
                    yield read_song(source.key, source.data)


def read_song(key: str, data: bytes) -> MeasuredSong | None:
    """A MIDI file as a song to measure; None where it is no 4/4, cannot be read or has too little to measure."""
    try:
        score: Any = Score.from_midi(data)
    except (RuntimeError, ValueError):
        return None
    meters = {(meter.numerator, meter.denominator) for meter in score.time_signatures}
    drums = [track for track in score.tracks if track.is_drum]
    parts = [track for track in score.tracks if not track.is_drum]
    listed = [track for track in parts if track.program in LISTED_PROGRAMS]
    if not meters <= {(4, 4)} or not drums or not listed:
        return None
    ppq = int(score.tpq)
    bars = min(MOST_BARS, -(-int(score.end()) // (_BEATS_A_BAR * ppq)))
    bar_start_ticks = np.arange(bars) * _BEATS_A_BAR * ppq
    played = [track.notes.numpy() for track in drums]
    hits = [
        hits_from_notes(note["time"], note["pitch"], note["velocity"], ppq, bar_start_ticks)
        for note in played
    ]
    start, pitch = (np.concatenate([note[name] for note in played]) for name in ("time", "pitch"))
    onsets = [_onsets(track, ppq, bar_start_ticks) for track in listed]
    starts, bass = (
        starts_of([track.notes.numpy()["time"] for track in own], ppq, _even(bars))
        for own in (listed, [track for track in parts if track.program in BASS_PROGRAMS])
    )
    return measured(
        key,
        float(score.tempos[0].qpm) if len(score.tempos) else 120.0,
        np.concatenate(hits),
        np.concatenate(onsets),
        notes_grid(start, pitch, ppq, _even(bars)),
        starts,
        bass,
    )


def notes_grid(start_ticks: npt.ArrayLike, pitch: npt.ArrayLike, ppq: int, bars: int) -> Grid:
    """Drum notes on sixteenths by rounding, by voice: (bars, 16, 9)."""
    step = np.rint(np.asarray(start_ticks, np.int64) * 4 / ppq).astype(np.int64)
    voice = _VOICES[np.asarray(pitch, np.int64)]
    keep = (step < bars * FRAMES_PER_BAR) & (voice >= 0)
    grid = np.zeros((bars * FRAMES_PER_BAR, len(VOICES)), bool)
    grid[step[keep], voice[keep]] = True
    return grid.reshape(bars, FRAMES_PER_BAR, -1)


def clip_grid(clip: Clip, bars: int) -> Grid:
    """The grid of a drum clip, as that of `notes_grid`."""
    start, pitch = (
        np.array([(note.start_ticks, note.pitch) for note in clip.notes], np.int64).reshape(-1, 2).T
    )
    return notes_grid(start, pitch, clip.ppq, bars)


def starts_of(start_ticks: list[npt.NDArray[np.int64]], ppq: int, bars: int) -> Steps:
    """At which sixteenths, by rounding, any of these notes starts: (bars, 16)."""
    step = np.rint(np.concatenate([np.zeros(0, np.int64), *start_ticks]) * 4 / ppq).astype(np.int64)
    found = np.zeros(bars * FRAMES_PER_BAR, bool)
    found[step[step < len(found)]] = True
    return found.reshape(bars, FRAMES_PER_BAR)


def _onsets(track: Any, ppq: int, bar_start_ticks: npt.NDArray[np.int64]) -> Array:
    notes = track.notes.numpy()
    return onsets_from_notes(
        notes["time"],
        notes["duration"],
        notes["pitch"],
        notes["velocity"],
        family=family_of_program(track.program),
        track=0,
        ppq=ppq,
        bar_start_ticks=bar_start_ticks,
    )


def measured(
    key: str, bpm: float, hits: Array, onsets: Array, grid: Grid, starts: Steps, bass: Steps
) -> MeasuredSong | None:
    """The song, None where fewer than 4 bars or 2 windows of it count."""
    windows = windows_of(grid, starts)
    if len(grid) < LEAST_BARS or len(windows) < LEAST_WINDOWS or len(onsets) == 0:
        return None
    onsets = onsets[np.lexsort((onsets["pitch"], onsets["position"], onsets["bar"]))]
    return MeasuredSong(key, len(grid), bpm, _in_order(hits), onsets, grid, starts, bass, windows)


def _in_order(hits: Array) -> Array:
    hits = hits[np.lexsort((-hits["level"].astype(int), hits["piece"], hits["position"], hits["bar"]))]
    again = np.zeros(len(hits), bool)
    again[1:] = hits[["bar", "position", "piece"]][1:] == hits[["bar", "position", "piece"]][:-1]
    return hits[~again]


def _even(bars: int) -> int:
    return -(-bars // WINDOW_BARS) * WINDOW_BARS


def _steps(onsets: Array, bars: int) -> Steps:
    found = np.zeros((bars, FRAMES_PER_BAR), bool)
    found[onsets["bar"], step_of(onsets["position"])] = True
    return found


def onsets_over(song: MeasuredSong, bars: int) -> Array:
    """The onsets of a song over so many bars, round again where it is too short."""
    times = -(-bars // song.bars)
    every = np.concatenate([song.onsets] * times)
    every["bar"] += np.repeat(np.arange(times) * song.bars, len(song.onsets))
    return every[every["bar"] < bars]


def clips_of(onsets: Array, bars: int) -> tuple[Clip, ...]:
    """ONSET as clips, one per family."""
    length_ticks = bars * _BEATS_A_BAR * PPQ
    scale = PPQ // POSITIONS_PER_BEAT
    clips: list[Clip] = []
    for family in range(len(FAMILIES)):
        own = onsets[onsets["family"] == family]
        place = own["bar"].astype(int) * POSITIONS_PER_BAR + own["position"] - LEAD_POSITIONS
        rows = zip(
            own["pitch"].tolist(),
            velocity_of_level(own["level"]).tolist(),
            (scale * np.maximum(0, place)).tolist(),
            (scale * own["duration"].astype(int)).tolist(),
            strict=True,
        )
        notes = tuple(Note(*row) for row in rows)
        if notes:
            clips.append(Clip(notes, length_ticks, PPQ, FAMILIES[family], PROGRAM_OF_FAMILY[family]))
    return tuple(clips)


def bars_of(first: int, bars: int) -> tuple[Bar, ...]:
    length_ticks = _BEATS_A_BAR * PPQ
    return tuple(Bar(bar * length_ticks, length_ticks) for bar in range(first, first + bars))


def drums_clip(hits: Array, bars: int) -> Clip:
    length_ticks = bars * _BEATS_A_BAR * PPQ
    return Clip(hits_to_notes(hits, bars_of(0, bars), PPQ), length_ticks, PPQ, is_drum=True)


def step_of(position: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The sixteenth, 0..15, by rounding; what lies in the middle of two goes to the even one."""
    away = np.asarray(position, np.int64) - LEAD_POSITIONS
    return np.rint(away / POSITIONS_PER_FRAME).astype(np.int64)


def drum_grid(hits: Array, bars: int) -> Grid:
    """Which voice sounds at which sixteenth: (bars, 16, 9); hits past the last bar are left out."""
    grid = np.zeros((bars, FRAMES_PER_BAR, len(VOICES)), bool)
    voice = _VOICE_OF_PIECE_INDEX[hits["piece"]]
    keep = (voice >= 0) & (hits["bar"] < bars)
    grid[hits["bar"][keep], step_of(hits["position"][keep]), voice[keep]] = True
    return grid


def windows_of(grid: Grid, starts: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """First bars of the windows that count: at least 8 hits, and 4 sixteenths at which an instrument starts.

    `starts` (bars, 16) are those of the listed instruments.
    """
    windows = len(grid) // WINDOW_BARS
    played, started = (
        each[: windows * WINDOW_BARS].reshape(windows, -1).sum(axis=1) for each in (grid, starts)
    )
    return np.flatnonzero((played >= MIN_HITS) & (started >= MIN_ONSET_STEPS)) * WINDOW_BARS
