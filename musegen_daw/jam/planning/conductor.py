"""Conductor: when to plan, and which pattern each bar gets when it is about to begin."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import floor

from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.patterns import LEAD_BEATS, BarGrid, Pattern, PlayedPatterns
from musegen_daw.jam.planning.heard import Heard
from musegen_daw.jam.planning.modes import Mode, Moment
from musegen_daw.jam.planning.picture import JamPicture, picture_of
from musegen_daw.jam.planning.planner import PlannedBars, PlanningWorker

ASK_AGAIN_SECONDS = 0.15  # at least between questions while a knob turns
HEAR_AGAIN_SECONDS = 0.05  # at least between questions while a player sets in
FILL_PATIENCE_BARS = 3
MAX_DELAYS = 10_000


def _delays() -> deque[float]:
    return deque(maxlen=MAX_DELAYS)


@dataclass(frozen=True, slots=True)
class Delays:
    """The last delays in seconds: from a request to its plan, and from the oldest new note to the plan."""

    of_plans: deque[float] = field(default_factory=_delays)
    of_notes: deque[float] = field(default_factory=_delays)


class Conductor:
    """Plans one bar ahead of the playhead; the drums of a bar are settled shortly before it begins.

    It requests a plan at every bar line, on every beat of the second half of a bar with new notes, and at once where
    the player comes in or the controls change. Beats and bars are those of the session. For one thread at a time.
    """

    def __init__(
        self, planner: PlanningWorker, mode: Mode, played: PlayedPatterns, grid: BarGrid, now_seconds: float
    ) -> None:
        self._planner, self._played, self._grid = planner, played, grid
        self.mode = mode
        self.delays = Delays()
        self.plan: PlannedBars | None = None
        self._settled = -1
        self._rests = False  # whether the settled bar rests
        self._is_open = False  # whether it would not, had there been anything to play
        self._fill_bar: int | None = None
        self._fill_end = 0
        self._asked_place = -1, -1  # bar, and beat in it
        self._ask_seconds: float | None = now_seconds
        self._asked_seconds = now_seconds - HEAR_AGAIN_SECONDS
        self._news_seconds: float | None = None
        self._asked_news: dict[int, float] = {}

    def start(self, beats: float, now_seconds: float) -> None:
        self._settled = self._grid.index_of_onset(beats) - 1
        self._rests = self._is_open = False
        self._ask_seconds = now_seconds

    def stop(self) -> None:
        self._planner.cancel()
        self._fill_bar = None
        self.mode.stopped()

    def change_mode(self, mode: Mode, beats: float, now_seconds: float) -> None:
        """Switch the mode at the next bar line."""
        self._planner.cancel()
        self.mode = mode
        self._fill_bar = None
        self._settled = self._grid.index_at(beats)
        self._rests = self._is_open = False
        self._ask_seconds = now_seconds

    def fill(self, now_seconds: float) -> None:
        """Play a fill in the first bar that is not settled."""
        self._fill_bar = self._settled + 1
        self._fill_end = self._fill_bar + FILL_PATIENCE_BARS
        self._ask_seconds = now_seconds

    def heard(self, event_seconds: float, beats: float, now_seconds: float) -> None:
        if self._news_seconds is None:
            self._news_seconds = event_seconds
        if self._rests:
            if self.mode.planned(self._grid.index_at(beats) + 1) is None:
                self._ask_seconds = max(now_seconds, self._asked_seconds + HEAR_AGAIN_SECONDS)
            if beats < self._grid.start_beats(self._settled) - LEAD_BEATS:
                self._settled -= 1
                self._rests = False

    def changed(self, now_seconds: float, *, needs_new_drums: bool) -> None:
        """The controls have changed; `needs_new_drums`: in a way that needs new drums."""
        if needs_new_drums:
            self.mode.changed()
        if self._ask_seconds is None:
            self._ask_seconds = now_seconds + (ASK_AGAIN_SECONDS if needs_new_drums else 0.0)

    def take_plans(self) -> Iterator[str]:
        """Take the finished plans; yields the sentences of those that failed."""
        for plan in self._planner.take():
            news_seconds = self._asked_news.pop(plan.request.id, None)
            if plan.error:
                yield plan.error
                continue
            self.mode.answer(plan)
            self.plan = plan
            self.delays.of_plans.append(plan.seconds)
            if news_seconds is not None:
                self.delays.of_notes.append(plan.done_seconds - news_seconds)

    def picture(self, beats: float, heard: Heard) -> JamPicture:
        return picture_of(beats, self._settled, heard, self._played, self.mode, self._grid)

    def settle(
        self, beats: float, until_beats: float, first_beats: float, controls: Controls
    ) -> Iterator[Pattern]:
        """The patterns of the bars that begin by `until_beats`, and of one whose plan was late.

        Bars that end by `first_beats` are count-in, and rest.
        """
        if self._is_open and self._settled >= self._grid.index_at(beats):
            planned = self.mode.planned(self._settled)
            if planned is not None:
                self._rests = self._is_open = False
                self._played.add(planned)
                yield planned
        bar = max(self._settled + 1, self._grid.index_at(beats))
        first_bar = 0 if first_beats < 0 else self._grid.index_at(first_beats)
        while self._grid.start_beats(bar) - LEAD_BEATS <= until_beats:
            late_bars = self.mode.late_bars
            pattern = self.mode.choose(bar, controls) if bar >= first_bar else None
            self._settled = bar
            self._rests = pattern is None
            self._is_open = self._rests and self.mode.late_bars > late_bars
            if bar == self._fill_bar:
                # A fill whose plan came too late is played in the next bar, up to a limit.
                is_late = self.mode.late_bars > late_bars or (pattern is not None and not pattern.is_fill)
                self._fill_bar = bar + 1 if is_late and bar + 1 < self._fill_end else None
            if pattern is not None:
                self._played.add(pattern)
                yield pattern
            bar += 1

    def ask(
        self, beats: float, offset_bars: int, controls: Controls, bpm: float | None, now_seconds: float
    ) -> None:
        """Request a plan if one is due."""
        bar = self._grid.index_at(beats)
        place = bar, floor(beats - self._grid.start_beats(bar))
        is_due = self._ask_seconds is not None and now_seconds >= self._ask_seconds
        if place != self._asked_place:
            is_new_bar = bar != self._asked_place[0]
            is_late_in_bar = beats - self._grid.start_beats(bar) >= self._grid.beats_per_bar / 2
            has_news = self._news_seconds is not None and is_late_in_bar
            is_due = is_due or is_new_bar or has_news or self.mode.planned(bar + 1) is None
            self._asked_place = place
        if not is_due:
            return
        self._ask_seconds, self._asked_seconds = None, now_seconds
        if self._is_open and self._settled == bar:
            bar -= 1  # the bar that has begun without drums is still wanted
        bar = max(-1, bar)  # a longer count-in leads to bar 0 all the same
        question = self.mode.question(
            Moment(beats, bar, bar - offset_bars, controls, bpm, fill_bar=self._fill_bar)
        )
        if question is None:
            return
        request = self._planner.ask(
            question.drums,
            question.bars,
            question.heard_ticks,
            is_fill=question.is_fill,
            energy=question.energy,
        )
        if self._news_seconds is not None:
            self._asked_news = {request.id: self._news_seconds, **dict(list(self._asked_news.items())[-8:])}
        self._news_seconds = None
