"""Features of the parts: bar by bar for the planner, and as a whole for the choice of a style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import (
    FAMILIES,
    FRAMES_PER_BAR,
    LEAD_POSITIONS,
    LISTED_PROGRAMS,
    POSITIONS_PER_BEAT,
    POSITIONS_PER_FRAME,
    STRAIGHT_STEP,
    TRIPLET_STEP,
    VELOCITY_LEVELS,
    Array,
    family_of_program,
)
from musegen_daw.drums.features import DURATION_EDGES, DURATIONS, TEMPO_SIZE, tempo_level
from musegen_daw.drums.meter import METER_SIZE, meter_level
from musegen_daw.drums.style import STYLE_BARS

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

LAGS = (1, 2, 4, 8, 16)
PHASES = (2, 4, 8, 16)
_OWN = len(FAMILIES) * (FRAMES_PER_BAR + 4) + 24 + 7  # see `_own_features`
CONTENT = _OWN + 2 * len(LAGS) + 1
PLACE = sum(PHASES) + 3 + METER_SIZE
AHEAD = sum(PHASES[1:3]) + 7
SECTION_BARS = 4  # the shortest section, and half the width of the search for boundaries
LEAST_NOVELTY, NOVELTY_OF_MEAN = 0.1, 3.0
_HORIZON = 16
_RECENT = 0.8  # decay of the running means of loudness and onsets, by bar
USUAL_BPM = 120.0
PROGRAMS = tuple(sorted(LISTED_PROGRAMS))
_PITCH_EDGES = np.arange(20, 110, 6)
_OFFSET_EDGES = np.array([-3, -1, 0, 1, 3, 5])
_PULSES = 16, 8, 4, 2  # sixteenths after which a rhythm can repeat
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


@dataclass(frozen=True, eq=False)
class PartBars:
    """The parts bar by bar.

    `content` (bars, CONTENT): what is played, zero where the part is not known. `place` (bars, PLACE): the position in
    the piece, from the past alone. `ahead` (bars, AHEAD): sections and the future, zero unless all bars are known.
    `heard` and `sounds` (bars,): whether the part is known, and plays. `frames` (bars,): sixteenths. `sections`: the
    bars at which sections begin, `marked` if by markers. `onsets` and `loudness` (bars,): how many notes start, and
    their mean level. `boundary` (bars,): the difference between the four bars before and after each bar line, 0..1.
    `likeness` (bars, 5): similarity to the bars 1, 2, 4, 8 and 16 before. `texture` (bars, n): rhythm and harmony as
    unit vectors, whose product is a similarity 0..1.
    """

    content: Floats
    place: Floats
    ahead: Floats
    heard: Bools
    sounds: Bools
    frames: npt.NDArray[np.int64]
    sections: tuple[int, ...]
    onsets: Floats
    loudness: Floats
    boundary: Floats
    likeness: Floats
    texture: Floats
    marked: bool = False

    @property
    def plays_on(self) -> Bools:
        """Bars in which the part plays or is not known (bars,); all bars where it never plays."""
        return self.sounds | ~self.heard if self.sounds.any() else np.ones(len(self.sounds), bool)

    def __len__(self) -> int:
        return len(self.content)


def bar_features(
    onsets: Array,
    bars: int,
    *,
    frames: npt.ArrayLike = FRAMES_PER_BAR,
    compound: npt.ArrayLike = False,
    heard: Bools | None = None,
    sections: Sequence[int] = (),
) -> PartBars:
    """The features of ONSET by bar.

    `frames` and `compound` (bars,) are the meter of each model bar; `heard` (bars,) marks the known bars (None: all);
    `sections` are the bars of section markers, without which sections are detected where all bars are known.
    """
    length = np.array(np.broadcast_to(np.asarray(frames, np.int64), bars))
    is_compound = np.broadcast_to(np.asarray(compound, bool), bars)
    is_heard = np.ones(bars, bool) if heard is None else np.asarray(heard, bool)
    known = onsets[is_heard[onsets["bar"]]] if len(onsets) else onsets
    rhythm, chroma, own, sounds = _own_features(known, bars, length)
    alike, likeness = _likeness(rhythm, chroma, is_heard)
    rhythm_flat = rhythm.reshape(bars, FRAMES_PER_BAR * len(FAMILIES))
    both = np.concatenate([rhythm_flat, 2 * chroma[:, :12]], axis=1)
    novelty = 1 - _cosine(both, _recent_mean(both))
    texture = (both / (np.linalg.norm(both, axis=1, keepdims=True) + 1e-9)).astype(np.float32)
    content = np.concatenate([own, alike, novelty[:, None]], axis=1)
    content[~is_heard] = 0
    counts = np.bincount(known["bar"], minlength=bars).astype(np.float32)
    loudness = np.bincount(known["bar"], weights=known["level"], minlength=bars) / np.maximum(counts, 1)
    boundary = np.zeros(bars, np.float32)
    starts: tuple[int, ...] = tuple(sorted({int(bar) for bar in sections if 0 <= bar < bars}))
    knows_all = bool(is_heard.all()) and bool(sounds.any())
    if knows_all:
        boundary = _boundaries(texture, sounds)
        starts = starts or find_sections(boundary, sounds)
    first = int(sounds.argmax()) if sounds.any() else 0
    return PartBars(
        content=content.astype(np.float32),
        place=_place(bars, first, length, is_compound),
        ahead=_ahead(bars, first, sounds, starts, boundary)
        if knows_all
        else np.zeros((bars, AHEAD), np.float32),
        heard=is_heard,
        sounds=sounds,
        frames=length,
        sections=starts,
        onsets=counts,
        loudness=loudness.astype(np.float32),
        boundary=boundary,
        likeness=likeness,
        texture=texture,
        marked=bool(sections),
    )


def find_sections(boundary: Floats, sounds: Bools) -> tuple[int, ...]:
    """The first bar that sounds, and the peaks of `boundary` (see `PartBars`), at least four bars apart.

    After Foote (2000): a checkerboard kernel on the self-similarity matrix.
    """
    if not sounds.any():
        return ()
    first = int(sounds.argmax())
    found: list[int] = [first]
    least = max(LEAST_NOVELTY, NOVELTY_OF_MEAN * float(boundary.mean()))
    for bar in np.argsort(-boundary, kind="stable").tolist():
        if boundary[bar] < least:
            break
        if bar > first and all(abs(bar - other) >= SECTION_BARS for other in found):
            found.append(bar)
    return tuple(sorted(found))


def section_numbers(starts: Sequence[int], bars: int) -> npt.NDArray[np.int64]:
    """The section number of each bar (bars,), from 0."""
    numbers = np.zeros(bars, np.int64)
    for bar in starts:
        if bar > 0:
            numbers[bar:] += 1
    return numbers


def _own_features(
    onsets: Array, bars: int, length: npt.NDArray[np.int64]
) -> tuple[Floats, Floats, Floats, Bools]:
    """Rhythm (bars, 16, families), chroma and bass chroma (bars, 24), all features of each bar, whether it sounds."""
    families = len(FAMILIES)
    bar, family = onsets["bar"].astype(np.int64), onsets["family"].astype(np.int64)
    frame = onsets["position"].astype(np.int64) // POSITIONS_PER_FRAME
    level = onsets["level"].astype(np.float64) / (VELOCITY_LEVELS - 1)
    rhythm = np.zeros((bars, FRAMES_PER_BAR, families), np.float32)
    rhythm[bar, frame, family] = 1
    cell = bar * families + family

    def total(values: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        return np.bincount(cell, weights=values, minlength=bars * families).reshape(bars, families)

    count = total()
    some = np.maximum(count, 1)
    loudness, pitch = total(level) / some, total(onsets["pitch"] / 64.0) / some
    share, chroma = _sounding(onsets, bars, length)
    sounds = share.max(axis=1) > 0.02
    counts, mean_level = count.sum(axis=1), np.bincount(bar, weights=level, minlength=bars)
    mean_level = mean_level / np.maximum(counts, 1)
    per_bar = np.log1p(counts)
    features = [
        rhythm.reshape(bars, FRAMES_PER_BAR * len(FAMILIES)),
        np.log1p(count) / 3,
        loudness,
        pitch,
        share,
        chroma,
        sounds[:, None],
        per_bar[:, None] / 3,
        (per_bar - _running(per_bar, counts > 0))[:, None],
        mean_level[:, None],
        3 * (mean_level - _running(mean_level, counts > 0))[:, None],
        rhythm.any(axis=2).mean(axis=1)[:, None],
        ((rhythm.any(axis=2) & (np.arange(FRAMES_PER_BAR) % 4 != 0)).mean(axis=1))[:, None],
    ]
    return rhythm, chroma, np.concatenate(features, axis=1).astype(np.float32), sounds


def _sounding(onsets: Array, bars: int, length: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The share of each bar in which each family sounds (bars, families), and the chroma of all and bass (bars, 24).

    Notes sound on into the next bars, four at most.
    """
    chroma = np.zeros((bars, 24))
    share = np.zeros((bars, len(FAMILIES)))
    if len(onsets) == 0:
        return share.astype(np.float32), chroma.astype(np.float32)
    starts = np.concatenate([[0], np.cumsum(length)]) * POSITIONS_PER_FRAME
    begin = starts[onsets["bar"]] + np.maximum(onsets["position"].astype(np.int64) - LEAD_POSITIONS, 0)
    end = np.minimum(begin + onsets["duration"], starts[-1])
    for step in range(5):
        bar = onsets["bar"].astype(np.int64) + step
        inside = bar < bars
        bar = np.minimum(bar, bars - 1)
        amount = np.minimum(end, starts[bar + 1]) - np.maximum(begin, starts[bar])
        inside &= amount > 0
        if not inside.any():
            break
        row, part = bar[inside], amount[inside] / np.maximum(starts[bar + 1] - starts[bar], 1)[inside]
        np.add.at(share, (row, onsets["family"][inside]), part)
        pitch = onsets["pitch"][inside].astype(np.int64) % 12
        np.add.at(chroma, (row, pitch), part)
        bass = onsets["family"][inside] == len(FAMILIES) - 1
        np.add.at(chroma, (row[bass], 12 + pitch[bass]), part[bass])
    for half in (slice(0, 12), slice(12, 24)):
        chroma[:, half] /= np.linalg.norm(chroma[:, half], axis=1, keepdims=True) + 1e-6
    return np.minimum(share, 1).astype(np.float32), chroma.astype(np.float32)


