"""From a MIDI file to its pair: the drums and the listed instruments, cut at the same bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from symusic import Score

from musegen_daw.drums.events import (
    LISTED_PROGRAMS,
    ONSET,
    Array,
    bar_starts,
    family_of_program,
    hits_from_notes,
    model_bars,
    onsets_from_notes,
)
from musegen_daw.drums.features import feel_levels
from musegen_daw.drums.meter import bar_frames
from musegen_daw.errors import MidiFileError
from musegen_daw.midi.file import song_from_bytes
from musegen_daw.music.time import Bar, TimeMap, TimeSignature
from training.drums.gigamidi import CorpusFile

MIN_HITS = 16
MAX_NOTES = 200_000
MAX_BARS = 1_000
MAX_TRACKS = 255


@dataclass(frozen=True, slots=True)
class PairTrack:
    index: int
    program: int
    name: str
    notes: int


@dataclass(frozen=True, slots=True)
class Pair:
    """The drums and the listed instruments of one song, over its model bars from the start.

    `meters` are the first bar, the sixteenths and whether beats are dotted quarters, of every run of equal bars.
    """

    key: str
    split: str
    group: str
    licence_class: str
    origin: str
    bars: int
    meters: tuple[tuple[int, int, bool], ...]
    four_four: bool
    bpm: float
    dynamics: int
    timing: int
    drum_tracks: tuple[int, ...]
    tracks: tuple[PairTrack, ...]
    hits: Array = field(compare=False)
    onsets: Array = field(compare=False)


def make_pair(source: CorpusFile, *, drums_only: bool = False, careful: bool = False) -> Pair | str:
    """The pair of one MIDI file, or the reason why it has none.

    Kept are files with drums and at least one listed instrument (`drums_only`: drums alone will do),
    in whatever meters; a file without a time signature counts as 4/4. Bars of more than four quarters
    are cut as the app cuts them. `careful` reads with the app's own parser, for files on which the fast
    one crashes.
    """
    if not source.data:
        return "empty, too large or damaged"
    try:
        file = _read_carefully(source) if careful else _read_fast(source)
    except (RuntimeError, ValueError, TypeError, MidiFileError) as error:
        return f"unreadable ({type(error).__name__})"
    drums = [track for track in file.tracks if track.is_drum]
    if not drums:
        return "no drums"
    listed = [track for track in file.tracks if not track.is_drum and track.program in LISTED_PROGRAMS]
    if not listed and not drums_only:
        return "no listed instrument"
    if sum(len(track.start) for track in (*drums, *listed)) > MAX_NOTES:
        return "too many notes"
    start, pitch, velocity = (
        np.concatenate([getattr(track, name) for track in drums]) for name in ("start", "pitch", "velocity")
    )
    signatures = tuple(TimeSignature(*meter) for meter in file.meters if min(meter[1:]) > 0)
    end_ticks = max(0, int(start.max())) + 1
    if end_ticks > MAX_BARS * 4 * file.ppq:
        end_ticks = MAX_BARS * 4 * file.ppq
    written = TimeMap(file.ppq, (), signatures).bars(end_ticks)
    if len(written) > MAX_BARS:
        return "more than 1,000 bars"
    spans, _ = model_bars(written, file.ppq)
    bars = len(spans)
    bar_start_ticks = bar_starts(spans)
    hits = hits_from_notes(start, pitch, velocity, file.ppq, bar_start_ticks)
    if len(hits) < MIN_HITS:
        return "fewer than 16 drum hits"
    listed = listed[:MAX_TRACKS]
    onsets = _onsets(listed, file.ppq, bar_start_ticks)
    dynamics, timing = feel_levels(hits)
    return Pair(
        key=source.key,
        split=source.split,
        group=source.group,
        licence_class=source.licence_class,
        origin=source.origin,
        bars=bars,
        meters=_meter_runs(spans, file.ppq),
        four_four=all(meter[1:] == (4, 4) for meter in file.meters if meter[0] < file.end_ticks),
        bpm=file.bpm,
        dynamics=dynamics,
        timing=timing,
        drum_tracks=tuple(track.index for track in drums),
        tracks=tuple(PairTrack(track.index, track.program, track.name, len(track.start)) for track in listed),
        hits=hits,
        onsets=onsets,
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    index: int
    name: str
    program: int
    is_drum: bool
    start: Array
    duration: Array
    pitch: Array
    velocity: Array


@dataclass(frozen=True, slots=True)
class _File:
    ppq: int
    bpm: float
    meters: list[tuple[int, int, int]]
    end_ticks: int
    tracks: list[_Columns]


def _onsets(listed: Sequence[_Columns], ppq: int, bar_start_ticks: npt.NDArray[np.int64]) -> Array:
    streams = [
        onsets_from_notes(
            track.start,
            track.duration,
            track.pitch,
            track.velocity,
            family=family_of_program(track.program),
            track=number,
            ppq=ppq,
            bar_start_ticks=bar_start_ticks,
        )
        for number, track in enumerate(listed)
    ]
    onsets = np.concatenate([np.zeros(0, ONSET), *streams])
    return onsets[np.lexsort((onsets["pitch"], onsets["position"], onsets["bar"]))]


def _meter_runs(spans: Sequence[Bar], ppq: int) -> tuple[tuple[int, int, bool], ...]:
    runs: list[tuple[int, int, bool]] = []
    for index, span in enumerate(spans):
        own = bar_frames(span, ppq), span.is_compound
        if not runs or runs[-1][1:] != own:
            runs.append((index, *own))
    return tuple(runs)


def _check_chunks(data: bytes) -> None:
    """Raise RuntimeError where a chunk ends past the data: the fast reader would read on behind it."""
    position = 0
    while position + 8 <= len(data):
        position += 8 + int.from_bytes(data[position + 4 : position + 8], "big")
    if position > len(data):
        raise RuntimeError("truncated")


def _read_fast(source: CorpusFile) -> _File:
    if source.data.startswith(b"MThd"):
        _check_chunks(source.data)
    score: Any = Score.from_midi(source.data)
    if score.tpq <= 0:
        raise ValueError("no metrical time")
    end_ticks = int(score.end())
    tracks: list[_Columns] = []
    for index, track in enumerate(score.tracks):
        if len(track.notes):
            notes = track.notes.numpy()
            columns = (notes[name] for name in ("time", "duration", "pitch", "velocity"))
            tracks.append(_Columns(index, str(track.name), int(track.program), bool(track.is_drum), *columns))
    meters = [
        (int(meter.time), int(meter.numerator), int(meter.denominator)) for meter in score.time_signatures
    ]
    tempos = [(int(tempo.time), float(tempo.qpm)) for tempo in score.tempos]
    return _File(int(score.tpq), _longest_tempo(tempos, end_ticks), meters, end_ticks, tracks)


def _read_carefully(source: CorpusFile) -> _File:
    song = song_from_bytes(source.data, source.key)
    tracks: list[_Columns] = []
    for index, clip in enumerate(song.clips):
        if clip.notes:
            rows = [(note.start_ticks, note.duration_ticks, note.pitch, note.velocity) for note in clip.notes]
            columns = np.array(rows, np.int64).T
            tracks.append(_Columns(index, clip.name, clip.program, clip.is_drum, *columns))
    tempos = [(tempo.start_ticks, tempo.bpm) for tempo in song.time_map.tempos]
    meters = [
        (meter.start_ticks, meter.numerator, meter.denominator) for meter in song.time_map.time_signatures
    ]
    end_ticks = song.end_ticks
    return _File(song.time_map.ppq, _longest_tempo(tempos, end_ticks), meters, end_ticks, tracks)


def _longest_tempo(tempos: list[tuple[int, float]], end_ticks: int) -> float:
    tempos = sorted(tempos)
    lengths: dict[float, int] = {}
    for index, (start, bpm) in enumerate(tempos):
        following = tempos[index + 1][0] if index + 1 < len(tempos) else max(end_ticks, start + 1)
        lengths[bpm] = lengths.get(bpm, 0) + following - start
    return max(lengths, key=lambda bpm: lengths[bpm], default=120.0)
