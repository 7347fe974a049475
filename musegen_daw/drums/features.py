"""Inputs of the networks, shared by training and the app: parts, drums so far, and controls."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import (
    FAMILIES,
    FRAMES_PER_BAR,
    LEAD_POSITIONS,
    POSITIONS_PER_FRAME,
    VELOCITY_LEVELS,
    Array,
)
from musegen_daw.drums.meter import METER_SIZE
from musegen_daw.drums.plan import Cymbal
from musegen_daw.music.kit import PIECES

LOWEST_PITCH, PITCHES = 21, 88
DURATION_EDGES = np.array([7, 13, 25, 49, 97, 193, 385])  # positions: up to a 32nd, 16th, 8th ... 2 bars
DURATIONS = len(DURATION_EDGES) + 1
STATISTICS = 3  # onsets, loudest level, mean offset
PART_FEATURES = len(FAMILIES) * (PITCHES + DURATIONS + STATISTICS) + 1
PITCH_FEATURES = slice(0, len(FAMILIES) * PITCHES)  # of the part features
DRUM_FEATURES = len(PIECES) + 1

UNKNOWN = 0
DENSITY_EDGES = np.array([4, 6, 8, 10, 12, 14, 16, 19, 23])  # hits to sixteen sixteenths
DENSITY_SIZE = len(DENSITY_EDGES) + 2
KIND_SIZE = 4  # unknown, groove, variation, fill
CRASH_SIZE = 3  # unknown, none, on the downbeat
CYMBAL_SIZE = len(Cymbal) + 1
TEMPO_EDGES = np.array([60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 165, 180, 200])
TEMPO_SIZE = len(TEMPO_EDGES) + 2
CONTROL_SIZES = (DENSITY_SIZE, KIND_SIZE, CRASH_SIZE, CYMBAL_SIZE, TEMPO_SIZE, METER_SIZE)
DENSITY, KIND, CRASH, CYMBAL, TEMPO, METER = range(len(CONTROL_SIZES))


def frame_of(position: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The nearest sixteenth, 0..15, of positions within the model bar."""
    return np.asarray(position, np.int64) // POSITIONS_PER_FRAME


def offset_of(position: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The distance of positions from their sixteenths, -6..5."""
    return np.asarray(position, np.int64) % POSITIONS_PER_FRAME - LEAD_POSITIONS


def part_frames(onsets: Array, bars: int) -> npt.NDArray[np.float32]:
    """Features of the parts at each sixteenth: (16·bars, PART_FEATURES).

    By family: which pitches start (from MIDI 21 up, folded by octaves into range), which durations, a quarter of the
    number of onsets, the loudest level and the mean offset; last, whether anything starts.
    """
    features = np.zeros((bars * FRAMES_PER_BAR, PART_FEATURES), np.float32)
    if len(onsets) == 0:
        return features
    frame = onsets["bar"].astype(np.int64) * FRAMES_PER_BAR + frame_of(onsets["position"])
    family = onsets["family"].astype(np.int64)
    pitch = onsets["pitch"].astype(np.int64) - LOWEST_PITCH
    pitch = np.where(
        pitch < 0, pitch % 12, np.where(pitch >= PITCHES, PITCHES - 12 + (pitch - PITCHES) % 12, pitch)
    )
    features[frame, family * PITCHES + pitch] = 1
    base = len(FAMILIES) * PITCHES
    duration = np.searchsorted(DURATION_EDGES, onsets["duration"], side="right")
    features[frame, base + family * DURATIONS + duration] = 1
    base += len(FAMILIES) * DURATIONS
    column = base + family * STATISTICS
    np.add.at(features, (frame, column), 0.25)
    np.maximum.at(features, (frame, column + 1), onsets["level"].astype(np.float32) / (VELOCITY_LEVELS - 1))
    np.add.at(features, (frame, column + 2), offset_of(onsets["position"]) / LEAD_POSITIONS)
    counts = features[:, base : base + len(FAMILIES) * STATISTICS : STATISTICS] * 4
    features[:, base + 2 : base + len(FAMILIES) * STATISTICS : STATISTICS] /= np.maximum(counts, 1)
    features[frame, -1] = 1
    return features


def drum_frames(hits: Array, bars: int) -> npt.NDArray[np.float32]:
    """Features of drums, HIT on the grid of `quantise`, at each sixteenth: (16·bars, DRUM_FEATURES).

    Which pieces are struck; last, the offset from the sixteenth, which triplets have.
    """
    features = np.zeros((bars * FRAMES_PER_BAR, DRUM_FEATURES), np.float32)
    if len(hits) == 0:
        return features
    frame = hits["bar"].astype(np.int64) * FRAMES_PER_BAR + frame_of(hits["position"])
    features[frame, hits["piece"].astype(np.int64)] = 1
    features[frame, -1] = offset_of(hits["position"]) / LEAD_POSITIONS
    return features


def density_level(hits: npt.ArrayLike, frames: npt.ArrayLike = FRAMES_PER_BAR) -> npt.NDArray[np.int64]:
    """The control level of bars with so many hits in so many sixteenths."""
    per_bar = np.asarray(hits, float) * FRAMES_PER_BAR / np.maximum(frames, 1)
    return 1 + np.searchsorted(DENSITY_EDGES, per_bar, side="right")


def tempo_level(bpm: float | None) -> int:
    """The control level of a tempo in quarter notes a minute; None is unknown."""
    return UNKNOWN if bpm is None else 1 + int(np.searchsorted(TEMPO_EDGES, bpm, side="right"))


def feel_levels(hits: Array) -> tuple[int, int]:
    """Dynamics (1 flat, 2 expressive: at least 5 of 16 levels) and timing (1 on the grid, 2 human) of a clip.

    Timing is human where more than a fifth of the hits lie on neither 32nds nor triplets.
    """
    if len(hits) == 0:
        return UNKNOWN, UNKNOWN
    used = np.bincount(hits["level"], minlength=VELOCITY_LEVELS) > max(1, len(hits) // 200)
    away = hits["position"].astype(np.int64) - LEAD_POSITIONS
    loose = (away % 6 != 0) & (away % 8 != 0)
    return 1 + int(used.sum() >= 5), 1 + int(loose.mean() > 0.2)