def _running(values: npt.NDArray[np.float64], there: Bools) -> npt.NDArray[np.float64]:
    """The running mean of the bars before each bar, its own value where there are none."""
    means = np.empty(len(values))
    mean: float | None = None
    for index, (value, is_there) in enumerate(zip(values.tolist(), there.tolist(), strict=True)):
        means[index] = value if mean is None else mean
        if is_there:
            mean = value if mean is None else _RECENT * mean + (1 - _RECENT) * value
    return means


def _cosine(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> Floats:
    product = np.sum(one * other, axis=-1)
    norms = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    return np.where(norms > 1e-9, product / np.maximum(norms, 1e-9), 0).astype(np.float32)


def _likeness(rhythm: Floats, chroma: Floats, heard: Bools) -> tuple[Floats, Floats]:
    """Similarity of rhythm and of chroma to the bars LAGS before, -.5 where there are none; and the mean of both."""
    bars = len(rhythm)
    flat = rhythm.reshape(bars, FRAMES_PER_BAR * len(FAMILIES))
    alike = np.full((bars, 2 * len(LAGS)), -0.5, np.float32)
    likeness = np.zeros((bars, len(LAGS)), np.float32)
    for column, lag in enumerate(LAGS):
        if lag < bars:
            there = heard[lag:] & heard[:-lag]
            shared = np.minimum(flat[lag:], flat[:-lag]).sum(axis=1)
            either = np.maximum(flat[lag:], flat[:-lag]).sum(axis=1)
            same = np.where(either > 0, shared / np.maximum(either, 1), 1)
            harmony = _cosine(chroma[lag:, :12], chroma[:-lag, :12])
            alike[lag:, column] = np.where(there, same, -0.5)
            alike[lag:, len(LAGS) + column] = np.where(there, harmony, -0.5)
            likeness[lag:, column] = np.where(there, (same + harmony) / 2, 0)
    return alike, likeness


def _recent_mean(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    index = np.arange(len(values))
    return total[index] - total[np.maximum(index - 4, 0)]


def _boundaries(unit: Floats, sounds: Bools) -> Floats:
    """Similarity within the four bars before and after each bar line, less that between them: (bars,), 0..1."""
    bars = len(unit)
    alike = np.pad(unit @ unit.T, SECTION_BARS)
    there = np.pad(np.outer(sounds, sounds).astype(float), SECTION_BARS)
    index = np.arange(bars)[:, None, None]
    before = np.arange(SECTION_BARS)[None, :, None]
    after = before + SECTION_BARS

    def mean(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        columns = columns.transpose(0, 2, 1)
        off = (rows != columns).astype(float)
        weight = np.where(there[index + rows, index + columns] > 0, off, 0)
        return (alike[index + rows, index + columns] * weight).sum(axis=(1, 2)) / np.maximum(
            weight.sum(axis=(1, 2)), 1
        )

    within = (mean(before, before) + mean(after, after)) / 2
    found = np.clip(within - mean(before, after), 0, 1)
    entries = np.zeros(bars, bool)
    entries[1:] = sounds[1:] & ~sounds[:-1]
    found[entries] = np.maximum(found[entries], 0.5)
    edge = np.arange(bars)
    return np.where((edge < 2) | (edge > bars - 2), 0, found).astype(np.float32)


def _phases(count: npt.NDArray[np.int64], phases: Sequence[int]) -> list[Floats]:
    return [np.eye(phase, dtype=np.float32)[count % phase] for phase in phases]


def _place(bars: int, first: int, length: npt.NDArray[np.int64], compound: Bools) -> Floats:
    since = np.arange(bars) - first
    levels: dict[tuple[int, bool], int] = {}
    meters = np.zeros(bars, np.int64)
    for bar, key in enumerate(zip(length.tolist(), compound.tolist(), strict=True)):
        if key not in levels:
            levels[key] = meter_level(key[0], is_compound=key[1])
        meters[bar] = levels[key]
    scalars = [since < 0, np.clip(since, 0, 64) / 64, since == 0]
    return np.concatenate(
        [
            *_phases(since, PHASES),
            np.stack(scalars, axis=1).astype(np.float32),
            np.eye(METER_SIZE, dtype=np.float32)[meters],
        ],
        axis=1,
        dtype=np.float32,
    )


def _ahead(bars: int, first: int, sounds: Bools, starts: Sequence[int], boundary: Floats) -> Floats:
    """Place in the section, distance to the next section, rest and end, and 1 for known: (bars, AHEAD)."""
    index = np.arange(bars)
    marks = np.array(sorted({first, *starts}), np.int64)
    before = np.maximum(np.searchsorted(marks, index, side="right") - 1, 0)
    since = np.maximum(index - marks[before], 0)
    following = np.concatenate([marks, [bars]])[np.searchsorted(marks, index, side="right")]
    turns = np.flatnonzero(sounds[1:] != sounds[:-1]) + 1
    turn = np.concatenate([turns, [bars]])[np.searchsorted(turns, index, side="right")]
    last = bars - 1 - int(sounds[::-1].argmax())
    strength = np.concatenate([boundary[1:], [0]])
    scalars = [
        np.exp(-(following - index - 1) / 2),
        np.exp(-(turn - index - 1) / 2),
        np.clip(last - index, 0, _HORIZON) / _HORIZON,
        np.exp(-np.abs(last - index) / 1.5),
        boundary,
        strength,
        np.ones(bars),
    ]
    return np.concatenate([*_phases(since, PHASES[1:3]), np.stack(scalars, axis=1)], axis=1, dtype=np.float32)


def sound_of(program: int) -> int:
    """Index into PROGRAMS of the nearest program of the same family."""
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

    `onsets` are ONSET of `bars` bars from 0, their tracks indices into `programs`; `meter` is a meter level. By family:
    rhythm over two bars, accents, repetition, density, timing, loudness, lengths and pitches.
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


def heard_triplets(onsets: Array) -> float:
    """The share of triplets among the beats that have ONSET off the beat."""
    away = onsets["position"].astype(np.int64) - LEAD_POSITIONS
    beat = onsets["bar"].astype(np.int64) * 4 + np.maximum(away, 0) // POSITIONS_PER_BEAT
    within = np.maximum(away, 0) % POSITIONS_PER_BEAT
    off = (within > 5) & (within < POSITIONS_PER_BEAT - 5)
    if not off.any():
        return 0.0
    beats, owner = np.unique(beat[off], return_inverse=True)

    def missed(step: int) -> npt.NDArray[np.float64]:
        near = (2 * within[off] + step) // (2 * step) * step
        return np.bincount(owner, weights=np.square(near - within[off])).astype(np.float64)

    return float((missed(TRIPLET_STEP) + 4 < missed(STRAIGHT_STEP)).sum() / len(beats))


def _struck(onsets: Array, bars: int) -> npt.NDArray[np.bool_]:
    """Whether a note starts at each sixteenth (bars, 16)."""
    found = np.zeros((max(1, bars), FRAMES_PER_BAR), bool)
    found[onsets["bar"], onsets["position"] // POSITIONS_PER_FRAME] = True
    return found


def _rhythm(struck: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """The share of the played bars in which each sixteenth of two bars is struck, flat."""
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
