"""Jobs off the window's thread: results, errors, progress, cancel, close."""

import threading

import pytest
from PySide6.QtCore import QThread

from musegen_daw.errors import ModelError
from musegen_daw.ui.work import Workers
from tests.ui.doubles import PATIENCE_SECONDS


@pytest.fixture
def workers(qapp):
    made = Workers()
    yield made
    made.close()
    qapp.processEvents()


def test_a_result_comes_on_the_thread_of_the_window(qtbot, workers):
    seen = []

    def function(task):
        return threading.get_ident()

    job = workers.start(function, succeeded=lambda result: seen.append((result, QThread.currentThread())))
    with qtbot.waitSignal(job.ended):
        pass
    worker, thread = seen[0]
    assert worker != threading.get_ident()
    assert thread is workers.thread()
    assert not workers.is_busy


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ModelError("The model is gone."), "The model is gone."),
        (ZeroDivisionError("by zero"), "Unexpected error: ZeroDivisionError: by zero."),
    ],
)
def test_a_failure_is_one_sentence(qtbot, workers, error, sentence):
    said, done = [], []

    def function(task):
        raise error

    job = workers.start(function, failed=said.append, succeeded=done.append)
    with qtbot.waitSignal(job.ended):
        pass
    assert said == [sentence]
    assert done == []


def test_progress_is_told_until_it_is_cancelled(qtbot, workers):
    told, done, reached = [], [], threading.Event()

    def function(task):
        task.report(0.25, "a quarter")
        reached.set()
        while True:
            task.check()

    job = workers.start(function, progressed=lambda *each: told.append(each), succeeded=done.append)
    with qtbot.waitSignal(job.ended):
        assert reached.wait(PATIENCE_SECONDS)
        qtbot.waitUntil(lambda: bool(told))
        job.cancel()
    assert told == [(0.25, "a quarter")]
    assert done == []


def test_results_of_cancelled_jobs_are_discarded(qtbot, workers):
    done, go = [], threading.Event()
    job = workers.start(lambda task: go.wait(PATIENCE_SECONDS), succeeded=done.append, failed=done.append)
    job.cancel()
    with qtbot.waitSignal(job.ended):
        go.set()
    assert done == []


def test_closing_cancels_what_runs_and_what_waits(qtbot):
    workers, ran, begun = Workers(max_threads=1), [], threading.Event()

    def forever(task):
        begun.set()
        while True:
            task.check()

    workers.start(forever)
    workers.start(lambda task: ran.append("second"))
    assert begun.wait(PATIENCE_SECONDS)
    workers.close()
    qtbot.waitUntil(lambda: not workers.is_busy)
    assert ran == []


def test_jobs_started_after_close_do_not_run(qtbot, workers):
    workers.close()
    ran = []
    job = workers.start(lambda task: ran.append(1))
    with qtbot.waitSignal(job.ended):
        pass
    assert ran == []


def test_jobs_of_one_thread_run_in_order(qtbot, workers):
    order = []
    jobs = [workers.start(lambda task, number=number: order.append(number)) for number in range(20)]
    with qtbot.waitSignal(jobs[-1].ended):
        pass
    assert order == list(range(20))
