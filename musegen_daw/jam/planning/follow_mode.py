"""Follow and accompany: bars ahead are planned from what was heard up to now."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace

from musegen_daw.drums.request import DrumRequest
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.patterns import (
    LEAD_BEATS,
    LEAD_TICKS,
    LIVE_PPQ,
    PHRASE_BARS,
    BarGrid,
    Pattern,
    PlayedPatterns,
    clip_of,
)
from musegen_daw.jam.planning.heard import Heard
from musegen_daw.jam.planning.modes import (
    Moment,
    PlanSettings,
    Question,
    SessionStyle,
    WhenSilent,
    wanted_energy,
)
from musegen_daw.jam.planning.planner import PlannedBars
from musegen_daw.music.clip import Clip

_log = logging.getLogger(__name__)


class FollowMode:
    """Plans bars ahead from what was heard up to now, and revises them until they begin.

    The generator gets the parts extrapolated, as if the player continued: it steers the drums towards known
    parts and not towards silence, so a guess serves the next bar better than none.
    """

    def __init__(
        self,
        heard: Heard,
        played: PlayedPatterns,
        grid: BarGrid,
        planning: PlanSettings,
        style: SessionStyle,
        when_silent: WhenSilent,
    ) -> None:
        self._heard, self._played, self._grid, self._planning = heard, played, grid, planning
        self._style, self._when_silent = style, when_silent
        self._plans: dict[int, tuple[int, Pattern]] = {}
        self._asked_fill: int | None = None
        self.late_bars = 0

    def question(self, moment: Moment) -> Question | None:
        """The next bars, or a fill alone; None while the drums rest or are held."""
        first = moment.bar + 1
        self._asked_fill = moment.fill_bar
        if not self._sounds(first):
            return None
        is_fill = self._fills(first, moment)
        if moment.controls.hold and not is_fill and self._played.last_good(first):
            return None
        end = first + 1
        while end < first + self._planning.ahead_bars and not is_fill and not self._fills(end, moment):
            end += 1
        self._style.begins_with(first)
        heard_from = max(first - self._planning.history_bars, min(first, self._first_bar(first)))
        start = max(heard_from, min(first, self._style.first_bar))
        bars = self._grid.bars(start, end)
        played = {bar: self._played.get(bar) for bar in range(start, first)}
        own = {bar: pattern for bar, pattern in played.items() if pattern is not None}
        heard_ticks = max(0, round(moment.beats * LIVE_PPQ)) + 1  # what is struck just now is heard
        controls = moment.controls
        request = DrumRequest(
            parts=self._parts(heard_from, heard_ticks, bars[-1].end_ticks),
            bars=bars,
            ppq=LIVE_PPQ,
            bpm=moment.bpm,
            seed=self._planning.seed + first,
            temperature=controls.temperature,
            follow=self._planning.follow,
            density=controls.density,
            energy=wanted_energy(controls, self._velocities(moment.beats)),
            fills=None if is_fill else 0.0,  # no others than those that are asked for
            fill_bars=frozenset({first - start} if is_fill else ()),
            locked=clip_of(own.values(), bars[-1].end_ticks) if own else None,
            locked_bars=frozenset(bar - start for bar in own),
        )
        return Question(
            self._style.asked(request, heard_ticks, self._grid),
            tuple(range(first, end)),
            heard_ticks,
            is_fill,
            controls.energy,
        )

    def answer(self, plan: PlannedBars) -> None:
        """Take the bars that no later plan has."""
        self._style.answered(plan, self._grid)
        for pattern in plan.takes[0]:
            newest_id = self._plans.get(pattern.bar, (0, pattern))[0]
            if newest_id <= plan.request.id:
                self._plans[pattern.bar] = plan.request.id, pattern
            else:
                _log.debug(
                    "Bar %d of plan %d dropped as stale: plan %d has it",
                    pattern.bar,
                    plan.request.id,
                    newest_id,
                )

    def planned(self, bar: int) -> Pattern | None:
        return self._plans[bar][1] if bar in self._plans else None

    def choose(self, bar: int, controls: Controls) -> Pattern | None:
        """The plan, the last good pattern where that is late or held, None while the player is silent."""
        planned = self.planned(bar)
        self._plans = {of: plan for of, plan in self._plans.items() if of >= bar}
        if not self._sounds(bar):
            return None
        if controls.hold and bar != self._asked_fill:
            return self._played.last_good(bar) or planned
        if planned is None:
            self.late_bars += 1
            _log.info("Bar %d has no plan: the last pattern goes on", bar)
            return self._played.last_good(bar)
        return planned

    def gain(self, beats: float) -> float:
        quiet_bar = self._quiet_bar()
        if self._when_silent is not WhenSilent.FADE or quiet_bar is None:
            return 1.0
        faded_beats = beats - self._grid.start_beats(quiet_bar)
        return min(1.0, max(0.0, 1 - faded_beats / (self._planning.fade_bars * self._grid.beats_per_bar)))

    def changed(self) -> None:
        """Nothing to do: the next request has the new controls."""

    def jumped(self, bars: int) -> None:
        """Nothing to do: the drums continue with the player."""

    def stopped(self) -> None:
        """Nothing to do: what was heard is still the music."""

    def phase(self, bar: int) -> str:
        if self._heard.last_onset_beats is None:
            return "waiting for the first note" if self._when_silent is WhenSilent.REST else "alone"
        quiet_bar = self._quiet_bar()
        if quiet_bar is None or bar < quiet_bar:
            return "following"
        return {WhenSilent.REST: "resting", WhenSilent.KEEP: "alone", WhenSilent.FADE: "fading"}[
            self._when_silent
        ]

    def _parts(self, start: int, heard_ticks: int, end_ticks: int) -> tuple[Clip, ...]:
        """The parts from bar `start` on as heard up to now, then extrapolated."""
        start_beats = self._grid.start_beats(start) - LEAD_BEATS
        parts = self._heard.parts(start_beats, heard_ticks / LIVE_PPQ, LIVE_PPQ)
        first_ticks = min((part.notes[0].start_ticks for part in parts), default=0)
        phrase_ticks = PHRASE_BARS * self._grid.bar_ticks
        is_phrase = first_ticks <= heard_ticks - phrase_ticks + LEAD_TICKS
        return extrapolated(
            parts, heard_ticks, end_ticks, phrase_ticks if is_phrase else self._grid.bar_ticks
        )

    def _velocities(self, beats: float) -> Iterator[int]:
        start_beats = beats - PHRASE_BARS * self._grid.beats_per_bar
        return (note.velocity for note in self._heard.newest(start_beats, beats + LEAD_BEATS))

    def _fills(self, bar: int, moment: Moment) -> bool:
        if bar == moment.fill_bar:
            return True
        every = self._planning.fill_every_bars
        song_bar = moment.song_bar + bar - moment.bar
        return every > 0 and not moment.controls.hold and (song_bar + 1) % every == 0

    def _first_bar(self, bar: int) -> int:
        """The first bar that is context for those to come: heard, or played by the drums."""
        earliest = bar - self._planning.history_bars
        since_beats = self._grid.start_beats(earliest) - LEAD_BEATS
        starts = (note.start_beats for note in self._heard.notes(since_beats, float("inf")))
        first_beats = min(starts, default=None)
        heard = () if first_beats is None else (self._grid.index_of_onset(first_beats),)
        played = (each for each in range(earliest, bar) if self._played.get(each) is not None)
        return max(0, min((*heard, *played), default=bar))

    def _quiet_bar(self) -> int | None:
        """The first bar in which the player counts as silent; None while notes sound, or before any."""
        if self._heard.sounding or self._heard.last_onset_beats is None:
            return None
        return self._grid.index_of_onset(self._heard.last_onset_beats) + 1 + self._planning.rest_bars

    def _sounds(self, bar: int) -> bool:
        if self._when_silent is WhenSilent.KEEP:
            return True
        if self._when_silent is WhenSilent.REST:
            start_beats = self._grid.start_beats(bar)
            rest_beats = self._planning.rest_bars * self._grid.beats_per_bar
            return self._heard.sounded(start_beats - rest_beats, start_beats - LEAD_BEATS)
        quiet_bar = self._quiet_bar()
        return quiet_bar is None or bar < quiet_bar + self._planning.fade_bars


def extrapolated(parts: Iterable[Clip], from_ticks: int, end_ticks: int, span_ticks: int) -> tuple[Clip, ...]:
    """The parts with their last `span_ticks` before `from_ticks` repeated up to `end_ticks`.

    What they hold from `from_ticks` on is left out. Raises ValueError unless the span is positive.
    """
    if span_ticks <= 0:
        raise ValueError(f"a span must be positive, got {span_ticks} ticks")
    return tuple(_extrapolated(part, from_ticks, end_ticks, span_ticks) for part in parts)


def _extrapolated(part: Clip, from_ticks: int, end_ticks: int, span_ticks: int) -> Clip:
    heard = [note for note in part.notes if note.start_ticks < from_ticks]
    last = [note for note in heard if note.start_ticks >= from_ticks - span_ticks]
    again = [
        replace(note, start_ticks=note.start_ticks + shift_ticks)
        for shift_ticks in range(span_ticks, end_ticks - from_ticks + span_ticks, span_ticks)
        for note in last
        if note.start_ticks + shift_ticks < end_ticks
    ]
    return replace(part, notes=(*heard, *again), length_ticks=end_ticks)
