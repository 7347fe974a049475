"""Notes as the arrays that the tokenizer and the networks read: bar, position, piece or pitch.

Training and the app share this code. A beat has 48 positions. A model bar has at most four quarter notes and begins 6
positions (half a sixteenth) before its bar line, so that a hit slightly ahead of the beat stays with its beat:
position 6 is the downbeat, `position // 12` is the nearest sixteenth.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import PIECE_OF_PITCH, PIECES
from musegen_daw.music.time import Bar

POSITIONS_PER_BEAT = 48
POSITIONS_PER_FRAME = 12
FRAMES_PER_BAR = 16
POSITIONS_PER_BAR = POSITIONS_PER_FRAME * FRAMES_PER_BAR
LEAD_POSITIONS = 6
VELOCITY_STEP = 8
VELOCITY_LEVELS = 16

FAMILIES = ("keys", "guitar", "bass")
LISTED_PROGRAMS = frozenset({0, 25, 26, 27, 28, 29, 30, 32, 33, 34})

# position: within the bar; level: velocity in steps of 8; piece: index into music.kit.PIECES
HIT = np.dtype([("bar", "<i4"), ("position", "u1"), ("piece", "u1"), ("level", "u1")])
# duration: in positions, at most 4 bars; family: index into FAMILIES; track: index within the song
ONSET = np.dtype(
    [
        ("bar", "<i4"),
        ("position", "u1"),
        ("pitch", "u1"),
        ("level", "u1"),
        ("duration", "<u2"),
        ("family", "u1"),
        ("track", "u1"),
    ]
)

Array = npt.NDArray[np.void]
MAX_DURATION_POSITIONS = 4 * POSITIONS_PER_BAR

_PIECE_TABLE = np.full(128, 255, np.uint8)
for _pitch, _piece in PIECE_OF_PITCH.items():
    _PIECE_TABLE[_pitch] = _piece


def family_of_program(program: int) -> int:
    """Index into FAMILIES for a General MIDI program counted from 0; what is no guitar and no bass is keys."""
    if 24 <= program <= 31:
        return 1
    return 2 if 32 <= program <= 39 else 0


def velocity_level(velocity: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """The levels 0..15 of velocities 1..127."""
    return np.clip(np.asarray(velocity, np.int64) // VELOCITY_STEP, 0, VELOCITY_LEVELS - 1).astype(np.uint8)


def velocity_of_level(level: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The velocity at the top of each level: 7, 15, ... 127."""
    return np.asarray(level, np.int64) * VELOCITY_STEP + VELOCITY_STEP - 1


def to_positions(ticks: npt.ArrayLike, ppq: int) -> npt.NDArray[np.int64]:
    """Ticks as positions, rounded to the nearest; half a position rounds up."""
    return (2 * np.asarray(ticks, np.int64) * POSITIONS_PER_BEAT + ppq) // (2 * ppq)


