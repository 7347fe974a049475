"""Writes the bundled .mid files: notes in beats, played with a little human unevenness, at 480 PPQ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np

PPQ = 480
BEATS_PER_BAR = 4


@dataclass(frozen=True, slots=True)
class Stroke:
    """One note: start and length in beats, pitch, velocity and how late it is played, in milliseconds."""

    start_beats: float
    length_beats: float
    pitch: int
    velocity: int
    late_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """One track; `program` is ignored on the drum channel."""

    name: str
    program: int
    strokes: tuple[Stroke, ...]
    is_drum: bool = False


def write_midi(
    path: Path, parts: Sequence[Part], bpm: float, bars: int, timing_ms: float, velocity: float
) -> None:
    """A type 1 file of `bars` bars of 4/4; notes stray from the grid by the given standard deviations.

    The straying is drawn from the file's name, so that the same music gives the same bytes.
    """
    rng = np.random.default_rng(list(path.stem.encode()))
    midi = mido.MidiFile(type=1, ticks_per_beat=PPQ)
    length_ticks = bars * BEATS_PER_BAR * PPQ
    conductor = mido.MidiTrack()
    conductor.append(mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm)))
    conductor.append(mido.MetaMessage("time_signature", numerator=4, denominator=4))
    conductor.append(mido.MetaMessage("end_of_track", time=length_ticks))
    midi.tracks.append(conductor)
    melodic = iter(channel for channel in range(16) if channel != 9)
    for part in parts:
        channel = 9 if part.is_drum else next(melodic)
        midi.tracks.append(_track(part, channel, length_ticks, bpm, timing_ms, velocity, rng))
    midi.save(path)


def _track(
    part: Part,
    channel: int,
    length_ticks: int,
    bpm: float,
    timing_ms: float,
    spread: float,
    rng: np.random.Generator,
) -> mido.MidiTrack:
    ticks_per_ms = PPQ * bpm / 60_000
    moments: dict[float, float] = {}
    notes: list[tuple[int, int, int, int]] = []
    for stroke in sorted(part.strokes, key=lambda stroke: (stroke.start_beats, stroke.pitch)):
        # The notes of a chord move together, and then a little apart.
        together = moments.setdefault(stroke.start_beats, float(rng.normal(0, timing_ms)))
        late_ms = stroke.late_ms + together + float(rng.normal(0, 0.3 * timing_ms))
        start = round(stroke.start_beats * PPQ + late_ms * ticks_per_ms)
        start = min(max(0, start), length_ticks - 1)
        end = min(length_ticks, start + max(1, round(stroke.length_beats * PPQ)))
        loudness = round(stroke.velocity + float(rng.normal(0, spread)))
        notes.append((start, end, stroke.pitch, min(127, max(1, loudness))))

    events: list[tuple[int, int, mido.Message]] = []
    next_start: dict[int, int] = {}
    for start, end, pitch, loudness in sorted(notes, reverse=True):
        # A note ends where the same pitch is played again.
        end = max(start + 1, min(end, next_start.get(pitch, end)))
        next_start[pitch] = start
        events.append((start, 1, mido.Message("note_on", channel=channel, note=pitch, velocity=loudness)))
        events.append((end, 0, mido.Message("note_off", channel=channel, note=pitch, velocity=0)))
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=part.name))
    track.append(mido.Message("program_change", channel=channel, program=0 if part.is_drum else part.program))
    now = 0
    for tick, _, message in sorted(events, key=lambda event: (*event[:2], event[2].note)):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=length_ticks - now))
    return track
