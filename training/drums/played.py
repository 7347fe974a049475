"""Playability and touch: hands and feet, where in the bar hits lie, velocities and timing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import (
    FRAMES_PER_BAR,
    LEAD_POSITIONS,
    POSITIONS_PER_BAR,
    POSITIONS_PER_BEAT,
    Array,
    velocity_of_level,
)
from musegen_daw.music.clip import Clip
from musegen_daw.music.kit import PIECES, VOICE_OF_PITCH, VOICES

TOGETHER_MS = 15.0
TOGETHER_BEATS = 1 / 48
LOUDEST = 126
LEAST_HITS = 20

_KICKS, _PEDALS = (35, 36), (44,)
_TIMEKEEPERS = tuple(VOICES.index(name) for name in ("closed hat", "open hat", "ride"))
_HAT = VOICES.index("closed hat")
_PITCHES = np.array([piece.pitch for piece in PIECES])
_VOICES = np.array([VOICE_OF_PITCH.get(pitch, -1) for pitch in range(128)])
_FINER_BEATS = 1 / 16  # what is further from the grid is a 32nd or a flam, and no sixteenth played late
_HALF_LEVEL = 3.5  # of velocity: a level stands for the middle of its eight

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PlayedNotes:
    """Drum notes in order of time: start in quarter notes, pitch and velocity, each (notes,)."""

    beats: Floats
    pitch: npt.NDArray[np.int64]
    velocity: Floats
    bpm: float

    @property
    def voice(self) -> npt.NDArray[np.int64]:
        """Index into VOICES (notes,), -1 for other percussion."""
        return _VOICES[self.pitch]

    @property
    def step(self) -> npt.NDArray[np.int64]:
        """The sixteenth of the bar of 4/4 by rounding (notes,)."""
        return np.rint(self.beats * 4).astype(np.int64) % FRAMES_PER_BAR


def of_clip(clip: Clip, bpm: float) -> PlayedNotes:
    rows = sorted((note.start_ticks, note.pitch, note.velocity) for note in clip.notes)
    start, pitch, velocity = np.array(rows, np.int64).reshape(-1, 3).T
    return PlayedNotes(start / clip.ppq, pitch, velocity.astype(float), bpm)


def of_hits(hits: Array, bpm: float) -> PlayedNotes:
    """HIT as notes: to a 48th of a quarter note and to eight velocities."""
    place = hits["bar"].astype(np.int64) * POSITIONS_PER_BAR + hits["position"] - LEAD_POSITIONS
    order = np.argsort(place, kind="stable")
    velocity = velocity_of_level(hits["level"]).astype(float) - _HALF_LEVEL
    return PlayedNotes(
        place[order] / POSITIONS_PER_BEAT, _PITCHES[hits["piece"][order]], velocity[order], bpm
    )


def playability(songs: Sequence[PlayedNotes]) -> dict[str, Any]:
    """What two hands and two feet would have to do, and where in the bar hits lie.

    `unplayable`: onsets (within 15 ms) with more than two hits of hands, or a foot twice; `three hands`: onsets
    (within a 48th of a beat) with more than two. `first half`: the share of hits in the first half of the bar, also
    of each voice; `off-beat eighths`: the same of hats and rides there.
    """
    unplayable = [_stacked(song, TOGETHER_MS / 60_000 * song.bpm, feet=True) for song in songs]
    hands = [_stacked(song, TOGETHER_BEATS, feet=False) for song in songs]
    step, voice = (np.concatenate([getattr(song, name) for song in songs]) for name in ("step", "voice"))
    first = step < FRAMES_PER_BAR // 2
    off = (step % 4 == 2) & np.isin(voice, _TIMEKEEPERS)
    return {
        "unplayable": _ratio(unplayable),
        "three hands": _ratio(hands),
        "first half": _mean(first),
        "off-beat eighths": _mean(first[off]),
        "voices": {
            name: _mean(first[voice == index])
            for index, name in enumerate(VOICES)
            if (voice == index).sum() >= LEAST_HITS
        },
    }


def _stacked(song: PlayedNotes, apart_beats: float, *, feet: bool) -> tuple[int, int]:
    """Onsets that need too many hands (or feet), and onsets; one lasts `apart_beats` from its first hit."""
    too_many = groups = 0
    begun = -np.inf
    hands = kicks = pedals = 0
    for beat, pitch in zip([*song.beats.tolist(), np.inf], [*song.pitch.tolist(), -1], strict=True):
        if beat - begun > apart_beats:
            if begun > -np.inf:
                groups += 1
                too_many += hands > 2 or (feet and (kicks > 1 or pedals > 1))
            begun, hands, kicks, pedals = beat, 0, 0, 0
        kicks += pitch in _KICKS
        pedals += pitch in _PEDALS
        hands += pitch not in (*_KICKS, *_PEDALS)
    return too_many, groups


def _ratio(counts: Sequence[tuple[int, int]]) -> float:
    return sum(few for few, _ in counts) / max(1, sum(every for _, every in counts))


def _mean(values: npt.NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else 0.0


def touch(songs: Sequence[PlayedNotes]) -> dict[str, Any]:
    """How hits are played: of each voice mean and spread of velocity, the share of 126 and 127, and the spread of
    time in ms about the grid; and how loud hats are by sixteenth of the beat."""
    voice, velocity, step = (
        np.concatenate([getattr(song, name) for song in songs]) for name in ("voice", "velocity", "step")
    )
    late = np.concatenate([offsets_ms(song) for song in songs])
    hats = [velocity[(voice == _HAT) & (step % 4 == place)] for place in range(4)]
    return {
        "loudest": _mean(velocity >= LOUDEST),
        "time spread": _spread(late),
        "voices": {
            name: {
                "velocity": float(velocity[voice == index].mean()),
                "spread": float(velocity[voice == index].std()),
                "loudest": float((velocity[voice == index] >= LOUDEST).mean()),
                "time spread": _spread(late[voice == index]),
            }
            for index, name in enumerate(VOICES)
            if (voice == index).sum() >= LEAST_HITS
        },
        "hats by sixteenth of the beat": [_mean(own) for own in hats],
    }


def offsets_ms(song: PlayedNotes) -> Floats:
    """How late each hit is (notes,), from the sixteenths or the triplets of its beat, whichever is nearer.

    NaN for what is played between them, which says nothing of time.
    """
    beat = np.floor(song.beats + 1 / 12)
    within = song.beats - beat
    away = [within - np.rint(within * parts) / parts for parts in (4, 3)]
    group = (beat - beat.min()).astype(np.int64) if len(beat) else np.zeros(0, np.int64)
    missed = [np.bincount(group, np.square(each)) for each in away]
    triplets = (missed[1] + 4 / POSITIONS_PER_BEAT**2 < missed[0])[group]
    late = np.where(triplets, away[1], away[0])
    late[np.abs(late) > _FINER_BEATS] = np.nan
    return late * 60_000 / song.bpm


def _spread(late: Floats) -> float:
    known = late[~np.isnan(late)]
    return float(known.std()) if len(known) else 0.0


def loudness(songs: Sequence[PlayedNotes]) -> dict[str, float]:
    """Mean velocity of kick, snare and closed hat."""
    voice, velocity = (
        np.concatenate([getattr(song, name) for song in songs]) for name in ("voice", "velocity")
    )
    return {name: _mean(velocity[voice == VOICES.index(name)]) for name in ("kick", "snare", "closed hat")}
