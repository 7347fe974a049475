"""Clocks and workers: threads in real time, a loop in tests, the same code in both."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol

Step = Callable[[float], float | None]
"""Does what is due at the given seconds and answers when it wants to be called again (None: only when woken)."""

Failed = Callable[[Exception], None]
"""Told, on the worker's thread, that its step raised; the worker has ended then."""

# On Windows a lock waits in steps of the system timer, 16 ms, while sleep is exact.
_COARSE_WAIT_SECONDS = 0.016 if sys.platform == "win32" else 0.0
_MAX_STEPS_AT_ONE_TIME = 100_000


class ClockWorker(Protocol):
    """A step that its clock calls until it is stopped."""

    def wake(self) -> None:
        """Call the step now, whatever it waits for."""
        ...

    def stop(self) -> None:
        """Stop calling; returns when a call in progress has ended, unless made from within it."""
        ...


class Clock(Protocol):
    """A monotonic time in seconds, and workers that run by it."""

    def now_seconds(self) -> float: ...

    def start(self, name: str, step: Step, failed: Failed) -> ClockWorker:
        """Call `step` now and whenever it asks to be called; `name` names the worker's thread."""
        ...


class SystemClock:
    """`time.perf_counter`; every worker is a thread."""

    def now_seconds(self) -> float:
        """The time that input events are stamped with, too."""
        return time.perf_counter()

    def start(self, name: str, step: Step, failed: Failed) -> ClockWorker:
        return _ThreadWorker(name, step, failed)


class _ThreadWorker:
    def __init__(self, name: str, step: Step, failed: Failed) -> None:
        self._step, self._failed = step, failed
        self._changed = threading.Condition()
        self._woken = False
        self._stopped = False
        # A daemon, so that a driver that hangs cannot keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped:
            try:
                due_seconds = self._step(time.perf_counter())
            except Exception as error:  # noqa: BLE001 - a worker hands every failure to its owner
                self._stopped = True
                self._failed(error)
                return
            self._wait(due_seconds)

    def _wait(self, due_seconds: float | None) -> None:
        with self._changed:
            while not (self._woken or self._stopped):
                if due_seconds is None:
                    self._changed.wait()
                    continue
                left_seconds = due_seconds - time.perf_counter()
                if left_seconds <= _COARSE_WAIT_SECONDS:
                    break
                self._changed.wait(left_seconds - _COARSE_WAIT_SECONDS)
            woken, self._woken = self._woken, False
        if due_seconds is not None and not woken and not self._stopped:
            time.sleep(max(0.0, due_seconds - time.perf_counter()))


class ManualClock:
    """A clock that `advance` moves; its workers run inside `advance`, in the order of their times."""

    def __init__(self, now_seconds: float = 0.0) -> None:
        self._now_seconds = now_seconds
        self._workers: list[_ManualWorker] = []

    @property
    def worker_names(self) -> tuple[str, ...]:
        """The workers that are not stopped, in the order of their start."""
        return tuple(worker.name for worker in self._workers)

    def now_seconds(self) -> float:
        return self._now_seconds

    def start(self, name: str, step: Step, failed: Failed) -> ClockWorker:
        """Register `step`; `advance` calls it, first at its next call."""
        worker = _ManualWorker(name, step, failed, self._workers, self._now_seconds)
        self._workers.append(worker)
        return worker

    def advance(self, seconds: float = 0.0) -> None:
        """Move on by `seconds` and call every step at exactly the time it asked for, or now where it was woken.

        A step may call it too, to simulate work that takes time: the other workers go on meanwhile.
        Raises ValueError for a negative time, RuntimeError where a step never stops asking for the same time.
        """
        if seconds < 0:
            raise ValueError(f"time cannot go back, got {seconds} seconds")
        end_seconds = self._now_seconds + seconds
        steps = 0
        while True:
            free = (worker for worker in self._workers if not worker.is_busy)
            worker = min(free, key=lambda worker: worker.due_seconds, default=None)
            if worker is None or worker.due_seconds > end_seconds:
                break
            steps = 0 if worker.due_seconds > self._now_seconds else steps + 1
            if steps > _MAX_STEPS_AT_ONE_TIME:
                raise RuntimeError(f"the worker {worker.name!r} always wants to run at once")
            self._now_seconds = max(self._now_seconds, worker.due_seconds)
            worker.run(self._now_seconds)
        self._now_seconds = max(self._now_seconds, end_seconds)


class _ManualWorker:
    def __init__(
        self, name: str, step: Step, failed: Failed, workers: list[_ManualWorker], due_seconds: float
    ) -> None:
        self.name = name
        self.due_seconds = due_seconds
        self.is_busy = False
        self._step, self._failed = step, failed
        self._workers = workers

    def wake(self) -> None:
        self.due_seconds = float("-inf")

    def stop(self) -> None:
        if self in self._workers:
            self._workers.remove(self)

    def run(self, now_seconds: float) -> None:
        self.due_seconds = float("inf")
        self.is_busy = True
        try:
            due_seconds = self._step(now_seconds)
        except Exception as error:  # noqa: BLE001 - as in a thread
            self.stop()
            self._failed(error)
            return
        finally:
            self.is_busy = False
        if due_seconds is not None:
            self.due_seconds = min(self.due_seconds, due_seconds)
