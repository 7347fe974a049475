"""Loop mode: bars are recorded, drums are generated for them, then cycle with variations and fills."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from musegen_daw.drums.request import DrumRequest
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.patterns import LEAD_BEATS, LIVE_PPQ, BarGrid, Pattern, PlayedPatterns, clip_of
from musegen_daw.jam.planning.heard import Heard
from musegen_daw.jam.planning.modes import Moment, PlanSettings, Question, SessionStyle, wanted_energy
from musegen_daw.jam.planning.planner import PlannedBars
from musegen_daw.music.clip import Clip

_log = logging.getLogger(__name__)

VARIATIONS = 4
PICKUP_BEATS = 1.0  # a note in the last beat of a bar leads into the loop, it does not open it


class LoopMode:
    """Records `bars` from the first note on, then plays to them; until they are over the drums rest.

    The first take is the groove; every other cycle plays one of the other takes. The loop keeps its place in the song
    when the DAW moves the playhead.
    """

    def __init__(
        self,
        heard: Heard,
        played: PlayedPatterns,
        grid: BarGrid,
        planning: PlanSettings,
        style: SessionStyle,
        bars: int,
        armed_beats: float,
    ) -> None:
        if bars < 1:
            raise ValueError(f"a loop needs at least one bar, got {bars}")
        self._heard, self._played, self._grid, self._planning = heard, played, grid, planning
        self._style, self._bars = style, bars
        self._armed_beats = max(armed_beats, -LEAD_BEATS)
        self._start: int | None = None
        self._anchor = 0
        self._takes: tuple[tuple[Pattern, ...], ...] = ()
        self._takes_id = 0
        self._is_final = False
        self._fills: dict[int, Pattern] = {}
        self._asked_fill: int | None = None
        self._parts: tuple[Clip, ...] = ()
        self.late_bars = 0

    def question(self, moment: Moment) -> Question | None:
        """The loop, first without its end, then whole, then a fill for the next bar where one is due."""
        self._find_start()
        self._asked_fill = moment.fill_bar
        if self._start is None:
            return None
        end = self._start + self._bars
        is_over = moment.beats >= self._grid.start_beats(end) - LEAD_BEATS
        if not is_over:
            # The last bar still sounds, so the first of the cycle is planned without its end.
            known_beats = known_until_beats(moment.beats, self._grid)
            return self._loop(moment, known_beats) if moment.bar == end - 1 else None
        following = moment.bar + 1
        if self._is_final and self._is_fill(following, moment):
            return self._fill(following, moment)
        return None if self._is_final else self._loop(moment, None)

    def answer(self, plan: PlannedBars) -> None:
        self._style.answered(plan, self._grid)
        request = plan.request
        if request.is_fill:
            self._fills |= {pattern.bar: pattern for pattern in plan.takes[0]}
        elif request.id > self._takes_id:
            self._takes, self._takes_id = plan.takes, request.id
            self._parts = request.drums.parts
            self._is_final = request.drums.heard_until_ticks is None

    def planned(self, bar: int) -> Pattern | None:
        """The fill of a bar, else its bar of the loop."""
        if self._start is None or bar < self._start + self._bars or not self._takes:
            return None
        if bar in self._fills:
            return self._fills[bar]
        return self._turn(bar, self._take_of(bar))

    def choose(self, bar: int, controls: Controls) -> Pattern | None:
        """The planned bar, without variations while the pattern is held."""
        self._fills = {of: fill for of, fill in self._fills.items() if of >= bar}
        if self._start is None or bar < self._start + self._bars:
            return None
        planned = self.planned(bar)
        if planned is None:
            self.late_bars += 1
            _log.info("Bar %d has no plan: the last pattern goes on", bar)
            return self._played.last_good(bar)
        if controls.hold and bar != self._asked_fill:
            return self._turn(bar, 0)
        return planned

    def gain(self, beats: float) -> float:
        return 1.0

    def changed(self) -> None:
        """Request the loop again; the old one plays until then."""
        self._is_final = False

    def jumped(self, bars: int) -> None:
        """Keep the place in the song."""
        self._anchor += bars

    def stopped(self) -> None:
        """Discard a loop that is not recorded to its end; the next notes open another."""
        if not self._is_final:
            self._start = None
        if self._heard.last_onset_beats is not None:
            self._armed_beats = max(self._armed_beats, self._heard.last_onset_beats + LEAD_BEATS)

    def phase(self, bar: int) -> str:
        if self._start is None or bar < self._start:
            return "waiting for the first note"
        if bar < self._cycle_start:
            return f"recording bar {bar - self._start + 1} of {self._bars}"
        return f"loop bar {(bar - self._anchor) % self._bars + 1} of {self._bars}"

    def _find_start(self) -> None:
        if self._start is not None:
            return
        first = min(
            (note.start_beats for note in self._heard.notes(self._armed_beats, float("inf"))), default=None
        )
        if first is not None:
            bar = self._grid.index_of_onset(first)
            is_pickup = first >= self._grid.start_beats(bar + 1) - PICKUP_BEATS
            self._start = self._anchor = bar + is_pickup

    def _loop(self, moment: Moment, known_beats: float | None) -> Question:
        start = self._start or 0
        bars = self._grid.bars(start, start + self._bars)
        end_beats = self._grid.start_beats(start + self._bars) - LEAD_BEATS
        until_beats = end_beats if known_beats is None else min(known_beats, end_beats)
        parts = self._heard.parts(self._grid.start_beats(start) - LEAD_BEATS, until_beats, LIVE_PPQ)
        request = DrumRequest(
            parts=parts,
            bars=bars,
            ppq=LIVE_PPQ,
            bpm=moment.bpm,
            seed=self._planning.seed,
            temperature=moment.controls.temperature,
            follow=self._planning.follow,
            density=moment.controls.density,
            energy=wanted_energy(moment.controls, _velocities(parts)),
            fills=0.0,  # no others than those that are asked for
            within_style=True,
            variations=VARIATIONS,
            heard_until_ticks=None if known_beats is None else max(0, round(until_beats * LIVE_PPQ)),
        )
        heard_ticks = round(until_beats * LIVE_PPQ)
        styled = self._style.asked(request, heard_ticks, self._grid)
        bars_asked = tuple(range(start, start + self._bars))
        return Question(styled, bars_asked, heard_ticks, energy=moment.controls.energy)

    def _fill(self, bar: int, moment: Moment) -> Question:
        """A fill for one bar: the loop at that place, with that bar rewritten around the rest of the groove."""
        place = (bar - self._anchor) % self._bars
        first = bar - place
        bars = self._grid.bars(first, first + self._bars)
        groove = [self._turn(first + index, 0) for index in range(self._bars) if index != place]
        moved_ticks = (first - (self._start or 0)) * self._grid.bar_ticks
        request = DrumRequest(
            parts=tuple(part.shift(moved_ticks) for part in self._parts),
            bars=bars,
            ppq=LIVE_PPQ,
            bpm=moment.bpm,
            seed=self._planning.seed + bar,
            temperature=moment.controls.temperature,
            follow=self._planning.follow,
            density=moment.controls.density,
            energy=wanted_energy(moment.controls, _velocities(self._parts)),
            style=self._style.style,
            fill_bars=frozenset({place}),
            locked=clip_of(groove, bars[-1].end_ticks) if groove else None,
            locked_bars=frozenset(range(self._bars)) - {place},
        )
        return Question(request, (bar,), bars[-1].end_ticks, is_fill=True, energy=moment.controls.energy)

    def _is_fill(self, bar: int, moment: Moment) -> bool:
        every = self._planning.fill_every_bars
        is_due = every > 0 and not moment.controls.hold and (bar - self._cycle_start + 1) % every == 0
        return bar not in self._fills and (is_due or bar == moment.fill_bar)

    @property
    def _cycle_start(self) -> int:
        return (self._start or 0) + self._bars

    def _take_of(self, bar: int) -> int:
        """The take of a cycle: the groove, another take, the groove, the next take, and so on."""
        turn = (bar - self._cycle_start) // self._bars
        others = len(self._takes) - 1
        return 1 + turn // 2 % others if turn % 2 and others else 0

    def _turn(self, bar: int, take: int) -> Pattern:
        return self._takes[take][(bar - self._anchor) % self._bars].moved(bar, self._grid)


def _velocities(parts: Iterable[Clip]) -> Iterator[int]:
    return (note.velocity for part in parts for note in part.notes)


def known_until_beats(now_beats: float, grid: BarGrid) -> float:
    """How far the part counts as heard: a bar once half of it is over, before that not at all.

    The generator was trained on bars that are known or unknown; to it a cut bar is a player who stops.
    """
    bar = grid.index_at(now_beats)
    start_beats = grid.start_beats(bar)
    return now_beats if now_beats - start_beats >= grid.beats_per_bar / 2 else start_beats - LEAD_BEATS