def place(
    start_ticks: npt.ArrayLike, ppq: int, bar_start_ticks: npt.ArrayLike
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Bar index and position within the model bar of every start.

    `bar_start_ticks` (bars,) ascends. The bar is -1 before the first bar; a position can exceed the bar where bars
    are longer than 4/4 or after the last bar.
    """
    starts = to_positions(start_ticks, ppq) + LEAD_POSITIONS
    bar_starts = to_positions(bar_start_ticks, ppq)
    bars = np.searchsorted(bar_starts, starts, side="right") - 1
    return bars, starts - bar_starts[np.maximum(bars, 0)]


def hits_from_notes(
    start_ticks: npt.ArrayLike,
    pitch: npt.ArrayLike,
    velocity: npt.ArrayLike,
    ppq: int,
    bar_start_ticks: npt.ArrayLike,
) -> Array:
    """Drum notes as HIT (hits,), sorted by bar, position and piece; of duplicates the loudest.

    Pitches outside the kit and notes outside the bars are left out.
    """
    bar, position = place(start_ticks, ppq, bar_start_ticks)
    piece = _PIECE_TABLE[np.asarray(pitch, np.int64)]
    keep = (piece != 255) & (bar >= 0) & (position < POSITIONS_PER_BAR)
    hits = np.empty(int(keep.sum()), HIT)
    hits["bar"], hits["position"], hits["piece"] = bar[keep], position[keep], piece[keep]
    hits["level"] = velocity_level(np.asarray(velocity)[keep])
    return _sorted_without_duplicates(hits)


def _sorted_without_duplicates(hits: Array) -> Array:
    """HIT in order of bar, position and piece; of two hits of a piece at one position the louder."""
    hits = hits[np.lexsort((-hits["level"].astype(int), hits["piece"], hits["position"], hits["bar"]))]
    repeated = np.zeros(len(hits), bool)
    repeated[1:] = (
        (hits["bar"][1:] == hits["bar"][:-1])
        & (hits["position"][1:] == hits["position"][:-1])
        & (hits["piece"][1:] == hits["piece"][:-1])
    )
    return hits[~repeated]


def onsets_from_notes(
    start_ticks: npt.ArrayLike,
    duration_ticks: npt.ArrayLike,
    pitch: npt.ArrayLike,
    velocity: npt.ArrayLike,
    *,
    family: int,
    track: int,
    ppq: int,
    bar_start_ticks: npt.ArrayLike,
) -> Array:
    """The notes of one instrument as ONSET (onsets,), sorted by bar, position and pitch."""
    bar, position = place(start_ticks, ppq, bar_start_ticks)
    keep = (bar >= 0) & (position < POSITIONS_PER_BAR)
    onsets = np.zeros(int(keep.sum()), ONSET)
    onsets["bar"], onsets["position"] = bar[keep], position[keep]
    onsets["pitch"] = np.asarray(pitch)[keep]
    onsets["level"] = velocity_level(np.asarray(velocity)[keep])
    durations = to_positions(np.asarray(duration_ticks)[keep], ppq)
    onsets["duration"] = np.clip(durations, 1, MAX_DURATION_POSITIONS)
    onsets["family"], onsets["track"] = family, track
    return onsets[np.lexsort((onsets["pitch"], onsets["position"], onsets["bar"]))]


STRAIGHT_STEP, TRIPLET_STEP, FAST_TRIPLET_STEP = 12, 16, 8
"""Positions from one sixteenth, eighth triplet and sixteenth triplet to the next."""
_EARLY_POSITIONS = 4  # a hit up to this far before a beat belongs to that beat
_TRIPLET_COST, _FAST_TRIPLET_COST = 4, 20  # squared positions; in a tie the beat is straight


def quantise(hits: Array) -> Array:
    """HIT on the grid that the model writes: every beat in sixteenths or in triplets, whichever is nearer.

    Of two hits of a piece that land on one position the louder stays. Levels do not change.
    """
    if len(hits) == 0:
        return hits.copy()
    away = hits["position"].astype(np.int64) - LEAD_POSITIONS
    beat = np.maximum(away + _EARLY_POSITIONS, 0) // POSITIONS_PER_BEAT
    group = hits["bar"].astype(np.int64) * (POSITIONS_PER_BAR // POSITIONS_PER_BEAT + 1) + beat
    _, group = np.unique(group, return_inverse=True)
    counts = np.bincount(group)
    steps = (STRAIGHT_STEP, TRIPLET_STEP, FAST_TRIPLET_STEP)
    costs = (0.0, _TRIPLET_COST, _FAST_TRIPLET_COST + FAST_TRIPLET_STEP * counts)
    nearest = [np.maximum(2 * away + step, 0) // (2 * step) * step for step in steps]
    missed = [
        np.bincount(group, weights=np.square(near - away)) + cost
        for near, cost in zip(nearest, costs, strict=True)
    ]
    best = np.argmin(missed, axis=0)[group]
    snapped = np.choose(best, nearest)
    last = POSITIONS_PER_BAR - np.array(steps)[best]
    found = hits.copy()
    found["position"] = np.minimum(snapped, last) + LEAD_POSITIONS
    return _sorted_without_duplicates(found)


def bar_starts(bars: Sequence[Bar]) -> npt.NDArray[np.int64]:
    return np.array([bar.start_ticks for bar in bars], np.int64)


def bars_of(notes: Sequence[Note], ppq: int, bars: Sequence[Bar]) -> list[int]:
    """The index of the bar that each note belongs to, -1 before the first bar.

    A note up to half a sixteenth before a bar line belongs to the bar after it.
    """
    found, _ = place([note.start_ticks for note in notes], ppq, bar_starts(bars))
    return found.tolist()


def clip_hits(clip: Clip, bars: Sequence[Bar]) -> Array:
    """The hits of a drum clip in `bars`, as HIT."""
    columns = [
        (note.start_ticks, note.pitch, note.velocity) for note in clip.notes if _within(note, bars, clip.ppq)
    ]
    start, pitch, velocity = np.array(columns, np.int64).reshape(-1, 3).T
    return hits_from_notes(start, pitch, velocity, clip.ppq, bar_starts(bars))


def clip_onsets(parts: Sequence[Clip], bars: Sequence[Bar]) -> Array:
    """The notes of all `parts` in `bars` as one array of ONSET, sorted by bar, position and pitch."""
    streams = [np.zeros(0, ONSET)]
    for track, part in enumerate(parts):
        columns = [
            (note.start_ticks, note.duration_ticks, note.pitch, note.velocity)
            for note in part.notes
            if _within(note, bars, part.ppq)
        ]
        start, duration, pitch, velocity = np.array(columns, np.int64).reshape(-1, 4).T
        streams.append(
            onsets_from_notes(
                start,
                duration,
                pitch,
                velocity,
                family=family_of_program(part.program),
                track=min(track, 255),
                ppq=part.ppq,
                bar_start_ticks=bar_starts(bars),
            )
        )
    onsets = np.concatenate(streams)
    return onsets[np.lexsort((onsets["pitch"], onsets["position"], onsets["bar"]))]


def hits_to_notes(hits: Array, bars: Sequence[Bar], ppq: int) -> tuple[Note, ...]:
    """HIT as notes of a sixteenth, or up to the next hit of the piece, on the nearest ticks."""
    notes: list[Note] = []
    length_ticks = max(1, ppq // 4)
    first_ticks, last_ticks = (bars[0].start_ticks, bars[-1].end_ticks - 1) if bars else (0, 0)
    for bar, position, piece, level in hits.tolist():
        offset = (2 * (position - LEAD_POSITIONS) * ppq + POSITIONS_PER_BEAT) // (2 * POSITIONS_PER_BEAT)
        start_ticks = min(max(first_ticks, bars[bar].start_ticks + offset), last_ticks)
        notes.append(
            Note(PIECES[piece].pitch, level * VELOCITY_STEP + VELOCITY_STEP - 1, start_ticks, length_ticks)
        )
    return _without_overlap(notes)


def _without_overlap(notes: list[Note]) -> tuple[Note, ...]:
    next_start: dict[int, int] = {}
    cut: list[Note] = []
    for note in sorted(notes, key=lambda note: (note.start_ticks, note.pitch, -note.velocity), reverse=True):
        following = next_start.get(note.pitch)
        if following == note.start_ticks:
            cut = [
                other for other in cut if (other.pitch, other.start_ticks) != (note.pitch, note.start_ticks)
            ]
            following = min((o.start_ticks for o in cut if o.pitch == note.pitch), default=None)
        duration = (
            note.duration_ticks
            if following is None
            else min(note.duration_ticks, following - note.start_ticks)
        )
        cut.append(Note(note.pitch, note.velocity, note.start_ticks, duration))
        next_start[note.pitch] = note.start_ticks
    return tuple(sorted(cut, key=lambda note: (note.start_ticks, note.pitch)))


def _within(note: Note, bars: Sequence[Bar], ppq: int) -> bool:
    lead_ticks = ppq * LEAD_POSITIONS // POSITIONS_PER_BEAT + 1
    return bool(bars) and bars[0].start_ticks - lead_ticks <= note.start_ticks < bars[-1].end_ticks


MODEL_BAR_BEATS = 4


def model_bars(bars: Sequence[Bar], ppq: int) -> tuple[tuple[Bar, ...], tuple[int, ...]]:
    """The model bars of `bars`, and for each the index of the bar it belongs to.

    A bar of more than four quarter notes is cut at whole beats into nearly equal parts, the longer ones first: 5/4 is
    3 + 2, 7/4 is 4 + 3, 12/8 is 6 + 6 eighths, 9/8 is 6 + 3.
    """
    found: list[Bar] = []
    owners: list[int] = []
    for index, bar in enumerate(bars):
        beat_ticks = max(1, 3 * ppq // 2) if bar.is_compound else ppq
        most = 2 if bar.is_compound else MODEL_BAR_BEATS
        beats = -(-bar.length_ticks // beat_ticks)
        parts = -(-beats // most)
        start_ticks = bar.start_ticks
        for part in range(parts):
            length_ticks = (beats // parts + (part < beats % parts)) * beat_ticks
            length_ticks = bar.end_ticks - start_ticks if part == parts - 1 else length_ticks
            found.append(Bar(start_ticks, length_ticks, bar.is_compound))
            owners.append(index)
            start_ticks += length_ticks
    return tuple(found), tuple(owners)
