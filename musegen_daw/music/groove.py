"""Swing and humanise: timing and velocity transforms of a clip that follow its groove.

Nothing here is random unless seeded, and what is seeded repeats every bar: players push and lean on the
same places of a bar, they do not jitter note by note.
"""

from __future__ import annotations

import random
from dataclasses import replace

from musegen_daw.music.clip import Clip, Note

STRAIGHT = 0.5
TRIPLET_SWING = 2 / 3


def _clamp_velocity(velocity: float) -> int:
    return min(127, max(1, round(velocity)))


def _retime(note: Note, start_ticks: float, duration_ticks: float) -> Note:
    return replace(note, start_ticks=max(0, round(start_ticks)), duration_ticks=max(0, round(duration_ticks)))


def swing(clip: Clip, ratio: float, *, division: int = 8, origin_ticks: int = 0) -> Clip:
    """The clip with its off-beat notes of `division` (8 or 16) delayed, in pairs counted from `origin_ticks`.

    `ratio` is the share of each pair that the first note takes: 0.5 is straight, 2/3 a triplet swing. The
    time within a pair is stretched before the off-beat and squeezed after it, so notes keep their order and
    micro-timing goes along. Raises ValueError for a ratio outside [0.5, 0.8] or another division.
    """
    if not 0.5 <= ratio <= 0.8:
        raise ValueError(f"a swing ratio must be within 0.5..0.8, got {ratio}")
    if division not in (8, 16):
        raise ValueError(f"swing moves 8ths or 16ths, got {division}")
    pair_ticks = 8 * clip.ppq / division

    def warp(ticks: int) -> float:
        pair, position = divmod((ticks - origin_ticks) / pair_ticks, 1.0)
        swung = 2 * ratio * position if position < 0.5 else ratio + 2 * (1 - ratio) * (position - 0.5)
        return origin_ticks + (pair + swung) * pair_ticks

    def change(note: Note) -> Note:
        start_ticks = round(warp(note.start_ticks))
        return _retime(note, start_ticks, round(warp(note.end_ticks)) - start_ticks)

    return clip if ratio == STRAIGHT else clip.map_notes(change)


def scale_velocity(clip: Clip, scale: float) -> Clip:
    """Accents and ghost notes made stronger (`scale` > 1) or flatter (< 1) about the mean of their pitch.

    0 makes every pitch as loud as it is on average. Raises ValueError for a negative scale.
    """
    if scale < 0:
        raise ValueError(f"a velocity scale cannot be negative, got {scale}")
    velocities: dict[int, list[int]] = {}
    for note in clip.notes:
        velocities.setdefault(note.pitch, []).append(note.velocity)
    means = {pitch: sum(of_pitch) / len(of_pitch) for pitch, of_pitch in velocities.items()}
    return clip.map_notes(
        lambda note: replace(
            note,
            velocity=_clamp_velocity(means[note.pitch] + scale * (note.velocity - means[note.pitch])),
        )
    )


def velocity_curve(clip: Clip, exponent: float) -> Clip:
    """Velocities bent by a power curve that keeps 127: an exponent under 1 is louder, above 1 softer.

    Raises ValueError unless `exponent` is positive.
    """
    if exponent <= 0:
        raise ValueError(f"a velocity exponent must be positive, got {exponent}")
    return clip.map_notes(lambda note: bent(note, exponent))


def bent(note: Note, exponent: float) -> Note:
    """The note with its velocity bent by a power curve; see `velocity_curve`."""
    return replace(note, velocity=_clamp_velocity(127 * (note.velocity / 127) ** exponent))


def scale_timing(clip: Clip, scale: float, grid_ticks: int) -> Clip:
    """Each note's offset from the nearest multiple of `grid_ticks` times `scale`; durations are kept.

    0 is fully quantized, 1 leaves the clip as it is, 2 doubles the looseness. Raises ValueError for a
    negative scale or a grid that is not positive.
    """
    if scale < 0:
        raise ValueError(f"a timing scale cannot be negative, got {scale}")
    if grid_ticks <= 0:
        raise ValueError(f"a grid must be positive, got {grid_ticks}")

    def change(note: Note) -> Note:
        grid = _nearest(note.start_ticks, grid_ticks)
        return _retime(note, grid + scale * (note.start_ticks - grid), note.duration_ticks)

    return clip.map_notes(change)


def _nearest(ticks: int, grid_ticks: int) -> int:
    return (2 * ticks + grid_ticks) // (2 * grid_ticks) * grid_ticks


def humanise(clip: Clip, amount: float, *, seed: int, bar_ticks: int) -> Clip:
    """The clip played by a person: pushes, laid-back strokes and accents that repeat from bar to bar.

    The seed chooses a feel: for each pitch and 16th of the bar one offset (at most about a 64th at
    `amount` 1, downbeats nearly none) and one change of velocity (at most about 15). `amount` runs from 0
    (unchanged) to 1; the same seed gives the same notes. Raises ValueError outside these ranges.
    """
    if not 0 <= amount <= 1:
        raise ValueError(f"an amount must be within 0..1, got {amount}")
    if bar_ticks <= 0:
        raise ValueError(f"a bar must be positive, got {bar_ticks} ticks")
    step_ticks = max(1, clip.ppq // 4)

    def change(note: Note) -> Note:
        step = _nearest(note.start_ticks, step_ticks) % bar_ticks // step_ticks
        # One generator for each place, so that a place's feel depends on nothing else in the clip.
        feel = random.Random(f"{seed} {note.pitch} {step}")
        looseness = 0.25 if step % 4 == 0 else 1.0
        offset_ticks = amount * looseness * feel.uniform(-0.25, 0.25) * step_ticks
        accent = 6.0 if step % 4 == 0 else -3.0
        velocity = note.velocity + amount * (accent + feel.uniform(-9, 9))
        moved = _retime(note, note.start_ticks + offset_ticks, note.duration_ticks)
        return replace(moved, velocity=_clamp_velocity(velocity))

    return clip if amount == 0 else clip.map_notes(change)
