"""From one MIDI file to its pair: the drums, and the listed instruments, cut at the same bars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from symusic import Score

from musegen_daw.drumming.events import (
    LISTED_PROGRAMS,
    Array,
    family_of_program,
    hits_from_notes,
    onsets_from_notes,
)
from musegen_daw.drumming.features import feel_levels
from training.drums.gigamidi import Source

MIN_HITS = 16
MAX_NOTES = 200_000
MAX_BARS = 1_000
ONSET_EMPTY = onsets_from_notes([], [], [], [], family=0, track=0, ppq=1, bar_start_ticks=[0])


@dataclass(frozen=True, slots=True)
class Track:
    """A listed instrument of a pair."""

    index: int
    program: int
    name: str
    notes: int


@dataclass(frozen=True, slots=True)
class Pair:
    """The drums and the listed instruments of one song, over bars of 4/4 from its start."""

    key: str
    split: str
    group: str
    licence_class: str
    origin: str
    bars: int
    bpm: float
    dynamics: int
    timing: int
    drum_tracks: tuple[int, ...]
    tracks: tuple[Track, ...]
    hits: Array = field(compare=False)
    onsets: Array = field(compare=False)


def make_pair(source: Source, *, drums_only: bool = False) -> Pair | str:
    """The pair of one MIDI file, or the reason why it has none.

    Kept are files with drums and at least one listed instrument (`drums_only`: drums alone will do),
    in 4/4 throughout; a file without a time signature counts as 4/4.
    """
    if not source.data:
        return "empty or too large"
    try:
        score: Any = Score.from_midi(source.data)
    except Exception as error:  # symusic raises several unrelated types for malformed files
        return f"unreadable ({type(error).__name__})"
    if score.tpq <= 0:
        return "no metrical time"
    drums = [(index, track) for index, track in enumerate(score.tracks) if track.is_drum and len(track.notes)]
    if not drums:
        return "no drums"
    listed = [
        (index, track)
        for index, track in enumerate(score.tracks)
        if not track.is_drum and track.program in LISTED_PROGRAMS and len(track.notes)
    ]
    if not listed and not drums_only:
        return "no listed instrument"
    notes = sum(len(track.notes) for _, track in (*drums, *listed))
    if notes > MAX_NOTES:
        return "too many notes"
    end_ticks = int(score.end())
    if any((meter.numerator, meter.denominator) != (4, 4) for meter in score.time_signatures if meter.time < end_ticks):
        return "not 4/4 throughout"

    columns = [track.notes.numpy() for _, track in drums]
    start, pitch, velocity = (np.concatenate([each[name] for each in columns]) for name in ("time", "pitch", "velocity"))
    bar_ticks = 4 * score.tpq
    bars = min(MAX_BARS, max(0, int(start.max())) // bar_ticks + 1)
    bar_start_ticks = np.arange(bars, dtype=np.int64) * bar_ticks
    hits = hits_from_notes(start, pitch, velocity, score.tpq, bar_start_ticks)
    if len(hits) < MIN_HITS:
        return "fewer than 16 drum hits"
    streams = [ONSET_EMPTY]
    tracks: list[Track] = []
    for index, track in listed[:255]:
        values = track.notes.numpy()
        streams.append(
            onsets_from_notes(
                values["time"],
                values["duration"],
                values["pitch"],
                values["velocity"],
                family=family_of_program(track.program),
                track=len(tracks),
                ppq=score.tpq,
                bar_start_ticks=bar_start_ticks,
            )
        )
        tracks.append(Track(index, int(track.program), str(track.name), len(track.notes)))
    onsets = np.concatenate(streams)
    onsets = onsets[np.lexsort((onsets["pitch"], onsets["position"], onsets["bar"]))]
    dynamics, timing = feel_levels(hits)
    return Pair(
        key=source.key,
        split=source.split,
        group=source.group,
        licence_class=source.licence_class,
        origin=source.origin,
        bars=bars,
        bpm=_longest_tempo(score, end_ticks),
        dynamics=dynamics,
        timing=timing,
        drum_tracks=tuple(index for index, _ in drums),
        tracks=tuple(tracks),
        hits=hits,
        onsets=onsets,
    )


def _longest_tempo(score: Any, end_ticks: int) -> float:
    tempos = sorted((int(tempo.time), float(tempo.qpm)) for tempo in score.tempos)
    lengths: dict[float, int] = {}
    for index, (start, bpm) in enumerate(tempos):
        following = tempos[index + 1][0] if index + 1 < len(tempos) else max(end_ticks, start + 1)
        lengths[bpm] = lengths.get(bpm, 0) + following - start
    return max(lengths, key=lambda bpm: lengths[bpm], default=120.0)
