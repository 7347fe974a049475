"""Work off the window's thread: one function per job, with progress, cancel, and a result or an error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThreadPool, Signal

from musegen_daw.errors import MusegenError
from musegen_daw.progress import Cancelled, Progress


class JobContext:
    """Passed to a job's function to report progress and to ask whether to go on."""

    def __init__(self, report: Callable[[float, str], None]) -> None:
        self._report = report
        self._cancelled = threading.Event()

    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise Cancelled if the job was cancelled; to be called at least twice a second."""
        if self.is_cancelled():
            raise Cancelled

    def report(self, share: float, text: str = "") -> None:
        """Report the share that is done, 0 to 1; raises Cancelled if the job was cancelled."""
        self.check()
        self._report(share, text)

    def progress(self, text: str) -> Progress:
        """A callback for how much is done of how much, which reports `text`."""
        return lambda done, total: self.report(done / max(1, total), text)

    def cancel(self) -> None:
        self._cancelled.set()


class Job(QObject):
    """A job as the window's thread sees it; all signals arrive there, and none but `ended` after `cancel`.

    `succeeded` or `failed` is followed by `ended`; a cancelled job emits `ended` alone.
    """

    progressed = Signal(float, str)
    succeeded = Signal(object)
    failed = Signal(str)
    ended = Signal()

    _progress_told = Signal(float, str)
    _end_told = Signal(object, str, bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._task = JobContext(self._progress_told.emit)
        self._progress_told.connect(self._progressed)
        self._end_told.connect(self._ended)

    def cancel(self) -> None:
        """Discard the result and ask the function to end."""
        self._task.cancel()

    def run(self, function: Callable[[JobContext], Any]) -> None:
        """Called on the worker."""
        result, sentence = None, ""
        try:
            self._task.check()
            result = function(self._task)
        except Cancelled:
            self._task.cancel()
        except MusegenError as error:
            sentence = str(error)
        except Exception as error:  # noqa: BLE001 - a worker is where a failure becomes a sentence
            sentence = f"Unexpected error: {type(error).__name__}: {error}."
        self._end_told.emit(result, sentence, bool(sentence))

    def _progressed(self, share: float, text: str) -> None:
        if not self._task.is_cancelled():
            self.progressed.emit(share, text)

    def _ended(self, result: object, sentence: str, has_failed: bool) -> None:
        if not self._task.is_cancelled():
            if has_failed:
                self.failed.emit(sentence)
            else:
                self.succeeded.emit(result)
        self.ended.emit()
        self.deleteLater()


class Workers(QObject):
    """Runs jobs on `max_threads` threads, the rest in order; after `close` none is left."""

    def __init__(self, parent: QObject | None = None, max_threads: int = 1) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(max_threads)
        self._jobs: set[Job] = set()
        self._closed = False

    @property
    def is_busy(self) -> bool:
        return bool(self._jobs)

    def start(
        self,
        function: Callable[[JobContext], Any],
        *,
        succeeded: Callable[[Any], None] | None = None,
        failed: Callable[[str], None] | None = None,
        progressed: Callable[[float, str], None] | None = None,
        ended: Callable[[], None] | None = None,
    ) -> Job:
        """Run `function` on a worker; the callbacks are called on the window's thread."""
        job = Job(self)
        for signal, slot in (
            (job.succeeded, succeeded),
            (job.failed, failed),
            (job.progressed, progressed),
            (job.ended, ended),
        ):
            if slot is not None:
                signal.connect(slot)
        if self._closed:
            job.cancel()
        self._jobs.add(job)
        job.ended.connect(lambda: self._jobs.discard(job))
        self._pool.start(lambda: job.run(function))
        return job

    def cancel(self) -> None:
        for job in tuple(self._jobs):
            job.cancel()

    def close(self) -> None:
        """Cancel every job and wait for its end; later jobs are cancelled at once."""
        self._closed = True
        self.cancel()
        self._pool.waitForDone()


class Latest(QObject):
    """Runs one job at a time; of those that are asked for meanwhile only the last one is run.

    For what follows a hand: every result arrives, and the last one is that of the last wish.
    """

    ended = Signal()
    """Nothing is left to do."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workers = Workers(self)
        self._job: Job | None = None
        self._next: Callable[[], Job] | None = None

    @property
    def is_busy(self) -> bool:
        return self._job is not None

    def start(
        self,
        function: Callable[[JobContext], Any],
        *,
        succeeded: Callable[[Any], None],
        failed: Callable[[str], None],
    ) -> None:
        """Run `function` on a worker, after the job that runs; the callbacks are called on the window's thread."""

        def begin() -> Job:
            return self._workers.start(function, succeeded=succeeded, failed=failed, ended=self._ended)

        if self._job is None:
            self._job = begin()
        else:
            self._next = begin

    def cancel(self) -> None:
        """Discard the result of the job that runs, and what waits."""
        self._next = None
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        self._next = None
        self._workers.close()

    def _ended(self) -> None:
        begin, self._next = self._next, None
        self._job = None if begin is None else begin()
        if self._job is None:
            self.ended.emit()
