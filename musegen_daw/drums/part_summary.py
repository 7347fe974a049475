"""What a whole part is like, in numbers: what a style is chosen by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import (
    FAMILIES,
    FRAMES_PER_BAR,
    LEAD_POSITIONS,
    LISTED_PROGRAMS,
    POSITIONS_PER_FRAME,
    VELOCITY_LEVELS,
    Array,
    family_of_program,
)
from musegen_daw.drums.features import DURATION_EDGES, DURATIONS, TEMPO_SIZE, tempo_level
from musegen_daw.drums.feel import heard_triplets
from musegen_daw.drums.meter import METER_SIZE
from musegen_daw.drums.style import STYLE_BARS

Floats = npt.NDArray[np.float32]

USUAL_BPM = 120.0
PROGRAMS = tuple(sorted(LISTED_PROGRAMS))
_PITCH_EDGES = np.arange(20, 110, 6)
_OFFSET_EDGES = np.array([-3, -1, 0, 1, 3, 5])
_PULSES = (
    16,
    8,
    4,
    2,
)  # sixteenths after which a rhythm may come again
_RHYTHM = STYLE_BARS * FRAMES_PER_BAR
_OF_FAMILY = (
    _RHYTHM
    + FRAMES_PER_BAR
    + len(_PULSES)
    + 6
    + len(_OFFSET_EDGES)
    + 1
    + DURATIONS
    + len(_PITCH_EDGES)
    + 1
    + 4
)
_OF_ALL = 2 + TEMPO_SIZE + METER_SIZE + 2 * len(PROGRAMS) + 12 + 3 + _RHYTHM
PART_SUMMARY = _OF_ALL + len(FAMILIES) * _OF_FAMILY


def sound_of(program: int) -> int:
    """Index into PROGRAMS of the listed General MIDI program that sounds most like one: of its family the nearest."""
    family = family_of_program(program)
    own = [index for index, each in enumerate(PROGRAMS) if family_of_program(each) == family]
    return min(own, key=lambda index: abs(PROGRAMS[index] - program))


def part_summary(
    onsets: Array,
    programs: Sequence[int],
    bars: int,
    bpm: float | None,
    meter: int,
) -> Floats:
    """A part as one row (PART_SUMMARY,): tempo, meter, instruments, and what each family plays.

    `onsets` are ONSET of bars 0 to `bars`, their tracks indices into `programs`; `meter` is the level of
    `drums.meter`. Per family: its rhythm over two bars, accents, what comes again, how often, how evenly and how
    loud it plays, lengths and pitches.
    """
    tempo = np.zeros(TEMPO_SIZE)
    tempo[tempo_level(bpm)] = 1
    meters = np.zeros(METER_SIZE)
    meters[meter] = 1
    octaves = np.log2((USUAL_BPM if bpm is None else min(max(bpm, 20.0), 400.0)) / USUAL_BPM)
    notes = np.zeros(len(PROGRAMS))
    if len(onsets):
        sounds = np.array([sound_of(program) for program in programs], np.int64)
        track = np.minimum(onsets["track"].astype(np.int64), len(sounds) - 1)
        notes += np.bincount(sounds[track], minlength=len(PROGRAMS))
    tones = np.sort(np.bincount(onsets["pitch"] % 12, minlength=12)) / max(1, len(onsets))
    struck = _struck(onsets, bars)
    return np.concatenate(
        [
            [octaves, octaves**2],
            tempo,
            meters,
            notes > 0,
            notes / max(1.0, notes.sum()),
            tones,
            [heard_triplets(onsets), np.log2(max(1, bars)) / 6, float(struck.any(axis=1).mean())],
            _rhythm(struck),
            *(
                _of_family(onsets[onsets["family"] == family], bars, struck)
                for family in range(len(FAMILIES))
            ),
        ]
    ).astype(np.float32)


def _struck(onsets: Array, bars: int) -> npt.NDArray[np.bool_]:
    """Whether anything starts at each sixteenth (bars, 16)."""
    found = np.zeros((max(1, bars), FRAMES_PER_BAR), bool)
    found[onsets["bar"], onsets["position"] // POSITIONS_PER_FRAME] = True
    return found


def _rhythm(struck: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """How often each sixteenth of two bars is struck, of the bars in which anything is, flat."""
    found = np.zeros((STYLE_BARS, FRAMES_PER_BAR))
    for parity in range(STYLE_BARS):
        own = struck[parity::STYLE_BARS]
        played = own[own.any(axis=1)]
        if len(played):
            found[parity] = played.mean(axis=0)
    return found.ravel()


def _of_family(onsets: Array, bars: int, every: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    if len(onsets) == 0:
        return np.zeros(_OF_FAMILY)
    count = len(onsets)
    struck = _struck(onsets, bars)
    played = struck.any(axis=1)
    a_bar = struck[played].sum(axis=1) / 8
    frame = onsets["position"].astype(np.int64) // POSITIONS_PER_FRAME
    level = onsets["level"].astype(np.float64) / VELOCITY_LEVELS
    accents = np.bincount(frame, weights=level, minlength=FRAMES_PER_BAR) / np.maximum(
        1, np.bincount(frame, minlength=FRAMES_PER_BAR)
    )
    line = struck[played].ravel().astype(float)
    again = [
        float((line[pulse:] * line[:-pulse]).sum() / max(1.0, line.sum())) if len(line) > pulse else 0.0
        for pulse in _PULSES
    ]
    offset = onsets["position"].astype(np.int64) % POSITIONS_PER_FRAME - LEAD_POSITIONS
    pitch = onsets["pitch"].astype(np.float64)
    alone = struck.sum() / max(1, every.sum())
    return np.concatenate(
        [
            _rhythm(struck),
            accents,
            again,
            [
                played.mean(),
                a_bar.mean(),
                a_bar.std(),
                count / struck.sum() / 3,
                float((struck[1:] == struck[:-1]).all(axis=1).mean()) if len(struck) > 1 else 0.0,
                alone,
            ],
            _shares(np.searchsorted(_OFFSET_EDGES, offset, side="right"), len(_OFFSET_EDGES) + 1),
            _shares(np.searchsorted(DURATION_EDGES, onsets["duration"], side="right"), DURATIONS),
            _shares(np.searchsorted(_PITCH_EDGES, pitch, side="right"), len(_PITCH_EDGES) + 1),
            [pitch.mean() / 64, pitch.std() / 12, level.mean(), 2 * level.std()],
        ]
    )


def _shares(kinds: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.float64]:
    return np.bincount(kinds, minlength=count) / max(1, len(kinds))
