"""The planner: newest wins, what is cancelled never comes, a failure is a sentence, plans say why."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from musegen_daw.drums.request import DrumRequest
from musegen_daw.errors import ModelError
from musegen_daw.jam.clock.clock import ManualClock, SystemClock
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid, Pattern, PlayedPatterns, patterns_of
from musegen_daw.jam.planning.planner import PlanningWorker
from musegen_daw.jam.planning.reasons import reason_of
from musegen_daw.music.clip import Clip, Note
from tests.jam.doubles import Drummer, drums_for

GRID = BarGrid()


def request(*, bars=(2, 3), **changes):
    part = Clip((Note(60, 80, 0, 240), Note(62, 80, 1000, 240)), 2 * GRID.bar_ticks, LIVE_PPQ)
    return replace(DrumRequest((part,), GRID.bars(0, bars[-1] + 1), LIVE_PPQ), **changes)


class Desk:
    """A planner on a clock that stands, and how often it answered."""

    def __init__(self) -> None:
        self.clock, self.drummer, self.answered = ManualClock(), Drummer(), 0
        self.planner = PlanningWorker(self.drummer, self.clock, GRID, self._count)
        assert not self.planner.is_warm
        self.clock.advance()
        self.warm_up = self.drummer.requests.pop()

    def _count(self) -> None:
        self.answered += 1


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    desk.planner.close()
    assert desk.clock.worker_names == ()


def test_the_generator_is_warmed_up_and_nobody_is_told(desk) -> None:
    assert desk.planner.is_warm
    assert desk.warm_up.locked_bars
    assert desk.answered == 0
    assert desk.planner.take() == []


def test_an_answer_has_the_bars_that_were_asked_for(desk) -> None:
    asked = request(variations=3)
    asked_as = desk.planner.ask(asked, (2, 3), 960)
    desk.clock.advance()
    (plan,) = desk.planner.take()
    assert plan.request is asked_as
    takes = drums_for(asked).takes
    assert plan.takes == tuple(tuple(patterns_of(take.drums, (2, 3), GRID).values()) for take in takes)
    assert all(pattern.notes for take in plan.takes for pattern in take)
    assert desk.planner.take() == []


def test_the_newest_question_wins(desk) -> None:
    for seed in range(5):
        desk.planner.ask(request(seed=seed), (2,), 960)
    desk.clock.advance()
    assert [plan.request.drums.seed for plan in desk.planner.take()] == [4]
    assert [asked.seed for asked in desk.drummer.requests] == [4]


def test_what_is_cancelled_is_not_answered(desk) -> None:
    desk.planner.ask(request(), (2,), 960)
    desk.planner.cancel()
    desk.clock.advance()
    assert desk.planner.take() == []
    later = desk.planner.ask(request(), (2,), 960)
    desk.clock.advance()
    assert [plan.request for plan in desk.planner.take()] == [later]


def test_an_answer_that_was_not_taken_is_cancelled_too(desk) -> None:
    desk.planner.ask(request(), (2,), 960)
    desk.clock.advance()
    desk.planner.cancel()
    assert desk.planner.take() == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ModelError("The model is gone."), "The model is gone."),
        (RuntimeError("odd"), "The drums could not be written: RuntimeError: odd."),
    ],
)
def test_a_failure_is_a_sentence_and_the_worker_lives_on(desk, error, sentence) -> None:
    desk.drummer.error = error
    desk.planner.ask(request(), (2,), 960)
    desk.clock.advance()
    (plan,) = desk.planner.take()
    assert (plan.error, plan.takes) == (sentence, ())
    desk.drummer.error = None
    desk.planner.ask(request(), (2,), 960)
    desk.clock.advance()
    assert desk.planner.take()[0].error == ""
    assert desk.planner.failure == ""


def test_in_real_time_a_running_generation_is_told_to_stop_and_the_thread_ends() -> None:
    running, stopped = threading.Event(), threading.Event()

    class Endless:
        def generate(self, request, *, cancelled):
            running.set()
            while not cancelled():
                stopped.wait(0.001)
            stopped.set()
            raise RuntimeError

    planner = PlanningWorker(Endless(), SystemClock(), GRID, lambda: None)
    assert running.wait(60)
    assert "musegen planner" in [thread.name for thread in threading.enumerate()]
    planner.close()
    planner.close()
    assert stopped.is_set()
    assert "musegen planner" not in [thread.name for thread in threading.enumerate()]


def test_a_reason_counts_what_is_played_with_the_player() -> None:
    part = Clip((Note(60, 80, 5, 240), Note(62, 80, 475, 240)), 2 * GRID.bar_ticks, LIVE_PPQ)
    hits = (Note(36, 100, 1920, 60), Note(36, 100, 1920 + 960, 60), Note(42, 60, 1920 + 480, 60))
    reason = reason_of([Pattern(1, hits)], [part], GRID.bar_ticks, GRID)
    assert (reason.hits_per_bar, reason.follow, reason.heard_notes) == (3.0, 0.5, 2)
    assert str(reason) == "sparse (3 hits a bar), follows partly (50% on your notes)"
    unheard = reason_of([Pattern(1, hits, is_fill=True)], [part], 0, GRID)
    assert unheard.follow is None
    assert str(unheard) == "sparse (3 hits a bar), nothing heard to follow, with a fill"


def test_a_pushed_hit_stays_with_the_bar_it_leads_into() -> None:
    bar = GRID.bar_ticks
    pushed, late = Note(36, 100, bar - 60, 60), Note(36, 100, bar - 61, 60)
    found = patterns_of(Clip((pushed, late), 2 * bar, LIVE_PPQ), (0, 1), GRID)
    assert (found[0].notes, found[1].notes) == ((late,), (pushed,))
    assert found[1].moved(3, GRID).notes == (replace(pushed, start_ticks=3 * bar - 60),)


def test_the_last_good_pattern_is_the_phrase_and_never_a_fill() -> None:
    played = PlayedPatterns(GRID)
    assert played.last_good(0) is None

    def bar_of(index, is_fill=False):
        note = Note(36, 1 + index, index * GRID.bar_ticks, 60)
        played.add(Pattern(index, (note,), is_fill))

    def goes_on_with(bar):
        pattern = played.last_good(bar)
        assert pattern.notes[0].start_ticks == bar * GRID.bar_ticks
        return pattern.notes[0].velocity - 1

    bar_of(0)
    assert [goes_on_with(bar) for bar in (1, 2, 9)] == [0, 0, 0]
    bar_of(1)
    assert [goes_on_with(bar) for bar in (2, 3)] == [0, 1]
    bar_of(2, is_fill=True)
    assert [goes_on_with(bar) for bar in (3, 4)] == [1, 1]
