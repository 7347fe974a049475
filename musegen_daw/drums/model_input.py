"""A request in model bars: the parts as the networks read them, the drums that are given and those that are locked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import (
    HIT,
    Array,
    bar_starts,
    bars_of,
    clip_hits,
    clip_onsets,
    model_bars,
    quantise,
)
from musegen_daw.drums.meter import bar_frames, meter_level, meter_name
from musegen_daw.drums.part import PartBars, bar_features, heard_triplets, part_summary
from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from musegen_daw.drums.plan_reading import PlanScale, read_plan, to_bar_plans
from musegen_daw.drums.request import DrumRequest
from musegen_daw.drums.style import STYLE_BARS, Style, groove_of
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import PIECE_OF_PITCH, PIECES, VOICE_OF_PIECE, VOICES
from musegen_daw.music.time import Bar

USUAL_ENERGY = 0.6


@dataclass(frozen=True, eq=False)
class ModelInput:
    """A request in model bars, the `primed` bars of the primer first, with the features that the networks read.

    `owners` (requested bars,): the index of the written bar that each requested model bar belongs to; `places` (bars,):
    which of the model bars of its written bar each is. `frames` and `meters` (bars,): sixteenths and meter level;
    `heard` (bars,): whether the parts are known. `grid`: the hits, on the grid, of the `given` bars (bars,), which are
    those of the primer and the locked ones. `locked_hits`: hits of locked voices, whose pieces are `locked_pieces`
    (pieces,); `locked_notes`: all notes that stay as they are. `triplets`: the share of the beats of the parts in
    triplets; `programs`: the General MIDI program of each part.
    """

    bars: tuple[Bar, ...]
    primed: int
    owners: tuple[int, ...]
    places: npt.NDArray[np.int64]
    frames: npt.NDArray[np.int64]
    meters: npt.NDArray[np.int64]
    heard: npt.NDArray[np.bool_]
    onsets: Array
    programs: tuple[int, ...]
    part: PartBars
    grid: Array
    given: npt.NDArray[np.bool_]
    locked_hits: Array
    locked_pieces: npt.NDArray[np.bool_]
    locked_notes: tuple[Note, ...]
    triplets: float
    ppq: int = 480

    @property
    def requested(self) -> tuple[Bar, ...]:
        """The model bars after those of the primer."""
        return self.bars[self.primed :]

    @property
    def meter(self) -> str:
        """The name of the commonest meter of the requested bars, "other" where it has none."""
        names = [meter_name(bar, self.ppq) for bar in self.requested]
        return max(dict.fromkeys(names), key=names.count)

    @classmethod
    def of(cls, request: DrumRequest) -> ModelInput:
        before, owners_before = model_bars(request.primer_bars, request.ppq)
        requested, owners = model_bars(request.bars, request.ppq)
        bars, primed = (*before, *requested), len(before)
        parts = _heard_parts(request)
        heard = _heard_bars(request, parts, bars, primed)
        onsets = clip_onsets(parts, bars)
        frames = np.array([bar_frames(bar, request.ppq) for bar in bars], np.int64)
        compound = np.array([bar.is_compound for bar in bars], bool)
        first_of = {owner: index for index, owner in reversed(list(enumerate(owners)))}
        part = bar_features(
            onsets,
            len(bars),
            frames=frames,
            compound=compound,
            heard=heard,
            sections=[primed + first_of[bar] for bar in request.sections],
        )
        locked, pieces = _locked_hits(request, requested)
        given = np.zeros(len(bars), bool)
        given[:primed] = True
        given[primed:] = [owner in request.locked_bars for owner in owners]
        return cls(
            bars,
            primed,
            owners,
            np.array([*_places(owners_before), *_places(owners)], np.int64),
            frames,
            np.array(
                [
                    meter_level(int(own), is_compound=bool(of))
                    for own, of in zip(frames, compound, strict=True)
                ]
            ),
            heard,
            onsets,
            tuple(clip.program for clip in parts),
            part,
            _given_hits(request, before, requested, given),
            given,
            quantise(locked),
            pieces,
            _locked_notes(request, requested, owners, pieces),
            heard_triplets(onsets),
            request.ppq,
        )

    @property
    def sections(self) -> list[range]:
        """The bars of each section of the part; bars before the first section belong to it."""
        starts = [0, *(bar for bar in self.part.sections[1:] if bar > 0)]
        return [range(first, end) for first, end in pairwise([*starts, len(self.bars)])]

    def summary(
        self, bpm: float | None, bars: range | None = None, meter: int | None = None
    ) -> npt.NDArray[np.float32] | None:
        """`part_summary` from the first to the last bar (of `bars`, or of all) in which the parts sound; None if none.

        `meter` is a meter level, that of the first requested bar unless given.
        """
        own = np.zeros(len(self.bars), bool)
        own[slice(None) if bars is None else slice(bars.start, bars.stop)] = True
        telling = np.flatnonzero(self.heard & self.part.sounds & own)
        if len(telling) == 0:
            return None
        first = int(telling[0]) // STYLE_BARS * STYLE_BARS
        count = int(telling[-1]) + 1 - first
        bar = self.onsets["bar"]
        onsets = self.onsets[(bar >= first) & (bar < first + count) & self.heard[bar]].copy()
        onsets["bar"] -= first
        return part_summary(
            onsets, self.programs, count, bpm, int(self.meters[self.primed]) if meter is None else meter
        )

    def given_plans(self, request: DrumRequest, scale: PlanScale) -> dict[int, BarPlan]:
        """The plans of the given bars, read off their drums, and of an edited plan."""
        found: dict[int, BarPlan] = {}
        if self.given.any():
            plans = to_bar_plans(read_plan(self.grid, len(self.bars), scale, self.frames))
            for bar in np.flatnonzero(self.given).tolist():
                found[bar] = _as_given(plans[bar])
                if bar >= self.primed:  # read off its own output, energy would sink from take to take
                    energy = USUAL_ENERGY if request.energy is None else request.energy
                    found[bar] = replace(found[bar], energy=energy)
        if request.plan is not None:
            for index, owner in enumerate(self.owners):
                bar = self.primed + index
                if bar not in found:
                    found[bar] = self._edited(request.plan, index, owner)
        return found

    def plan_of_model_bars(self, plan: Plan) -> Plan:
        """A plan of the requested bars as one of all model bars; what those of a primer say means nothing."""
        own = (self._edited(plan, index, owner) for index, owner in enumerate(self.owners))
        return Plan((*[BarPlan()] * self.primed, *own))

    def _edited(self, asked: Plan, index: int, owner: int) -> BarPlan:
        plan = asked[owner]
        parts = self.owners.count(owner)
        if plan.kind is BarKind.REPEAT:
            earlier = owner - plan.repeats
            same = earlier >= 0 and self.owners.count(earlier) == parts
            lag = self.owners.index(owner) - self.owners.index(earlier) if same else 0
            plan = replace(plan, repeats=lag) if same else replace(plan, kind=BarKind.VARIATION, repeats=0)
        is_first = index == self.owners.index(owner)
        if not is_first:
            plan = replace(plan, crash=False)
        return plan

    def primer_style(self) -> Style | None:
        """The style of the primer, None without a primer or where it has no hits."""
        hits = self.grid[self.grid["bar"] < self.primed]
        if len(hits) == 0:
            return None
        pattern, triplets = groove_of(hits, range(self.primed))
        return Style(pattern, triplets, "as before", -1, meter_name(self.bars[0], self.ppq))


def _places(owners: Sequence[int]) -> list[int]:
    return [index - owners.index(owner) for index, owner in enumerate(owners)]


def _as_given(plan: BarPlan) -> BarPlan:
    """A given bar counts as a groove where it repeats another: its hits are given."""
    if plan.kind is BarKind.REPEAT:
        return replace(plan, kind=BarKind.GROOVE, repeats=0)
    return plan


def _given_hits(
    request: DrumRequest, before: tuple[Bar, ...], requested: tuple[Bar, ...], given: npt.NDArray[np.bool_]
) -> Array:
    every: list[Array] = [np.zeros(0, HIT)]
    if before and request.primer is not None:
        every.append(quantise(clip_hits(request.primer, before)))
    if request.locked is not None and request.locked_bars:
        locked = quantise(clip_hits(request.locked, requested))
        locked["bar"] += len(before)
        every.append(locked[given[locked["bar"]]])
    return np.concatenate(every)


def _locked_hits(request: DrumRequest, bars: tuple[Bar, ...]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The hits of the locked voices, and which pieces those voices have (pieces,)."""
    pieces = np.array(
        [voice is not None and VOICES[voice] in request.locked_voices for voice in VOICE_OF_PIECE]
    )
    if request.locked is None or not pieces.any():
        return np.zeros(0, HIT), np.zeros(len(PIECES), bool)
    hits = clip_hits(request.locked, bars)
    return hits[pieces[hits["piece"]]], pieces


