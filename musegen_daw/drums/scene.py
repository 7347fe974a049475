"""What a request is about, in model bars: the parts as the network reads them, what is given and what stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.bar_features import PartBars, bar_features
from musegen_daw.drums.events import HIT, Array, bar_starts, clip_hits, clip_onsets, quantise
from musegen_daw.drums.feel import heard_triplets
from musegen_daw.drums.keeping import kept_hits, kept_notes
from musegen_daw.drums.meter import bar_frames, meter_level, meter_name
from musegen_daw.drums.part_summary import part_summary
from musegen_daw.drums.plan import BarKind, BarPlan
from musegen_daw.drums.plan_reading import PlanScale, read_plan, to_bar_plans
from musegen_daw.drums.request import DrumRequest
from musegen_daw.drums.spans import model_bars
from musegen_daw.drums.style import STYLE_BARS, Style, groove_of
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.time import Bar

USUAL_ENERGY = 0.6


@dataclass(frozen=True, eq=False)
class Scene:
    """A request in model bars, those of the primer first.

    `owners` (asked bars,) are the indices of the written bars that the asked model bars belong to, and `places` (bars,)
    say which of the model bars of its written bar each is. `frames` and
    `meters` (bars,) are their sixteenths and levels, `heard` (bars,) says which bars of the parts are known.
    `grid` holds the hits, on the grid, of the bars that are given (`given`, (bars,)): of the primer and the kept
    ones. `standing` are hits of kept voices, of `standing_pieces` (pieces,), and `standing_notes` all notes that
    stay as they are. `triplets` is the share of beats of the parts in triplets, `programs` are what plays their tracks.
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
    standing: Array
    standing_pieces: npt.NDArray[np.bool_]
    standing_notes: tuple[Note, ...]
    triplets: float

    @property
    def asked(self) -> tuple[Bar, ...]:
        """The model bars that are asked for."""
        return self.bars[self.primed :]

    @property
    def meter(self) -> str:
        """The commonest meter of the bars asked for, by name; "other" for one without a name."""
        names = [meter_name(bar, self.ppq) for bar in self.asked]
        return max(dict.fromkeys(names), key=names.count)

    ppq: int = 480

    @classmethod
    def of(cls, request: DrumRequest) -> Scene:
        """Read a request, see `request.check`."""
        before, owners_before = model_bars(request.primer_bars, request.ppq)
        asked, owners = model_bars(request.bars, request.ppq)
        bars, primed = (*before, *asked), len(before)
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
        standing, pieces = kept_hits(request, asked)
        given = np.zeros(len(bars), bool)
        given[:primed] = True
        given[primed:] = [owner in request.kept_bars for owner in owners]
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
            _given_hits(request, before, asked, given),
            given,
            quantise(standing),
            pieces,
            kept_notes(request, asked, owners, pieces),
            heard_triplets(onsets),
            request.ppq,
        )

    @property
    def sections(self) -> list[range]:
        """The bars of each section of the part, those before the first with it."""
        starts = [0, *(bar for bar in self.part.sections[1:] if bar > 0)]
        return [range(first, end) for first, end in pairwise([*starts, len(self.bars)])]

    def summary(
        self, bpm: float | None, bars: range | None = None, meter: int | None = None
    ) -> npt.NDArray[np.float32] | None:
        """What the parts are like from the first bar that is heard of them, or of `bars`, to the last.

        As if in the meter of level `meter` where one is given. None where nothing is heard.
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
        """What the bars are that are given: read off their drums, and those of an edited plan."""
        found: dict[int, BarPlan] = {}
        if self.given.any():
            plans = to_bar_plans(read_plan(self.grid, len(self.bars), scale, self.frames))
            for bar in np.flatnonzero(self.given).tolist():
                found[bar] = _as_given(plans[bar])
                if bar >= self.primed:  # played by this hand before: read back, it would sink from bar to bar
                    energy = USUAL_ENERGY if request.energy is None else request.energy
                    found[bar] = replace(found[bar], energy=energy)
        if request.plan is not None:
            for index, owner in enumerate(self.owners):
                bar = self.primed + index
                if bar not in found:
                    found[bar] = self._edited(request, index, owner)
        return found

    def _edited(self, request: DrumRequest, index: int, owner: int) -> BarPlan:
        assert request.plan is not None
        plan = request.plan[owner]
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

    def groove(self) -> Style | None:
        """The style of the primer, None where there is none or it rests."""
        hits = self.grid[self.grid["bar"] < self.primed]
        if len(hits) == 0:
            return None
        pattern, triplets = groove_of(hits, range(self.primed))
        return Style(pattern, triplets, "as before", -1, meter_name(self.bars[0], self.ppq))


def _places(owners: Sequence[int]) -> list[int]:
    return [index - owners.index(owner) for index, owner in enumerate(owners)]


def _as_given(plan: BarPlan) -> BarPlan:
    """A bar that is there already repeats nothing: what it plays is given."""
    if plan.kind is BarKind.REPEAT:
        return replace(plan, kind=BarKind.GROOVE, repeats=0)
    return plan


def _given_hits(
    request: DrumRequest, before: tuple[Bar, ...], asked: tuple[Bar, ...], given: npt.NDArray[np.bool_]
) -> Array:
    every: list[Array] = [np.zeros(0, HIT)]
    if before and request.primer is not None:
        every.append(quantise(clip_hits(request.primer, before)))
    if request.kept is not None and request.kept_bars:
        kept = quantise(clip_hits(request.kept, asked))
        kept["bar"] += len(before)
        every.append(kept[given[kept["bar"]]])
    return np.concatenate(every)


def _heard_parts(request: DrumRequest) -> tuple[Clip, ...]:
    """The parts up to where they are heard."""
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
    """Which bars of the parts are known: all, or those that begin before the end of what is heard."""
    if request.heard_until_ticks is None and any(part.notes for part in parts):
        heard = np.ones(len(bars), bool)
    else:
        until_ticks = max((part.end_ticks for part in parts), default=0)
        if request.heard_until_ticks is not None:
            until_ticks = min(until_ticks, request.heard_until_ticks)
        heard = bar_starts(bars) < until_ticks
    first = min((note.start_ticks for part in parts for note in part.notes[:1]), default=0)
    for bar in range(primed):  # drums that went before a part say nothing of a rest
        heard[bar] &= bars[bar].end_ticks > first
    return heard
