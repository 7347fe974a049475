"""Laws of the clocks: who is called when, in manual time and in threads."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.jam.clock.clock import ManualClock, SystemClock

TIMES = st.lists(st.floats(0, 10), max_size=20)


def never(error):
    raise AssertionError(error)


def alarm(times, rings):
    """A step that wants to be called at each of `times` and notes when it was."""
    waiting = sorted(times, reverse=True)

    def step(now_seconds):
        while waiting and waiting[-1] <= now_seconds:
            rings.append((waiting.pop(), now_seconds))
        return waiting[-1] if waiting else None

    return step


@given(TIMES, st.lists(st.floats(0, 3), max_size=10))
def test_manual_time_calls_every_step_exactly_when_it_is_due(times, advances):
    clock = ManualClock()
    rings = []
    clock.start("alarm", alarm(times, rings), never)
    for seconds in advances:
        clock.advance(seconds)
        assert [due for due, _ in rings] == sorted(t for t in times if t <= clock.now_seconds())
    clock.advance(11)
    assert rings == [(t, t) for t in sorted(times)]


@given(TIMES, TIMES)
def test_manual_time_runs_workers_in_the_order_of_their_times(first, second):
    clock = ManualClock()
    rings = []
    clock.start("first", alarm(first, rings), never)
    clock.start("second", alarm(second, rings), never)
    clock.advance(10)
    assert rings == [(t, t) for t in sorted([*first, *second])]


def test_waking_calls_a_step_now_and_stopping_ends_it():
    clock = ManualClock(5.0)
    calls = []
    worker = clock.start("sleeper", calls.append, never)
    assert clock.worker_names == ("sleeper",)
    clock.advance(1)
    assert calls == [5.0]
    worker.wake()
    worker.wake()
    clock.advance()
    assert calls == [5.0, 6.0]
    worker.wake()
    worker.stop()
    worker.stop()
    clock.advance(1)
    assert calls == [5.0, 6.0]
    assert clock.worker_names == ()


def test_a_wake_from_within_the_step_is_not_lost():
    clock = ManualClock()
    calls = []

    def step(now_seconds):
        calls.append(now_seconds)
        if len(calls) < 3:
            worker.wake()
        return now_seconds + 1

    worker = clock.start("self-waker", step, never)
    clock.advance()
    assert calls == [0, 0, 0]
    clock.advance(1)
    assert calls == [0, 0, 0, 1]


def test_time_does_not_go_back_and_a_step_cannot_hold_it():
    clock = ManualClock()
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(-0.1)
    clock.start("eager", lambda now_seconds: now_seconds, never)
    with pytest.raises(RuntimeError, match="eager"):
        clock.advance(1)


@pytest.mark.parametrize("make", [ManualClock, SystemClock])
def test_a_step_that_raises_ends_its_worker_and_tells_its_owner(make):
    clock = make()
    told = threading.Event()
    errors = []

    def step(now_seconds):
        raise ZeroDivisionError("once")

    def failed(error):
        errors.append(error)
        told.set()

    worker = clock.start("broken", step, failed)
    if isinstance(clock, ManualClock):
        clock.advance(1)
    assert told.wait(30)
    worker.wake()
    worker.stop()
    assert [str(error) for error in errors] == ["once"]


def test_a_thread_is_called_when_due_and_when_woken_and_leaves_nothing_behind():
    clock = SystemClock()
    before = set(threading.enumerate())
    rings, rung = [], threading.Event()
    calls, called = [], threading.Semaphore(0)
    due_seconds = clock.now_seconds() + 0.02

    def ring(now_seconds):
        if now_seconds < due_seconds:
            return due_seconds
        rings.append(now_seconds)
        rung.set()
        return None

    def sleep(now_seconds):
        calls.append(now_seconds)
        called.release()

    alarm_worker = clock.start("alarm", ring, never)
    sleeper = clock.start("sleeper", sleep, never)
    assert {thread.name for thread in set(threading.enumerate()) - before} == {"alarm", "sleeper"}
    assert rung.wait(30)
    for _ in range(3):
        assert called.acquire(timeout=30)
        sleeper.wake()
    assert called.acquire(timeout=30)
    alarm_worker.stop()
    sleeper.stop()
    assert rings[0] >= due_seconds
    assert calls == sorted(calls)
    assert set(threading.enumerate()) <= before


def test_a_thread_can_stop_itself():
    clock = SystemClock()
    stopped = threading.Event()
    holder = []
    ready = threading.Event()

    def step(now_seconds):
        ready.wait(30)
        holder[0].stop()
        stopped.set()

    holder.append(clock.start("self-stopper", step, never))
    ready.set()
    assert stopped.wait(30)
    holder[0].stop()
    assert "self-stopper" not in {thread.name for thread in threading.enumerate()}


def test_work_that_takes_time_lets_the_others_go_on():
    clock = ManualClock(10.0)
    log = []

    def work(now_seconds):
        if not log:
            worker.wake()  # called again once it is done, not within
        log.append(("begins", now_seconds))
        clock.advance(0.25)
        log.append(("ends", clock.now_seconds()))
        return now_seconds + 1

    def tick(now_seconds):
        log.append(("ticks", now_seconds))
        return now_seconds + 0.1 if now_seconds < 10.35 else None

    worker = clock.start("worker", work, never)
    clock.start("ticker", tick, never)
    clock.advance(0.3)
    worker.stop()
    clock.advance(0.1)
    assert [(what, round(at, 3)) for what, at in log] == [
        ("begins", 10.0), ("ticks", 10.0), ("ticks", 10.1), ("ticks", 10.2), ("ends", 10.25),
        ("begins", 10.25), ("ticks", 10.3), ("ticks", 10.4), ("ends", 10.5),
    ]  # fmt: skip
    assert clock.now_seconds() == 10.6