def _locked_notes(
    request: DrumRequest,
    bars: tuple[Bar, ...],
    owners: tuple[int, ...],
    locked_pieces: npt.NDArray[np.bool_],
) -> tuple[Note, ...]:
    """The notes of locked bars and pieces, the first ones no earlier than the first bar."""
    if request.locked is None:
        return ()
    notes = [note for note in request.locked.notes if note.start_ticks < bars[-1].end_ticks]
    locked: list[Note] = []
    for note, bar in zip(notes, bars_of(notes, request.ppq, bars), strict=True):
        piece = PIECE_OF_PITCH.get(note.pitch)
        if bar >= 0 and (owners[bar] in request.locked_bars or (piece is not None and locked_pieces[piece])):
            locked.append(replace(note, start_ticks=max(note.start_ticks, bars[0].start_ticks)))
    return tuple(locked)


def _heard_parts(request: DrumRequest) -> tuple[Clip, ...]:
    until_ticks = request.heard_until_ticks
    if until_ticks is None:
        return request.parts

    def heard(note: Note) -> Note | None:
        if note.start_ticks >= until_ticks:
            return None
        return replace(note, duration_ticks=min(note.duration_ticks, until_ticks - note.start_ticks))

    return tuple(part.map_notes(heard) for part in request.parts)


def _heard_bars(
    request: DrumRequest, parts: tuple[Clip, ...], bars: tuple[Bar, ...], primed: int
) -> npt.NDArray[np.bool_]:
    """Which bars of the parts are known (bars,): all, or those that begin before the end of the known part."""
    if request.heard_until_ticks is None and any(part.notes for part in parts):
        heard = np.ones(len(bars), bool)
    else:
        until_ticks = max((part.end_ticks for part in parts), default=0)
        if request.heard_until_ticks is not None:
            until_ticks = min(until_ticks, request.heard_until_ticks)
        heard = bar_starts(bars) < until_ticks
    first = min((note.start_ticks for part in parts for note in part.notes[:1]), default=0)
    for bar in range(primed):  # before the part begins, a bar of the primer is unknown and no rest
        heard[bar] &= bars[bar].end_ticks > first
    return heard
