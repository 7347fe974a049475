"""Swing, humanise and velocity curves.

Timing and velocity offsets are seeded and repeat in every bar, as a drummer's do; there is no jitter per note.
"""

from __future__ import annotations

import random
from dataclasses import replace

from musegen_daw.music.clip import Clip, Note

STRAIGHT = 0.5


def _clamp_velocity(velocity: float) -> int:
    return min(127, max(1, round(velocity)))


def _retime(note: Note, start_ticks: float, duration_ticks: float) -> Note:
    return replace(note, start_ticks=max(0, round(start_ticks)), duration_ticks=max(0, round(duration_ticks)))


def swing(clip: Clip, ratio: float, *, division: int = 8, origin_ticks: int = 0) -> Clip:
    """Delay the off-beat notes of `division` (8 or 16), in pairs counted from `origin_ticks`.

    `ratio` is the share of the first note of a pair: 0.5 is straight, 2/3 triplet swing. Time is stretched before the
    off-beat and compressed after it, so notes keep their order and micro-timing. Raises ValueError for a ratio
    outside [0.5, 0.8] or another division.
    """
    if not 0.5 <= ratio <= 0.8:
        raise ValueError(f"a swing ratio must be within 0.5..0.8, got {ratio}")
    if division not in (8, 16):
        raise ValueError(f"swing moves 8ths or 16ths, got {division}")
    pair_ticks = 8 * clip.ppq / division

    def warp(ticks: int) -> float:
        return origin_ticks + swung_ticks(ticks - origin_ticks, ratio, pair_ticks)

    def change(note: Note) -> Note:
        start_ticks = round(warp(note.start_ticks))
        return _retime(note, start_ticks, round(warp(note.end_ticks)) - start_ticks)

    return clip if ratio == STRAIGHT else clip.map_notes(change)


def swung_ticks(ticks: float, ratio: float, pair_ticks: float) -> float:
    """When straight `ticks` sound in pairs of `pair_ticks` whose first note has the share `ratio`."""
    pair, position = divmod(ticks / pair_ticks, 1.0)
    swung = 2 * ratio * position if position < 0.5 else ratio + 2 * (1 - ratio) * (position - 0.5)
    return (pair + swung) * pair_ticks


def straight_ticks(ticks: float, ratio: float, pair_ticks: float) -> float:
    """The straight ticks that sound at `ticks`: the inverse of `swung_ticks`."""
    pair, swung = divmod(ticks / pair_ticks, 1.0)
    position = swung / (2 * ratio) if swung < ratio else 0.5 + (swung - ratio) / (2 * (1 - ratio))
    return (pair + position) * pair_ticks


def velocity_curve(note: Note, exponent: float) -> Note:
    """Apply a power curve that keeps 127: louder for an `exponent` below 1, softer above."""
    return replace(note, velocity=_clamp_velocity(127 * (note.velocity / 127) ** exponent))


def _nearest(ticks: int, grid_ticks: int) -> int:
    return (2 * ticks + grid_ticks) // (2 * grid_ticks) * grid_ticks


def humanise(clip: Clip, amount: float, *, seed: int, bar_ticks: int) -> Clip:
    """Add timing and velocity offsets that repeat from bar to bar.

    The seed gives each pitch and 16th of the bar an offset (at most about a 64th at `amount` 1, less on beats) and a
    velocity change (at most about 15). `amount` is 0 (unchanged) to 1. Raises ValueError outside these ranges.
    """
    if not 0 <= amount <= 1:
        raise ValueError(f"an amount must be within 0..1, got {amount}")
    if bar_ticks <= 0:
        raise ValueError(f"a bar must be positive, got {bar_ticks} ticks")
    step_ticks = max(1, clip.ppq // 4)

    def change(note: Note) -> Note:
        step = _nearest(note.start_ticks, step_ticks) % bar_ticks // step_ticks
        # One generator for each pitch and step, independent of the other notes.
        feel = random.Random(f"{seed} {note.pitch} {step}")
        looseness = 0.25 if step % 4 == 0 else 1.0
        offset_ticks = amount * looseness * feel.uniform(-0.25, 0.25) * step_ticks
        accent = 6.0 if step % 4 == 0 else -3.0
        velocity = note.velocity + amount * (accent + feel.uniform(-9, 9))
        moved = _retime(note, note.start_ticks + offset_ticks, note.duration_ticks)
        return replace(moved, velocity=_clamp_velocity(velocity))

    return clip if amount == 0 else clip.map_notes(change)
